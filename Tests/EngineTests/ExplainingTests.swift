import Scheduling
import Testing

@testable import Engine

@Suite struct `Why a slot is for sale, or is not` {
    private func hospital() async throws -> Hospital {
        try await Hospital(policies: [
            .init(
                department: "CARD", perDayDepartment: 1, perDay: 0, holdSeconds: 900,
                terms: [.init(rule: .channelClosed, channels: [.app])])
        ])
    }

    private func question(
        _ hospital: Hospital, _ session: SessionID, slot: UInt16 = 0, patient: Int? = 0, by channel: Channel? = .app
    ) -> SlotQuestion {
        SlotQuestion(
            slot: SlotID(session: session, index: slot), service: hospital.clinic,
            origin: channel.map { Origin(channel: $0, operatorName: "nurse-7") },
            patient: patient.map { hospital.patients[$0] })
    }

    private func refusals(_ question: SlotQuestion, in hospital: Hospital) async throws -> [Refusal] {
        try await hospital.engine.explain(question).value.verdicts.compactMap(\.refusal)
    }

    @Test func `all rules that refuse are told, in order, and a booking is answered with the first`() async throws {
        let hospital = try await hospital()
        let session = try await hospital.open("li", capacities: [1, 1])
        #expect(try await refusals(question(hospital, session), in: hospital) == [])
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        let kiosk = question(hospital, session, by: .kiosk)
        #expect(
            try await refusals(kiosk, in: hospital) == [
                Refusal(.channelClosed, policyVersion: 1, authority: .department),
                Refusal(.perDayDepartment, policyVersion: 1, authority: .department, limit: 1),
                Refusal(.overlap), Refusal(.slotFull, authority: .department, limit: 1),
            ])
        for (patient, slot) in [(0, UInt16(0)), (0, 1), (1, 0), (1, 1)] {
            let asked = question(hospital, session, slot: slot, patient: patient)
            let first = try await hospital.engine.explain(asked).value.refusal
            #expect(await hospital.run(hospital.book(patient, session, slot)).refusal == first)
        }
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3_600_000))
        #expect(
            try await refusals(question(hospital, session, patient: 2), in: hospital).map(\.rule).first == .slotPast)
        await hospital.expectSound()
    }

    @Test func `what is not named is not judged, and what is not there is named`() async throws {
        let hospital = try await hospital()
        let session = try await hospital.open("li", capacities: [1])
        let known = question(hospital, session, patient: nil, by: nil)
        let verdicts = try await hospital.engine.explain(known).value.verdicts
        #expect(verdicts.first { $0.rule == .channelClosed }?.judgement == .notJudged(needs: .channel))
        #expect(verdicts.first { $0.rule == .perDay }?.judgement == .notJudged(needs: .patient))
        #expect(verdicts.first { $0.rule == .slotFull }?.judgement == .passes)

        var wrong = [known, known, known, known]
        wrong[0].slot = SlotID(session: session, index: 1)
        wrong[1].slot = SlotID(session: SessionID(pool: PoolID(rawValue: 9), index: 0), index: 0)
        wrong[2].service = ServiceID(rawValue: 99)
        wrong[3].patient = PatientID(rawValue: 99)
        let said = ["no slot", "no slot", "no service 99", "no patient 99"]
        let engine = hospital.engine
        for (asked, words) in zip(wrong, said) {
            let error = await #expect(throws: EngineError.self) { _ = try await engine.explain(asked) }
            #expect(error?.code == .notFound && error?.message.contains(words) == true)
        }
    }

    @Test func `it shows what was told before it, also after a restart`() async throws {
        let hospital = try await hospital()
        let session = try await hospital.open("li", capacities: [1])
        let answer = await hospital.run(hospital.book(0, session, 0))
        let before = try await hospital.engine.explain(question(hospital, session, patient: 1))
        #expect(before.position >= answer.position && before.value.refusal?.rule == .slotFull)
        try await hospital.restart()
        let after = try await hospital.engine.explain(question(hospital, session, patient: 1))
        #expect(after.value.verdicts == before.value.verdicts)
    }
}
