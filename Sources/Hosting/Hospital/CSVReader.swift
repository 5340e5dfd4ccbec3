import Scheduling

/// Comma-separated values (RFC 4180): quotes, doubled quotes, commas and line breaks inside quotes, CRLF or LF, a byte
/// order mark. Rows keep the number of the line they begin on, so that whatever is wrong with one can be named.
package struct CSVReader {
    /// A row, and the line that it begins in.
    package struct Row: Equatable {
        /// From 1.
        package var line: Int
        package var cells: [String]
    }

    /// What cannot be read at all; a row with too few cells is the caller's to judge.
    package struct Malformed: Error, Equatable {
        package var line: Int
        package var problem: String
    }

    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    /// The next row; nil at the end. Rows without a word in any cell are passed over, as spreadsheets leave them.
    package mutating func next() throws(Malformed) -> Row? {
        while place < bytes.count {
            let began = line
            let cells = try row()
            if !cells.allSatisfy(\.isBlank) { return Row(line: began, cells: cells) }
        }
        return nil
    }

    private mutating func row() throws(Malformed) -> [String] {
        var cells: [String] = []
        while true {
            cells.append(try cell())
            guard place < bytes.count else { return cells }
            let separator = bytes[place]
            place += 1
            if separator == UInt8(ascii: ",") { continue }
            if separator == UInt8(ascii: "\r"), place < bytes.count, bytes[place] == UInt8(ascii: "\n") { place += 1 }
            line += 1
            return cells
        }
    }

    /// Up to the separator, which is left for the row.
    private mutating func cell() throws(Malformed) -> String {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
            let start = place
            while place < bytes.count, !Self.isSeparator(bytes[place]) { place += 1 }
            return String(decoding: bytes[start..<place], as: UTF8.self)
        }
        let began = line
        place += 1
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") {
                guard place < bytes.count, bytes[place] == byte else { return try closed(text, began) }
                place += 1
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            text.append(byte)
        }
        throw Malformed(line: began, problem: "a quote is opened and never closed")
    }

    private func closed(_ text: [UInt8], _ began: Int) throws(Malformed) -> String {
        guard place == bytes.count || Self.isSeparator(bytes[place]) else {
            throw Malformed(line: began, problem: "text follows a closing quote")
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }
}
