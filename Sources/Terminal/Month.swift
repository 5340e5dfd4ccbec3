import Scheduling

/// A month of the calendar, and its sheet: a column for each day of the week, Monday first.
package struct Month: Equatable, Sendable, CustomStringConvertible {
    private let first: LocalDate
    private let length: Int32

    /// Reads `YYYY-MM`; nil for anything else.
    package init?(_ text: String) {
        guard let first = LocalDate("\(text)-01") else { return nil }
        self.first = first
        length = (28...31).last { LocalDate("\(text)-\($0)") != nil } ?? 28
    }

    /// As `YYYY-MM`.
    package var description: String { String(first.description.prefix(7)) }

    /// Its days, as `YYYY-MM-DD`.
    package var days: [String] { (0..<length).map { first.advanced(days: $0).description } }

    /// Two lines for each week: the days, and below each what is said of it.
    /// - Parameter cells: for each day of the month, from the first on.
    package func sheet(_ cells: [Table.Cell]) -> Table {
        precondition(cells.count == Int(length), "each day of the month has a cell")
        let names = ["MON 一", "TUE 二", "WED 三", "THU 四", "FRI 五", "SAT 六", "SUN 日"]
        var table = Table(names.map { .right($0) })
        for monday in stride(from: -first.weekday, to: Int(length), by: names.count) {
            let week = monday..<monday + names.count
            table.add(week.map { cells.indices.contains($0) ? Table.Cell(String($0 + 1), .quiet) : "" })
            table.add(week.map { cells.indices.contains($0) ? cells[$0] : "" })
        }
        return table
    }
}
