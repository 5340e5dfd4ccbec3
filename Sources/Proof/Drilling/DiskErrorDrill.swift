import Foundation
import HaoyuanClient
import Terminal

/// Lets a single write or sync of a loaded server fail. A failed sync must end the process, for nobody knows then what
/// is on the disk; what the next start finds must be everything that was acknowledged.
package struct DiskErrorDrill {
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

    /// One thing that can go wrong, and what must become of the process.
    struct Case: Sendable {
        var call: String
        var error: String
        var mustEnd: Bool
    }

    /// A lack of room that shows only in the write itself is tried again, or ends the process where LMDB will not go
    /// on: both are right.
    static let cases = [
        Case(call: "fdatasync", error: "EIO", mustEnd: true), Case(call: "pwrite64", error: "EIO", mustEnd: true),
        Case(call: "writev", error: "EIO", mustEnd: true), Case(call: "writev", error: "ENOSPC", mustEnd: false),
        Case(call: "fdatasync", error: "ENOSPC", mustEnd: false),
        Case(call: "pwrite64", error: "ENOSPC", mustEnd: false),
    ]

    /// A server that has not met its failing call by then has made too few: it is killed, and the round counts for
    /// nothing.
    private static let patience = Duration.seconds(4)

    package func run() async throws -> DiskOutcome {
        guard Tracing.program != nil else { throw Tracing.notInstalled }
        var random = SeededGenerator(seed: seed)
        var setting = DrillSession.Setting.small(shards: 2)
        setting.requestsPerSecond = requestsPerSecond
        let timeline = DrillTimeline(lasts: .seconds(30))
        var outcome = DiskOutcome(timeline: timeline)
        outcome.cases = ReportTable(["call", "error", "at call", "the process", "its last words", "restart"])
        var session = try await DrillSession.open(setting, in: folder, seed: random.next(), timeline: timeline)
        for number in 0..<rounds where outcome.checks.hold && !interruption.hasCome {
            let one = Self.cases[number % Self.cases.count]
            progress("round \(number + 1) of \(rounds): \(one.call) fails with \(one.error)")
            try await round(number, one, at: Int.random(in: 1...40, using: &random), &session, &outcome)
        }
        await session.close()
        if !outcome.checks.hold { outcome.kept = folder.path }
        return outcome
    }

    private func round(
        _ number: Int, _ one: Case, at passes: Int, _ session: inout DrillSession, _ outcome: inout DiskOutcome
    ) async throws {
        let place = "round \(number), \(one.call) \(one.error) (again: --seed \(seed))"
        let (log, file) = (folder.path + "/strace", session.dataFile)
        let ending = try await session.underLoad { server, _ in
            let tracing = try await Tracing.attach(
                to: server.processID, on: file, calls: [one.call], .error(one.error), at: passes, log: log)
            let ending = await server.end(within: one.mustEnd ? Self.patience : .seconds(1))
            await tracing.end()
            await server.kill()
            return ending
        }
        let failed = (try? String(contentsOfFile: log, encoding: .utf8))?.contains("(INJECTED)") ?? false
        let words = session.server.lastWords.last ?? ""
        if one.mustEnd, failed {
            outcome.checks.add(
                "a write or sync that fails ends the process, with its reason",
                holds: ending == .exited(ExitStatus.inputOutput.rawValue) && words.hasPrefix("haoyuan: "),
                otherwise: "\(ending.map(\.description) ?? "it went on"), saying ‘\(words)’", at: place)
        }
        outcome.checks.add(try session.auditAtRest(), at: place)
        let (readyAfter, checks) = try await session.restart()
        outcome.checks.add(checks, at: place)
        outcome.cases?.add([
            .text(one.call), .text(one.error), failed ? .count(passes) : .text("not reached"),
            .text(ending.map(\.description) ?? "went on"), .text(String(words.prefix(110))), .duration(readyAfter),
        ])
    }
}
