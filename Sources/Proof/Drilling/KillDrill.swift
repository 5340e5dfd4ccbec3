import Foundation
import HaoyuanClient
import Hosting
import Terminal

/// Kills a server under load, again and again, at any moment and at every point of the commit and the checkpoint, and
/// looks each time whether the next one has everything that was acknowledged.
package struct KillDrill {
    var rounds: Int
    var seed: UInt64
    var requestsPerSecond: Double
    /// The round to begin with: another than 0 repeats a part of an earlier run.
    var firstRound = 0
    var folder: DrillFolder
    var interruption = Interruption()
    var progress: (String) -> Void

    package init(
        rounds: Int, seed: UInt64, requestsPerSecond: Double, firstRound: Int = 0, folder: DrillFolder,
        interruption: Interruption = Interruption(), progress: @escaping (String) -> Void
    ) {
        self.rounds = rounds
        self.seed = seed
        self.requestsPerSecond = requestsPerSecond
        self.firstRound = firstRound
        self.folder = folder
        self.interruption = interruption
        self.progress = progress
    }

    struct Round: Sendable {
        var number: Int
        var manner: KillManner
        /// Whether it died where it was meant to, and not because the round's time was up.
        var diedThere: Bool
        var acknowledged: Int
        var inDoubt: Int
        var readyAfter: Duration
        var tookTotal: Duration
    }

    /// What the rounds found.
    package struct Outcome: Sendable {
        var rounds: [Round] = []
        var checks = DrillChecks()
        var requests = 0
        var refused = 0
        var fileBytes: UInt64 = 0
        var canTrace = false
        package var kept: String?
    }

    /// So many rounds share one data folder: it grows from round to round, and what the audit reads stays bounded.
    static let roundsPerFolder = 25
    /// A server that has not come by its point by then is killed all the same.
    private static let longestRound = Duration.milliseconds(1_200)

    package func run() async throws -> Outcome {
        var outcome = Outcome()
        outcome.canTrace = Tracing.program != nil
        var number = firstRound
        while number < firstRound + rounds, outcome.checks.hold, !interruption.hasCome {
            let end = min(firstRound + rounds, (number / Self.roundsPerFolder + 1) * Self.roundsPerFolder)
            try await generation(number..<end, &outcome)
            number = end
        }
        return outcome
    }

    /// Rounds on one folder.
    private func generation(_ numbers: Range<Int>, _ outcome: inout Outcome) async throws {
        try folder.empty()
        var random = SeededGenerator(seed: seed, part: UInt64(numbers.lowerBound / Self.roundsPerFolder))
        let shards = Int.random(in: 1...3, using: &random)
        var setting = DrillSession.Setting.small(shards: shards)
        setting.requestsPerSecond = requestsPerSecond
        let timeline = DrillTimeline(lasts: .seconds(60))
        var session = try await DrillSession.open(setting, in: folder, seed: random.next(), timeline: timeline)
        for number in numbers where outcome.checks.hold && !interruption.hasCome {
            progress(
                "round \(Numbers.grouped(number - firstRound + 1)) of \(Numbers.grouped(rounds)), \(outcome.checks.problems) problems"
            )
            do {
                try await round(number, &session, &outcome)
            } catch {
                outcome.checks.add(
                    "every killed server comes up again", holds: false, otherwise: "\(error)", at: place(number))
            }
        }
        outcome.requests += timeline.done
        outcome.refused += timeline.refused
        if outcome.checks.hold {
            outcome.fileBytes = (try? await session.client.status().journal.fileBytes) ?? 0
            await session.close()
        } else {
            await session.server.kill()
            outcome.kept = folder.path
        }
    }

    private func place(_ number: Int) -> String {
        "round \(number) (again: --seed \(seed) --first-round \(number / Self.roundsPerFolder * Self.roundsPerFolder))"
    }

    private func round(_ number: Int, _ session: inout DrillSession, _ outcome: inout Outcome) async throws {
        let began = ContinuousClock.now
        var random = SeededGenerator(seed: seed, part: 1_000_000 + UInt64(number))
        let manner = KillManner.of(round: number, canTrace: outcome.canTrace, &random)
        let before = session.load.answered
        let (log, file) = (folder.path + "/strace", session.dataFile)
        let diedThere = try await session.underLoad { server, _ in
            try await Self.kill(server, manner, file: file, log: log)
        }
        var round = Round(
            number: number, manner: manner, diedThere: diedThere, acknowledged: session.load.answered - before,
            inDoubt: session.load.inDoubt, readyAfter: .zero, tookTotal: .zero)
        outcome.checks.add(try session.auditAtRest(), at: place(number))
        let (readyAfter, checks) = try await session.restart()
        outcome.checks.add(checks, at: place(number))
        outcome.checks.add("every killed server comes up again", holds: true, otherwise: "")
        round.readyAfter = readyAfter
        round.tookTotal = ContinuousClock.now - began
        outcome.rounds.append(round)
    }

    /// Ends a server in the given manner.
    /// - Returns: whether it ended where it was meant to.
    private static func kill(_ server: ChildServer, _ manner: KillManner, file: String, log: String) async throws
        -> Bool
    {
        switch manner {
        case .moment(let milliseconds):
            try await Task.sleep(for: .milliseconds(milliseconds))
            await server.kill()
            return true
        case .point(let point, let passes):
            server.order(DrillOrders.die(at: point, passes: passes))
            let ending = await server.end(within: longestRound)
            await server.kill()
            return ending != nil
        case .call(let call, let passes):
            let tracing = try await Tracing.attach(
                to: server.processID, on: file, calls: [call], .kill, at: passes, log: log)
            let ending = await server.end(within: longestRound)
            await server.kill()
            await tracing.end()
            return ending != nil
        }
    }
}
