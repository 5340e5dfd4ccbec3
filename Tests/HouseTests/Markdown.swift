import Foundation

/// A page with its links and headings, code left out.
struct MarkdownPage {
    let path: String
    /// Targets as written, with their line from 1.
    private(set) var links: [(line: Int, target: String)] = []
    /// The anchors that its headings make, as GitHub forms them.
    private(set) var anchors: Set<String> = []

    init(path: String, text: String) {
        self.path = path
        var isFenced = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isFenced.toggle()
                continue
            }
            if isFenced { continue }
            let prose = line.replacing(#/`[^`]*`/#, with: "``")
            links += prose.matches(of: #/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/#).map {
                (line: index + 1, target: String($0.1))
            }
            if let reference = prose.firstMatch(of: #/^\[[^\]]+\]:\s+(\S+)/#) {
                links.append((line: index + 1, target: String(reference.1)))
            }
            if let heading = line.firstMatch(of: #/^#{1,6}\s+(.*)/#) { addAnchor(of: heading.1) }
        }
    }

    private mutating func addAnchor(of heading: Substring) {
        let text = heading.replacing(#/\]\([^)]*\)/#, with: "").lowercased()
        let slug = String(text.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" })
            .replacingOccurrences(of: " ", with: "-")
        var anchor = slug
        var copies = 0
        while !anchors.insert(anchor).inserted {
            copies += 1
            anchor = "\(slug)-\(copies)"
        }
    }

    /// Links to files or headings that are not there. `page` answers with a page's text, `exists` whether a path is
    /// there; both take paths from the root.
    func brokenLinks(exists: (String) -> Bool, page: (String) -> String?) -> [Violation] {
        links.compactMap { line, target in
            if target.contains(#/^[a-z][a-z0-9+.-]*:/#) { return nil }
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let file = String(parts[0]).removingPercentEncoding ?? ""
            guard let destination = file.isEmpty ? path : Self.resolve(file, from: path) else {
                return Violation(path: path, line: line, message: "`\(target)` leads out of the repository")
            }
            guard exists(destination) else {
                return Violation(path: path, line: line, message: "`\(target)` leads nowhere")
            }
            guard parts.count == 2, destination.hasSuffix(".md"), let text = page(destination) else { return nil }
            let anchor = String(parts[1]).removingPercentEncoding ?? ""
            if MarkdownPage(path: destination, text: text).anchors.contains(anchor) { return nil }
            return Violation(path: path, line: line, message: "\(destination) has no heading `\(anchor)`")
        }
    }

    /// A relative link's path from the root; nil when it climbs above the root.
    static func resolve(_ link: String, from page: String) -> String? {
        var parts = link.hasPrefix("/") ? [] : page.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(String(part))
            } else if parts.popLast() == nil {
                return nil
            }
        }
        return parts.joined(separator: "/")
    }

    /// Decisions in the index's folder that the index does not link to.
    func unlisted(of decisions: [String]) -> [Violation] {
        let listed = Set(links.compactMap { Self.resolve($0.target, from: path) })
        return decisions.filter { $0 != path && !listed.contains($0) }
            .map { Violation(path: $0, line: 1, message: "this decision is not listed in \(path)") }
    }
}
