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
    }

    private struct Entry: Sendable {
        let found: Found
        let code: [Unicode.Scalar]
        let name: Range<Int>
        /// What can be typed for code and name; see `Marks`.
        let marks: UInt64
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
        for scalar in code { marks.add(scalar) }
        for scalar in Self.folded(name) {
            let way = pinyin.way(of: scalar)
            letters.append(
                Letter(
                    scalar: scalar, way: way,
                    isSign: way == 0 && !scalar.properties.isAlphabetic
                        && scalar.properties.numericType == nil))
            marks.add(scalar)
            for syllable in pinyin.syllables(of: way) {
                for letter in pinyin.letters(of: syllable) { marks.add(Unicode.Scalar(letter)) }
            }
        }
        entries.append(
            Entry(found: Found(kind: kind, id: id), code: code, name: first..<letters.count, marks: marks.bits))
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
        for scalar in spelling { marks.add(scalar) }
        var ranked = [[Found]](repeating: [], count: Rank.allCases.count)
        for entry in entries where entry.marks & marks.bits == marks.bits && kinds.contains(entry.found.kind) {
            guard let rank = rank(entry, text, spelling) else { continue }
            ranked[rank.rawValue].append(entry.found)
        }
        let all = ranked.joined()
        return (Array(all.prefix(limit)), ranked.reduce(0) { $0 + $1.count } > limit)
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

    private func rank(_ entry: Entry, _ text: [Unicode.Scalar], _ spelling: [Unicode.Scalar]) -> Rank? {
        let name = letters[entry.name].lazy.map(\.scalar)
        if entry.code == text || name.elementsEqual(text) { return .exact }
        if entry.code.starts(with: text) || name.starts(with: text) { return .prefix }
        if spells(spelling, from: entry.name) { return .spelling }
        if Self.contains(entry.code, text) { return .contained }
        // A name that has the text has it from some character on, and each character spells itself.
        for start in entry.name.dropFirst() where spells(spelling, from: start..<entry.name.upperBound) {
            return .contained
        }
        return nil
    }

    private static func contains(_ code: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
        guard code.count > text.count else { return false }
        return (1...code.count - text.count).contains { code[$0...].starts(with: text) }
    }

    /// Whether a stretch of a name, from its first character on, can be typed so.
    private func spells(_ text: [Unicode.Scalar], from name: Range<Int>) -> Bool {
        guard !text.isEmpty else { return false }
        let pinyin = Pinyin.table
        let whole = UInt64(1) << UInt64(text.count)
        // Bit n: the characters so far can be the first n letters of the text.
        var reached: UInt64 = 1
        for letter in letters[name] {
            var next: UInt64 = letter.isSign ? reached : 0
            var left = reached
            while left != 0 {
                let place = left.trailingZeroBitCount
                left &= left - 1
                if text[place] == letter.scalar { next |= 1 << UInt64(place + 1) }
                for syllable in pinyin.syllables(of: letter.way) {
                    next |= Self.ends(of: pinyin.letters(of: syllable), in: text, from: place)
                }
            }
            if next & whole != 0 { return true }
            guard next != 0 else { return false }
            reached = next
        }
        return false
    }

    /// Where a syllable that is typed from this place on may end, as bits.
    private static func ends(of syllable: ArraySlice<UInt8>, in text: [Unicode.Scalar], from place: Int) -> UInt64 {
        var length = 0
        for letter in syllable {
            guard place + length < text.count, text[place + length].value == UInt32(letter) else { break }
            length += 1
        }
        guard length > 0 else { return 0 }
        var ends = UInt64(1) << UInt64(place + 1)
        let isPair = length >= 2 && syllable[syllable.startIndex + 1] == UInt8(ascii: "h")
        if isPair { ends |= 1 << UInt64(place + 2) }
        if length == syllable.count || place + length == text.count { ends |= 1 << UInt64(place + length) }
        return ends
    }
}

/// Which scalars there are, as bits: one each for the letters and digits of ASCII, the rest dealt over the others. What
/// lacks a bit that a text has cannot have the text, so that most entities are passed over by one look.
private struct Marks {
    private(set) var bits: UInt64 = 0

    mutating func add(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "a"..."z": bits |= 1 << UInt64(scalar.value - 97)
        case "0"..."9": bits |= 1 << UInt64(scalar.value - 48 + 26)
        default: bits |= 1 << UInt64(scalar.value % 28 + 36)
        }
    }
}
