import Terminal

/// What a drill or a measurement has to say. One value, shown three ways: as text on a terminal, as JSON for machines,
/// and as a page of HTML that needs nothing beside it.
package struct Report: Sendable {
    /// How it ended.
    package enum Standing: String, Sendable {
        case passed
        case failed
        /// Nothing was judged: a measurement.
        case measured
    }

    struct Section: Sendable {
        var title: String
        /// What the reader should know before looking; empty for nothing.
        var note = ""
        var content: Content
    }

    /// What stands in a part of the report.
    enum Content: Sendable {
        case facts([Fact])
        case checks([Check])
        case table(ReportTable)
        case lines(LineChart)
        case distribution(DistributionChart)
    }

    /// A name and what it is.
    package struct Fact: Sendable {
        package var name: String
        package var value: Quantity
        var tint: Palette.Tint?

        init(_ name: String, _ value: Quantity, _ tint: Palette.Tint? = nil) {
            self.name = name
            self.value = value
            self.tint = tint
        }
    }

    /// A promise, how often it was looked at, and where it did not hold.
    struct Check: Sendable {
        var name: String
        var count: Int
        /// A sentence each; empty when it holds.
        var problems: [String] = []

        var holds: Bool { problems.isEmpty }

        /// Sentences that are shown of one check: more say nothing new.
        static let mostProblems = 20
    }

    /// One word for scripts and file names: `drill-kill`.
    var name: String
    var title: String
    /// What was done, in a sentence.
    var purpose: String
    package var standing: Standing
    /// The result in a sentence.
    var verdict: String
    /// The command line that does the same again.
    var command: String
    /// Milliseconds since 1970.
    var begun: Int64
    var took: Duration
    var sections: [Section] = []

    /// Whether every check of every section holds.
    var allChecksHold: Bool {
        sections.allSatisfy { section in
            guard case .checks(let checks) = section.content else { return true }
            return checks.allSatisfy(\.holds)
        }
    }

    mutating func add(_ title: String, note: String = "", _ content: Content) {
        sections.append(Section(title: title, note: note, content: content))
    }
}

/// Rows under titles. Cells are quantities, so that the same table serves people and machines.
struct ReportTable: Sendable {
    struct Cell: Sendable {
        var value: Quantity
        var tint: Palette.Tint?

        init(_ value: Quantity, _ tint: Palette.Tint? = nil) {
            self.value = value
            self.tint = tint
        }
    }

    var columns: [String]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [String]) { self.columns = columns }

    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    mutating func add(_ values: [Quantity]) { add(values.map { Cell($0) }) }

    /// Whether a column stands at the right: nothing but numbers in it.
    func isNumeric(_ column: Int) -> Bool {
        rows.contains { $0[column].value.isNumber } && rows.allSatisfy { $0[column].value.isNumberOrMissing }
    }
}
