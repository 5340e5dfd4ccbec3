import Scheduling
import Testing

@Suite struct `The class of a patient` {
    @Test func `an appointment is still 64 bytes, and a class it was made with is part of what it is`() {
        #expect(MemoryLayout<AppointmentRecord>.size == 64)
        var taken = Taken(
            appointment: AppointmentID(rawValue: 1), patient: PatientID(rawValue: 1), slot: 0, span: 1, units: 1,
            service: ServiceID(rawValue: 1), state: .booked, holdUntil: nil)
        func record() -> AppointmentRecord {
            AppointmentRecord(
                taken, channel: .app, made: World.at("2025-06-01", "08:00"), changed: World.at("2025-06-01", "08:00"),
                state: .booked, version: 1)
        }
        let unnamed = record()
        #expect(unnamed.patientClass == nil)
        for patientClass in PatientClass.allCases {
            taken.patientClass = patientClass
            #expect(record().patientClass == patientClass && record() != unnamed)
        }
    }
}
