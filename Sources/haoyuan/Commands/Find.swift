import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Find: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find departments, resources and services by code, name or pinyin: xnk finds 心内科.",
        discussion:
            "Pinyin goes by initials (xnk), syllables (xinneike, xinn) or both (xinnk); a character of several "
            + "readings is found by each. The best match comes first. Ends with 1 when nothing is found.")

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case department, resource, service

        var wanted: EntityKind {
            switch self {
            case .department: .department
            case .resource: .resource
            case .service: .service
            }
        }
    }

    @Argument(help: ArgumentHelp("What to look for.", valueName: "text"))
    var text: String

    @Option(name: .customLong("kind"), help: ArgumentHelp("Only this kind. Repeat it for more.", valueName: "kind"))
    var kinds: [Kind] = []

    @Option(help: ArgumentHelp("At most so many. Default: 20.", valueName: "number"), transform: NumberText.whole)
    var limit = 20

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit is \(limit), it must be 1 to 200") }
        try ArgumentList.checkOnce(kinds.map(\.rawValue), "--kind")
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let (found, hasMore) = try await link.client.find(text, kinds: Set(kinds.map(\.wanted)), limit: limit)
            if output.json {
                Output.document(["entities": .list(found.map(Self.json)), "more": .bool(hasMore)])
            } else if found.isEmpty {
                Output.complain("nothing has ‘\(text)’ as its code, name or pinyin; haoyuan catalogue lists everything")
            } else {
                var table = Table(["KIND", "CODE", "NAME", "DEPARTMENT"])
                for entity in found {
                    table.add([
                        Table.Cell(Self.word(entity)), Table.Cell(entity.code), Table.Cell(entity.name),
                        Table.Cell(entity.kind == .department ? "" : entity.departmentName),
                    ])
                }
                Output.lines(table.lines(.standardOutput))
                if hasMore { Output.complain("there are more; raise --limit or type more of it") }
            }
            if found.isEmpty { throw Ending(status: .notRight) }
        }
    }

    /// Of a resource what it is: a practitioner, a device.
    private static func word(_ entity: FoundEntity) -> String {
        if case .resource(_, let kind, _) = entity.entity { kind.word } else { entity.kind.word }
    }

    private static func json(_ found: FoundEntity) -> JSON {
        let id: UInt32 =
            switch found.entity {
            case .department(let id): id.rawValue
            case .resource(let id, _, _): id.rawValue
            case .service(let id): id.rawValue
            case .unknown(_, let id): id
            }
        return [
            "kind": .text(found.kind.word), "id": .count(id), "code": .text(found.code), "name": .text(found.name),
            "is": .text(word(found)), "department": .text(found.departmentName),
        ]
    }
}
