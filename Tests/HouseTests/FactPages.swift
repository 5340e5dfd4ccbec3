import Scheduling

/// What the pages say of facts: the domain's table of facts, in words.
enum FactPages {
    static let sections = [
        GeneratedSection(
            page: "docs/internals/journal-records.md", name: "facts",
            lines: MarkdownTable.lines(
                ["kind", "fact", "record", "home", "in the feed as", "personal", "clinical", "neither"],
                FactKind.allCases.map { kind in
                    [
                        "\(kind.rawValue)", kind.row.name, kind.row.layout, "\(kind.row.home)",
                        kind.row.event.map { "\($0)" } ?? "not shown",
                    ] + [Privacy.personal, .clinical, .neither].map { fields(of: kind, $0) }
                }))
    ]

    private static func fields(of kind: FactKind, _ privacy: Privacy) -> String {
        FactField.allCases.filter { kind.row.fields[$0] == privacy }.map { "`\($0.rawValue)`" }.joined(separator: " ")
    }
}
