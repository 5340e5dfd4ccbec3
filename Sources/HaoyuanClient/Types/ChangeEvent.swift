package import Scheduling
import Wire

/// One event of the change feed. Which fields are set follows from its kind; the others are nil or empty.
public struct ChangeEvent: Hashable, Sendable {
    /// Where in the journal. A joint booking is several events at one position.
    public var position: Position
    /// When it happened, by the server's clock.
    public var at: Instant
    /// What happened.
    public var kind: ChangeKind
    /// Through which channel.
    public var channel: Channel
    /// Who did it, as the front end knows them.
    public var operatorName: String
    /// The appointment made or changed.
    public var appointment: AppointmentID?
    /// Whose it is.
    public var patient: PatientID?
    /// The first slot taken.
    public var slot: SlotID?
    /// Neighbouring slots taken; 0 unless an appointment was made.
    public var slots: UInt32
    /// Units taken in each slot; 0 unless an appointment was made.
    public var units: UInt32
    /// What was booked.
    public var service: ServiceID?
    /// The state the appointment reached.
    public var state: AppointmentState?
    /// The version the appointment reached, from 1.
    public var version: UInt32?
    /// The appointment that was given up for this one.
    public var movedFrom: AppointmentID?
    /// The first appointment of the joint booking it belongs to.
    public var itinerary: AppointmentID?
    /// When the hold expires.
    public var holdUntil: Instant?
    /// How the patient was in the hospital, of an appointment made; nil where its booking did not say.
    public var patientClass: PatientClass?
    /// What came with the event, or goes back with a refund.
    public var payment: Payment?
    /// The refund that is due or closed.
    public var refund: RefundID?
    /// Why it goes back; nil for every other kind.
    public var refundCause: RefundCause?
    /// The session of the appointment, or the one opened or archived.
    public var session: SessionID?
    /// The rule that refused.
    public var rule: Rule?
    /// Why, as the caller said.
    public var reason: String
    /// Of a catalogue change: kind and code, as `pool ct-1`.
    public var entity: String
    /// The epoch that began; 0 for every other kind.
    public var epoch: UInt32
    /// The same for words; nil for a kind that this version does not know.
    package var line: FactLine?

    init(_ wire: PBEvent) {
        position = Position(rawValue: wire.position)
        at = Instant(milliseconds: wire.atMs)
        kind = ChangeKind(wire.kind)
        channel = Channel(wire.channel)
        operatorName = wire.operator
        appointment = wire.appointment == 0 ? nil : AppointmentID(rawValue: wire.appointment)
        patient = wire.patient == 0 ? nil : PatientID(rawValue: wire.patient)
        slot = wire.slot == 0 ? nil : SlotID(rawValue: wire.slot)
        slots = wire.slots
        units = wire.units
        service = wire.service == 0 ? nil : ServiceID(rawValue: wire.service)
        state = wire.state == .unspecified ? nil : AppointmentState(wire.state)
        version = wire.version == 0 ? nil : wire.version
        movedFrom = wire.movedFrom == 0 ? nil : AppointmentID(rawValue: wire.movedFrom)
        itinerary = wire.itinerary == 0 ? nil : AppointmentID(rawValue: wire.itinerary)
        holdUntil = Instant(wire: wire.holdUntilMs)
        session = wire.session == 0 ? nil : SessionID(rawValue: wire.session)
        rule = wire.rule == .unspecified ? nil : Rule(wire.rule)
        reason = wire.reason
        entity = wire.entity
        epoch = wire.epoch
        patientClass = PatientClass(wire.patientClass)
        payment = Payment(wire.paymentReference, wire.amountFen)
        refund = wire.refund == 0 ? nil : RefundID(rawValue: wire.refund)
        refundCause = wire.refundCause == .unspecified ? nil : RefundCause(number: wire.refundCause.rawValue)
        line = FactLine(wire)
    }
}
