/// One appointment's next state.
package struct Change: Hashable, Sendable {
    package var appointment: AppointmentID
    package var patient: PatientID
    package var state: AppointmentState
    /// The version it reached; the one before is one less.
    package var version: UInt32
    package var reason: String

    package init(
        appointment: AppointmentID, patient: PatientID, state: AppointmentState, version: UInt32, reason: String
    ) {
        self.appointment = appointment
        self.patient = patient
        self.state = state
        self.version = version
        self.reason = reason
    }
}

extension Change {
    func encode(into writer: inout ByteWriter) {
        writer.varint(appointment.rawValue)
        writer.varint(patient.rawValue)
        writer.byte(state.rawValue)
        writer.varint(version)
        writer.string(reason)
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        self.init(
            appointment: AppointmentID(rawValue: try reader.varint()),
            patient: PatientID(rawValue: try reader.varint()), state: try reader.state(),
            version: try reader.number(), reason: try reader.string())
    }
}
