import Foundation
import Testing

/// A part of a page that is written from the sources, between two marks that a reader of the page does not see.
struct GeneratedSection: Sendable, CustomTestStringConvertible {
    var page: String
    var name: String
    var lines: [String]

    var testDescription: String { "\(name) in \(page)" }

    private var begin: String { "<!-- \(name), by `make pages`: begin -->" }
    private var end: String { "<!-- \(name): end -->" }

    /// The page with this section as the sources have it; nil where it has no such marks.
    func written(into text: String) -> String? {
        let written = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let first = written.firstIndex(of: begin), let last = written[first...].firstIndex(of: end) else {
            return nil
        }
        return (written[...first] + [""] + lines + [""] + written[last...]).joined(separator: "\n")
    }

    /// Where the page parts from the sources: the first such line.
    func violations(in text: String?) -> [Violation] {
        guard let text, let wanted = written(into: text) else {
            return [Violation(path: page, line: 1, message: "has no line `\(begin)` with its `\(end)`")]
        }
        guard text != wanted else { return [] }
        let (are, should) = (Self.lines(of: text), Self.lines(of: wanted))
        let line = zip(are, should).prefix { $0 == $1 }.count
        let missing = line < should.count ? should[line] : ""
        return [Violation(path: page, line: line + 1, message: "should be `\(missing)`; run `make pages`")]
    }

    private static func lines(of text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }
}

/// A table in Markdown.
enum MarkdownTable {
    static func lines(_ titles: [String], _ rows: [[String]]) -> [String] {
        [row(titles), "|" + String(repeating: "---|", count: titles.count)] + rows.map(row)
    }

    private static func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
}
