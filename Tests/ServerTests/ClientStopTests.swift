import HaoyuanClient
import Testing

@Suite struct `Stops, as a front end asks for them` {
    @Test func `a session is planned, stopped under a key, listed as stopped, and sold again`() async throws {
        try await withClient { client, hospital in
            for index in 0..<3 {
                let outcome = try await client.book(
                    patient: hospital.patient(index), slot: hospital.slot(UInt16(index)), service: hospital.service,
                    hold: index == 0, key: .random())
                #expect(outcome.receipt != nil)
            }
            let plan = try await client.planStop(session: hospital.session, fromSlot: 2)
            #expect(plan.rows.map(\.patient) == [hospital.patient(2)])
            #expect(plan.rows[0].isConfirmed && plan.rows[0].next?.slot == hospital.slot(0))
            #expect(plan.rows[0].substitute == nil && plan.rows[0].state == .booked)

            let key = IdempotencyKey.random()
            for isAgain in [false, true] {
                let outcome = try await client.stopSession(session: hospital.session, reason: "医生病假", key: key)
                guard case .done(let stop, isAgain) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(stop.number == 1 && stop.fromSlot == 0 && stop.appointments == 3 && stop.confirmed == 2)
            }
            let today = LocalDate("2026-03-02")
            let listed = try await client.sessions(from: today, to: today)
            #expect(listed[0].stop?.reason == "医生病假" && listed[0].stop?.number == 1 && listed[0].stop?.fromSlot == 0)
            let refused = try await client.book(
                patient: hospital.patient(5), slot: hospital.slot(9), service: hospital.service, key: .random())
            #expect(refused.refusal?.rule == .sessionStopped && refused.refusal?.authority == .department)
            #expect(
                try await client.stopSession(session: hospital.session, reason: "再停", key: .random())
                    == .refused(.sessionStopped))
            guard
                case .done(let resumed, false) = try await client.resumeSession(
                    session: hospital.session, key: .random())
            else {
                Issue.record("it is not sold again")
                return
            }
            #expect(resumed.number == 1 && resumed.appointments == 0)
            #expect(try await client.sessions(from: today, to: today)[0].stop == nil)
            #expect(
                try await client.resumeSession(session: hospital.session, key: .random()) == .refused(.state))
        }
    }

    @Test func `a slot before the first is named without asking, and one after the last is not found`() async throws {
        try await withClient { client, hospital in
            func code(_ slot: Int) async -> HaoyuanError.Code? {
                do throws(HaoyuanError) {
                    _ = try await client.stopSession(
                        session: hospital.session, fromSlot: slot, reason: "医生病假", key: .random())
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect(await code(-1) == .invalidArgument)
            #expect(await code(100) == .notFound)
            #expect(await code(.max) == .invalidArgument)
        }
    }
}
