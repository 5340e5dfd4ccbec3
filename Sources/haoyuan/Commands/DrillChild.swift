import ArgumentParser
import Engine
import Hosting
import Journal
import Proof
import Terminal

/// `serve` under the hand of a drill. Not for people: the command line does not show it.
struct DrillChild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill-child", abstract: "Serve, and die where the drill that started it says.",
        shouldDisplay: false)

    @OptionGroup var options: ServeOptions

    @Option(help: "Write a checkpoint so often.")
    var checkpointEvery: SpanArgument?

    @Option(help: "Archive sessions so often.")
    var archiveEvery: SpanArgument?

    func run() async throws {
        let orders = DrillOrders()
        orders.listen()
        try await Serving.run(try options.settings()) { configuration in
            configuration.journal.probe = { orders.passed($0.rawValue) }
            configuration.checkpointProbe = { orders.passed($0.rawValue) }
            if let checkpointEvery {
                configuration.checkpointTickMilliseconds = checkpointEvery.milliseconds
                configuration.checkpointAfterMilliseconds = checkpointEvery.milliseconds
            }
            if let archiveEvery { configuration.archiveTickMilliseconds = archiveEvery.milliseconds }
        }
    }
}
