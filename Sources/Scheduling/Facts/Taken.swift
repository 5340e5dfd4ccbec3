/// One appointment made.
package struct Taken: Hashable, Sendable {
    package var appointment: AppointmentID
    package var patient: PatientID
    /// Index of the first slot in the session.
    package var slot: UInt16
    package var span: UInt8
    package var units: UInt16
    package var service: ServiceID
    /// Held or booked.
    package var state: AppointmentState
    package var holdUntil: Instant?
    package var itinerary: AppointmentID?
    package var movedFrom: AppointmentID?
    /// Nil where the booking did not say.
    package var patientClass: PatientClass?
    /// What was paid for it before it was made: it comes from a payment after the hold's end, or with a move.
    package var payment: Payment?

    package init(
        appointment: AppointmentID, patient: PatientID, slot: UInt16, span: UInt8, units: UInt16, service: ServiceID,
        state: AppointmentState, holdUntil: Instant?, itinerary: AppointmentID? = nil, movedFrom: AppointmentID? = nil,
        patientClass: PatientClass? = nil, payment: Payment? = nil
    ) {
        self.appointment = appointment
        self.patient = patient
        self.slot = slot
        self.span = span
        self.units = units
        self.service = service
        self.state = state
        self.holdUntil = holdUntil
        self.itinerary = itinerary
        self.movedFrom = movedFrom
        self.patientClass = patientClass
        self.payment = payment
    }
}

extension Taken {
    /// In the byte of its state: the class of the patient follows on all else, since format 5. Without it the bytes are
    /// those of before.
    private static let classFollows: UInt8 = 0x80
    /// In the same byte: a payment follows on that, since format 7.
    private static let paymentFollows: UInt8 = 0x40

    package func encode(into writer: inout ByteWriter) {
        writer.varint(appointment.rawValue)
        writer.varint(patient.rawValue)
        writer.varint(slot)
        writer.byte(span)
        writer.varint(units)
        writer.varint(service.rawValue)
        writer.byte(
            state.rawValue | (patientClass == nil ? 0 : Self.classFollows) | (payment == nil ? 0 : Self.paymentFollows))
        writer.instant(holdUntil)
        writer.varint(itinerary?.rawValue ?? 0)
        writer.varint(movedFrom?.rawValue ?? 0)
        if let patientClass { writer.byte(patientClass.rawValue) }
        payment?.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodingError) {
        appointment = AppointmentID(rawValue: try reader.varint())
        patient = PatientID(rawValue: try reader.varint())
        slot = try reader.number()
        span = try reader.byte()
        units = try reader.number()
        service = ServiceID(rawValue: try reader.number())
        let first = try reader.byte()
        guard let state = AppointmentState(rawValue: first & ~(Self.classFollows | Self.paymentFollows)) else {
            throw CodingError("unknown state of an appointment")
        }
        self.state = state
        holdUntil = try reader.instant()
        let itinerary = try reader.varint()
        let movedFrom = try reader.varint()
        self.itinerary = itinerary == 0 ? nil : AppointmentID(rawValue: itinerary)
        self.movedFrom = movedFrom == 0 ? nil : AppointmentID(rawValue: movedFrom)
        if first & Self.classFollows != 0 {
            guard let known = PatientClass(rawValue: try reader.byte()) else {
                throw CodingError("unknown class of patients")
            }
            patientClass = known
        }
        if first & Self.paymentFollows != 0 { payment = try Payment(from: &reader) }
        guard appointment.number >= 1, span >= 1 else { throw CodingError("an appointment without number or slots") }
        guard state != .held || holdUntil != nil else { throw CodingError("a hold that never expires") }
    }
}
