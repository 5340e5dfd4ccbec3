import Testing

/// The pages show code that is compiled: the lines between the marks of a test, word for word.
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

    @Test(arguments: [
        ("README.md", "Tests/ServerTests/ReadmeSnippetTests.swift"),
        ("docs/reference/events.md", "Tests/ServerTests/FeedSnippetTests.swift"),
        ("docs/coding/testing.md", "Tests/HaoyuanTestingTests/TestingSnippetTests.swift"),
        ("Sources/HaoyuanTesting/TestServer.swift", "Tests/HaoyuanTestingTests/TestingSnippetTests.swift"),
    ])
    func `an example is the one that the tests compile and run`(page: String, source: String) throws {
        let marked = try #require(Repository.text(of: source))
        let snippet = try #require(Self.snippet(in: marked))
        var text = try #require(Repository.text(of: page))
        if page.hasSuffix(".swift") { text = text.replacing(#/(?m)^\/\/\/ ?/#, with: "") }
        #expect(text.contains("```swift\n\(snippet)\n```"), "copy the lines between the marks into \(page)")
    }

    @Test
    func `a snippet is what stands between its marks, and nothing without them`() {
        #expect(Self.snippet(in: "a\n    // snippet: begin\n    b\n      c\n    // snippet: end\nd") == "b\n  c")
        #expect(Self.snippet(in: "a\n// snippet: end\n// snippet: begin") == nil)
    }
}
