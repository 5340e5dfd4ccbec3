/// What a file in TZif says (RFC 9636, version 2 and up): from when on which offset holds, and what holds after the
/// last change.
package struct TZif: Hashable, Sendable {
    /// A change of the clocks.
    package struct Transition: Hashable, Sendable {
        /// Seconds since 1970-01-01T00:00Z.
        package var second: Int64
        /// How far wall clocks are ahead of UTC from then on, in seconds.
        package var offset: Int32
    }

    /// The offset before the first change.
    package let first: Int32
    /// Ascending.
    package let transitions: [Transition]
    /// What holds after the last change; nil where the file ends without saying.
    package let rule: POSIXRule?

    /// Reads the bytes of a file.
    /// - Throws: what is wrong with them; nothing of a file that is damaged is used.
    package init(_ bytes: [UInt8]) throws(ZoneDamage) {
        var reader = BytesReader(bytes)
        let short = try Header(&reader)
        guard short.version >= UInt8(ascii: "2") else {
            throw ZoneDamage(
                "it is of version 1, which has no years after 2037 and no rule; \(ZoneTableError.anew), which has a "
                    + "later version", isSound: true)
        }
        // The first block is for readers of version 1.
        try reader.skip(try short.bytes(timeBytes: 4))
        let header = try Header(&reader)
        guard header.version == short.version else { throw ZoneDamage("its two headers name different versions") }
        guard header.leapSeconds == 0 else {
            throw ZoneDamage(
                "it counts leap seconds, which the time of day here does not; name the zone without right/, and in "
                    + "TZDIR a folder of tables without them", isSound: true)
        }
        let block = try Block(header, &reader)
        first = block.offsets[0]
        transitions = block.transitions
        let footer = try reader.footer()
        rule = footer.isEmpty ? nil : try POSIXRule(footer)
        try checkFooter()
    }

    /// The footer goes on where the last change left off.
    private func checkFooter() throws(ZoneDamage) {
        guard let rule, let last = transitions.last else { return }
        guard rule.offset(at: last.second) == last.offset else {
            throw ZoneDamage("its footer and its last change name different offsets")
        }
    }
}

/// What is wrong with a zone's file, as the second half of a sentence.
package struct ZoneDamage: Error, Hashable, CustomStringConvertible {
    package let description: String
    /// Whether the file is as its format allows, but of a kind that is not read. The sentence then says what to do.
    package let isSound: Bool

    init(_ description: String, isSound: Bool = false) {
        self.description = description
        self.isSound = isSound
    }
}

/// The header of a block: how many there are of each.
private struct Header {
    let version: UInt8
    let universal: Int
    let standard: Int
    let leapSeconds: Int
    let times: Int
    let types: Int
    let letters: Int

    init(_ reader: inout BytesReader) throws(ZoneDamage) {
        guard try reader.take(4) == Array("TZif".utf8) else { throw ZoneDamage("it does not begin with TZif") }
        version = try reader.take(1)[0]
        guard version == 0 || (UInt8(ascii: "2")...UInt8(ascii: "9")).contains(version) else {
            throw ZoneDamage("its version is no number")
        }
        try reader.skip(15)
        universal = try reader.count()
        standard = try reader.count()
        leapSeconds = try reader.count()
        times = try reader.count()
        types = try reader.count()
        letters = try reader.count()
        guard (1...256).contains(types), letters >= 1 else { throw ZoneDamage("it has no kind of time, or too many") }
        guard [0, types].contains(universal), [0, types].contains(standard) else {
            throw ZoneDamage("its counts do not go together")
        }
    }

    /// Of the block behind it.
    func bytes(timeBytes: Int) throws(ZoneDamage) -> Int {
        times * (timeBytes + 1) + types * 6 + letters + leapSeconds * (timeBytes + 4) + standard + universal
    }
}

/// The block of 64-bit times.
private struct Block {
    let offsets: [Int32]
    let transitions: [TZif.Transition]

    init(_ header: Header, _ reader: inout BytesReader) throws(ZoneDamage) {
        guard try header.bytes(timeBytes: 8) <= reader.left else { throw ZoneDamage("it is cut short") }
        var seconds: [Int64] = []
        for _ in 0..<header.times {
            let second = Int64(bitPattern: try reader.number(8))
            if let before = seconds.last, second <= before { throw ZoneDamage("its changes do not ascend") }
            seconds.append(second)
        }
        let kinds = try reader.take(header.times)
        var offsets: [Int32] = []
        for _ in 0..<header.types {
            let offset = Int32(truncatingIfNeeded: Int64(bitPattern: try reader.number(4)))
            // What the format allows: less than 25 hours behind, 26 ahead.
            guard (-89_999...93_599).contains(offset) else { throw ZoneDamage("an offset of it is a day or more") }
            guard try reader.take(1)[0] <= 1 else { throw ZoneDamage("summer time is neither on nor off in it") }
            guard Int(try reader.take(1)[0]) < header.letters else { throw ZoneDamage("a name in it lies outside") }
            offsets.append(offset)
        }
        try reader.skip(header.letters + header.standard + header.universal)
        var transitions: [TZif.Transition] = []
        for (second, kind) in zip(seconds, kinds) {
            guard Int(kind) < offsets.count else { throw ZoneDamage("a change in it leads to no kind of time") }
            transitions.append(.init(second: second, offset: offsets[Int(kind)]))
        }
        self.offsets = offsets
        self.transitions = transitions
    }
}

/// Takes bytes off the front; big-endian, as the format has it.
private struct BytesReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var left: Int { bytes.count - at }

    mutating func take(_ count: Int) throws(ZoneDamage) -> [UInt8] {
        guard count <= left else { throw ZoneDamage("it is cut short") }
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    mutating func skip(_ count: Int) throws(ZoneDamage) {
        guard count <= left else { throw ZoneDamage("it is cut short") }
        at += count
    }

    mutating func number(_ count: Int) throws(ZoneDamage) -> UInt64 {
        try take(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A number of things that take a byte at least.
    mutating func count() throws(ZoneDamage) -> Int {
        let count = Int(try number(4))
        guard count <= bytes.count else { throw ZoneDamage("it is cut short") }
        return count
    }

    /// The last line, between two line ends.
    mutating func footer() throws(ZoneDamage) -> String {
        let rest = try take(left)
        guard rest.count >= 2, rest.first == 10, rest.last == 10 else { throw ZoneDamage("it has no footer") }
        let line = rest.dropFirst().dropLast()
        guard line.allSatisfy({ (0x20...0x7e).contains($0) }) else { throw ZoneDamage("its footer is no text") }
        return String(decoding: line, as: UTF8.self)
    }
}
