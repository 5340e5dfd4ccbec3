import Scheduling
import Testing

@testable import Engine

/// 放号: what is for sale from when on, to whom, and how much of it.
@Suite struct `Release by a policy` {
    private func hospital(_ terms: [CatalogueDraft.PolicyTerm]) async throws -> Hospital {
        try await Hospital(policies: [
            .init(department: "CARD", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)
        ])
    }

    private func release(
        _ share: UInt32, _ days: UInt32, _ at: String, channels: [Channel] = [.app], classes: [PatientClass] = []
    ) -> CatalogueDraft.PolicyTerm {
        .init(
            rule: .notReleased, channels: channels, classes: classes, limit: share, days: days, at: WallTime(at))
    }

    private func run(_ command: Command, by channel: Channel = .app, in hospital: Hospital) async -> Answer {
        let origin = Origin(channel: channel, operatorName: "nurse-7")
        return await hospital.engine.execute([Write(key: hospital.key(), by: origin, command: command)])[0]
    }

    private func offered(
        _ hospital: Hospital, _ session: SessionID, day: Int32, to channel: Channel?,
        of patientClass: PatientClass? = nil
    ) async throws -> (slots: Int, unjudged: Bool) {
        var query = SlotQuery(service: hospital.clinic, from: Hospital.today.advanced(days: day))
        query.origin = channel.map { Origin(channel: $0, operatorName: "") }
        query.patientClass = patientClass
        let page = try await hospital.engine.search(query).value
        return (page.slots.count { $0.slot.session == session }, page.unjudged.contains(.notReleased))
    }

    @Test func `a slot is for sale to the channels named from the minute on, and a search agrees`() async throws {
        let hospital = try await hospital([release(100, 7, "09:00")])
        let session = try await hospital.open("li", day: 7, capacities: [2, 2])
        let later = try await hospital.open("li", day: 8, capacities: [2])
        let early = await run(hospital.book(0, session, 0), in: hospital).refusal
        #expect(early == Refusal(.notReleased, policyVersion: 1, authority: .department))
        #expect(try await offered(hospital, session, day: 7, to: .app).slots == 0)
        // Who is not named is not kept from it.
        #expect(await run(hospital.book(1, session, 0), by: .window, in: hospital).receipt != nil)
        #expect(try await offered(hospital, session, day: 7, to: .window).slots == 2)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3_599_999))
        #expect(await run(hospital.book(2, session, 0), in: hospital).refusal?.rule == .notReleased)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3_600_000))
        #expect(await run(hospital.book(2, session, 0), in: hospital).receipt != nil)
        #expect(try await offered(hospital, session, day: 7, to: .app).slots == 1)
        #expect(await run(hospital.book(2, later, 0), in: hospital).refusal?.rule == .notReleased)
        await hospital.expectSound()
    }

    @Test func `of two stages the latest that has begun counts, and what others bought counts with it`() async throws {
        let hospital = try await hospital([release(50, 7, "08:00"), release(100, 6, "08:00")])
        let session = try await hospital.open("li", day: 7, capacities: [2, 2, 1])
        // Half of five units, rounded down.
        let first = try #require(await run(hospital.book(0, session, 0), in: hospital).receipt)
        #expect(await run(hospital.book(1, session, 2), by: .window, in: hospital).receipt != nil)
        let full = Refusal(.notReleased, policyVersion: 1, authority: .department, limit: 2)
        #expect(await run(hospital.book(2, session, 1), in: hospital).refusal == full)
        #expect(await run(hospital.book(2, session, 1, hold: true), in: hospital).refusal == full)
        #expect(try await offered(hospital, session, day: 7, to: .app).slots == 0)
        // A move within the session sells no unit more; another move does, and a larger place would.
        func move(_ appointment: AppointmentID, to slot: UInt16) -> Command {
            .move(appointment, to: SlotID(session: session, index: slot), ifVersion: 0, reason: "")
        }
        let moved = try #require(await run(move(first.appointment, to: 1), in: hospital).receipt)
        #expect(await run(hospital.book(2, session, 0), in: hospital).refusal == full)
        let back = try #require(await run(move(moved.appointment, to: 0), in: hospital).receipt)
        #expect(await run(move(back.appointment, to: 0), in: hospital).receipt != nil)
        let elsewhere = try await hospital.open("li", day: 8, capacities: [1])
        let from = try #require(await run(hospital.book(2, elsewhere, 0), by: .window, in: hospital).receipt)
        #expect(await run(move(from.appointment, to: 1), in: hospital).refusal == full)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 86_400_000))
        #expect(await run(hospital.book(2, session, 1), in: hospital).receipt != nil)
        #expect(try await offered(hospital, session, day: 7, to: .app).slots == 2)
        await hospital.expectSound()
    }

    @Test func `the smallest share is one unit, and places of one booking count together`() async throws {
        let hospital = try await hospital([release(1, 7, "08:00")])
        let session = try await hospital.open("li", day: 7, capacities: [2, 2])
        let items = [0, 1].map {
            Command.Item(slot: SlotID(session: session, index: $0), service: hospital.clinic)
        }
        let both = await run(
            .bookTogether(patient: hospital.patients[0], items: items, hold: false), in: hospital)
        #expect(both.refusal == Refusal(.notReleased, policyVersion: 1, authority: .department, limit: 1))
        #expect(await run(hospital.book(0, session, 0), in: hospital).receipt != nil)
        #expect(await run(hospital.book(1, session, 1), in: hospital).refusal?.rule == .notReleased)
        await hospital.expectSound()
    }

    @Test func `a term of classes concerns what names one of them, and a search says what it left out`() async throws {
        let hospital = try await hospital([release(100, 1, "08:00", channels: [], classes: [.checkup])])
        let session = try await hospital.open("li", day: 7, capacities: [2])
        for (patientClass, slots) in [(PatientClass.checkup, 0), (.outpatient, 1)] {
            let found = try await offered(hospital, session, day: 7, to: .app, of: patientClass)
            #expect(found.slots == slots && !found.unjudged)
        }
        let unnamed = try await offered(hospital, session, day: 7, to: .app)
        #expect(unnamed.slots == 1 && unnamed.unjudged)
        #expect(await run(hospital.book(0, session, 0), in: hospital).receipt != nil)
    }

    @Test func `without a channel a search goes by what concerns every channel`() async throws {
        let hospital = try await hospital([
            release(100, 2, "08:00", channels: []), release(100, 1, "08:00", channels: [.app]),
        ])
        let session = try await hospital.open("li", day: 2, capacities: [2])
        let far = try await hospital.open("li", day: 3, capacities: [2])
        #expect(try await offered(hospital, session, day: 2, to: nil).slots == 1)
        #expect(try await offered(hospital, session, day: 2, to: .app).slots == 0)
        #expect(try await offered(hospital, far, day: 3, to: nil).slots == 0)
    }
}
