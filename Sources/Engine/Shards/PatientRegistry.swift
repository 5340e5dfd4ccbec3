import Scheduling

/// Which patient an external identifier belongs to. Grows and never shrinks; an identifier takes its bytes and about 20 more.
struct PatientRegistry: Sendable {
    /// Identifiers one after the other: system number (2), length of the value (1), patient (8), value.
    private var arena = ContiguousArray<UInt8>()
    /// Open addressing: offset + 1 into the arena, 0 for empty. At most three quarters full.
    private var index = ContiguousArray<UInt32>(repeating: 0, count: 1_024)
    private var identifiers = 0
    /// By bytes: what `String` holds for equal depends on the Unicode tables of the day, and a replay years from now must give
    /// every patient the same id.
    private var systems: [[UInt8]: UInt16] = [:]
    /// How many identifiers each patient has, from patient 1.
    private var identifierCounts = ContiguousArray<UInt8>()

    private static let head = 11

    /// Patients are numbered from 1 without gaps.
    var count: UInt64 { UInt64(identifierCounts.count) }

    subscript(identifier: Identifier) -> PatientID? {
        guard let system = systems[Array(identifier.system.utf8)] else { return nil }
        var place = home(system, identifier.value)
        while index[place] != 0 {
            let offset = Int(index[place]) - 1
            if matches(offset, system, identifier.value) { return patient(at: offset) }
            place = (place + 1) & (index.count - 1)
        }
        return nil
    }

    func identifierCount(of patient: PatientID) -> Int { Int(identifierCounts[Int(patient.rawValue) - 1]) }

    enum Decision: Sendable {
        /// Known by an identifier; these are new ones of the same patient.
        case known(PatientID, adding: [Identifier])
        case new
        case invalid(String)
    }

    func decide(_ identifiers: [Identifier]) -> Decision {
        guard !identifiers.isEmpty else { return .invalid("a patient needs at least one identifier") }
        var known: PatientID?
        var adding: [Identifier] = []
        for identifier in identifiers {
            guard !identifier.system.isEmpty, !identifier.value.isEmpty else {
                return .invalid("an identifier needs a system and a value")
            }
            guard identifier.system.utf8.count <= Limits.identifierBytes,
                identifier.value.utf8.count <= Limits.identifierBytes
            else { return .invalid("an identifier's system and value have at most \(Limits.identifierBytes) bytes") }
            if let patient = self[identifier] {
                guard known == nil || known == patient else {
                    return .invalid("the identifiers belong to two different patients")
                }
                known = patient
            } else if !adding.contains(identifier) {
                adding.append(identifier)
            }
        }
        let total = adding.count + (known.map { identifierCount(of: $0) } ?? 0)
        guard total <= Limits.identifiersPerPatient else {
            return .invalid("a patient has at most \(Limits.identifiersPerPatient) identifiers")
        }
        guard systems.count < Int(UInt16.max) - Limits.identifiersPerPatient else {
            return .invalid("there are too many identifier systems")
        }
        guard arena.count < Int(UInt32.max) - 65_536 else { return .invalid("the registry is full") }
        return known.map { .known($0, adding: adding) } ?? .new
    }

    /// Records identifiers of a patient; those that are recorded already stay as they are.
    mutating func evolve(_ patient: PatientID, _ identifiers: [Identifier]) {
        while count < patient.rawValue { identifierCounts.append(0) }
        for identifier in identifiers where self[identifier] == nil { insert(identifier, patient) }
    }

    private mutating func insert(_ identifier: Identifier, _ patient: PatientID) {
        if (identifiers + 1) * 4 > index.count * 3 { growIndex() }
        let name = Array(identifier.system.utf8)
        let system = systems[name] ?? UInt16(systems.count)
        systems[name] = system
        let offset = arena.count
        withUnsafeBytes(of: system.littleEndian) { arena.append(contentsOf: $0) }
        arena.append(UInt8(identifier.value.utf8.count))
        withUnsafeBytes(of: patient.rawValue.littleEndian) { arena.append(contentsOf: $0) }
        arena.append(contentsOf: identifier.value.utf8)
        identifiers += 1
        identifierCounts[Int(patient.rawValue) - 1] += 1
        addToIndex(offset)
    }

    private mutating func addToIndex(_ offset: Int) {
        var place = homeOfEntry(at: offset)
        while index[place] != 0 { place = (place + 1) & (index.count - 1) }
        index[place] = UInt32(offset + 1)
    }

    private mutating func growIndex() {
        let old = index
        index = ContiguousArray(repeating: 0, count: old.count * 2)
        for offset in old where offset != 0 { addToIndex(Int(offset) - 1) }
    }

    private func patient(at offset: Int) -> PatientID {
        arena.withUnsafeBytes {
            PatientID(rawValue: UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset + 3, as: UInt64.self)))
        }
    }

    private func matches(_ offset: Int, _ system: UInt16, _ value: String) -> Bool {
        guard arena[offset] == UInt8(truncatingIfNeeded: system), arena[offset + 1] == UInt8(system >> 8) else {
            return false
        }
        let start = offset + Self.head
        return value.utf8.elementsEqual(arena[start..<start + Int(arena[offset + 2])])
    }

    // FNV-1a; identifiers are the hospital's own, and a long probe costs time, never an answer.
    private func home(_ system: UInt16, _ value: String) -> Int {
        var hash = Self.begin(system)
        for byte in value.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return place(hash)
    }

    private func homeOfEntry(at offset: Int) -> Int {
        var hash = Self.begin(UInt16(arena[offset]) | UInt16(arena[offset + 1]) << 8)
        let start = offset + Self.head
        for byte in arena[start..<start + Int(arena[offset + 2])] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return place(hash)
    }

    private static func begin(_ system: UInt16) -> UInt64 {
        (0xCBF2_9CE4_8422_2325 ^ UInt64(system)) &* 0x100_0000_01B3
    }

    private func place(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 32) & (index.count - 1)
    }
}
