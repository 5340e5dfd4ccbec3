import Scheduling
import Testing

@testable import Engine

@Suite struct `Shares of a session, in the engine` {
    private func hospital(_ terms: [CatalogueDraft.PolicyTerm]) async throws -> Hospital {
        try await Hospital(policies: [
            .init(department: "CARD", perDayDepartment: 0, perDay: 0, holdSeconds: 900, terms: terms)
        ])
    }

    private func run(_ command: Command, by channel: Channel, in hospital: Hospital) async -> Answer {
        let write = Write(key: hospital.key(), by: Origin(channel: channel, operatorName: ""), command: command)
        return await hospital.engine.execute([write])[0]
    }

    private func book(
        _ patient: Int, _ session: SessionID, _ slot: UInt16, by channel: Channel, as patientClass: PatientClass? = nil,
        in hospital: Hospital
    ) async -> Answer {
        let item = Command.Item(
            slot: SlotID(session: session, index: slot), service: hospital.clinic, patientClass: patientClass)
        return await run(
            .book(patient: hospital.patients[patient], item: item, hold: false), by: channel, in: hospital)
    }

    /// Slots of a session that a search offers.
    private func offered(
        _ hospital: Hospital, _ session: SessionID, to channel: Channel?, as patientClass: PatientClass? = nil
    ) async throws -> (slots: Int, isJudged: Bool) {
        var query = SlotQuery(service: hospital.clinic, from: Hospital.today.advanced(days: 1))
        query.origin = channel.map { Origin(channel: $0, operatorName: "") }
        query.patientClass = patientClass
        let page = try await hospital.engine.search(query).value
        return (page.slots.count { $0.slot.session == session }, !page.unjudged.contains(.quota))
    }

    @Test func `a share is sold to those it is kept for, a search agrees, and restart and checkpoint know it all`()
        async throws
    {
        let hospital = try await hospital([
            .init(rule: .quota, classes: [.inpatient], limit: 2, days: 1, at: WallTime("18:00")),
            .init(rule: .quota, channels: [.window], limit: 1),
        ])
        let session = try await hospital.open("li", day: 1, capacities: [1, 1, 1, 1, 1])
        #expect(await book(0, session, 0, by: .app, in: hospital).receipt != nil)
        #expect(await book(1, session, 1, by: .app, as: .inpatient, in: hospital).receipt != nil)
        #expect(await book(2, session, 2, by: .app, in: hospital).receipt != nil)
        let refusal = Refusal(.quota, policyVersion: 1, authority: .department, limit: 0)
        func expectShares() async throws {
            #expect(await book(3, session, 3, by: .app, in: hospital).refusal == refusal)
            #expect(await book(3, session, 3, by: .kiosk, as: .outpatient, in: hospital).refusal == refusal)
            for (channel, patientClass, slots) in [
                (Channel.app, nil, 0), (.app, .inpatient, 2), (.window, nil, 2), (.ward, .emergency, 0),
            ] as [(Channel, PatientClass?, Int)] {
                let found = try await offered(hospital, session, to: channel, as: patientClass)
                #expect(found.slots == slots && found.isJudged, "\(channel)")
            }
            let unnamed = try await offered(hospital, session, to: nil)
            #expect(unnamed.slots == 2 && !unnamed.isJudged)
        }
        try await expectShares()
        try await hospital.restart()
        try await expectShares()
        await hospital.engine.checkpoint()
        try await hospital.restart()
        try await expectShares()
        let found = try await hospital.engine.appointments(in: session).value
        #expect(found.map(\.appointment.record.patientClass) == [nil, .inpatient, nil])
        // The class's share is everybody's at 18:00, the window's stays.
        hospital.clock.pass(milliseconds: 10 * 3_600_000)
        #expect(await book(3, session, 3, by: .app, in: hospital).receipt != nil)
        #expect(await book(4, session, 4, by: .app, in: hospital).refusal == refusal)
        #expect(await book(4, session, 4, by: .window, in: hospital).receipt != nil)
        await hospital.expectSound()
    }

    @Test func `a move keeps the class of the patient, and within its session needs no more of a share`() async throws {
        let hospital = try await hospital([
            .init(rule: .quota, classes: [.inpatient], limit: 2), .init(rule: .quota, channels: [.window], limit: 1),
        ])
        let session = try await hospital.open("li", day: 1, capacities: [1, 1, 1])
        let other = try await hospital.open("li", day: 1, at: "13:00", capacities: [1])
        let first = try #require(await book(0, session, 0, by: .app, as: .inpatient, in: hospital).receipt)
        #expect(await book(1, session, 1, by: .app, as: .inpatient, in: hospital).receipt != nil)
        func move(_ id: AppointmentID, to session: SessionID, _ slot: UInt16) async -> Answer {
            await run(
                .move(id, to: SlotID(session: session, index: slot), ifVersion: 0, reason: ""), by: .app, in: hospital)
        }
        let moved = try #require(await move(first.appointment, to: session, 2).receipt)
        // The only unit of the other session is the class's.
        #expect(await book(2, other, 0, by: .app, in: hospital).refusal?.rule == .quota)
        let last = try #require(await move(moved.appointment, to: other, 0).receipt)
        let record = try await hospital.engine.appointments([last.appointment]).value.first?.appointment.record
        #expect(record?.patientClass == .inpatient)
        await hospital.expectSound()
    }

    @Test func `a joint booking names a class for each item, and is refused by the item that a share stands against`()
        async throws
    {
        let hospital = try await hospital([.init(rule: .quota, classes: [.inpatient], limit: 1)])
        let session = try await hospital.open("li", day: 1, capacities: [1, 1])
        func book(_ classes: [PatientClass?]) async -> Answer {
            let items = classes.enumerated().map { slot, patientClass in
                Command.Item(
                    slot: SlotID(session: session, index: UInt16(slot)), service: hospital.clinic,
                    patientClass: patientClass)
            }
            return await run(
                .bookTogether(patient: hospital.patients[0], items: items, hold: false), by: .app, in: hospital)
        }
        guard case .refused(let refusal, let item) = await book([.outpatient, nil]).outcome else {
            Issue.record("it takes the class's share")
            return
        }
        #expect(refusal.rule == .quota && item == 1)
        #expect(await book([.outpatient, .inpatient]).receipt != nil)
        let found = try await hospital.engine.appointments(in: session).value
        #expect(found.map(\.appointment.record.patientClass) == [.outpatient, .inpatient])
        await hospital.expectSound()
    }

    @Test func `what was sold before a share was kept stays, and what is free is the share's`() async throws {
        let hospital = try await hospital([])
        let session = try await hospital.open("li", day: 1, capacities: [1, 1, 1])
        #expect(await book(0, session, 0, by: .app, in: hospital).receipt != nil)
        var draft = CatalogueDraft()
        draft.policies = [
            .init(
                department: "CARD", perDayDepartment: 0, perDay: 0, holdSeconds: 900,
                terms: [.init(rule: .quota, channels: [.ward], limit: 50)])
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        #expect(await book(1, session, 1, by: .app, in: hospital).refusal?.rule == .quota)
        for slot in [1, 2] as [UInt16] {
            #expect(await book(Int(slot), session, slot, by: .ward, in: hospital).receipt != nil)
        }
        await hospital.expectSound()
    }
}
