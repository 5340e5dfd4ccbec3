import Scheduling
import Testing

@testable import Engine

/// A stop's plan: who is concerned, and where each could go. Nothing is changed by it.
@Suite struct `Plans of a stop` {
    private func plan(
        _ hospital: Hospital, _ session: SessionID, from: UInt16 = 0, substitute: SessionID? = nil
    ) async throws(EngineError) -> StopPlan {
        try await hospital.engine.planStop(session, from: from, substitute: substitute, by: Hospital.doctor).value
    }

    @Test func `each gets units of his own: in the substitute at his time, then the next free ones, then none`()
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [3, 3])
        let substitute = try await hospital.open("li", day: 1, capacities: [1, 1])
        let later = try await hospital.open("li", day: 2, capacities: [1, 0, 1])
        var ids: [AppointmentID] = []
        for (patient, slot) in [1, 0, 1, 0, 1].enumerated() {
            let write = hospital.book(patient, session, UInt16(slot), hold: patient == 0)
            ids.append(try #require(await hospital.run(write).receipt).appointment)
        }
        let plan = try await plan(hospital, session, substitute: substitute)
        #expect(plan.rows.map(\.appointment.id) == ids)
        #expect(plan.confirmed == 4 && plan.substituted == 2 && plan.rebookable == 2)
        #expect(plan.rows.map(\.substitute?.slot.index) == [nil, 0, nil, 1, nil])
        #expect(
            plan.rows.map(\.next?.slot) == [
                SlotID(session: later, index: 0), nil, SlotID(session: later, index: 2), nil, nil,
            ])
        #expect(try await hospital.state(ids[0]) == .held, "a plan changes nothing")
        await hospital.expectSound()
    }

    @Test func `slots of the session that are not stopped may be offered, those that are may not`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1, 1])
        let booked = try #require(await hospital.run(hospital.book(0, session, 2)).receipt).appointment
        let rows = try await plan(hospital, session, from: 1).rows
        #expect(rows.map(\.appointment.id) == [booked])
        #expect(rows[0].next?.slot == SlotID(session: session, index: 0))
        #expect(try await plan(hospital, session).rows[0].next == nil)
    }

    @Test func `services that share slots and take several of them are not given the same units`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("ct", capacities: [1, 1, 1, 1, 1, 1])
        let later = try await hospital.open("ct", day: 1, capacities: [1, 1, 1, 1, 1])
        for (patient, slot) in [0, 3].enumerated() {
            let write = hospital.book(patient, session, UInt16(slot), service: hospital.scan)
            #expect(await hospital.run(write).receipt != nil)
        }
        let rows = try await plan(hospital, session).rows
        #expect(rows.map(\.next?.slot) == [SlotID(session: later, index: 0), nil])
    }

    @Test func `what is not there, over, or its own substitute is named`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let nowhere = SessionID(pool: session.pool, index: 9)
        func fault(_ session: SessionID, from: UInt16 = 0, substitute: SessionID? = nil) async -> EngineError? {
            do throws(EngineError) {
                _ = try await plan(hospital, session, from: from, substitute: substitute)
                return nil
            } catch {
                return error
            }
        }
        #expect(await fault(nowhere)?.code == .notFound)
        #expect(await fault(session, from: 1)?.message == "there is no slot 1 in session \(session.rawValue)")
        #expect(await fault(session, substitute: nowhere)?.code == .notFound)
        #expect(await fault(session, substitute: session)?.message.hasPrefix("substitute:") == true)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 24 * 3_600_000))
        #expect(await fault(session)?.message == "session: session \(session.place) is over")
    }
}
