package import Scheduling

extension PBEvent {
    /// One event of the journal as the feed shows it: a joint booking is several at one position, everything else is
    /// one, or none where the feed does not show it.
    ///
    /// - Parameters:
    ///   - position: where the event stands in the journal.
    ///   - tellsRefusedPatients: whether a refusal says whom it concerns.
    package static func events(
        of event: Event, at position: UInt64, tellsRefusedPatients: Bool = false
    ) -> [PBEvent] {
        guard let number = event.fact.kind.row.event, let kind = PBEventKind(rawValue: number) else { return [] }
        return event.fact.lines.map { line in
            var shown = PBEvent(line)
            shown.kind = kind
            shown.position = position
            shown.atMs = event.at.rawValue
            shown.channel = PBChannel(event.by.channel)
            shown.operator = event.by.operatorName
            if kind == .refused, !tellsRefusedPatients { shown.patient = 0 }
            return shown
        }
    }

    private init(_ line: FactLine) {
        self.init()
        appointment = line.appointment?.rawValue ?? 0
        session = line.session?.rawValue ?? 0
        patient = line.patient?.rawValue ?? 0
        slot = line.slot?.rawValue ?? 0
        slots = line.slots
        units = line.units
        service = line.service?.rawValue ?? 0
        state = line.state.map { PBAppointmentState($0) } ?? .unspecified
        version = line.version
        movedFrom = line.movedFrom?.rawValue ?? 0
        itinerary = line.itinerary?.rawValue ?? 0
        holdUntilMs = line.holdUntil?.rawValue ?? 0
        rule = line.rule.map { PBRule($0) } ?? .unspecified
        reason = line.reason
        entity = line.entity
        epoch = line.epoch
        patientClass = line.patientClass.map { PBPatientClass($0) } ?? .unspecified
        paymentReference = line.payment
        amountFen = line.amount
        refund = line.refund?.rawValue ?? 0
        refundCause = line.cause.map { PBRefundCause($0) } ?? .unspecified
    }
}

extension FactLine {
    /// What the feed showed of a fact; nil where this version does not know the kind.
    package init?(_ event: PBEvent) {
        guard let kind = FactKind(event: event.kind.rawValue) else { return nil }
        self.init(kind)
        appointment = event.appointment == 0 ? nil : AppointmentID(rawValue: event.appointment)
        session = event.session == 0 ? nil : SessionID(rawValue: event.session)
        patient = event.patient == 0 ? nil : PatientID(rawValue: event.patient)
        slot = event.slot == 0 ? nil : SlotID(rawValue: event.slot)
        slots = event.slots
        units = event.units
        service = event.service == 0 ? nil : ServiceID(rawValue: event.service)
        state = event.state.state
        version = event.version
        movedFrom = event.movedFrom == 0 ? nil : AppointmentID(rawValue: event.movedFrom)
        itinerary = event.itinerary == 0 ? nil : AppointmentID(rawValue: event.itinerary)
        holdUntil = event.holdUntilMs == 0 ? nil : Instant(rawValue: event.holdUntilMs)
        rule = event.rule.rule
        reason = event.reason
        entity = event.entity
        epoch = event.epoch
        patientClass = event.patientClass.patientClass
        payment = event.paymentReference
        amount = event.amountFen
        refund = event.refund == 0 ? nil : RefundID(rawValue: event.refund)
        cause = event.refundCause.cause
    }
}
