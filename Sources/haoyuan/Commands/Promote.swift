import ArgumentParser
import HaoyuanClient
import Terminal

struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a standby the primary (主备切换).",
        discussion:
            "Name the standby, and no other server. Make sure first that the old primary serves nobody any more: it is "
            + "told as soon as it can be reached, and until then only synchronous acknowledgement keeps it from saying yes. "
            + "docs/operating/failover.md leads through it step by step.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection.single()) { link in
            let began = ContinuousClock.now
            let (epoch, position) = try await link.client.promote()
            let took = ContinuousClock.now - began
            guard !output.json else {
                Output.document([
                    "epoch": .count(epoch), "position": .count(position.rawValue),
                    "took_ms": .number(took.milliseconds),
                ])
                return
            }
            var sheet = FactSheet()
            sheet.add("promoted", "primary of epoch \(epoch), after \(Numbers.duration(took))", .good)
            sheet.add(
                "position",
                "\(Numbers.grouped(position.rawValue)), the last record this server had of the primary before")
            sheet.add(
                "not here",
                "what that one acknowledged beyond it: nothing with synchronous acknowledgement; else its log "
                    + "counts it when it comes back with --follow")
            sheet.add("alone", "until a standby follows; start the old primary with --follow to this server", .caution)
            Output.lines(sheet.lines(.standardOutput))
        }
    }
}
