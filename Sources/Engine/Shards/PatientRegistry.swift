import Scheduling

/// Which patient an external identifier belongs to. Grows and never shrinks; an identifier takes its bytes and about 20
/// more.
struct PatientRegistry: Sendable {
    /// Identifiers one after the other: system number (2), length of the value (1), patient (8), value.
    private var arena = ContiguousArray<UInt8>()
    /// Open addressing: offset + 1 into the arena, 0 for empty. At most three quarters full.
    private var index = ContiguousArray<UInt32>(repeating: 0, count: 1_024)
    /// A byte of the identifier's hash for each place of the index: an identifier that is not here is mostly known not
    /// to be from these alone. Each look at the arena instead would be a wait for memory.
    private var marks = ContiguousArray<UInt8>(repeating: 0, count: 1_024)
    private var identifiers = 0
    /// What was only looked at; means nothing.
    private var glance: UInt8 = 0
    /// By bytes: what `String` holds for equal depends on the Unicode tables of the day, and a replay years from now
    /// must give every patient the same id.
    private var systems: [[UInt8]: UInt16] = [:]
    /// The system that was met last, and its number: identifiers of one system come in crowds.
    private var recent: (name: [UInt8], number: UInt16) = ([], 0)
    /// How many identifiers each patient has, from patient 1.
    private var identifierCounts = ContiguousArray<UInt8>()

    private static let head = 11

    /// Patients are numbered from 1 without gaps.
    var count: UInt64 { UInt64(identifierCounts.count) }

    subscript(identifier: Identifier) -> PatientID? {
        recorded(identifier) ?? (identifier.hasBlanksAround ? recorded(identifier.trimmed) : nil)
    }

    /// As it is written: folders from before blanks were taken off may have identifiers with blanks around them.
    private func recorded(_ identifier: Identifier) -> PatientID? {
        var identifier = identifier
        guard let system = identifier.system.withUTF8({ known(system: UnsafeRawBufferPointer($0)) }) else { return nil }
        return identifier.value.withUTF8 { entry(system, UnsafeRawBufferPointer($0)) }.map { patient(at: $0) }
    }

    func identifierCount(of patient: PatientID) -> Int { Int(identifierCounts[Int(patient.rawValue) - 1]) }

    enum Decision: Sendable {
        /// Known by an identifier; these are new ones of the same patient.
        case known(PatientID, adding: [Identifier])
        /// Known by none; these are the patient's.
        case new([Identifier])
        case invalid(String)
    }

