import ArgumentParser
import HaoyuanClient
import Terminal

struct Alone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let the primary go on without its standby (单机运行).",
        discussion:
            "What only waited for the standby is acknowledged, and from then on a yes means on one disk alone, until a "
            + "standby has caught up. Never for a primary whose standby may have been promoted.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection.single()) { link in
            try await link.client.goOnAlone()
            let status = try await link.client.status()
            guard !output.json else {
                Output.document(["alone": .bool(status.replication.isAlone), "epoch": .count(status.epoch)])
                return
            }
            var sheet = FactSheet()
            if status.replication.isAlone {
                sheet.add("alone", "what is acknowledged is on this disk only, until a standby has caught up", .caution)
            } else {
                sheet.add("not alone", "a standby follows, or none is expected: nothing has changed", .good)
            }
            Output.lines(sheet.lines(.standardOutput))
        }
    }
}
