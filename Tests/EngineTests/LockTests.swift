import Scheduling
import Testing

@testable import Engine

/// 锁号: what is withdrawn is not sold, and nothing else changes.
@Suite struct `Locks of slots` {
    private func lock(
        _ session: SessionID, first: UInt16 = 0, slots: UInt16 = 0, units: UInt16 = 0, until: Instant? = nil
    ) -> Command {
        .lockSlots(
            session, SlotLock(first: first, slots: slots, units: units, owner: "设备科", reason: "检修", until: until))
    }

    private func number(_ answer: Answer) -> UInt32? {
        switch answer.outcome {
        case .told(.slotsLocked(_, let lock)), .told(.slotsUnlocked(_, let lock)): lock.number
        default: nil
        }
    }

    private func locks(_ hospital: Hospital) async throws -> [SlotLock] {
        let sessions = try await hospital.engine.sessions(
            department: nil, pool: nil, from: Hospital.today, to: Hospital.today)
        return sessions.value.flatMap(\.session.openLocks)
    }

    @Test func `a whole session, a stretch, a slot or some units of it are withdrawn`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [2, 2, 2, 2])
        #expect(number(await hospital.run(lock(session, first: 1, slots: 2))) == 1)
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        #expect(await hospital.run(hospital.book(1, session, 1)).refusal?.rule == .slotFull)
        #expect(await hospital.run(hospital.book(1, session, 2)).refusal?.rule == .slotFull)
        #expect(number(await hospital.run(lock(session, first: 3, slots: 1, units: 1))) == 2)
        #expect(await hospital.run(hospital.book(2, session, 3)).receipt != nil)
        #expect(await hospital.run(hospital.book(3, session, 3)).refusal?.rule == .slotFull)
        #expect(number(await hospital.run(.unlockSlots(session, 1))) == 1)
        #expect(await hospital.run(hospital.book(4, session, 1)).receipt != nil)
        #expect(number(await hospital.run(lock(session))) == 3)
        #expect(await hospital.run(hospital.book(5, session, 0)).refusal?.rule == .slotFull)
        #expect(try await locks(hospital).map(\.number) == [2, 3])
        #expect(try await locks(hospital).map(\.slots) == [1, 4])
        await hospital.expectSound()
    }

    @Test func `what is booked stays booked, and what is given back under a lock is not sold again`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let booked = try #require(await hospital.run(hospital.book(0, session, 0)).receipt)
        #expect(number(await hospital.run(lock(session))) == 1)
        #expect(try await hospital.state(booked.appointment) == .booked)
        #expect(await hospital.change(booked.appointment, .cancel).receipt != nil)
        #expect(await hospital.run(hospital.book(1, session, 0)).refusal?.rule == .slotFull)
        let found = try await hospital.engine.search(SlotQuery(service: hospital.clinic, from: Hospital.today))
        #expect(found.value.slots.isEmpty)
        #expect(number(await hospital.run(.unlockSlots(session, 1))) == 1)
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `a lock ends by itself when its time has come, also where a restart lies between`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1])
        let end = Hospital.morning.advanced(milliseconds: 60_000)
        #expect(number(await hospital.run(lock(session, until: end))) == 1)
        try await hospital.restart()
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 59_999))
        await hospital.engine.runTimers()
        #expect(await hospital.run(hospital.book(0, session, 0)).refusal?.rule == .slotFull)
        hospital.clock.advance(to: end)
        await hospital.engine.runTimers()
        #expect(try await locks(hospital).isEmpty)
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        #expect(await hospital.run(.unlockSlots(session, 1)).refusal?.rule == .state)
        await hospital.expectSound()
    }

    @Test func `checkpoints and restarts keep the locks, their numbers and the answers to their keys`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [3, 3])
        let write = hospital.write(lock(session, first: 1, units: 2))
        let first = await hospital.engine.execute([write])[0]
        #expect(number(first) == 1 && !first.again)
        #expect(number(await hospital.run(lock(session, slots: 1))) == 2)
        #expect(number(await hospital.run(.unlockSlots(session, 2))) == 2)
        let before = try await locks(hospital)
        await hospital.engine.checkpoint()
        try await hospital.restart()
        #expect(try await locks(hospital) == before)
        let again = await hospital.engine.execute([write])[0]
        #expect(number(again) == 1 && again.again && again.position == first.position)
        // The number of one that ended is not given again.
        #expect(number(await hospital.run(lock(session, slots: 1))) == 3)
        #expect(await hospital.run(.unlockSlots(session, 2)).refusal?.rule == .state)
        await hospital.expectSound()
    }

    @Test func `what is not there is not found, and what has passed or is too much is refused`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1])
        let nowhere = SessionID(pool: session.pool, index: 9)
        let beyond = SessionID(rawValue: session.rawValue | 1 << 60)
        for command in [
            lock(nowhere), lock(session, first: 2), lock(session, first: 1, slots: 2), .unlockSlots(session, 1),
            .unlockSlots(nowhere, 1), .unlockSlots(session, 0), lock(beyond), .unlockSlots(beyond, 1),
        ] {
            #expect(await hospital.run(command).error?.code == .notFound, "\(command)")
        }
        for rawValue in [Int64.max, Int64.max / 2] {
            let never = await hospital.run(lock(session, until: Instant(rawValue: rawValue)))
            #expect(never.error?.message.hasPrefix("until_ms: \(rawValue), at most") == true)
        }
        #expect(await hospital.run(lock(session, until: Hospital.morning)).refusal?.rule == .slotPast)
        for expected in 1...UInt32(Limits.locksPerSession) {
            #expect(number(await hospital.run(lock(session, units: 1))) == expected)
        }
        #expect(
            await hospital.run(lock(session)).refusal
                == Refusal(.numbersExhausted, limit: UInt32(Limits.locksPerSession)))
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 24 * 3_600_000))
        #expect(await hospital.run(lock(session)).refusal?.rule == .slotPast)
        await hospital.expectSound()
    }
}
