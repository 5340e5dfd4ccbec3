import ArgumentParser
import Hosting
import NIOConcurrencyHelpers
import Proof
import Terminal

struct DrillSoak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak", abstract: "Keep a server under load for hours, and watch for leaks and drift.",
        discussion: "On the real clock. Ctrl-C ends it early, with its report.")

    @Option(help: ArgumentHelp("How long.", valueName: "time"))
    var duration = SpanArgument(milliseconds: 3_600_000)

    @Option(help: ArgumentHelp("Requests a second. Default: 300.", valueName: "number"), transform: NumberText.decimal)
    var rate = 300.0

    @Option(
        help: ArgumentHelp("Restarts on the way, every other one by kill -9. Default: 2.", valueName: "number"),
        transform: NumberText.whole)
    var restarts = 2

    @OptionGroup var drill: DrillOptions

    func validate() throws {
        try DrillOptions.check(rate: rate)
        guard (10_000...2_592_000_000).contains(duration.milliseconds) else {
            throw ValidationError("--duration is \(duration), it must be 10s to 30d")
        }
        guard (0...1_000).contains(restarts) else {
            throw ValidationError("--restarts is \(restarts), it must be 0 to 1,000")
        }
    }

    func run() async throws {
        let begun = DrillOptions.now()
        let progress = NIOLockedValueBox(Progress(isQuiet: drill.output.json))
        let folder = try DrillFolder.make("drill-soak", in: drill.folder)
        let outcome: SoakDrill.Outcome
        do {
            outcome = try await SoakDrill(
                duration: duration.duration, requestsPerSecond: rate, restarts: restarts, seed: drill.seed,
                folder: folder,
                interruption: .bySignals()
            ) { words in progress.withLockedValue { $0.tell(words) } }.run()
        } catch {
            progress.withLockedValue { $0.end() }
            throw error
        }
        progress.withLockedValue { $0.end() }
        if outcome.kept == nil { folder.remove() }
        try drill.finish(
            outcome.report(
                command:
                    "haoyuan drill soak --duration \(duration) --rate \(Int(rate)) --restarts \(restarts) --seed \(drill.seed)",
                begun: begun))
    }
}
