import Server
import Wire

/// What the pages say of the protocol's methods: the server's table of methods, in words.
enum MethodPages {
    static let sections = [
        GeneratedSection(
            page: "proto/PROTOCOL.md", name: "methods",
            lines: MarkdownTable.lines(
                ["number", "method", "request → reply", "kind"],
                MethodTable.rows.map { [number($0), $0.name, messages($0), $0.method.kind.rawValue] })),
        GeneratedSection(
            page: "docs/reference/methods.md", name: "methods",
            lines: MarkdownTable.lines(
                ["number", "method", "what it does", "request → reply", "kind", "needs"],
                MethodTable.rows.map {
                    [
                        number($0), $0.name, $0.summary, messages($0), $0.method.kind.rawValue, "`\($0.capability)`",
                    ]
                })),
        GeneratedSection(
            page: "docs/reference/methods.md", name: "capabilities",
            lines: MarkdownTable.lines(
                ["capability", "its holder may"], Capability.allCases.map { ["`\($0)`", $0.meaning] })),
    ]

    private static func number(_ row: MethodRow) -> String { "\(row.method.rawValue)" }

    private static func messages(_ row: MethodRow) -> String {
        let pushes = row.push.map { "pushes of `\($0)`" }
        return switch (row.request, row.reply) {
        case (let request?, let reply?): "`\(request)` → `\(reply)`" + (pushes.map { ", then \($0)" } ?? "")
        case (let request?, nil): "`\(request)`, never answered"
        case (nil, _): pushes.map { "\($0) only" } ?? ""
        }
    }
}
