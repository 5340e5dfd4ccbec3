import Scheduling
import Testing

@testable import Engine

/// A session from 22:00 to 04:00, with slots on two days.
@Suite struct `A session across midnight` {
    private func hospital(_ policies: [CatalogueDraft.Policy] = []) async throws -> (Hospital, night: SessionID) {
        let hospital = try await Hospital(policies: policies)
        let night = try await hospital.open(
            "li", at: "22:00", minutes: 30, capacities: [UInt32](repeating: 1, count: 12))
        return (hospital, night)
    }

    private var tomorrow: LocalDate { Hospital.today.advanced(days: 1) }

    @Test func `is searched by the day of each slot`() async throws {
        let (hospital, night) = try await hospital()
        _ = try await hospital.open("li", day: 1, at: "09:00", capacities: [1])
        func found(_ from: LocalDate, _ to: LocalDate? = nil) async throws -> [SlotID] {
            let query = SlotQuery(service: hospital.clinic, from: from, to: to)
            return try await hospital.engine.search(query).value.slots.map(\.slot)
        }
        let slots = (0..<12).map { SlotID(session: night, index: $0) }
        let morning = SlotID(session: SessionID(pool: night.pool, index: 1), index: 0)
        #expect(try await found(Hospital.today) == Array(slots[..<4]))
        #expect(try await found(tomorrow) == slots[4...] + [morning])
        #expect(try await found(Hospital.today, tomorrow) == slots + [morning])
        #expect(try await found(tomorrow.advanced(days: 1)).isEmpty)
        let next = SlotQuery(service: hospital.clinic, from: tomorrow, nextFree: true, limit: 1)
        #expect(try await hospital.engine.search(next).value.slots.map(\.slot) == [slots[4]])
    }

    @Test func `is listed on each of its days`() async throws {
        let (hospital, night) = try await hospital()
        for (day, isListed) in [(-1, false), (0, true), (1, true), (2, false)] as [(Int32, Bool)] {
            let date = Hospital.today.advanced(days: day)
            let listed = try await hospital.engine.sessions(department: nil, pool: nil, from: date, to: date).value
            #expect(listed.map(\.id) == (isListed ? [night] : []), "\(date)")
        }
    }

    @Test(arguments: [Rule.perDay, .perDayDepartment])
    func `counts for limits on the day of the slot, after a checkpoint and a restart too`(rule: Rule) async throws {
        let (inDepartment, inAll): (UInt32, UInt32) = rule == .perDay ? (0, 1) : (1, 0)
        let (hospital, night) = try await hospital([
            .init(department: "", perDayDepartment: inDepartment, perDay: inAll, holdSeconds: 600)
        ])
        let today = try await hospital.open("li", at: "09:00", capacities: [9])
        let tomorrow = try await hospital.open("li", day: 1, at: "09:00", capacities: [9])
        #expect(await hospital.run(hospital.book(0, night, 5)).receipt != nil)
        #expect(await hospital.run(hospital.book(1, night, 3)).receipt != nil)
        for restarts in [false, true] {
            if restarts {
                await hospital.engine.checkpoint()
                try await hospital.restart()
            }
            #expect(await hospital.run(hospital.book(0, tomorrow, 0)).refusal?.rule == rule)
            #expect(await hospital.run(hospital.book(1, today, 0)).refusal?.rule == rule)
            let query = SlotQuery(
                service: hospital.clinic, from: self.tomorrow, patient: hospital.patients[0])
            #expect(try await hospital.engine.search(query).value.slots.isEmpty)
        }
        #expect(await hospital.run(hospital.book(0, today, 0)).receipt != nil)
        #expect(await hospital.run(hospital.book(1, tomorrow, 0)).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `takes an arrival on the day of the slot`() async throws {
        let (hospital, night) = try await hospital()
        let evening = try #require(await hospital.run(hospital.book(0, night, 3)).receipt).appointment
        let late = try #require(await hospital.run(hospital.book(1, night, 4)).receipt).appointment
        // 23:59 in Shanghai.
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: (16 * 60 - 1) * 60_000))
        #expect(await hospital.change(evening, .arrive).receipt != nil)
        #expect(await hospital.change(late, .arrive).refusal?.rule == .tooEarly)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 16 * 60 * 60_000))
        #expect(await hospital.change(late, .arrive).receipt != nil)
    }
}
