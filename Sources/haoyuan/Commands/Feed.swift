import ArgumentParser
import HaoyuanClient
import Terminal

struct Feed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See who reads the change feed under a name, or drop a name.",
        discussion: "The log is kept for named readers that are away, within feed-keep-days and feed-keep-gib.",
        subcommands: [List.self, Drop.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the named readers, and how far behind each is.")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let readers = try await link.client.feedReaders()
                if output.json {
                    Output.document(.list(readers.map(\.json)))
                } else if readers.isEmpty {
                    Output.line("no reader has a name; haoyuan watch --name NAME gives one")
                } else {
                    for reader in readers { Output.line("\(reader.name): \(reader.words)") }
                }
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a named reader: the log is not kept for it any more.",
            discussion: "Its next subscription under that name begins anew.")

        @Argument(help: ArgumentHelp("The reader's name.", valueName: "name"))
        var name: String

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection) { link in
                try await link.client.dropFeedReader(name)
                if output.json {
                    Output.document(["dropped": .text(name)])
                } else {
                    Output.line("\(name) is dropped")
                }
            }
        }
    }
}

extension NamedReader {
    /// Where it stands, in words.
    var words: String {
        let place =
            behindRecords == 0
            ? "has everything"
            : "\(Numbers.counted(behindRecords, "record")) behind, for \(Numbers.duration(behind))"
        let presence = subscriptions == 0 ? "away" : Numbers.counted(subscriptions, "subscription")
        let loss = isTrimmed ? ", its log is not kept any more: it must read the state anew" : ""
        return "confirmed \(Numbers.grouped(confirmed.rawValue)), \(place), \(presence)\(loss)"
    }

    var json: JSON {
        [
            "name": .text(name), "confirmed": .count(confirmed.rawValue), "behind_records": .count(behindRecords),
            "behind_ms": .number(behind.milliseconds), "subscriptions": .count(subscriptions),
            "trimmed": .bool(isTrimmed),
        ]
    }
}
