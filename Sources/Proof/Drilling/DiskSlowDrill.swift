import Foundation
import HaoyuanClient
import Terminal

/// Lets every sync of a loaded server take seconds for a while: callers must be told, nothing may be lost, and
/// afterwards all is as before.
package struct DiskSlowDrill {
    var seed: UInt64
    var requestsPerSecond: Double
    /// How much later each sync comes.
    var delay: Duration
    var slowFor: Duration
    var folder: DrillFolder
    var progress: @Sendable (String) -> Void

    package init(
        seed: UInt64, requestsPerSecond: Double, delay: Duration, slowFor: Duration, folder: DrillFolder,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.seed = seed
        self.requestsPerSecond = requestsPerSecond
        self.delay = delay
        self.slowFor = slowFor
        self.folder = folder
        self.progress = progress
    }

    /// A caller's patience.
    private static let timeout = Duration.seconds(1)
    /// Requests that a connection may have unanswered: few, so that back-pressure is seen.
    private static let inFlight = 16
    private static let settle = Duration.seconds(5)

    private struct Course: Sendable {
        var slowFrom = 0.0
        var fastFrom = 0.0
    }

    package func run() async throws -> DiskOutcome {
        guard Tracing.program != nil else { throw Tracing.notInstalled }
        var setting = DrillSession.Setting.small(shards: 2)
        setting.settings += ["--batch", "\(Self.inFlight)", "--in-flight", "\(Self.inFlight)"]
        setting.requestsPerSecond = requestsPerSecond
        setting.workers = 160
        setting.timeout = Self.timeout
        let timeline = DrillTimeline(lasts: .seconds(10) + slowFor)
        var session = try await DrillSession.open(setting, in: folder, seed: seed, timeline: timeline)
        // Watched over a connection of its own: the operator's tool is not in the queue of those who book.
        let own = DrillSession.client(of: session.server, setting)
        defer { own.close() }
        let watch = StatusWatch(own, session.hospital, timeline)
        let (delay, slowFor, progress, log) = (delay, slowFor, progress, folder.path + "/strace")
        let file = session.dataFile
        let course = try await session.underLoad { server, _ in
            var course = Course()
            progress("two seconds of load")
            try await Task.sleep(for: .seconds(2))
            let tracing = try await Tracing.attach(
                to: server.processID, on: file, calls: ["fdatasync"], .delay(delay), at: nil, log: log)
            course.slowFrom = timeline.now
            timeline.mark("syncs slow")
            progress("every sync takes \(Numbers.duration(delay)) longer")
            try await Task.sleep(for: slowFor)
            await tracing.end()
            course.fastFrom = timeline.now
            timeline.mark("syncs fast")
            progress("the disk is itself again")
            try await Task.sleep(for: Self.settle)
            return course
        }
        watch.stop()
        progress("audit")
        var outcome = DiskOutcome(timeline: timeline, watch: watch)
        judge(course, watch, &outcome)
        outcome.checks.add(try await session.audit(), at: "while it went on")
        await session.server.kill()
        outcome.checks.add(try session.auditAtRest())
        let (readyAfter, checks) = try await session.restart()
        outcome.checks.add(checks, at: "after kill -9 and a restart")
        outcome.facts.append(.init("restart after kill -9", .duration(readyAfter)))
        await session.close()
        return outcome
    }

    private func judge(_ course: Course, _ watch: StatusWatch, _ outcome: inout DiskOutcome) {
        let stall = watch.between(course.slowFrom + 0.5, course.fastFrom)
        let after = watch.between(course.fastFrom + Numbers.seconds(Self.settle) / 2, .infinity)
        let errors = Dictionary(uniqueKeysWithValues: outcome.timeline.errors.map { ($0.code, $0.count) })
        outcome.checks.add(
            .init(
                name: "status answers while the disk stands still", count: stall.count,
                problems: stall.filter { $0.isAcceptingWrites == nil }.map { "not after \(Unit.seconds.text($0.at))" }))
        outcome.checks.add(
            "status names the slow disk",
            holds: stall.contains { $0.trouble.contains("disk has not finished a commit") },
            otherwise: "it never did")
        outcome.checks.add(
            "callers whose time is up are told so", holds: (errors["deadlineExceeded"] ?? 0) > 0,
            otherwise: "none was: \(outcome.timeline.errors.map { "\($0.code) \($0.count)" }.joined(separator: ", "))")
        outcome.checks.add(
            .init(
                name: "afterwards writes are taken and reads are answered as before", count: after.count,
                problems: after.filter { $0.isAcceptingWrites != true || !$0.trouble.isEmpty || $0.readSeconds == nil }
                    .map { "after \(Unit.seconds.text($0.at)): \($0.trouble)" }))
        outcome.facts += [
            .init("each sync took longer by", .duration(delay)),
            .init("for", .seconds(course.fastFrom - course.slowFrom)),
            .init("looks at status meanwhile", .count(stall.count)),
        ]
    }
}
