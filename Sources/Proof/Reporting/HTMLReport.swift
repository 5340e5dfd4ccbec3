import Hosting
import Terminal

/// Text as HTML.
enum HTML {
    /// Colours for series; the style has as many.
    static let colours = 6

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

/// A report as one page that needs nothing beside it: no script, no font, no picture from elsewhere. Right in light and
/// in dark, and on paper.
struct HTMLReport {
    let report: Report

    func page() -> String {
        let clock = HospitalClock.utc
        var page = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTML.escaped(report.title)): \(report.standing.rawValue)</title>
            <style>
            \(Self.style)</style>
            </head>
            <body>
            <header>
            <h1>\(HTML.escaped(report.title))</h1>
            <p>\(HTML.escaped(report.purpose))</p>
            <p class="verdict \(report.standing.rawValue)"><strong>\(report.standing.rawValue)</strong> \(HTML.escaped(report.verdict))</p>
            <p class="note">\(clock.second(report.begun)) UTC · took \(Numbers.duration(report.took)) · \(Version.text) ·
            <code>\(HTML.escaped(report.command))</code></p>
            </header>

            """
        for section in report.sections { page += html(section) }
        return page + "</body>\n</html>\n"
    }

    private func html(_ section: Report.Section) -> String {
        let note = section.note.isEmpty ? "" : "<p class=\"note\">\(HTML.escaped(section.note))</p>\n"
        return "<section>\n<h2>\(HTML.escaped(section.title))</h2>\n\(note)\(content(section))</section>\n"
    }

    private func content(_ section: Report.Section) -> String {
        switch section.content {
        case .facts(let facts): html(facts)
        case .checks(let checks): html(checks)
        case .table(let table): html(table)
        case .lines(let chart):
            legend(chart.series.map(\.name), isNeeded: chart.series.count > 1)
                + LinePicture(chart: chart).svg(label: section.title)
        case .distribution(let chart):
            legend(chart.series.map(\.name), isNeeded: chart.series.count > 1)
                + DistributionPicture(chart: chart).svg(label: section.title) + html(DistributionTable(chart).table)
        }
    }

    private func html(_ facts: [Report.Fact]) -> String {
        let rows = facts.map { fact in
            "<tr><th scope=\"row\">\(HTML.escaped(fact.name))</th>"
                + "<td class=\"\(Self.style(fact.tint))\">\(HTML.escaped(fact.value.text))</td></tr>\n"
        }
        return "<table class=\"facts\">\n\(rows.joined())</table>\n"
    }

    private func html(_ checks: [Report.Check]) -> String {
        let rows = checks.map { check in
            let problems = check.problems.prefix(Report.Check.mostProblems).map { "<li>\(HTML.escaped($0))</li>" }
                .joined()
            let more = check.problems.count - Report.Check.mostProblems
            let rest = more > 0 ? "<li>and \(Numbers.grouped(more)) more</li>" : ""
            let list = problems.isEmpty ? "" : "<ul>\(problems)\(rest)</ul>"
            return "<tr><td class=\"\(check.holds ? "good" : "bad")\">\(check.holds ? "✓ holds" : "✗ broken")</td>"
                + "<td>\(HTML.escaped(check.name))\(list)</td><td class=\"number\">\(Numbers.grouped(check.count))</td></tr>\n"
        }
        let titles = "<tr><th>verdict</th><th>promise</th><th class=\"number\">looked at</th></tr>\n"
        return "<div class=\"wide\"><table>\n\(titles)\(rows.joined())</table></div>\n"
    }

    private func html(_ table: ReportTable) -> String {
        let right = table.columns.indices.map { table.isNumeric($0) ? " class=\"number\"" : "" }
        let titles = zip(table.columns, right).map { "<th\($1)>\(HTML.escaped($0))</th>" }.joined()
        let rows = table.rows.map { row in
            let cells = row.enumerated().map { index, cell in
                let style = [table.isNumeric(index) ? "number" : "", Self.style(cell.tint)].filter { !$0.isEmpty }
                return "<td class=\"\(style.joined(separator: " "))\">\(HTML.escaped(cell.value.text))</td>"
            }
            return "<tr>\(cells.joined())</tr>\n"
        }
        return "<div class=\"wide\"><table>\n<tr>\(titles)</tr>\n\(rows.joined())</table></div>\n"
    }

    private func legend(_ names: [String], isNeeded: Bool) -> String {
        guard isNeeded else { return "" }
        let items = names.enumerated().map { "<span><i class=\"s\($0 % HTML.colours)\"></i>\(HTML.escaped($1))</span>" }
        return "<p class=\"legend\">\(items.joined())</p>\n"
    }

    private static func style(_ tint: Palette.Tint?) -> String {
        switch tint {
        case .good: "good"
        case .bad: "bad"
        case .caution: "caution"
        case .quiet: "quiet"
        case .heading: "heading"
        case nil: ""
        }
    }
}
