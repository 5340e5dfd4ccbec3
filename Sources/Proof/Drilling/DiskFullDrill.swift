import Foundation
import HaoyuanClient

/// Fills the disk under a loaded server, looks at what it says and does meanwhile, makes room again, and audits.
package struct DiskFullDrill {
    var seed: UInt64
    var requestsPerSecond: Double
    /// How long the disk stays full.
    var fullFor: Duration
    var folder: DrillFolder
    var progress: @Sendable (String) -> Void

    package init(
        seed: UInt64, requestsPerSecond: Double, fullFor: Duration, folder: DrillFolder,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.seed = seed
        self.requestsPerSecond = requestsPerSecond
        self.fullFor = fullFor
        self.folder = folder
        self.progress = progress
    }

    private static let diskBytes = 96 << 20
    /// How long the server may take to see that there is room again: it looks once a second.
    private static let patience = Duration.seconds(10)

    /// What happened, in seconds of the timeline.
    private struct Course: Sendable {
        var refusedFrom: Double?
        var roomAt = 0.0
        var acceptedFrom: Double?
        var doneAfterwards = 0
        var probe: String = ""
    }

    package func run() async throws -> DiskOutcome {
        try SystemTool.requireRoot(for: "a full disk", tools: LoopDisk.tools)
        let disk = try await LoopDisk.make(in: folder, bytes: Self.diskBytes)
        do {
            let outcome = try await run(on: disk)
            await disk.destroy()
            return outcome
        } catch {
            await disk.destroy()
            throw error
        }
    }

    private func run(on disk: LoopDisk) async throws -> DiskOutcome {
        // The smallest files there can be, and no checkpoints, which would give room back: the log must grow.
        var setting = DrillSession.Setting(settings: [
            "--file-initial", "8MiB", "--file-growth", "1MiB", "--file-reserve", "4MiB", "--queue-bytes", "4MiB",
            "--checkpoint-time", "365d", "--checkpoint-bytes", "1TiB",
        ])
        setting.requestsPerSecond = requestsPerSecond
        setting.workers = 64
        let timeline = DrillTimeline(lasts: .seconds(30) + fullFor)
        var session = try await DrillSession.open(
            setting, in: folder, data: disk.path + "/data", seed: seed, timeline: timeline)
        let watch = StatusWatch(session.client, session.hospital, timeline)
        let (fullFor, progress, hospital) = (fullFor, progress, session.hospital)
        let course = try await session.underLoad { _, client in
            try await Self.carryOut(disk, client, hospital, timeline, watch, fullFor, progress)
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

    private static func carryOut(
        _ disk: LoopDisk, _ client: HaoyuanClient, _ hospital: DrillHospital, _ timeline: DrillTimeline,
        _ watch: StatusWatch, _ fullFor: Duration, _ progress: @Sendable (String) -> Void
    ) async throws -> Course {
        var course = Course()
        progress("two seconds of load")
        try await Task.sleep(for: .seconds(2))
        try disk.fill()
        timeline.mark("disk filled")
        progress("the disk is full; waiting for the room in the data file to be used up")
        guard await watch.waitUntil(within: .seconds(120), { $0.isAcceptingWrites == false }) else { return course }
        course.refusedFrom = timeline.now
        timeline.mark("writes refused")
        course.probe = await Self.tryToWrite(client, hospital)
        progress("writes are refused, reads go on")
        try await Task.sleep(for: fullFor)
        disk.makeRoom()
        course.roomAt = timeline.now
        timeline.mark("room again")
        guard await watch.waitUntil(within: patience, { $0.isAcceptingWrites == true }) else { return course }
        course.acceptedFrom = timeline.now
        let before = timeline.done
        try await Task.sleep(for: .seconds(2))
        course.doneAfterwards = timeline.done - before
        return course
    }

    /// One write that nobody repeats: what a caller is told.
    private static func tryToWrite(_ client: HaoyuanClient, _ hospital: DrillHospital) async -> String {
        let identifiers = [[Identifier(system: "urn:haoyuan:drill:full", value: "1")]]
        do throws(HaoyuanError) {
            _ = try await client.registerPatients(identifiers, options: .init(timeout: .milliseconds(500)))
            return "was carried out"
        } catch {
            return
                "\(error.code)\(error.isRetryable ? ", may be tried again" : "")\(error.mayHaveBeenApplied ? ", may have been carried out" : "")"
        }
    }

    private func judge(_ course: Course, _ watch: StatusWatch, _ outcome: inout DiskOutcome) {
        let full = watch.between(course.refusedFrom ?? 0, course.roomAt)
        outcome.checks.add(
            "a full disk refuses writes, and status says so", holds: course.refusedFrom != nil,
            otherwise: "writes were still taken after two minutes")
        outcome.checks.add(
            .init(
                name: "status names the full disk all the while", count: full.count,
                problems: full.filter { $0.isAcceptingWrites == nil || !$0.trouble.contains("disk is full") }
                    .map { "after \(Unit.seconds.text($0.at)) it said ‘\($0.trouble)’" }))
        outcome.checks.add(
            .init(
                name: "reads go on while the disk is full", count: full.count,
                problems: full.filter { $0.readSeconds == nil }.map {
                    "after \(Unit.seconds.text($0.at)) none was answered"
                }))
        outcome.checks.add(
            "a refused write is told why, and that it was not carried out",
            holds: course.probe == "storageFull, may be tried again",
            otherwise: "it was told: \(course.probe)")
        outcome.checks.add(
            "with room again, writes go on by themselves",
            holds: course.acceptedFrom != nil && course.doneAfterwards > 0,
            otherwise: "\(course.doneAfterwards) were done within two seconds")
        outcome.facts += [
            .init("writes refused for", .seconds(course.roomAt - (course.refusedFrom ?? course.roomAt))),
            .init("reads answered meanwhile", .count(full.count { $0.readSeconds != nil })),
            .init(
                "from room to the next accepted write",
                course.acceptedFrom.map { .seconds($0 - course.roomAt) } ?? .missing),
            .init("what a refused write was told", .text(course.probe)),
        ]
    }
}
