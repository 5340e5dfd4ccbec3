package import Terminal

/// A report for the terminal: tables as tables, lines as small charts of one row, distributions as bars.
package struct TextReport {
    package let report: Report
    var palette = Palette.plain

    package init(report: Report, palette: Palette = Palette.plain) {
        self.report = report
        self.palette = palette
    }

    /// Columns of a chart of one row.
    private static let chartColumns = 48
    private static let barColumns = 36

    package func lines() -> [String] {
        var lines = [palette.paint(report.title, .heading), report.purpose]
        for section in report.sections {
            lines += ["", palette.paint(section.title, .heading)]
            if !section.note.isEmpty { lines.append(palette.paint(section.note, .quiet)) }
            lines += content(section)
        }
        let tint: Palette.Tint? =
            switch report.standing {
            case .passed: .good
            case .failed: .bad
            case .measured: nil
            }
        lines += ["", "\(palette.paint(report.standing.rawValue.uppercased(), tint))  \(report.verdict)"]
        lines.append(palette.paint("took \(Numbers.duration(report.took)); again: \(report.command)", .quiet))
        return lines
    }

    private func content(_ section: Report.Section) -> [String] {
        switch section.content {
        case .facts(let facts):
            var sheet = FactSheet()
            for fact in facts { sheet.add(fact.name, fact.value.text, fact.tint) }
            return sheet.lines(palette)
        case .checks(let checks): return checks.flatMap(self.lines)
        case .table(let table): return lines(table)
        case .lines(let chart): return lines(chart)
        case .distribution(let chart): return lines(DistributionTable(chart).table) + bars(chart)
        }
    }

    private func lines(_ check: Report.Check) -> [String] {
        let mark = check.holds ? palette.paint("✓", .good) : palette.paint("✗", .bad)
        var lines = ["\(mark) \(check.name) \(palette.paint("(\(Numbers.grouped(check.count)))", .quiet))"]
        lines += check.problems.prefix(Report.Check.mostProblems).map { "    \($0)" }
        let more = check.problems.count - Report.Check.mostProblems
        if more > 0 { lines.append("    and \(Numbers.grouped(more)) more") }
        return lines
    }

    private func lines(_ table: ReportTable) -> [String] {
        var shown = Table(
            table.columns.enumerated().map { Table.Column($1.uppercased(), table.isNumeric($0) ? .right : .left) })
        for row in table.rows { shown.add(row.map { Table.Cell($0.value.text, $0.tint) }) }
        return shown.lines(palette)
    }

    /// One row a series: the highest of each column's points, between the chart's least and most.
    private func lines(_ chart: LineChart) -> [String] {
        guard let xs = chart.xRange, let ys = chart.yRange else { return ["nothing was measured"] }
        var table = Table(["", "", .right("LEAST"), .right("MEDIAN"), .right("MOST"), .right("LAST")])
        let low = chart.yScale == .linear ? min(0, ys.lowerBound) : ys.lowerBound
        let axis = Axis(
            covering: low...ys.upperBound, unit: chart.yUnit, scale: chart.yScale, startsAtZero: false, about: 5)
        for series in chart.series {
            let sorted = series.points.compactMap(\.y).sorted()
            guard let least = sorted.first, let most = sorted.last,
                let last = series.points.last(where: { $0.y != nil })?.y
            else { continue }
            table.add([
                Table.Cell(series.name, .quiet), Table.Cell(Self.spark(series.points, xs, axis)),
                Table.Cell(chart.yUnit.text(least)), Table.Cell(chart.yUnit.text(sorted[sorted.count / 2])),
                Table.Cell(chart.yUnit.text(most)), Table.Cell(chart.yUnit.text(last)),
            ])
        }
        return table.lines(palette)
    }

    private static func spark(_ points: [LineChart.Point], _ xs: ClosedRange<Double>, _ axis: Axis) -> String {
        let blocks = Array("▁▂▃▄▅▆▇█")
        var columns = [Double?](repeating: nil, count: chartColumns)
        let width = max(xs.upperBound - xs.lowerBound, 1e-9)
        for point in points {
            guard let y = point.y else { continue }
            let column = min(chartColumns - 1, Int((point.x - xs.lowerBound) / width * Double(chartColumns)))
            columns[column] = max(columns[column] ?? y, y)
        }
        return String(
            columns.map { y in
                guard let y else { return " " }
                return blocks[max(0, min(blocks.count - 1, Int(axis.place(y) * Double(blocks.count))))]
            })
    }

    /// A row for each doubling that something fell into.
    private func bars(_ chart: DistributionChart) -> [String] {
        guard chart.series.count == 1, let series = chart.series.first, series.count > 0 else { return [] }
        var table = Table([.right("UP TO"), .right("SHARE"), ""])
        let merged = series.buckets(perDoubling: 1)
        let highest = merged.map(\.count).max() ?? 1
        for bucket in merged {
            let length = Int((Double(bucket.count) / Double(highest) * Double(Self.barColumns)).rounded())
            table.add([
                Table.Cell(chart.unit.text(min(bucket.upTo, series.most))),
                Table.Cell(Unit.percent.text(Double(bucket.count) / Double(series.count) * 100)),
                Table.Cell(bucket.count > 0 && length == 0 ? "▏" : String(repeating: "█", count: length)),
            ])
        }
        return table.lines(palette)
    }
}

/// The percentiles of a distribution as a table: the numbers behind the picture.
struct DistributionTable {
    let table: ReportTable

    init(_ chart: DistributionChart) {
        var table = ReportTable(
            ["", "count"] + DistributionChart.percents.map { "p\($0 == $0.rounded() ? "\(Int($0))" : "\($0)")" } + [
                "longest"
            ])
        for series in chart.series {
            let values = DistributionChart.percents.map {
                series.percentile($0).map { Quantity.number($0, chart.unit) } ?? .missing
            }
            table.add(
                [.text(series.name), .count(series.count)] + values
                    + [series.count > 0 ? .number(series.most, chart.unit) : .missing])
        }
        self.table = table
    }
}
