import ArgumentParser
import Foundation
import Hosting
import Proof
import Terminal

struct DrillPower: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power", abstract: "Cut the disk off under a loaded server, as a power failure does. Needs root.",
        discussion: "Works on an ext4 file system of its own in a file: no disk of the machine is touched.")

    @Option(help: ArgumentHelp("Power cuts. Default: 10.", valueName: "number"), transform: NumberText.whole)
    var rounds = 10

    @Option(
        help: ArgumentHelp("Most requests a second. Default: 3000.", valueName: "number"),
        transform: NumberText.decimal)
    var rate = 3_000.0

    @OptionGroup var drill: DrillOptions

    func validate() throws {
        guard (1...100_000).contains(rounds) else {
            throw ValidationError("--rounds is \(rounds), it must be 1 to 100,000")
        }
        try DrillOptions.check(rate: rate)
    }

    func run() async throws {
        let (begun, clock) = (DrillOptions.now(), ContinuousClock.now)
        var progress = Progress(isQuiet: drill.output.json)
        let folder = try DrillFolder.make("drill-power", in: drill.folder)
        let outcome: PowerDrill.Outcome
        do {
            outcome = try await PowerDrill(
                rounds: rounds, seed: drill.seed, requestsPerSecond: rate, folder: folder, interruption: .bySignals()
            ) { progress.tell($0) }.run()
        } catch {
            progress.end()
            folder.remove()
            throw error
        }
        progress.end()
        if outcome.kept == nil { folder.remove() }
        try drill.finish(
            outcome.report(
                command: "haoyuan drill power --rounds \(rounds) --seed \(drill.seed)", begun: begun,
                took: ContinuousClock.now - clock))
    }
}

struct DrillDiskFull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk-full", abstract: "Fill the disk under a loaded server, then make room. Needs root.",
        discussion: "Works on a small ext4 file system of its own in a file: no disk of the machine is filled.")

    @Option(
        help: ArgumentHelp("Most requests a second. Default: 4000.", valueName: "number"),
        transform: NumberText.decimal)
    var rate = 4_000.0

    @Option(name: .customLong("for"), help: ArgumentHelp("How long the disk stays full.", valueName: "time"))
    var fullFor = SpanArgument(milliseconds: 3_000)

    @OptionGroup var drill: DrillOptions

    func validate() throws { try DrillOptions.check(rate: rate) }

    func run() async throws {
        let report = try await drill.carryOut("drill-disk-full") { folder, progress in
            try await DiskFullDrill(
                seed: drill.seed, requestsPerSecond: rate, fullFor: fullFor.duration, folder: folder, progress: progress
            ).run()
        } report: { outcome, begun, took in
            outcome.report(
                "drill-disk-full", "Drill: full disk · 演练：磁盘写满",
                "The disk under a loaded server was filled: writes had to be refused clearly, reads to go on, and with room again writes, too.",
                verdict: "writes were refused and reads went on while the disk was full; nothing acknowledged was lost",
                command: "haoyuan drill disk-full --for \(fullFor) --seed \(drill.seed)", begun: begun, took: took)
        }
        try drill.finish(report)
    }
}

struct DrillDiskError: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk-error", abstract: "Let a write or a sync of a loaded server fail. Needs strace.")

    @Option(
        help: ArgumentHelp("Rounds; six kinds of failure take turns.", valueName: "number"), transform: NumberText.whole
    )
    var rounds = 12

    @Option(
        help: ArgumentHelp("Most requests a second. Default: 2000.", valueName: "number"),
        transform: NumberText.decimal)
    var rate = 2_000.0

    @OptionGroup var drill: DrillOptions

    func validate() throws {
        guard (1...100_000).contains(rounds) else {
            throw ValidationError("--rounds is \(rounds), it must be 1 to 100,000")
        }
        try DrillOptions.check(rate: rate)
    }

    func run() async throws {
        let interruption = Interruption.bySignals()
        let report = try await drill.carryOut("drill-disk-error") { folder, progress in
            try await DiskErrorDrill(
                rounds: rounds, seed: drill.seed, requestsPerSecond: rate, folder: folder, interruption: interruption,
                progress: progress
            ).run()
        } report: { outcome, begun, took in
            outcome.report(
                "drill-disk-error", "Drill: failing disk · 演练：磁盘出错",
                "One system call of a loaded server failed, as a dying disk makes it fail; the next start had to have everything acknowledged.",
                verdict: "every failed write or sync ended the process, and nothing acknowledged was lost",
                note: "Errors are put into the system calls by strace; the call itself is not made.",
                command: "haoyuan drill disk-error --rounds \(rounds) --seed \(drill.seed)", begun: begun, took: took)
        }
        try drill.finish(report)
    }
}

struct DrillDiskSlow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk-slow", abstract: "Let every sync take seconds for a while. Needs strace.")

    @Option(
        help: ArgumentHelp("Most requests a second. Default: 2000.", valueName: "number"),
        transform: NumberText.decimal)
    var rate = 2_000.0

    @Option(help: ArgumentHelp("How much later each sync comes.", valueName: "time"))
    var delay = SpanArgument(milliseconds: 2_500)

    @Option(name: .customLong("for"), help: ArgumentHelp("For how long.", valueName: "time"))
    var slowFor = SpanArgument(milliseconds: 8_000)

    @OptionGroup var drill: DrillOptions

    func validate() throws {
        try DrillOptions.check(rate: rate)
        guard delay.milliseconds >= 1_500 else {
            throw ValidationError("--delay is \(delay), it must be at least 1500ms: callers wait for 1 s")
        }
        guard slowFor.milliseconds >= delay.milliseconds else {
            throw ValidationError("--for is \(slowFor), less than one sync, \(delay)")
        }
    }

    func run() async throws {
        let report = try await drill.carryOut("drill-disk-slow") { folder, progress in
            try await DiskSlowDrill(
                seed: drill.seed, requestsPerSecond: rate, delay: delay.duration, slowFor: slowFor.duration,
                folder: folder,
                progress: progress
            ).run()
        } report: { outcome, begun, took in
            outcome.report(
                "drill-disk-slow", "Drill: slow disk · 演练：磁盘变慢",
                "Every sync of a loaded server took seconds for a while: callers had to be told, and nothing could be lost.",
                verdict:
                    "callers were told, status named the disk, and afterwards all was as before; nothing acknowledged was lost",
                note:
                    "The delay is put before each fdatasync by strace. Callers give up after 1 s and send the same request again.",
                command: "haoyuan drill disk-slow --delay \(delay) --for \(slowFor) --seed \(drill.seed)", begun: begun,
                took: took)
        }
        try drill.finish(report)
    }
}
