import Hosting
package import Terminal

extension Report {
    /// The report for machines. Fields and their order are stable; times are seconds, sizes bytes.
    package var json: JSON {
        [
            "report": .text(name), "title": .text(title), "standing": .text(standing.rawValue),
            "verdict": .text(verdict),
            "command": .text(command), "begun": .text(HospitalClock.utc.iso(begun)),
            "took_s": .decimal(Numbers.seconds(took), digits: 3), "version": .text(Version.number),
            "sections": .list(sections.map(\.json)),
        ]
    }
}

extension Report.Section {
    fileprivate var json: JSON {
        let (kind, body) = content.json
        return ["title": .text(title), "kind": .text(kind), "content": body]
    }
}

extension Report.Content {
    fileprivate var json: (kind: String, body: JSON) {
        switch self {
        case .facts(let facts):
            (
                "facts",
                .list(
                    facts.map {
                        [
                            "name": .text($0.name), "value": $0.value.json,
                            "unit": .optional($0.value.unit) { .text($0.rawValue) },
                        ]
                    })
            )
        case .checks(let checks):
            (
                "checks",
                .list(
                    checks.map {
                        [
                            "name": .text($0.name), "holds": .bool($0.holds), "count": .count($0.count),
                            "problems": .list($0.problems.prefix(Report.Check.mostProblems).map { .text($0) }),
                        ]
                    })
            )
        case .table(let table):
            (
                "table",
                [
                    "columns": .list(table.columns.map { .text($0) }),
                    "rows": .list(table.rows.map { .list($0.map(\.value.json)) }),
                ]
            )
        case .lines(let chart): ("lines", chart.json)
        case .distribution(let chart): ("distribution", chart.json)
        }
    }
}

extension LineChart {
    fileprivate var json: JSON {
        [
            "x_unit": .text(xUnit.rawValue), "y_unit": .text(yUnit.rawValue),
            "series": .list(
                series.map { series in
                    [
                        "name": .text(series.name),
                        "points": .list(series.points.map { [xUnit.json($0.x), .optional($0.y, yUnit.json)] }),
                    ]
                }),
            "marks": .list(marks.map { ["x": xUnit.json($0.x), "text": .text($0.text)] }),
        ]
    }
}

extension DistributionChart {
    fileprivate var json: JSON {
        [
            "unit": .text(unit.rawValue),
            "series": .list(
                series.map { series in
                    [
                        "name": .text(series.name), "count": .count(series.count),
                        "percentiles": .list(
                            Self.percents.map {
                                [.decimal($0, digits: 2), .optional(series.percentile($0), unit.json)]
                            }),
                        "longest": unit.json(series.most),
                        "buckets": .list(series.buckets.map { [unit.json($0.upTo), .count($0.count)] }),
                    ]
                }),
        ]
    }
}
