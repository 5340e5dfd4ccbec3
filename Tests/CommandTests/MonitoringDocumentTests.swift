import Foundation
import Testing

@testable import Hosting
@testable import haoyuan

@Suite struct `Monitoring is documented as it is` {
    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: Binary.repository + "/" + path, encoding: .utf8)
    }

    /// Metrics that a text names, without what a histogram's series have behind.
    private func metrics(in text: String) -> Set<String> {
        let names = text.matches(of: #/\b(?:haoyuan|process)_[a-z0-9_]+/#).map { String($0.0) }
        let histograms = Set(Metric.all.filter { $0.kind == .histogram }.map(\.name))
        return Set(
            names.map { name in
                let base = name.replacing(#/_(bucket|sum|count)$/#, with: "")
                return histograms.contains(base) ? base : name
            })
    }

    @Test
    func `every metric has its row, with its kind and its labels, and no row is of one that is gone`() throws {
        let page = try text("docs/operating/monitoring.md")
        for metric in Metric.all {
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            #expect(page.contains("| `\(metric.name)` | \(metric.kind.rawValue) | \(labels)"), "\(metric.name)")
        }
        #expect(metrics(in: page).isSubset(of: Set(Metric.all.map(\.name))))
    }

    @Test
    func `every metric that an alert asks for is exported`() throws {
        let named = metrics(in: try text("docs/operating/alerts.yml"))
        #expect(named.count > 10)
        #expect(named.isSubset(of: Set(Metric.all.map(\.name))), "\(named.subtracting(Metric.all.map(\.name)))")
    }

    @Test
    func `every alert says what it means and what to do, and stands on the page; labels it names exist`() throws {
        let (rules, page) = (try text("docs/operating/alerts.yml"), try text("docs/operating/monitoring.md"))
        let blocks = rules.components(separatedBy: "- alert: ").dropFirst()
        #expect(blocks.count >= 12)
        for block in blocks {
            let name = String(block.prefix { $0.isLetter })
            for field in ["expr:", "severity:", "summary:", "meaning:", "action:"] {
                #expect(block.contains(field), "\(name) has no \(field)")
            }
            #expect(page.contains("| `\(name)` |"), "\(name) is not on the page")
        }
        let onPage = page.matches(of: #/\n\| `(Haoyuan[A-Za-z]+)` \|/#).map { String($0.1) }
        #expect(Set(onPage) == Set(blocks.map { String($0.prefix { $0.isLetter }) }))
        for match in rules.matches(of: #/(haoyuan_[a-z_]+)\{([a-z]+)=/#) {
            let name = try #require(metrics(in: String(match.1)).first)
            let metric = try #require(Metric.all.first { $0.name == name })
            #expect(metric.labels.contains(String(match.2)), "\(match.0)")
        }
    }
}
