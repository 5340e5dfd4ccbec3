/// Rows for people: columns as wide as their widest cell, two blanks between them, nothing after the last.
package struct Table {
    /// Which edge of its column a cell keeps to.
    package enum Alignment { case left, right }

    /// A column: its title, and how its cells lie.
    package struct Column: ExpressibleByStringLiteral {
        package var title: String
        var alignment: Alignment

        package init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }

        package init(stringLiteral title: String) { self.init(title) }

        package static func right(_ title: String) -> Column { Column(title, .right) }
    }

    /// One cell: a text without control characters, and its colour.
    package struct Cell: ExpressibleByStringInterpolation {
        package var text: String
        package var tint: Palette.Tint?

        package init(_ text: String, _ tint: Palette.Tint? = nil) {
            self.text = Self.onOneLine(text)
            self.tint = tint
        }

        package init(stringLiteral text: String) { self.init(text) }

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

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has a cell for each column")
        rows.append(row)
    }

    package var isEmpty: Bool { rows.isEmpty }
    package var count: Int { rows.count }

    /// The lines, the titles first.
    package func lines(_ palette: Palette = .plain) -> [String] {
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
package struct FactSheet {
    private var facts: [(name: String, value: Table.Cell)] = []

    package init() {
    }

    package mutating func add(_ name: String, _ value: String, _ tint: Palette.Tint? = nil) {
        facts.append((name, Table.Cell(value, tint)))
    }

    package func lines(_ palette: Palette = .plain) -> [String] {
        let width = facts.map { TextWidth.columns(of: $0.name) }.max() ?? 0
        return facts.map { name, value in
            let blanks = String(repeating: " ", count: width - TextWidth.columns(of: name) + 2)
            return palette.paint(name, .quiet) + blanks + palette.paint(value.text, value.tint)
        }
    }
}