    func decide(_ identifiers: [Identifier]) -> Decision {
        guard !identifiers.isEmpty else { return .invalid("a patient needs at least one identifier") }
        var known: PatientID?
        var adding: [Identifier] = []
        for given in identifiers {
            let identifier = given.hasBlanksAround && recorded(given) == nil ? given.trimmed : given
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
        return known.map { .known($0, adding: adding) } ?? .new(adding)
    }

    /// Records identifiers of a patient; those that are recorded already stay as they are.
    mutating func evolve(_ patient: PatientID, _ identifiers: [Identifier]) {
        evolve(patient)
        for var identifier in identifiers {
            identifier.system.withUTF8 { system in
                identifier.value.withUTF8 { value in
                    evolve(patient, system: UnsafeRawBufferPointer(system), value: UnsafeRawBufferPointer(value))
                }
            }
        }
    }

    /// Notes that there is a patient of this number, and all before it.
    mutating func evolve(_ patient: PatientID) {
        while count < patient.rawValue { identifierCounts.append(0) }
    }

    /// Records an identifier, given as UTF-8, of a patient that is noted; one that is recorded already stays as it is.
    private mutating func evolve(_ patient: PatientID, system: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let system = number(ofSystem: system)
        if entry(system, value) == nil { insert(system, value, patient) }
    }

    /// An identifier that a checkpoint brings: where its value stands, and its hash.
    struct Brought {
        fileprivate let patient: PatientID
        fileprivate let system: UInt16
        fileprivate let value: UnsafeRawBufferPointer
        fileprivate let hash: UInt64
    }

    /// Makes an identifier of a patient that is noted, given as UTF-8, ready for `evolve`.
    mutating func bring(
        _ patient: PatientID, system: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) -> Brought {
        let system = number(ofSystem: system)
        return Brought(patient: patient, system: system, value: value, hash: Self.hash(system, value))
    }

    /// Records identifiers whose values still stand where they were.
    mutating func evolve(_ brought: [Brought]) {
        // Looked at one after the other without waiting for what is there: so the waits for memory run side by side.
        for identifier in brought { glance ^= marks[place(identifier.hash)] }
        for identifier in brought where entry(identifier.system, identifier.value) == nil {
            insert(identifier.system, identifier.value, identifier.patient)
        }
    }

    /// Makes room ahead for patients that are about to be recorded, with one identifier of so many bytes each.
    mutating func reserve(patients: Int, identifierBytes: Int) {
        identifierCounts.reserveCapacity(patients)
        arena.reserveCapacity(patients * (Self.head + identifierBytes))
        var places = index.count
        while patients * 4 > places * 3 { places *= 2 }
        if places > index.count { rebuildIndex(places: places) }
    }

    private mutating func number(ofSystem name: UnsafeRawBufferPointer) -> UInt16 {
        if isRecent(name) { return recent.number }
        let bytes = Array(name)
        let number = systems[bytes] ?? UInt16(systems.count)
        systems[bytes] = number
        recent = (bytes, number)
        return number
    }

    private func known(system name: UnsafeRawBufferPointer) -> UInt16? {
        isRecent(name) ? recent.number : systems[Array(name)]
    }

    private func isRecent(_ name: UnsafeRawBufferPointer) -> Bool {
        guard !systems.isEmpty, recent.name.count == name.count else { return false }
        return recent.name.withUnsafeBytes { $0.elementsEqual(name) }
    }

    private mutating func insert(_ system: UInt16, _ value: UnsafeRawBufferPointer, _ patient: PatientID) {
        if (identifiers + 1) * 4 > index.count * 3 { rebuildIndex(places: index.count * 2) }
        let offset = arena.count
        withUnsafeBytes(of: system.littleEndian) { arena.append(contentsOf: $0) }
        arena.append(UInt8(value.count))
        withUnsafeBytes(of: patient.rawValue.littleEndian) { arena.append(contentsOf: $0) }
        arena.append(contentsOf: value)
        identifiers += 1
        identifierCounts[Int(patient.rawValue) - 1] += 1
        addToIndex(offset)
    }

    private mutating func addToIndex(_ offset: Int) {
        let hash = hash(ofEntryAt: offset)
        var place = place(hash)
        while marks[place] != 0 { place = (place + 1) & (index.count - 1) }
        index[place] = UInt32(offset + 1)
        marks[place] = Self.mark(hash)
    }

    /// In the order of the arena, so that only the index is read here and there.
    private mutating func rebuildIndex(places: Int) {
        index = ContiguousArray(table: 0, count: places)
        marks = ContiguousArray(table: 0, count: places)
        var offset = 0
        while offset < arena.count {
            addToIndex(offset)
            offset += Self.head + Int(arena[offset + 2])
        }
    }

    /// Where the identifier stands in the arena.
    private func entry(_ system: UInt16, _ value: UnsafeRawBufferPointer) -> Int? {
        let hash = Self.hash(system, value)
        let mark = Self.mark(hash)
        var place = place(hash)
        while marks[place] != 0 {
            if marks[place] == mark {
                let offset = Int(index[place]) - 1
                if matches(offset, system, value) { return offset }
            }
            place = (place + 1) & (index.count - 1)
        }
        return nil
    }

    private func patient(at offset: Int) -> PatientID {
        arena.withUnsafeBytes {
            PatientID(rawValue: UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset + 3, as: UInt64.self)))
        }
    }

    private func matches(_ offset: Int, _ system: UInt16, _ value: UnsafeRawBufferPointer) -> Bool {
        arena.withUnsafeBytes { arena in
            guard arena[offset] == UInt8(truncatingIfNeeded: system), arena[offset + 1] == UInt8(system >> 8),
                Int(arena[offset + 2]) == value.count
            else { return false }
            let start = offset + Self.head
            return arena[start..<start + value.count].elementsEqual(value)
        }
    }

    private func hash(ofEntryAt offset: Int) -> UInt64 {
        arena.withUnsafeBytes { arena in
            let system = UInt16(arena[offset]) | UInt16(arena[offset + 1]) << 8
            let start = offset + Self.head
            return Self.hash(
                system, UnsafeRawBufferPointer(rebasing: arena[start..<start + Int(arena[offset + 2])]))
        }
    }

    // FNV-1a; identifiers are the hospital's own, and a long probe costs time, never an answer.
    private static func hash(_ system: UInt16, _ value: UnsafeRawBufferPointer) -> UInt64 {
        var hash = (0xCBF2_9CE4_8422_2325 ^ UInt64(system)) &* 0x100_0000_01B3
        for byte in value { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash &* 0x9E37_79B9_7F4A_7C15
    }

    private func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 32) & (index.count - 1) }

    /// Never 0, which stands for an empty place.
    private static func mark(_ hash: UInt64) -> UInt8 { UInt8(hash >> 56) | 1 }
}
