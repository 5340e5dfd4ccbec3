import ArgumentParser
import Hosting
import Proof
import Terminal

struct DrillFailover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failover",
        abstract: "Take the primary of a pair away under load, promote its standby, and bring the old one back.",
        discussion:
            "The primary is killed, frozen, cut off from everybody, from its standby alone, and in one direction only, in "
            + "synchronous and in asynchronous mode. Cutting off needs root: the servers run in network namespaces of their own, "
            + "which end with the drill. kill and freeze need nothing.")

    @Option(
        help: ArgumentHelp("kill, freeze, cut, apart, mute, deaf: some of them, with commas.", valueName: "names"))
    var cases = CasesArgument()

    @Option(
        help: ArgumentHelp(
            "What a yes means: sync (on both disks), async (on the primary's) or both.", valueName: "mode"))
    var mode = ModeArgument.both

    @Option(
        help: ArgumentHelp("Most requests a second. Default: 1000.", valueName: "number"),
        transform: NumberText.decimal)
    var rate = 1_000.0

    @Option(help: ArgumentHelp("How long the operator takes to promote.", valueName: "time"))
    var notice = SpanArgument(milliseconds: 3_500)

    @Option(help: ArgumentHelp("Lease of an asynchronous primary.", valueName: "time"))
    var lease = SpanArgument(milliseconds: 2_000)

    @OptionGroup var drill: DrillOptions

    /// What `--mode` takes.
    enum ModeArgument: String, ExpressibleByArgument, CaseIterable {
        case sync, async, both

        var modes: [FailoverMode] {
            switch self {
            case .sync: [.sync]
            case .async: [.async]
            case .both: FailoverMode.allCases
            }
        }
    }

    /// What `--cases` takes.
    struct CasesArgument: ExpressibleByArgument {
        var cases = FailoverCase.allCases

        init() {}

        init?(argument: String) {
            var named: [FailoverCase] = []
            for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
                guard let one = FailoverCase(rawValue: String(part)) else { return nil }
                guard !named.contains(one) else { return nil }
                named.append(one)
            }
            cases = named
        }

        var defaultValueDescription: String { text }
        var text: String { cases.map(\.rawValue).joined(separator: ",") }
    }

    func validate() throws {
        try DrillOptions.check(rate: rate)
        guard (500...60_000).contains(notice.milliseconds) else {
            throw ValidationError("--notice is \(notice), it must be 500ms to 60s")
        }
        guard (2_000...60_000).contains(lease.milliseconds) else {
            throw ValidationError("--lease is \(lease), it must be 2s to 60s")
        }
    }

    func run() async throws {
        let (begun, clock) = (DrillOptions.now(), ContinuousClock.now)
        var progress = Progress(isQuiet: drill.output.json)
        let folder = try DrillFolder.make("drill-failover", in: drill.folder)
        let plan = FailoverDrill(
            cases: cases.cases, modes: mode.modes, seed: drill.seed, requestsPerSecond: rate, notice: notice.duration,
            lease: lease, folder: folder, interruption: .bySignals()
        ) { progress.tell($0) }
        let outcome: FailoverDrill.Outcome
        do { outcome = try await plan.run() } catch {
            progress.end()
            folder.remove()
            throw error
        }
        progress.end()
        if outcome.kept == nil { folder.remove() }
        let command =
            "haoyuan drill failover --cases \(cases.text) --mode \(mode.rawValue) --notice \(notice) --lease \(lease) "
            + "--seed \(drill.seed)"
        try drill.finish(outcome.report(plan, command: command, begun: begun, took: ContinuousClock.now - clock))
    }
}
