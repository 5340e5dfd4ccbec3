import ArgumentParser
import Proof
import Terminal

struct DrillBitrot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bitrot",
        abstract: "Damage copies of a data folder, and see that each damage is named and none is served.")

    @Option(
        help: ArgumentHelp("Random bits flipped in each region. Default: 4.", valueName: "number"),
        transform: NumberText.whole)
    var flips = 4

    @Option(help: ArgumentHelp("Cases at most; all when left out.", valueName: "number"), transform: NumberText.whole)
    var cases: Int?

    @OptionGroup var drill: DrillOptions

    func validate() throws {
        guard (0...100_000).contains(flips) else {
            throw ValidationError("--flips is \(flips), it must be 0 to 100,000")
        }
        guard (cases ?? 1) >= 1 else { throw ValidationError("--cases is \(cases ?? 0), it must be 1 or more") }
    }

    func run() async throws {
        let (begun, clock) = (DrillOptions.now(), ContinuousClock.now)
        var progress = Progress(isQuiet: drill.output.json)
        let folder = try DrillFolder.make("drill-bitrot", in: drill.folder)
        let outcome = try await BitrotDrill(
            flips: flips, most: cases, seed: drill.seed, folder: folder, interruption: .bySignals()
        ) { progress.tell($0) }.run()
        progress.end()
        if outcome.kept == nil { folder.remove() }
        let command =
            "haoyuan drill bitrot --flips \(flips)\(cases.map { " --cases \($0)" } ?? "") --seed \(drill.seed)"
        try drill.finish(outcome.report(command: command, begun: begun, took: ContinuousClock.now - clock))
    }
}
