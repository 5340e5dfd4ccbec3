import Foundation
import HaoyuanClient
import Testing

@testable import Proof

@Suite(.serialized) struct `A drill finds what it looks for` {
    /// A session of a small drill, ended and cleared up whatever the body does.
    private func withSession(_ body: (inout DrillSession, DrillFolder) async throws -> Void) async throws {
        let folder = try DrillFolder.make("test")
        defer { folder.remove() }
        var setting = DrillSession.Setting.small(shards: 2)
        setting.executable = Binary.path
        setting.hospital = .init(patients: 200, days: 2)
        setting.workers = 8
        setting.requestsPerSecond = 2_000
        var session = try await DrillSession.open(
            setting, in: folder, seed: 11, timeline: DrillTimeline(lasts: .seconds(5)))
        do {
            try await body(&session, folder)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }

    /// Writes until so many more have been answered.
    private func load(_ session: inout DrillSession, answers: Int, thenKill: Bool = false) async throws {
        let (timeline, wanted) = (session.timeline, session.timeline.done + answers)
        try await session.underLoad { server, client in
            while timeline.done < wanted { _ = try await client.status() }
            if thenKill { await server.kill() }
        }
    }

    private func problems(_ checks: [Report.Check]) -> [String] { checks.flatMap(\.problems) }

    @Test
    func `a killed server has everything, and a booking that was never made is missed by the audit`() async throws {
        try await withSession { session, _ in
            try await load(&session, answers: 150, thenKill: true)
            let rest = try session.auditAtRest()
            #expect(rest.holds && rest.count > 150)
            let (_, checks) = try await session.restart()
            #expect(problems(checks) == [])
            #expect(checks.contains { $0.name.hasPrefix("every acknowledged write") && $0.count > 50 })

            var workers = session.load.workers
            let real = try #require(workers[0].expected.first)
            let invented = AppointmentID(rawValue: real.key.rawValue | 0xF_FFF0)
            workers[0].note(
                .done(appointments: [invented], state: .booked, version: 1, holdUntil: nil, .init(rawValue: 1)),
                to: workers[0].request(.book(real.value.patient, real.value.slot, hold: false)))
            let audit = DrillAudit(
                client: session.client, hospital: session.hospital, workers: workers, mirror: session.mirror)
            let broken = try await audit.run().filter { !$0.holds }.map(\.name)
            #expect(broken.contains("every acknowledged write is there, in the state it led to"))
            #expect(broken.contains("an acknowledged write that is sent again gets its first answer"))
        }
    }

    @Test
    func `a data folder that lacks the last writes is found out, whole as it is`() async throws {
        try await withSession { session, folder in
            try await load(&session, answers: 80, thenKill: true)
            let older = folder.path + "/older"
            try FileManager.default.copyItem(atPath: session.data, toPath: older)
            _ = try await session.restart()
            try await load(&session, answers: 80, thenKill: true)
            try FileManager.default.removeItem(atPath: session.data)
            try FileManager.default.moveItem(atPath: older, toPath: session.data)
            #expect(try session.auditAtRest().holds)
            // The follower stands behind the end of this log and would wait for it; it is not asked.
            let server = try await ChildServer.start(
                in: folder.path, data: session.data, session.setting.settings, executable: Binary.path)
            let client = DrillSession.client(of: server, session.setting)
            let audit = DrillAudit(
                client: client, hospital: session.hospital, workers: session.load.workers, mirror: nil, repetitions: 0)
            let checks = try await audit.run()
            let acknowledged = try #require(checks.first { $0.name.hasPrefix("every acknowledged write") })
            #expect(acknowledged.problems.contains { $0.contains("is not there") })
            client.close()
            await server.kill()
        }
    }

    @Test
    func `the same seed gives the same rounds and the same callers, another seed others`() async throws {
        func manners(_ seed: UInt64) -> [KillManner] {
            (0..<60).map { round in
                var random = SeededGenerator(seed: seed, part: 1_000_000 + UInt64(round))
                return KillManner.of(round: round, canTrace: true, &random)
            }
        }
        #expect(manners(5) == manners(5))
        #expect(manners(5) != manners(6))
        // Sixty rounds come by every point at least once.
        let points = Set(
            manners(5).compactMap { manner in if case .point(let point, _) = manner { point } else { nil } })
        #expect(points.count == 15)

        try await withSession { session, _ in
            func requests(_ seed: UInt64) -> [DrillRequest] {
                var worker = DrillWorker(0, of: 4, in: session.hospital, seed: seed)
                return (0..<50).map { _ in worker.next() }
            }
            #expect(requests(5) == requests(5))
            #expect(Set(requests(5)).isDisjoint(with: requests(6)))
        }
    }

    @Test
    func `three rounds of the kill drill pass, and say so to a machine`() async throws {
        let reports = try Folder()
        defer { reports.remove() }
        let drilled = try await Binary.run(
            [
                "drill", "kill", "--rounds", "3", "--seed", "4", "--json", "--report", reports.path, "--folder",
                reports.path,
            ])
        #expect(drilled.status == 0, "\(drilled.complaints)\(drilled.output)")
        let report = try drilled.object()
        #expect(report["standing"] as? String == "passed")
        #expect(report["command"] as? String == "haoyuan drill kill --rounds 3 --seed 4")
        let left = try FileManager.default.contentsOfDirectory(atPath: reports.path).sorted()
        #expect(left == ["drill-kill.html", "drill-kill.json", "drill-kill.txt"])
    }

    @Test
    func `a trend is what most points do, and is not moved by a few`() throws {
        func points(_ y: (Int) -> Double) -> [(x: Double, y: Double)] {
            (0..<60).map { second in (x: Double(second), y: y(second)) }
        }
        let rising = points { second in
            let outlier: Double = second % 10 == 0 ? 5_000 : 0
            return 100 + 2 * Double(second) + outlier
        }
        #expect(abs(try #require(Trend(rising)).slope - 2) < 0.1)
        let level = points { second in second % 7 == 0 ? 900 : 100 }
        #expect(abs(try #require(Trend(level)).slope) < 0.1)
        #expect(Trend(Array(level.prefix(7))) == nil)
    }
}
