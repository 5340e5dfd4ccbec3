import ArgumentParser
import HaoyuanClient
import Hosting
import Proof
import Terminal

struct DrillKill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Kill a server under load, at any moment and at every point of its commit and checkpoint.",
        discussion:
            "Each round: load over sockets, kill -9, an audit of the folder at rest, a restart, every request in doubt sent again, "
            + "an audit over sockets. With strace installed, some are killed inside LMDB's commit.")

    @Option(help: ArgumentHelp("Rounds. Default: 25.", valueName: "number"), transform: NumberText.whole)
    var rounds = 25

    @Option(
        help: ArgumentHelp("Most requests a second. Default: 3000.", valueName: "number"),
        transform: NumberText.decimal)
    var rate = 3_000.0

    @Option(
        help: ArgumentHelp(
            "Begin with this round of the seed: to have a failure again. Default: 0.", valueName: "number"),
        transform: NumberText.whole)
    var firstRound = 0

    @Option(
        help: ArgumentHelp(
            "Also kill a server that holds so many appointments, and measure how soon it is back.", valueName: "number"),
        transform: NumberText.whole
    )
    var appointments = 0

    @OptionGroup var drill: DrillOptions

    func validate() throws {
        guard (1...1_000_000).contains(rounds) else {
            throw ValidationError("--rounds is \(rounds), it must be 1 to 1,000,000")
        }
        try DrillOptions.check(rate: rate)
        guard (0...10_000_000).contains(appointments) else {
            throw ValidationError("--appointments is \(appointments), it must be 0 to 10,000,000")
        }
        guard firstRound >= 0 else { throw ValidationError("--first-round is \(firstRound), rounds count from 0") }
    }

    func run() async throws {
        let (begun, clock) = (DrillOptions.now(), ContinuousClock.now)
        var progress = Progress(isQuiet: drill.output.json)
        let folder = try DrillFolder.make("drill-kill", in: drill.folder)
        let interruption = Interruption.bySignals()
        let outcome = try await KillDrill(
            rounds: rounds, seed: drill.seed, requestsPerSecond: rate, firstRound: firstRound, folder: folder,
            interruption: interruption
        ) { progress.tell($0) }.run()
        var recovery: RecoveryMeasurement.Outcome?
        if appointments > 0, outcome.kept == nil, !interruption.hasCome {
            try folder.empty()
            recovery = try await RecoveryMeasurement(appointments: appointments, folder: folder, seed: drill.seed) {
                progress.tell($0)
            }.run()
        }
        progress.end()
        if outcome.kept == nil { folder.remove() }
        let command =
            "haoyuan drill kill --rounds \(rounds) --seed \(drill.seed)"
            + (appointments > 0 ? " --appointments \(appointments)" : "")
        try drill.finish(outcome.report(recovery, command: command, begun: begun, took: ContinuousClock.now - clock))
    }
}
