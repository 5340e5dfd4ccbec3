import ArgumentParser
import Hosting
import Journal
import Proof
import Terminal

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the journal of a data folder as readable lines.",
        discussion:
            "Reads the folder itself, needs no server, and may be used while one runs. With --json each record is a "
            + "document on a line of its own.")

    @Argument(help: ArgumentHelp("The data folder.", valueName: "folder"), transform: PathText.read)
    var folder = "./var"

    @Option(help: ArgumentHelp("Begin with this position. Default: the oldest kept.", valueName: "position"))
    var from: PositionArgument?

    @Option(help: ArgumentHelp("Only the last so many positions.", valueName: "number"), transform: NumberText.whole)
    var last: UInt64?

    @Option(help: ArgumentHelp("At most so many records.", valueName: "number"), transform: NumberText.whole)
    var limit: Int?

    @Flag(help: "Show what the journal consists of, instead of its records.")
    var parts = false

    @Option(
        help: ArgumentHelp(
            "Show a file of records that a deposed primary took back, and no folder.", valueName: "file"),
        transform: PathText.read)
    var file: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if file != nil, parts || from != nil || last != nil {
            throw ValidationError("--file shows all of one file; --parts, --from and --last are for a folder")
        }
        if from != nil, last != nil { throw ValidationError("--from and --last are two ways to say where to begin") }
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit), it must be at least 1") }
        if parts, from != nil || last != nil || limit != nil {
            throw ValidationError("--parts shows no records; --from, --last and --limit do not go with it")
        }
    }

    func run() throws {
        if let file {
            for record in try TakenBackView(path: file).records.prefix(limit ?? .max) { show(record) }
            return
        }
        var window = try LogWindow(directory: folder)
        defer { window.close() }
        if parts { return show(try window.listing()) }
        try window.forEach(from: first(in: window), limit: limit ?? .max) { show($0) }
    }

    private func show(_ record: RecordView) {
        if output.json { Output.record(record.json) } else { Output.line(record.line(.standardOutput)) }
    }

    private func first(in window: LogWindow) -> Position {
        if let from { return Position(from.position) }
        guard let last else { return window.oldest }
        let end = window.last.rawValue
        return max(window.oldest, Position(end >= last ? end - last + 1 : 1))
    }

    private func show(_ listing: JournalListing) {
        let id = listing.creationID.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        guard !output.json else {
            Output.document([
                "format": .count(listing.format), "cluster": .text(id),
                "checkpoint": .count(listing.checkpoint.rawValue),
                "next": .count(listing.next.rawValue),
                "segments": .list(
                    listing.segments.map {
                        [
                            "name": .text($0.name), "first": .count($0.first.rawValue),
                            "last": .count($0.last.rawValue),
                            "chunks": .count($0.chunks), "bytes": .count($0.bytes),
                        ]
                    }),
                "tables": .list(
                    listing.tables.map {
                        ["name": .text($0.name), "values": .count($0.values), "bytes": .count($0.bytes)]
                    }),
                "metadata": .list(listing.metadata.map { .text($0) }),
            ])
            return
        }
        var sheet = FactSheet()
        sheet.add("format", "\(listing.format)")
        sheet.add("cluster", id)
        sheet.add("checkpoint", "\(listing.checkpoint)")
        sheet.add("next position", "\(listing.next)")
        Output.lines(sheet.lines(.standardOutput) + [""])
        var table = Table(["PART", .right("FIRST"), .right("LAST"), .right("CHUNKS OR VALUES"), .right("SIZE")])
        for segment in listing.segments {
            table.add([
                Table.Cell(segment.name), Table.Cell("\(segment.first)"), Table.Cell("\(segment.last)"),
                Table.Cell(Numbers.grouped(segment.chunks)), Table.Cell(Numbers.bytes(segment.bytes)),
            ])
        }
        for part in listing.tables {
            table.add([
                Table.Cell(part.name), "", "", Table.Cell(Numbers.grouped(part.values)),
                Table.Cell(Numbers.bytes(part.bytes)),
            ])
        }
        Output.lines(table.lines(.standardOutput))
    }
}
