import Engine
import Journal
import Scheduling

/// What a data folder at rest holds, read as a start after a crash would read it.
struct BenchFolder {
    struct Appointment {
        var id: UInt64
        var patient: UInt64
        /// As on the wire.
        var state: Int
    }

    private(set) var appointments: ContiguousArray<Appointment> = []
    /// What must always be true and is not, a sentence each.
    private(set) var violations: [String] = []

    /// What a reading found.
    init(appointments: ContiguousArray<Appointment>, violations: [String]) {
        self.appointments = appointments
        self.violations = violations
    }

    /// - Throws: `JournalError` or `CodingError` where the folder cannot be read as a journal.
    init(at path: String) throws {
        var options = JournalOptions(directory: path)
        options.readOnly = true
        let journal = try Journal.open(options)
        defer { try? journal.close() }
        let state = try RecoveredState(journal)
        for pool in state.pools {
            for session in pool.allSessions {
                for (index, record) in session.appointments.enumerated() {
                    guard let record else { continue }
                    let id = AppointmentID(session: session.id, number: UInt32(index + 1))
                    appointments.append(
                        Appointment(
                            id: id.rawValue, patient: record.patient.rawValue, state: Int(record.state.rawValue)))
                }
            }
        }
        violations = state.violations().map(\.description)
    }
}
