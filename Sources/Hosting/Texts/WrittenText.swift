import Foundation

/// Text as editors and spreadsheets save it: UTF-8 with or without a byte order mark, or GB18030, of which GBK and
/// GB2312 are parts.
///
/// Nearly every damaged UTF-8 text of Chinese is GB18030 of something else. So a text counts as GB18030 only where no
/// line of it and no larger part of its bytes is UTF-8; otherwise the line is named that is not.
package enum WrittenText {
    /// A text that was understood, and as what.
    package struct Decoded: Equatable {
        package var text: String
        /// Else UTF-8.
        package var isGB18030 = false
    }

    /// The first line that cannot be read.
    package struct Unreadable: Error, Equatable {
        /// From 1.
        package var line: Int
        package var problem: String
    }

    /// What the bytes say, without a byte order mark.
    package static func decode(_ bytes: [UInt8]) throws(Unreadable) -> Decoded {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw Unreadable(line: 1, problem: "the file is UTF-16")
        }
        let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let content = isMarked ? bytes[3...] : bytes[...]
        if let zero = content.firstIndex(of: 0) {
            throw Unreadable(line: line(of: zero, in: bytes), problem: "a byte of zero stands there")
        }
        if let text = String(validating: content, as: UTF8.self) { return Decoded(text: text) }
        let census = Census(bytes)
        if isMarked { throw census.damage("is not UTF-8, as the file’s byte order mark says it is") }
        if let clean = census.cleanLine { throw census.damage("is not UTF-8, but line \(clean) is") }
        if census.sequences > census.strays { throw census.damage("is not UTF-8") }
        guard let text = String(data: Data(bytes), encoding: gb18030) else {
            throw Unreadable(line: lineNotGB18030(bytes), problem: "is neither UTF-8 nor GB18030")
        }
        return Decoded(text: text, isGB18030: true)
    }

    /// Foundation's number of kCFStringEncodingGB_18030_2000, which has no name of its own.
    private static let gb18030 = String.Encoding(rawValue: 0x8000_0632)

    private static func lineNotGB18030(_ bytes: [UInt8]) -> Int {
        // No character of GB18030 has a line feed in it.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let bad = lines.firstIndex { String(data: Data($0), encoding: gb18030) == nil }
        return (bad ?? lines.count - 1) + 1
    }

    private static func line(of place: Int, in bytes: [UInt8]) -> Int {
        bytes[..<place].count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// How much of a text that is not all UTF-8 is UTF-8.
    private struct Census {
        /// Sequences of three and four bytes, as Chinese has them in UTF-8 and hardly ever by chance in GB18030.
        var sequences = 0
        /// Bytes that belong to no sequence.
        var strays = 0
        /// The first line that has such a sequence and no stray byte.
        var cleanLine: Int?
        var firstStrayLine = 1

        init(_ bytes: [UInt8]) {
            var place = 0
            var line = 1
            var (sequencesBefore, straysBefore) = (0, 0)
            while place < bytes.count {
                let length = Self.sequence(bytes[place...])
                if length == 0 {
                    if strays == 0 { firstStrayLine = line }
                    strays += 1
                } else if length >= 3 {
                    sequences += 1
                }
                let isEnd = bytes[place] == UInt8(ascii: "\n")
                place += max(1, length)
                guard isEnd || place >= bytes.count else { continue }
                if cleanLine == nil, sequences > sequencesBefore, strays == straysBefore { cleanLine = line }
                (sequencesBefore, straysBefore) = (sequences, strays)
                line += 1
            }
        }

        func damage(_ problem: String) -> Unreadable { Unreadable(line: firstStrayLine, problem: problem) }

        /// The length of the sequence of UTF-8 that begins here; 0 where none does.
        private static func sequence(_ bytes: ArraySlice<UInt8>) -> Int {
            let lead = bytes[bytes.startIndex]
            let length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
            return String(validating: bytes.prefix(length), as: UTF8.self) == nil ? 0 : length
        }
    }
}
