import Testing

/// The README shows code that is compiled: the lines between the marks of a test, word for word.
@Suite struct SnippetTests {
    /// The lines between the marks, moved to the left margin.
    static func snippet(in text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let begin = lines.firstIndex(where: { $0.contains("// snippet: begin") }),
            let end = lines.firstIndex(where: { $0.contains("// snippet: end") }), begin < end
        else { return nil }
        return lines[(begin + 1)..<end].map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0) }
            .joined(separator: "\n")
    }

    @Test
    func `the README's example is the one that the tests compile and run`() throws {
        let source = try #require(Repository.text(of: "Tests/ServerTests/ReadmeSnippetTests.swift"))
        let snippet = try #require(Self.snippet(in: source))
        let readme = try #require(Repository.text(of: "README.md"))
        #expect(readme.contains("```swift\n\(snippet)\n```"), "copy the lines between the marks into README.md")
    }

    @Test
    func `a snippet is what stands between its marks, and nothing without them`() {
        #expect(Self.snippet(in: "a\n    // snippet: begin\n    b\n      c\n    // snippet: end\nd") == "b\n  c")
        #expect(Self.snippet(in: "a\n// snippet: end\n// snippet: begin") == nil)
    }
}
