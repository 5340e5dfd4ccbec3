/// Rows for people: columns as wide as their widest cell, two blanks between them, nothing after the last.
struct Table {
    enum Alignment { case left, right }

    struct Column: ExpressibleByStringLiteral {
        var title: String
        var alignment: Alignment

        init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }

        init(stringLiteral title: String) { self.init(title) }

        static func right(_ title: String) -> Column { Column(title, .right) }
    }

    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var tint: Palette.Tint?

        init(_ text: String, _ tint: Palette.Tint? = nil) {
            self.text = Self.onOneLine(text)
            self.tint = tint
        }

        init(stringLiteral text: String) { self.init(text) }

        /// Control characters would break the layout, or drive the terminal.
        private static func onOneLine(_ text: String) -> String {
            let isClean = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            guard !isClean else { return text }
            return String(
                String.UnicodeScalarView(
                    text.unicodeScalars.map {
                        $0.properties.generalCategory == .control ? " " : $0
                    }))
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has a cell for each column")
        rows.append(row)
    }

    var isEmpty: Bool { rows.isEmpty }
    var count: Int { rows.count }

    /// The lines, the titles first.
    func lines(_ palette: Palette = .plain) -> [String] {
        let titles = columns.map { Cell($0.title, .quiet) }
        let all = [titles] + rows
        let widths = columns.indices.map { column in
            all.map { TextWidth.columns(of: $0[column].text) }.max() ?? 0
        }
        return all.map { line($0, widths, palette) }
    }

    private func line(_ row: [Cell], _ widths: [Int], _ palette: Palette) -> String {
        let last = row.lastIndex { !$0.text.isEmpty } ?? 0
        var line = ""
        for (index, cell) in row.enumerated() where index <= last {
            if index > 0 { line += "  " }
            let blanks = String(repeating: " ", count: widths[index] - TextWidth.columns(of: cell.text))
            let text = palette.paint(cell.text, cell.tint)
            switch columns[index].alignment {
            case .right: line += blanks + text
            case .left: line += index == last ? text : text + blanks
            }
        }
        return line
    }
}

/// Names on the left, what they are on the right: a record for people.
struct FactSheet {
    private var facts: [(name: String, value: Table.Cell)] = []

    mutating func add(_ name: String, _ value: String, _ tint: Palette.Tint? = nil) {
        facts.append((name, Table.Cell(value, tint)))
    }

    func lines(_ palette: Palette = .plain) -> [String] {
        let width = facts.map { TextWidth.columns(of: $0.name) }.max() ?? 0
        return facts.map { name, value in
            let blanks = String(repeating: " ", count: width - TextWidth.columns(of: name) + 2)
            return palette.paint(name, .quiet) + blanks + palette.paint(value.text, value.tint)
        }
    }
}
