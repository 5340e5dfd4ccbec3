import Foundation
import HaoyuanClient
import Testing

@testable import Proof
@testable import Terminal

@Suite struct `A report says the same as text, as JSON and as a page of its own` {
    private static func report(_ checks: [Report.Check]) -> Report {
        var report = Report(
            name: "drill-test", title: "Drill: <test>", purpose: "Nothing & everything.", standing: .passed,
            verdict: "all well",
            command: "haoyuan drill test", begun: 1_767_225_600_000, took: .seconds(3))
        report.add("Promises", .checks(checks))
        report.add(
            "Facts", .facts([.init("size", .bytes(3 << 20)), .init("time", .seconds(0.25)), .init("none", .missing)]))
        var table = ReportTable(["what", "how many"])
        table.add([.text("a|b"), .count(1_234)])
        report.add("Table", .table(table))
        let points = [LineChart.Point(x: 0, y: 1), .init(x: 1, y: nil), .init(x: 2, y: 4), .init(x: 3, y: 9)]
        report.add(
            "Lines",
            .lines(
                LineChart(
                    yUnit: .count, series: [.init(name: "one", points: points)], marks: [.init(x: 2, text: "cut")])))
        var latencies = LatencyHistogram()
        for step in 1...1_000 { latencies.add(UInt64(step) * 1_000) }
        report.add("Distribution", .distribution(.init(series: [.init("answers", latencies)])))
        return report
    }

    @Test
    func `the page needs nothing beside it and has no markup from its contents`() {
        let page = HTMLReport(report: Self.report([.init(name: "a < b", count: 3)])).page()
        #expect(page.contains("<h1>Drill: &lt;test&gt;</h1>"))
        #expect(page.contains("a &lt; b"))
        for outside in ["<script", "http://", "https://", "<link", "@import", "url("] {
            #expect(!page.contains(outside))
        }
        #expect(page.components(separatedBy: "<svg").count == 4)
        #expect(page.contains("prefers-color-scheme: dark") && page.contains("@media print"))
        #expect(!page.contains("nan") && !page.contains("inf\""))
    }

    @Test
    func `the text names what is broken`() {
        let lines = TextReport(
            report: Self.report([.init(name: "holds", count: 3), .init(name: "breaks", count: 2, problems: ["here"])])
        ).lines()
        #expect(lines.contains("✓ holds (3)"))
        #expect(lines.contains("✗ breaks (2)"))
        #expect(lines.contains("    here"))
        #expect(lines.contains("size  3.0 MiB"))
        #expect(lines.contains("PASSED  all well"))
        #expect(lines.contains { $0.hasPrefix("one  ▁") && $0.contains("█") })
    }

    @Test
    func `the document has every number with its unit`() throws {
        let text = Self.report([.init(name: "breaks", count: 2, problems: ["here"])]).json.text(isIndented: false)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["report"] as? String == "drill-test")
        let sections = try #require(object["sections"] as? [[String: Any]])
        #expect(sections.map { $0["kind"] as? String } == ["checks", "facts", "table", "lines", "distribution"])
        let facts = try #require(sections[1]["content"] as? [[String: Any]])
        #expect(facts[0]["value"] as? Int == 3 << 20)
        #expect(facts[0]["unit"] as? String == "B")
        let checks = try #require(sections[0]["content"] as? [[String: Any]])
        #expect(checks[0]["holds"] as? Bool == false)
    }

    @Test(arguments: [(0.0, 7.3), (0, 0), (120, 120), (0, 3.4e9)])
    func `an axis covers what is drawn and has round numbers`(low: Double, high: Double) {
        let axis = Axis(covering: low...high, unit: .count, startsAtZero: true, about: 5)
        #expect(axis.range.lowerBound <= low && axis.range.upperBound >= high)
        #expect(axis.ticks.count >= 2 && axis.ticks.count <= 12)
        let logarithmic = Axis(
            covering: 0.00012...4, unit: .seconds, scale: .logarithmic, startsAtZero: false, about: 5)
        #expect(logarithmic.place(0.0001) == 0 && logarithmic.place(10) == 1)
    }

    @Test
    func `thinning a line keeps its extremes`() {
        let points = (0..<10_000).map { (x: Double($0), y: $0 == 4_321 ? 1e6 : Double($0 % 3)) }
        let thinned = LinePicture.thinned(points)
        #expect(thinned.count <= 1_400)
        #expect(thinned.contains { $0.y == 1e6 })
    }

    @Test
    func `no words of a picture cross its edges`() throws {
        var latencies = LatencyHistogram()
        for step in 1...200_000 { latencies.add(UInt64(step) * 1_000) }
        let points = (0...10).map { LineChart.Point(x: Double($0) * 1_000, y: Double($0) * 100_000) }
        let marks = [0.0, 9_000, 10_000].map { LineChart.Mark(x: $0, text: "the standby was promoted") }
        let pictures = [
            DistributionPicture(chart: .init(series: [.init("answers", latencies)])).svg(label: "d"),
            LinePicture(chart: LineChart(yUnit: .perSecond, series: [.init(name: "one", points: points)], marks: marks))
                .svg(label: "l"),
        ]
        for match in pictures.joined(separator: "").matches(
            of: /<text x="([-0-9.]+)" y="[^"]*" class="([^"]*)">([^<]*)</)
        {
            let x = try #require(Double(match.output.1))
            let room = SVGCanvas.room(for: String(match.output.3)) - 4
            let style = match.output.2
            let left = style.hasSuffix("end") ? x - room : style.hasSuffix("middle") ? x - room / 2 : x
            #expect(left >= 0 && left + room <= SVGCanvas.width, "\(match.output.0)")
        }
        #expect(pictures[0].contains(">p99.999<"))
    }
}
