import Foundation
import Hosting
package import Terminal

/// Takes a primary away from under load in every way there is, promotes its standby, brings the old one back as the
/// standby of the new, and counts what was acknowledged, what was lost, and how long nobody was served.
package struct FailoverDrill {
    var cases: [FailoverCase]
    var modes: [FailoverMode]
    var seed: UInt64
    var requestsPerSecond: Double
    /// How long the operator takes to see it and to promote.
    var notice: Duration
    /// Of an asynchronous primary.
    var lease: SpanArgument
    var folder: DrillFolder
    var executable = ChildServer.ownExecutable
    var interruption = Interruption()
    var progress: (String) -> Void
    let timeline = DrillTimeline(lasts: .seconds(120))

    package init(
        cases: [FailoverCase], modes: [FailoverMode], seed: UInt64, requestsPerSecond: Double, notice: Duration,
        lease: SpanArgument, folder: DrillFolder, executable: String = ChildServer.ownExecutable,
        interruption: Interruption = Interruption(), progress: @escaping (String) -> Void
    ) {
        self.cases = cases
        self.modes = modes
        self.seed = seed
        self.requestsPerSecond = requestsPerSecond
        self.notice = notice
        self.lease = lease
        self.folder = folder
        self.executable = executable
        self.interruption = interruption
        self.progress = progress
    }

    /// What the cases found.
    package struct Outcome: Sendable {
        var rounds: [FailoverRound] = []
        var checks = DrillChecks()
        var refused = 0
        var errors: [(code: String, count: Int)] = []
        package var kept: String?
    }

    /// Somebody wants it to end.
    private struct Interrupted: Error {}

    package func run() async throws -> Outcome {
        if cases.contains(where: \.needsNetwork) { try DrillNetwork.require() }
        var outcome = Outcome()
        let all = modes.flatMap { mode in cases.map { (mode, $0) } }
        for (index, (mode, kind)) in all.enumerated() where outcome.checks.hold && !interruption.hasCome {
            progress("case \(index + 1) of \(all.count): \(kind.rawValue), \(mode.rawValue)")
            try folder.empty()
            do { try await round(kind, mode, &outcome) } catch is Interrupted {
            } catch let error as CommandFailure where error.status == .notRight {
                outcome.checks.add(
                    "every case comes to its end", holds: false, otherwise: "\(error)", at: place(kind, mode))
            }
        }
        outcome.refused = timeline.refused
        outcome.errors = timeline.errors
        if !outcome.checks.hold { outcome.kept = folder.path }
        return outcome
    }

    private func round(_ kind: FailoverCase, _ mode: FailoverMode, _ outcome: inout Outcome) async throws {
        let network = kind.needsNetwork ? try await DrillNetwork.make(in: folder.path) : nil
        let round: FailoverRound
        do {
            var run = try await FailoverRun.open(kind, mode, self, network: network)
            round = try await run.run()
        } catch {
            await network?.end()
            throw error
        }
        await network?.end()
        outcome.checks.add(round.checks.all, at: place(kind, mode))
        outcome.checks.add("every case comes to its end", holds: true, otherwise: "")
        outcome.rounds.append(round)
    }

    private func place(_ kind: FailoverCase, _ mode: FailoverMode) -> String {
        "\(kind.rawValue), \(mode.rawValue) (again: --seed \(seed) --cases \(kind.rawValue) --mode \(mode.rawValue))"
    }

    /// Lets time pass, unless somebody wants it to end.
    func pause(_ length: Duration) async throws {
        let end = ContinuousClock.now + length
        while ContinuousClock.now < end {
            if interruption.hasCome { throw Interrupted() }
            try await Task.sleep(for: min(.milliseconds(50), max(.zero, end - .now)))
        }
    }
}
