/// One appointment's next state.
package struct Change: Hashable, Sendable {
    package var appointment: AppointmentID
    package var patient: PatientID
    package var state: AppointmentState
    /// The version it reached; the one before is one less.
    package var version: UInt32
    package var reason: String
    /// What was paid with it; nil where nothing was, or that was not said.
    package var payment: Payment?

    package init(
        appointment: AppointmentID, patient: PatientID, state: AppointmentState, version: UInt32, reason: String,
        payment: Payment? = nil
    ) {
        self.appointment = appointment
        self.patient = patient
        self.state = state
        self.version = version
        self.reason = reason
        self.payment = payment
    }
}

extension Change {
    /// In the byte of its state: a payment follows on all else, since format 7. Without it the bytes are those of
    /// before.
    private static let paymentFollows: UInt8 = 0x80

    func encode(into writer: inout ByteWriter) {
        writer.varint(appointment.rawValue)
        writer.varint(patient.rawValue)
        writer.byte(payment == nil ? state.rawValue : state.rawValue | Self.paymentFollows)
        writer.varint(version)
        writer.string(reason)
        payment?.encode(into: &writer)
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        let appointment = AppointmentID(rawValue: try reader.varint())
        let patient = PatientID(rawValue: try reader.varint())
        let first = try reader.byte()
        guard let state = AppointmentState(rawValue: first & ~Self.paymentFollows) else {
            throw CodingError("unknown state")
        }
        self.init(
            appointment: appointment, patient: patient, state: state, version: try reader.number(),
            reason: try reader.string())
        if first & Self.paymentFollows != 0 { payment = try Payment(from: &reader) }
    }
}
