import Scheduling
import Testing

@testable import Engine

@Suite struct `The class of a patient, in the engine` {
    private func item(_ session: SessionID, _ slot: UInt16, _ patientClass: PatientClass?) -> Command.Item {
        .init(
            slot: SlotID(session: session, index: slot), service: ServiceID(rawValue: 1), patientClass: patientClass)
    }

    @Test func `it is kept with the appointment, over a move, a restart and a checkpoint`()
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1, 1, 1, 1])
        func book(_ patient: Int, _ slot: UInt16, _ patientClass: PatientClass?) async -> Answer {
            await hospital.run(
                .book(patient: hospital.patients[patient], item: item(session, slot, patientClass), hold: false))
        }
        let first = try #require(await book(0, 0, .checkup).receipt).appointment
        #expect(await book(1, 1, nil).receipt != nil)
        let together = Command.bookTogether(
            patient: hospital.patients[2], items: [item(session, 2, .inpatient), item(session, 3, nil)], hold: true)
        #expect(await hospital.run(together).receipt != nil)
        #expect(await hospital.change(AppointmentID(session: session, number: 2), .cancel).receipt != nil)
        let slot = SlotID(session: session, index: 1)
        #expect(await hospital.run(.move(first, to: slot, ifVersion: 0, reason: "")).receipt != nil)
        func expectClasses() async throws {
            let found = try await hospital.engine.appointments(in: session).value
            #expect(found.map(\.appointment.record.patientClass) == [.checkup, nil, .inpatient, nil, .checkup])
        }
        try await expectClasses()
        try await hospital.restart()
        try await expectClasses()
        await hospital.engine.checkpoint()
        try await hospital.restart()
        try await expectClasses()
        await hospital.expectSound()
    }

    @Test func `the same key with another class is another write`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [1])
        let key = hospital.key()
        func book(_ patientClass: PatientClass?) async -> Answer {
            await hospital.run(
                .book(patient: hospital.patients[0], item: item(session, 0, patientClass), hold: false), key: key)
        }
        #expect(await book(.inpatient).receipt != nil)
        #expect(await book(.inpatient).again)
        #expect(await book(.outpatient).error?.code == .keyReused)
        #expect(await book(nil).error?.code == .keyReused)
    }
}
