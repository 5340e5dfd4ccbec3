import Journal
import Scheduling

/// The table `conduct`: what is kept of patients beside the appointments in memory, for the few that have something.
/// Under (patient, appointment, 0) what rules over longer periods need of an archived appointment, written with its
/// session's move to the history table; under (patient, appointment, 1) an appeal about it, written by checkpoints.
enum ConductTable {
    /// What goes there with a session that leaves memory.
    static func archive(_ session: Session, department: DepartmentID, keepsVisits: Bool) -> [TableWrite] {
        session.past(department: department, keepsVisits: keepsVisits).compactMap { id, patient, past in
            guard let past else { return nil }
            var writer = ByteWriter()
            past.encode(into: &writer)
            return .put(
                EngineTables.conduct, key: EngineTables.key(patient.rawValue, id.rawValue, 0), value: writer.bytes)
        }
    }

    static func write(_ appeal: Appeal) -> TableWrite {
        var writer = ByteWriter()
        appeal.encode(into: &writer)
        let key = EngineTables.key(appeal.patient.rawValue, appeal.appointment.rawValue, 1)
        return .put(EngineTables.conduct, key: key, value: writer.bytes)
    }

    /// One entry.
    enum Entry: Sendable {
        case past(PatientID, PastAppointment)
        case appeal(Appeal)

        var patient: PatientID {
            switch self {
            case .past(let patient, _): patient
            case .appeal(let appeal): appeal.patient
            }
        }
    }

    static func entry(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(CodingError) -> Entry {
        let patient = PatientID(rawValue: try EngineTables.number(key, 0))
        let appointment = AppointmentID(rawValue: try EngineTables.number(key, 1))
        var reader = ByteReader(value)
        let entry: Entry
        switch try EngineTables.number(key, 2) {
        case 0: entry = .past(patient, try PastAppointment(appointment, from: &reader))
        case 1: entry = .appeal(try Appeal(patient, appointment, from: &reader))
        case let kind: throw CodingError("unknown kind \(kind) of a patient's conduct")
        }
        try reader.finish()
        return entry
    }

    /// Whether an entry is too old for every rule: a window and a block of a year each, or a quarter for a visit.
    static func isOutlived(_ past: PastAppointment, at now: Instant) -> Bool {
        let days = past.conduct == .none ? 100 : 2 * Int64(Limits.daysOfTerm) + 2
        return now.rawValue - Instant(minute: past.minute).rawValue > days * 86_400_000
    }
}

extension Session {
    /// Its appointments, whose they are, and what is kept of each when it leaves memory.
    func past(department: DepartmentID, keepsVisits: Bool) -> [(AppointmentID, PatientID, PastAppointment?)] {
        appointments.enumerated().compactMap { index, record in
            guard let record else { return nil }
            let id = AppointmentID(session: self.id, number: UInt32(index + 1))
            let past = PastAppointment(record, id, times, department: department, keepsVisits: keepsVisits)
            return (id, record.patient, past)
        }
    }
}
