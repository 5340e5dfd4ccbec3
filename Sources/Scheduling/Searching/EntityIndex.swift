/// What of a catalogue people look for by name. The numbers are those of the wire.
package enum EntityKind: UInt8, Hashable, Sendable, CaseIterable {
    case department = 1
    case resource
    case service
}

/// Departments, resources and services by what people type: a code, a name, or a name's pinyin. Made once for a
/// catalogue, asked for every word.
///
/// Of a character pinyin takes the initial (心内科 by `xnk`; of zh, ch and sh also both letters), or the whole syllable
/// (`xinneike`), or the character itself, each as it comes; the last syllable may be cut short (`xinn`). A character of
/// several readings is found by each. Upper and lower case are the same, and blanks and signs in a name are passed
/// over.
package struct EntityIndex: Sendable {
    /// Something that was found.
    package struct Found: Hashable, Sendable {
        package var kind: EntityKind
        /// Of its kind.
        package var id: UInt32
    }

    /// How well something fits, the best first.
    private enum Rank: Int, CaseIterable { case exact, prefix, spelling, contained }

    private struct Letter: Sendable {
        let scalar: Unicode.Scalar
        let way: Pinyin.Way
        /// Neither a letter nor a digit: it may be left out.
        let isSign: Bool
        /// What a text may have first of it: itself, and the initials of its readings.
        let begins: Marks
    }

    private struct Entry: Sendable {
        let found: Found
        let code: [Unicode.Scalar]
        let name: Range<Int>
        /// What can be typed for code and name.
        let marks: Marks
    }

    private var entries: [Entry] = []
    /// Of all names.
    private var letters: [Letter] = []

    /// An index of nothing; `add` puts things in.
    package init() {}

    /// The departments, resources and services of a catalogue, in this order, each by id.
    package init(_ catalogue: Catalogue) {
        for department in catalogue.departments.all {
            add(.department, department.id.rawValue, code: department.code, name: department.name)
        }
        for resource in catalogue.resources.all {
            add(.resource, resource.id.rawValue, code: resource.code, name: resource.name)
        }
        for service in catalogue.services.all {
            add(.service, service.id.rawValue, code: service.code, name: service.name)
        }
    }

    /// Takes in one more; what fits a text equally well comes in the order in which it was added.
    package mutating func add(_ kind: EntityKind, _ id: UInt32, code: String, name: String) {
        let pinyin = Pinyin.table
        let code = Self.folded(code)
        let first = letters.count
        var marks = Marks()
        for scalar in code { marks.formUnion(Marks(scalar)) }
        for scalar in Self.folded(name) {
            let way = pinyin.way(of: scalar)
            let begins = Marks(scalar).union(Marks.beginnings[Int(way)])
            marks.formUnion(Marks(scalar).union(Marks.readings[Int(way)]))
            let isSign = way == 0 && !scalar.properties.isAlphabetic && scalar.properties.numericType == nil
            letters.append(Letter(scalar: scalar, way: way, isSign: isSign, begins: begins))
        }
        entries.append(Entry(found: Found(kind: kind, id: id), code: code, name: first..<letters.count, marks: marks))
    }

    /// What fits a text: first what has it as its code or name, then what begins with it, then what is spelled so from
    /// its first character on, then what has it somewhere.
    /// - Parameters:
    ///   - text: what was typed; blanks around it do not count. Of an empty one, or one of more than
    ///     `Limits.entityTextScalars`, there is nothing.
    ///   - kinds: those that are wanted.
    ///   - limit: at least 1.
    package func find(_ text: String, kinds: Set<EntityKind>, limit: Int) -> (found: [Found], more: Bool) {
        let text = Self.trimmed(Self.folded(text))
        guard !text.isEmpty, text.count <= Limits.entityTextScalars else { return ([], false) }
        let spelling = text.filter { !Self.isPassedOver($0) }
        var marks = Marks()
        for scalar in spelling { marks.formUnion(Marks(scalar)) }
        var ranked = [[Found]](repeating: [], count: Rank.allCases.count)
        for entry in entries where entry.marks.isSuperset(of: marks) && kinds.contains(entry.found.kind) {
            // What is told of the last rank is told by those that are there already.
            let isFull = ranked[Rank.contained.rawValue].count > limit
            guard let rank = rank(entry, text, spelling, isAnywhere: !isFull) else { continue }
            ranked[rank.rawValue].append(entry.found)
        }
        return (Array(ranked.joined().prefix(limit)), ranked.reduce(0) { $0 + $1.count } > limit)
    }

    // MARK: Inside

    private static func folded(_ text: String) -> [Unicode.Scalar] { Array(text.lowercased().unicodeScalars) }

    private static func trimmed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let begin = text.drop { $0.properties.isWhitespace }
        return Array(begin.prefix(upTo: (begin.lastIndex { !$0.properties.isWhitespace } ?? begin.startIndex - 1) + 1))
    }

    /// Between syllables people put a blank, or the sign of xi'an.
    private static func isPassedOver(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "'" || scalar == "’" || scalar.properties.isWhitespace
    }

    /// - Parameter isAnywhere: whether it counts that the text stands somewhere within.
    private func rank(
        _ entry: Entry, _ text: [Unicode.Scalar], _ spelling: [Unicode.Scalar], isAnywhere: Bool
    ) -> Rank? {
        let isNamed = has(text, from: entry.name)
        if entry.code == text || isNamed && entry.name.count == text.count { return .exact }
        if isNamed || entry.code.starts(with: text) { return .prefix }
        guard let first = spelling.first else { return nil }
        let begin = Marks(first)
        if spells(spelling, from: entry.name, begin) { return .spelling }
        guard isAnywhere else { return nil }
        if Self.contains(entry.code, text) { return .contained }
        // A name that has the text has it from some character on, and each character spells itself.
        for start in entry.name.dropFirst() where spells(spelling, from: start..<entry.name.upperBound, begin) {
            return .contained
        }
        return nil
    }

    /// Whether a name begins with a text.
    private func has(_ text: [Unicode.Scalar], from name: Range<Int>) -> Bool {
        guard text.count <= name.count else { return false }
        for place in text.indices where letters[name.lowerBound + place].scalar != text[place] { return false }
        return true
    }

    private static func contains(_ code: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
        guard code.count > text.count else { return false }
        return (1...code.count - text.count).contains { code[$0...].starts(with: text) }
    }

    /// Whether a stretch of a name, from its first character on, can be typed so.
    /// - Parameter begin: of the text's first scalar.
    private func spells(_ text: [Unicode.Scalar], from name: Range<Int>, _ begin: Marks) -> Bool {
        guard let first = name.first, letters[first].isSign || letters[first].begins.isSuperset(of: begin) else {
            return false
        }
        let pinyin = Pinyin.table
        let whole = UInt64(1) << UInt64(text.count)
        // Bit n: the characters so far can be the first n letters of the text.
        var reached: UInt64 = 1
        for place in name {
            let letter = letters[place]
            var next: UInt64 = letter.isSign ? reached : 0
            var left = reached
            while left != 0 {
                let start = left.trailingZeroBitCount
                left &= left - 1
                if text[start] == letter.scalar { next |= 1 << UInt64(start + 1) }
                for syllable in pinyin.syllables(of: letter.way) {
                    next |= Self.ends(of: pinyin.place(of: syllable), pinyin, in: text, from: start)
                }
            }
            if next & whole != 0 { return true }
            guard next != 0 else { return false }
            reached = next
        }
        return false
    }

    /// Where a syllable that is typed from this place on may end, as bits.
    @inline(__always)
    private static func ends(
        of syllable: Range<Int>, _ pinyin: Pinyin, in text: [Unicode.Scalar], from start: Int
    ) -> UInt64 {
        var length = 0
        while length < syllable.count, start + length < text.count,
            text[start + length].value == UInt32(pinyin.letters[syllable.lowerBound + length])
        { length += 1 }
        guard length > 0 else { return 0 }
        var ends = UInt64(1) << UInt64(start + 1)
        let isPair = length >= 2 && pinyin.letters[syllable.lowerBound + 1] == UInt8(ascii: "h")
        if isPair { ends |= 1 << UInt64(start + 2) }
        if length == syllable.count || start + length == text.count { ends |= 1 << UInt64(start + length) }
        return ends
    }
}

/// Which scalars there are: a bit each for the letters and digits of ASCII, the rest dealt over the others. What lacks
/// a bit that a text has cannot have the text, so that most entities are passed over by one look.
private struct Marks: OptionSet {
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ scalar: Unicode.Scalar) {
        rawValue =
            switch scalar {
            case "a"..."z": 1 << UInt64(scalar.value - 97)
            case "0"..."9": 1 << UInt64(scalar.value - 48 + 26)
            default: 1 << UInt64(scalar.value % 28 + 36)
            }
    }

    /// Of each way of reading: all letters of it, and those that it begins with.
    static let (readings, beginnings): ([Marks], [Marks]) = {
        let pinyin = Pinyin.table
        var (all, first): ([Marks], [Marks]) = ([], [])
        for way in 0..<pinyin.wayCount {
            let syllables = pinyin.syllables(of: Pinyin.Way(way)).map { pinyin.letters[pinyin.place(of: $0)] }
            all.append(Marks(syllables.flatMap { $0.map { Marks(Unicode.Scalar($0)) } }))
            first.append(Marks(syllables.compactMap { $0.first.map { Marks(Unicode.Scalar($0)) } }))
        }
        return (all, first)
    }()
}
