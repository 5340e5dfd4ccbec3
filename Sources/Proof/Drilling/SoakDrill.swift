import Foundation
import HaoyuanClient
import Hosting
import NIOConcurrencyHelpers
import Terminal

/// A server under a steady load for hours: sessions open, fill, empty, end and are archived; it is killed and
/// restarted; what it takes of the machine must not drift.
///
/// Time goes by in eras. In each one a set of sessions is booked and cancelled; in its end the rest is cancelled, all
/// is audited, and the sessions, over soon after, go to the history table.
package struct SoakDrill {
    var duration: Duration
    var requestsPerSecond: Double
    /// Restarts, every other one by kill -9.
    var restarts: Int
    var seed: UInt64
    var folder: DrillFolder
    var interruption = Interruption()
    var progress: @Sendable (String) -> Void

    package init(
        duration: Duration, requestsPerSecond: Double, restarts: Int, seed: UInt64, folder: DrillFolder,
        interruption: Interruption = Interruption(), progress: @escaping @Sendable (String) -> Void
    ) {
        self.duration = duration
        self.requestsPerSecond = requestsPerSecond
        self.restarts = restarts
        self.seed = seed
        self.folder = folder
        self.interruption = interruption
        self.progress = progress
    }

    /// What the time brought.
    package struct Outcome: Sendable {
        var samples: [ProcessSample] = []
        var checks = DrillChecks()
        var eras = 0
        var restarts: [Duration] = []
        let timeline: DrillTimeline
        var lasted = Duration.zero
        package var kept: String?
        /// Whether any start lasted long enough.
        var isMemoryJudged = false
    }

    /// Sessions begin after their era and last three minutes: shorter eras would overlap in their pools.
    private static let shortestEra = Duration.seconds(200)
    private static let longestEra = Duration.seconds(900)

    private var era: Duration { min(Self.longestEra, max(Self.shortestEra, duration / 12)) }

    private var setting: DrillSession.Setting {
        var setting = DrillSession.Setting(settings: [
            "--file-initial", "32MiB", "--file-growth", "16MiB", "--file-reserve", "8MiB", "--queue-bytes", "8MiB",
            "--segment-bytes", "1MiB", "--checkpoint-time", "20s", "--key-window", "5m", "--archive-after", "1m",
            "--archive-every", "5s",
        ])
        setting.requestsPerSecond = requestsPerSecond
        setting.hospital = .init(patients: 20_000, days: 1, slotsPerSession: 3, placesPerSlot: 2_000)
        setting.timeout = .seconds(5)
        return setting
    }

    package func run() async throws -> Outcome {
        let timeline = DrillTimeline(lasts: duration, steps: 400)
        var outcome = Outcome(timeline: timeline)
        let began = ContinuousClock.now
        var session = try await DrillSession.open(setting, in: folder, seed: seed, timeline: timeline)
        let life = duration / (restarts + 1)
        var lives = 0
        while ContinuousClock.now - began < duration, outcome.checks.hold, !interruption.hasCome {
            session.adopt(
                try await session.hospital.withSessions(
                    startingIn: Int(Numbers.seconds(era) / 60) + 2, session.client))
            let left = duration - (ContinuousClock.now - began)
            try await load(for: min(era, left), life: lives, began, &session, &outcome)
            outcome.eras += 1
            let place = "era \(outcome.eras)"
            outcome.checks.add(await session.settle(), at: place)
            try await session.retire()
            outcome.checks.add(try await session.audit(), at: place)
            if ContinuousClock.now - began >= life * (lives + 1), lives < restarts {
                lives += 1
                timeline.mark(lives.isMultiple(of: 2) ? "stopped, restarted" : "killed, restarted")
                if lives.isMultiple(of: 2) { await session.server.stop() }
                let (readyAfter, checks) = try await session.restart()
                outcome.restarts.append(readyAfter)
                outcome.checks.add(checks, at: "\(place), restarted")
            }
            await session.forgetEnded()
        }
        outcome.lasted = ContinuousClock.now - began
        await session.close()
        outcome.checks.add(try session.auditAtRest())
        judge(&outcome)
        if !outcome.checks.hold { outcome.kept = folder.path }
        return outcome
    }

    /// Load for a while, with a look at the process now and then.
    private func load(
        for span: Duration, life: Int, _ began: ContinuousClock.Instant, _ session: inout DrillSession,
        _ outcome: inout Outcome
    ) async throws {
        let interval = max(.seconds(1), duration / 2_000)
        let (file, timeline, whole, interruption, progress) =
            (session.dataFile, outcome.timeline, duration, interruption, progress)
        outcome.samples += try await session.underLoad { server, client in
            var samples: [ProcessSample] = []
            let end = ContinuousClock.now + span
            while ContinuousClock.now < end, server.isRunning, !interruption.hasCome {
                try await Task.sleep(for: min(interval, max(.milliseconds(1), end - .now)))
                guard var sample = ProcessSample.take(server.processID, at: timeline.now, life: life, file: file) else {
                    break
                }
                if let status = try? await client.status() {
                    sample.appointments = Int(status.counts.appointments)
                    sample.keys = Int(status.counts.keys)
                }
                samples.append(sample)
                progress(
                    "\(Numbers.duration(ContinuousClock.now - began)) of \(Numbers.duration(whole)): "
                        + "\(Numbers.grouped(timeline.done)) done, memory \(Numbers.bytes(sample.ownBytes)), file \(Numbers.bytes(sample.fileBytes))"
                )
            }
            return samples
        }
    }

    // MARK: Drift

    /// The part of each start that does not count: caches fill, the key window fills, the first sessions are booked.
    private static let warmUp = 0.4
    /// Shorter starts are not judged: their keys have only begun to be outlived, and a table that doubles looks like a
    /// leak.
    private static let shortestJudged = 900.0

    private func judge(_ outcome: inout Outcome) {
        var memory = Report.Check(name: Self.memoryRule, count: 0)
        var descriptors = Report.Check(name: "descriptors do not become more: at most 8 above their median", count: 0)
        for (life, samples) in Dictionary(grouping: outcome.samples, by: \.life).sorted(by: { $0.key < $1.key }) {
            let warm = Array(samples.dropFirst(Int(Double(samples.count) * Self.warmUp)))
            guard let begin = samples.first, let first = warm.first, let last = warm.last,
                let trend = Trend(warm.map { ($0.at, Double($0.ownBytes)) })
            else { continue }
            descriptors.count += warm.count
            let growth = trend.slope * (last.at - first.at)
            let allowed = Self.allowedGrowth(median: trend.median)
            let isJudged = last.at - begin.at >= Self.shortestJudged
            if isJudged { memory.count += warm.count }
            if isJudged, growth > allowed {
                memory.problems.append(
                    "start \(life + 1): \(Numbers.bytes(Int(growth))) in \(Unit.seconds.text(last.at - first.at)), allowed \(Numbers.bytes(Int(allowed)))"
                )
            }
            let sorted = warm.map(\.descriptors).sorted()
            if let most = sorted.last, most > sorted[sorted.count / 2] + 8 {
                descriptors.problems.append("start \(life + 1): \(most), median \(sorted[sorted.count / 2])")
            }
        }
        outcome.isMemoryJudged = memory.count > 0
        outcome.checks.add(outcome.isMemoryJudged ? [memory, descriptors] : [descriptors])
        outcome.checks.add([fileCheck(outcome), latencyCheck(outcome)])
    }

    static let memoryRule =
        "memory does not drift: in starts of 15 minutes and more, after their first 40 %, Theil-Sen slope × time at most 10 % of the median + 8 MiB"

    static func allowedGrowth(median: Double) -> Double { median * 0.1 + Double(8 << 20) }

    /// History is kept for ever, so the file grows with what was done; not more than that.
    private func fileCheck(_ outcome: Outcome) -> Report.Check {
        var check = Report.Check(
            name: "the data file grows by at most 300 B for each write done, and three steps",
            count: outcome.samples.count)
        guard let first = outcome.samples.first, let last = outcome.samples.last else { return check }
        let allowed = outcome.timeline.done * 300 + 3 * (16 << 20)
        if last.fileBytes - first.fileBytes > allowed {
            check.problems.append(
                "it grew by \(Numbers.bytes(last.fileBytes - first.fileBytes)), allowed \(Numbers.bytes(allowed))")
        }
        return check
    }

    private func latencyCheck(_ outcome: Outcome) -> Report.Check {
        var check = Report.Check(
            name:
                "answers do not become slower: median p99 of the last third at most twice that of the middle third + 20 ms",
            count: 0)
        let points = outcome.timeline.delays.series[1].points.compactMap(\.y)
        check.count = points.count
        guard points.count >= 9 else { return check }
        func median(_ part: ArraySlice<Double>) -> Double { part.sorted()[part.count / 2] }
        let middle = median(points[(points.count / 3)..<(points.count * 2 / 3)])
        let last = median(points[(points.count * 2 / 3)...])
        if last > middle * 2 + 0.02 {
            check.problems.append("\(Unit.seconds.text(last)), before \(Unit.seconds.text(middle))")
        }
        return check
    }
}
