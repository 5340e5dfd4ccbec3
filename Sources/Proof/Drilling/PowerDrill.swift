import Foundation
import HaoyuanClient
import Hosting
import Terminal

/// Cuts the disk off under a loaded server as a power failure does, brings it back, and looks whether everything
/// acknowledged is there.
package struct PowerDrill {
    var rounds: Int
    var seed: UInt64
    var requestsPerSecond: Double
    var folder: DrillFolder
    var interruption = Interruption()
    var progress: (String) -> Void

    package init(
        rounds: Int, seed: UInt64, requestsPerSecond: Double, folder: DrillFolder,
        interruption: Interruption = Interruption(), progress: @escaping (String) -> Void
    ) {
        self.rounds = rounds
        self.seed = seed
        self.requestsPerSecond = requestsPerSecond
        self.folder = folder
        self.interruption = interruption
        self.progress = progress
    }

    struct Round: Sendable {
        var number: Int
        var acknowledged: Int
        var inDoubt: Int
        /// How the server took it.
        var ending: String
        var readyAfter: Duration
    }

    /// What the rounds found.
    package struct Outcome: Sendable {
        var rounds: [Round] = []
        var checks = DrillChecks()
        var requests = 0
        package var kept: String?
    }

    private static let diskBytes = 512 << 20
    private static let canaryBytes = 1 << 20

    package func run() async throws -> Outcome {
        try SystemTool.requireRoot(for: "a power cut", tools: LoopDisk.tools)
        var outcome = Outcome()
        let disk = try await LoopDisk.make(in: folder, bytes: Self.diskBytes)
        do {
            try await run(on: disk, &outcome)
        } catch {
            await disk.destroy()
            throw error
        }
        if !outcome.checks.hold { outcome.kept = keep(disk) }
        await disk.destroy()
        return outcome
    }

    private func run(on disk: LoopDisk, _ outcome: inout Outcome) async throws {
        var random = SeededGenerator(seed: seed)
        var setting = DrillSession.Setting.small(shards: 2)
        setting.requestsPerSecond = requestsPerSecond
        let timeline = DrillTimeline(lasts: .seconds(60))
        var session = try await DrillSession.open(
            setting, in: folder, data: disk.path + "/data", seed: random.next(), timeline: timeline)
        for number in 0..<rounds where outcome.checks.hold && !interruption.hasCome {
            progress("power cut \(number + 1) of \(rounds), \(outcome.checks.problems) problems")
            let moment = Int.random(in: 30...500, using: &random)
            try await round(number, after: .milliseconds(moment), disk, &session, &outcome)
        }
        outcome.requests = timeline.done
        await session.close()
    }

    private func round(
        _ number: Int, after moment: Duration, _ disk: LoopDisk, _ session: inout DrillSession, _ outcome: inout Outcome
    ) async throws {
        let place = "round \(number) (again: --seed \(seed))"
        let canary = disk.path + "/canary"
        let before = session.load.answered
        let ending = try await session.underLoad { server, _ in
            try await Task.sleep(for: moment)
            // Written and never synced: a cut that leaves it whole was none, and would prove nothing.
            _ = FileManager.default.createFile(atPath: canary, contents: Data(repeating: 0x5A, count: Self.canaryBytes))
            try disk.cut()
            let ending = await server.end(within: .seconds(3))
            await server.kill()
            return ending
        }
        var round = Round(
            number: number, acknowledged: session.load.answered - before, inDoubt: session.load.inDoubt,
            ending: ending.map(\.description) ?? "went on until it was killed", readyAfter: .zero)
        try await disk.mountAgain()
        outcome.checks.add(
            "the cut was one: what nobody had synced is gone", holds: Self.content(canary) != Self.canaryBytes,
            otherwise: "the file written without a sync is there, whole", at: place)
        try? FileManager.default.removeItem(atPath: canary)
        outcome.checks.add(try session.auditAtRest(), at: place)
        let (readyAfter, checks) = try await session.restart()
        outcome.checks.add(checks, at: place)
        round.readyAfter = readyAfter
        outcome.rounds.append(round)
    }

    /// Bytes of the canary that are what was written.
    private static func content(_ path: String) -> Int {
        (FileManager.default.contents(atPath: path) ?? Data()).count { $0 == 0x5A }
    }

    /// Copies what is on the disk to where it outlives it.
    private func keep(_ disk: LoopDisk) -> String {
        let path = folder.path + "/data-after-the-cut"
        try? FileManager.default.copyItem(atPath: disk.path + "/data", toPath: path)
        return path
    }
}

extension PowerDrill.Outcome {
    package func report(command: String, begun: Int64, took: Duration) -> Report {
        let acknowledged = rounds.reduce(0) { $0 + $1.acknowledged }
        var report = Report(
            name: "drill-power", title: "Drill: power cut · 演练：断电",
            purpose:
                "The disk under a loaded server was cut off without writing anything back, as when the power fails; then it was mounted again, "
                + "and everything acknowledged had to be on it.",
            standing: checks.hold && !rounds.isEmpty ? .passed : .failed,
            verdict: checks.hold
                ? "\(Numbers.counted(rounds.count, "power cut")), \(Numbers.grouped(acknowledged)) answered writes, none lost, none invented"
                : "\(Numbers.counted(checks.problems, "problem"))"
                    + (kept.map { "; the data folder is kept in \($0)" } ?? ""),
            command: command, begun: begun, took: took)
        report.add("Promises · 承诺", .checks(checks.all))
        report.add(
            "How · 方法",
            note:
                "ext4 on a loop device, stopped by EXT4_IOC_SHUTDOWN with NOLOGFLUSH: neither data nor the file system's own journal is written "
                + "back. What this does not show: a disk that loses what it has acknowledged to the kernel.",
            .facts([
                .init("power cuts", .count(rounds.count)), .init("writes answered before a cut", .count(acknowledged)),
                .init("writes in doubt, each settled by its key", .count(rounds.reduce(0) { $0 + $1.inDoubt })),
                .init("slowest restart", .duration(rounds.map(\.readyAfter).max() ?? .zero)),
            ]))
        var table = ReportTable(["cut", "answered", "in doubt", "the server", "restart"])
        for round in rounds {
            table.add([
                .count(round.number + 1), .count(round.acknowledged), .count(round.inDoubt), .text(round.ending),
                .duration(round.readyAfter),
            ])
        }
        report.add("Cut by cut · 逐次", .table(table))
        return report
    }
}
