/// Rows of a CSV file as spreadsheets open it: RFC 4180, and nothing in it is taken for a formula.
package enum CSVText {
    /// In front of the file, so that a spreadsheet reads Chinese as UTF-8.
    package static let byteOrderMark = "\u{FEFF}"

    /// One row, with its line end.
    package static func row(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

    /// A cell. Text that a spreadsheet would run as a formula begins with an apostrophe; numbers stay numbers.
    static func cell(_ text: String) -> String {
        var text = text
        if let first = text.unicodeScalars.first, "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first), Double(text) == nil {
            text = "'" + text
        }
        guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
