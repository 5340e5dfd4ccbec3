import Scheduling
import Testing

@testable import Engine

/// Until when a policy lets a slot be booked.
@Suite struct `Closing by a policy` {
    private func hospital(_ terms: [CatalogueDraft.PolicyTerm]) async throws -> Hospital {
        try await Hospital(policies: [
            .init(department: "CARD", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)
        ])
    }

    private func run(_ command: Command, by channel: Channel = .app, in hospital: Hospital) async -> Answer {
        let origin = Origin(channel: channel, operatorName: "nurse-7")
        return await hospital.engine.execute([Write(key: hospital.key(), by: origin, command: command)])[0]
    }

    private func listed(
        _ hospital: Hospital, _ session: SessionID, day: Int32 = 0, to channel: Channel
    ) async throws -> Int {
        var query = SlotQuery(service: hospital.clinic, from: Hospital.today.advanced(days: day))
        query.origin = Origin(channel: channel, operatorName: "")
        return try await hospital.engine.search(query).value.slots.count { $0.slot.session == session }
    }

    private func pass(minutes: Int64, in hospital: Hospital) {
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: minutes * 60_000))
    }

    @Test(arguments: [(0 as UInt32, 0 as Int32), (1, 1)])
    func `booking closes at a time of the day, or of a day before, and a search agrees`(
        days: UInt32, day: Int32
    ) async throws {
        let hospital = try await hospital([
            .init(rule: .bookingClosed, channels: [.app], days: days, at: WallTime("09:30"))
        ])
        let session = try await hospital.open("li", day: day, at: "14:00", capacities: [9])
        pass(minutes: 89, in: hospital)
        #expect(await run(hospital.book(0, session, 0), in: hospital).receipt != nil)
        #expect(try await listed(hospital, session, day: day, to: .app) == 1)
        pass(minutes: 90, in: hospital)
        let closed = Refusal(.bookingClosed, policyVersion: 1, authority: .department)
        #expect(await run(hospital.book(1, session, 0), in: hospital).refusal == closed)
        #expect(await run(hospital.book(1, session, 0, hold: true), in: hospital).refusal == closed)
        #expect(try await listed(hospital, session, day: day, to: .app) == 0)
        #expect(await run(hospital.book(1, session, 0), by: .window, in: hospital).receipt != nil)
        #expect(try await listed(hospital, session, day: day, to: .window) == 1)
    }

    @Test func `booking closes minutes before each slot, and of two moments at the earlier`() async throws {
        let hospital = try await hospital([
            .init(rule: .bookingClosed, channels: [.app], days: 0, at: WallTime("09:30"), minutes: 60)
        ])
        // At 09:00, 09:10 and 14:00.
        let session = try await hospital.open("li", capacities: [9, 9])
        let later = try await hospital.open("li", at: "14:00", capacities: [9])
        #expect(await run(hospital.book(0, session, 0), in: hospital).refusal?.rule == .bookingClosed)
        #expect(await run(hospital.book(0, session, 1), in: hospital).receipt != nil)
        #expect(try await listed(hospital, session, to: .app) == 1)
        pass(minutes: 10, in: hospital)
        #expect(await run(hospital.book(1, session, 1), in: hospital).refusal?.rule == .bookingClosed)
        #expect(await run(hospital.book(1, later, 0), in: hospital).receipt != nil)
        pass(minutes: 90, in: hospital)
        #expect(await run(hospital.book(2, later, 0), in: hospital).refusal?.rule == .bookingClosed)
    }

    @Test func `a move to what is closed is refused, and a hold made before is confirmed after`() async throws {
        let hospital = try await hospital([.init(rule: .bookingClosed, days: 0, at: WallTime("09:30"))])
        let session = try await hospital.open("li", at: "14:00", capacities: [9, 9])
        let tomorrow = try await hospital.open("li", day: 1, at: "14:00", capacities: [9])
        pass(minutes: 89, in: hospital)
        let held = try #require(await run(hospital.book(0, session, 0, hold: true), in: hospital).receipt)
        let booked = try #require(await run(hospital.book(1, tomorrow, 0), in: hospital).receipt)
        pass(minutes: 91, in: hospital)
        #expect(await hospital.change(held.appointment, .confirm).receipt != nil)
        let move = Command.move(
            booked.appointment, to: SlotID(session: session, index: 1), ifVersion: 0, reason: "")
        #expect(await run(move, in: hospital).refusal?.rule == .bookingClosed)
        #expect(try await hospital.state(booked.appointment) == .booked)
        await hospital.expectSound()
    }
}
