import Journal
import Scheduling
import Testing

@testable import Engine

/// A trial's clock, moved through the engine.
struct TrialClockTests {
    private func trial() async throws -> Hospital {
        try await Hospital { $0.trial = TrialClock(begin: Hospital.morning, fallback: Hospital.morning) }
    }

    private func minutes(_ count: Int64) -> Int64 { count * 60_000 }

    @Test func `what is due on the way becomes true at its own moment`() async throws {
        let hospital = try await trial()
        let session = try await hospital.open("li", at: "12:00", capacities: [5, 5])
        let first = try #require(await hospital.run(hospital.book(0, session, 0, hold: true)).receipt)
        _ = try await hospital.engine.advanceClock(by: minutes(7))
        let second = try #require(await hospital.run(hospital.book(1, session, 0, hold: true)).receipt)
        let booked = try #require(await hospital.run(hospital.book(2, session, 0)).receipt)
        let lock = SlotLock(
            first: 1, slots: 1, units: 0, owner: "n", reason: "r",
            until: Hospital.morning.advanced(milliseconds: minutes(18)))
        _ = await hospital.run(.lockSlots(session, lock))

        let (before, after) = try await hospital.engine.advanceClock(
            to: Hospital.morning.advanced(milliseconds: minutes(60)))
        #expect(before == Hospital.morning.advanced(milliseconds: minutes(7)))
        #expect(after == Hospital.morning.advanced(milliseconds: minutes(60)) && hospital.engine.now == after)
        for (receipt, minute) in [(first, Int64(15)), (second, 22)] {
            let record = try #require(
                try await hospital.engine.appointments([receipt.appointment]).value.first
            ).appointment.record
            #expect(record.state == .expired)
            #expect(record.changed == Hospital.morning.advanced(milliseconds: minutes(minute)))
        }
        #expect(try await hospital.state(booked.appointment) == .booked)
        // The lock has ended: its slot sells.
        #expect(await hospital.run(hospital.book(3, session, 1)).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `a clock that is the machine's is not moved, and a trial's goes neither back nor too far`() async throws
    {
        let served = try await Hospital()
        await #expect(throws: EngineError.self) { try await served.engine.advanceClock(by: 0) }
        let hospital = try await trial()
        let limit = EngineLimits.clockAdvanceMilliseconds
        for wrong in [-1, limit + 1, .max] {
            await #expect(throws: EngineError.self) { try await hospital.engine.advanceClock(by: wrong) }
        }
        for wrong in [Hospital.morning.rawValue - 1, Hospital.morning.rawValue + limit + 1] {
            await #expect(throws: EngineError.self) {
                try await hospital.engine.advanceClock(to: Instant(rawValue: wrong))
            }
        }
        #expect(hospital.engine.now == Hospital.morning)
        #expect(try await hospital.engine.advanceClock(by: limit).after.rawValue == Hospital.morning.rawValue + limit)
    }

    @Test func `a folder keeps its kind of clock, and a trial goes on where it was`() async throws {
        let hospital = try await trial()
        _ = try await hospital.engine.advanceClock(by: 86_400_000)
        await hospital.engine.stop()
        #expect(throws: WrongClock.self) { try hospital.start { _ in } }
        #expect(throws: WrongClock.self) {
            try hospital.start { $0.trial = TrialClock(begin: Hospital.morning, fallback: Hospital.morning) }
        }
        try hospital.start { $0.trial = TrialClock(begin: nil, fallback: Hospital.morning) }
        #expect(hospital.engine.now == Hospital.morning.advanced(milliseconds: 86_400_000))
        await hospital.engine.stop()

        let served = try await Hospital()
        await served.engine.stop()
        #expect(throws: WrongClock.self) {
            try served.start { $0.trial = TrialClock(begin: nil, fallback: Hospital.morning) }
        }
        try served.start { _ in }
        await served.engine.stop()
    }
}
