package import Scheduling

extension PBAppointment {
    /// - Parameter isArchived: it was read from the history table.
    package init(_ appointment: Appointment, isArchived: Bool) {
        let record = appointment.record
        self.init()
        id = appointment.id.rawValue
        patient = record.patient.rawValue
        slot = SlotID(session: appointment.id.session, index: record.slot).rawValue
        slots = UInt32(record.span)
        units = UInt32(record.units)
        service = record.service.rawValue
        pool = appointment.id.pool.rawValue
        number = appointment.id.number
        state = PBAppointmentState(record.state)
        version = record.version
        startMs = appointment.start.rawValue
        endMs = appointment.end.rawValue
        holdUntilMs = record.holdUntil?.rawValue ?? 0
        madeMs = record.made.rawValue
        changedMs = record.changed.rawValue
        channel = PBChannel(record.channel)
        itinerary = record.itinerary?.rawValue ?? 0
        movedFrom = record.movedFrom?.rawValue ?? 0
        archived = isArchived
        patientClass = record.patientClass.map { PBPatientClass($0) } ?? .unspecified
        paymentReference = appointment.payment?.reference ?? ""
        amountFen = appointment.payment?.amountFen ?? 0
    }
}
