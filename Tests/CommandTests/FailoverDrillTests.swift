import Foundation
import HaoyuanClient
import Testing

@testable import Proof

@Suite(.serialized) struct `The failover drill counts what was lost` {
    @Test
    func
        `an answer that is not in the new primary's log is lost: broken in synchronous mode, and late in asynchronous mode`()
        async throws
    {
        let folder = try DrillFolder.make("test")
        defer { folder.remove() }
        var setting = DrillSession.Setting(settings: ["--shards", "1", "--loops", "1", "--monitor", "off"])
        setting.executable = Binary.path
        setting.hospital = .init(patients: 100, days: 1)
        setting.workers = 4
        var session = try await DrillSession.open(
            setting, in: folder, seed: 3, timeline: DrillTimeline(lasts: .seconds(5)))
        let timeline = session.timeline
        try await session.underLoad { server, client in
            while timeline.done < 60 { _ = try await client.status() }
            await server.kill()
        }
        let log = try FailoverLog(directory: session.data)
        let workers = session.load.workers
        let told = workers.flatMap(\.answered)
        let now = ContinuousClock.now
        func judged(_ mode: FailoverMode, _ workers: [DrillWorker], damaged: ContinuousClock.Instant) -> FailoverRound {
            var round = FailoverRound(
                kind: .freeze, mode: mode, damaged: damaged, promoting: damaged, promoted: damaged, tip: 0,
                learnedAfter: .zero, rejoinTook: .zero)
            round.take(workers, [], answersOfOld: 0, log, lease: .seconds(2))
            return round
        }
        func broken(_ round: FailoverRound) -> [String] { round.checks.all.filter { !$0.holds }.map(\.name) }
        let whole = judged(.sync, workers, damaged: now - .seconds(60))
        #expect(whole.lost.isEmpty && whole.acknowledged == told.count && whole.acknowledged > 60)
        #expect(!broken(whole).contains { $0.hasPrefix("sync") })

        var inventive = workers
        let real = try #require(inventive[0].expected.first)
        let request = inventive[0].request(.book(real.value.patient, real.value.slot, hold: false))
        inventive[0].note(
            .done(appointments: [real.key], state: .booked, version: 1, holdUntil: nil, .init(rawValue: 7)), to: request
        )
        var round = judged(.sync, inventive, damaged: now - .seconds(60))
        #expect(round.lost.map(\.request) == [request])
        #expect(broken(round).contains("sync: no acknowledged write is lost, whichever server said yes"))
        // What nobody kept is missed there, too.
        round.took(back: (files: 0, records: 0, entries: []), copy: false)
        #expect(broken(round).contains("what was lost is in the file that the old primary wrote when it came back"))
        let late = "async: once its lease is over the old primary says yes to nothing"
        #expect(broken(judged(.async, inventive, damaged: now - .seconds(60))).contains(late))
        #expect(!broken(judged(.async, inventive, damaged: .now)).contains(late))
        await session.close()
    }

    @Test
    func `two logs that differ, or of which one is too short, are told apart`() async throws {
        let (first, second) = (try Folder(), try Folder())
        defer {
            first.remove()
            second.remove()
        }
        for (folder, slot) in [(first, "4/3/1"), (second, "4/3/2")] {
            let server = try await ServerProcess.start(in: folder, ["--sample"])
            _ = try await server.object("book", "--patient", "urn:id|1", "--register", "--slot", slot)
            #expect(await server.end() == 0)
        }
        let one = try FailoverLog(directory: first.path + "/data")
        let other = try FailoverLog(directory: second.path + "/data")
        #expect(one.check(against: one, upTo: one.last).holds)
        #expect(!one.check(against: one, upTo: one.last + 1).holds)
        let found = one.check(against: other, upTo: 1)
        #expect(found.problems.contains("record \(one.last) differs"))
    }

    @Test(.timeLimit(.minutes(2)))
    func `a primary that is killed is replaced, and the report says so to a machine`() async throws {
        let reports = try Folder()
        defer { reports.remove() }
        let drilled = try await Binary.run(
            [
                "drill", "failover", "--cases", "kill", "--mode", "sync", "--notice", "500ms", "--seed", "4", "--json",
                "--report", reports.path, "--folder", reports.path,
            ])
        #expect(drilled.status == 0, "\(drilled.complaints)\(drilled.output)")
        let report = try drilled.object()
        #expect(report["standing"] as? String == "passed")
        let left = try FileManager.default.contentsOfDirectory(atPath: reports.path).sorted()
        #expect(left == ["drill-failover.html", "drill-failover.json", "drill-failover.txt"])
        let unknown = try await Binary.run(["drill", "failover", "--cases", "kill,flood"])
        #expect(unknown.status == 64 && unknown.complaints.contains("kill,flood"))
    }
}
