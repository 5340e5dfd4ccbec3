import Journal
import MemoryJournal
import NIOConcurrencyHelpers
import Scheduling
import Testing

@testable import Engine

/// A whole engine whose machine has a wrong wall clock.
struct ClockTests {
    private static let day: Int64 = 86_400_000

    /// Lets time pass in steps, and the engine do what it does by itself meanwhile.
    private func pass(_ hospital: Hospital, _ milliseconds: Int64) async {
        hospital.clock.pass(milliseconds: milliseconds)
        hospital.engine.lookAtClock()
        await hospital.engine.runTimers()
        await hospital.engine.archiveSessions()
    }

    @Test func `a leap of forty days archives nothing, forgets no key and ends no hold, over a restart too`()
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 2, capacities: [3, 3])
        let (key, held) = (hospital.key(), await hospital.run(hospital.book(1, session, 1, hold: true)))
        let first = await hospital.run(hospital.book(0, session, 0), key: key)
        hospital.clock.step(milliseconds: 40 * Self.day)
        await pass(hospital, 61_000)
        for round in 0..<2 {
            let status = await hospital.engine.status()
            #expect(status.counts.sessions == 1 && status.counts.holds == 1)
            #expect(status.now.rawValue - Hospital.morning.rawValue < 120_000)
            #expect(status.clock.isFault && status.clock.aheadMilliseconds == 40 * Self.day)
            #expect(status.trouble.contains("40 d ahead") && status.trouble.contains("haoyuan clock accept"))
            #expect(status.acceptingWrites)
            let again = await hospital.run(hospital.book(0, session, 0), key: key)
            #expect(again.again && again.receipt == first.receipt)
            if round == 0 { try await hospital.restart() }
        }
        hospital.clock.step(milliseconds: -40 * Self.day)
        await pass(hospital, 1_000)
        let status = await hospital.engine.status()
        #expect(!status.clock.isFault && status.trouble.isEmpty && status.now == hospital.clock.now())
        #expect(try await hospital.state(try #require(held.receipt).appointment) == .held)
    }

    @Test(arguments: [3_600_000, 25 * 3_600_000, 40 * 86_400_000])
    func `holds end in their time after the clock was set back`(by: Int) async throws {
        let hospital = try await Hospital(policies: [
            .init(department: "", perDayDepartment: 0, perDay: 0, holdSeconds: 60)
        ])
        let session = try await hospital.open("li", day: 2, capacities: [3])
        let held = try #require(await hospital.run(hospital.book(0, session, 0, hold: true)).receipt).appointment
        hospital.clock.step(milliseconds: -Int64(by))
        await pass(hospital, 59_000)
        #expect(try await hospital.state(held) == .held)
        await pass(hospital, 1_000)
        #expect(try await hospital.state(held) == .expired)
    }

    @Test func `a person accepts a clock that is ahead, and what is due by then comes true`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 0, capacities: [3])
        let held = try #require(await hospital.run(hospital.book(0, session, 0, hold: true)).receipt).appointment
        hospital.clock.step(milliseconds: 2 * Self.day)
        let before = try await hospital.engine.acceptClock()
        #expect(before.isFault && before.aheadMilliseconds == 2 * Self.day)
        await pass(hospital, 1_000)
        #expect(try await hospital.state(held) == .expired)
        try await hospital.restart()
        #expect(hospital.engine.now == hospital.clock.now())
        #expect(try await hospital.engine.acceptClock().isFault == false, "nothing is left to accept")
    }

    @Test
    func `a start with a clock that nothing vouches for serves at once and forgets nothing, until a person accepts it`()
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", day: 2, capacities: [3])
        let key = hospital.key()
        await hospital.run(hospital.book(0, session, 0), key: key)
        hospital.clock.setSynchronised(false)
        await hospital.engine.stop()
        hospital.clock.step(milliseconds: 25 * 3_600_000)
        try hospital.start { _ in }
        await pass(hospital, 1_000)
        #expect(await hospital.run(hospital.book(0, session, 0), key: key).again)
        #expect(await hospital.engine.status().clock.isFault)
        _ = try await hospital.engine.acceptClock()
        #expect(hospital.engine.now == hospital.clock.now())
        #expect(!(await hospital.engine.status().clock.isFault))
    }

    @Test func `quiet hours and a crash are no long absence`() async throws {
        let disk = MemoryDisk()
        let first = try Stepped(disk)
        let patients = [[Identifier(system: "urn:test", value: "p")]]
        _ = try await first.drive { [engine = first.engine] in
            try await engine.registerPatients(patients, by: Hospital.doctor)
        }
        first.clock.setSynchronised(false)
        first.clock.pass(milliseconds: 30 * 3_600_000)
        while try first.engine.journal.metadata(Checkpointer.latestMoment) == nil {
            first.engine.lookAtClock()
            _ = try first.engine.journal.step()
            await Task.yield()
        }
        disk.crash()
        first.engine.journal.abandon()
        let second = try Stepped(disk, clock: first.clock)
        #expect(second.engine.now == first.clock.now() && !second.engine.clock.isFault)
        second.engine.journal.abandon()
    }

    @Test func `a fault of the clock is told once, with its change and its end`() async throws {
        let told = NIOLockedValueBox<[StandingNews]>([])
        let hospital = try await Hospital { $0.news = { news in told.withLockedValue { $0.append(news) } } }
        for _ in 0..<5 { await pass(hospital, 1_000) }
        #expect(told.withLockedValue { $0 }.isEmpty)
        hospital.clock.step(milliseconds: 3_600_000)
        for _ in 0..<5 { await pass(hospital, 1_000) }
        hospital.clock.step(milliseconds: -3_600_000)
        for _ in 0..<5 { await pass(hospital, 1_000) }
        // The engine's own look may have been first, and be about to tell.
        while told.withLockedValue({ $0.count }) < 2 { await Task.yield() }
        let differs = ClockState(aheadMilliseconds: 3_600_000, isSlowed: false, isSynchronised: true)
        #expect(Set(told.withLockedValue { $0 }) == [.clockDiffers(differs), .clockAgrees])
    }

    @Test func `a standby's keys age by its primary's time, and a promotion goes on with the time that passes`()
        async throws
    {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        let session = try await hospital.open("li", day: 2, capacities: [4, 4])
        let key = hospital.key()
        await hospital.run(hospital.book(0, session, 0, hold: true), key: key)
        try await standby.catchUp()
        hospital.clock.step(milliseconds: 40 * Self.day)
        await hospital.run(hospital.book(1, session, 0))
        try await standby.catchUp()
        await standby.engine.checkpoint()
        _ = try await standby.engine.promote()
        await standby.engine.archiveSessions()
        #expect(await standby.engine.status().counts.sessions == 1)
        #expect(await standby.engine.status().now.rawValue - Hospital.morning.rawValue < 60_000)
        let again = await standby.engine.execute([hospital.write(hospital.book(0, session, 0, hold: true), key: key)])
        #expect(again[0].again)
        await standby.engine.stop()
    }
}
