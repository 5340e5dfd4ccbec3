import Wire

/// 预约: one appointment as it stands.
public struct Appointment: Hashable, Sendable {
    /// Its id.
    public var id: AppointmentID
    /// Whose it is.
    public var patient: PatientID
    /// The first slot taken.
    public var slot: SlotID
    /// Neighbouring slots taken, from 1.
    public var slots: UInt32
    /// Units taken in each slot, from 1.
    public var units: UInt32
    /// What was booked.
    public var service: ServiceID
    /// From which pool.
    public var pool: PoolID
    /// 序号: the patient's number within the session, from 1.
    public var number: UInt32
    /// Where it stands.
    public var state: AppointmentState
    /// Counts its states, from 1; good for `ifVersion`.
    public var version: UInt32
    /// When it begins.
    public var start: Instant
    /// When it ends.
    public var end: Instant
    /// When the hold expires or would have expired; nil when it never was a hold.
    public var holdUntil: Instant?
    /// When it was made.
    public var made: Instant
    /// When it last changed.
    public var changed: Instant
    /// The channel it was made through.
    public var channel: Channel
    /// How the patient was in the hospital; nil where its booking did not say.
    public var patientClass: PatientClass?
    /// The first appointment of the joint booking it belongs to; nil when booked alone.
    public var itinerary: AppointmentID?
    /// The appointment that was given up for it; nil unless it is the result of a move.
    public var movedFrom: AppointmentID?
    /// What it was paid with; nil where nothing is known of that.
    public var payment: Payment?
    /// It was read from the history table.
    public var isArchived: Bool

    init(_ wire: PBAppointment) {
        id = AppointmentID(rawValue: wire.id)
        patient = PatientID(rawValue: wire.patient)
        slot = SlotID(rawValue: wire.slot)
        slots = wire.slots
        units = wire.units
        service = ServiceID(rawValue: wire.service)
        pool = PoolID(rawValue: wire.pool)
        number = wire.number
        state = AppointmentState(wire.state)
        version = wire.version
        start = Instant(milliseconds: wire.startMs)
        end = Instant(milliseconds: wire.endMs)
        holdUntil = Instant(wire: wire.holdUntilMs)
        made = Instant(milliseconds: wire.madeMs)
        changed = Instant(milliseconds: wire.changedMs)
        channel = Channel(wire.channel)
        itinerary = wire.itinerary == 0 ? nil : AppointmentID(rawValue: wire.itinerary)
        movedFrom = wire.movedFrom == 0 ? nil : AppointmentID(rawValue: wire.movedFrom)
        isArchived = wire.archived
        patientClass = PatientClass(wire.patientClass)
        payment = Payment(wire.paymentReference, wire.amountFen)
    }
}
