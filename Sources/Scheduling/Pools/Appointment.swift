/// One appointment as its session keeps it: a flat value of 64 bytes, found by its number. What the id says (pool,
/// session, number) is not repeated here. Absent ids and moments are 0 inside and optionals outside, to keep it that
/// small.
package struct AppointmentRecord: Hashable, Sendable {
    package let patient: PatientID
    private let holdUntilOrZero: Int64
    package let made: Instant
    package internal(set) var changed: Instant
    private let itineraryOrZero: UInt64
    private let movedFromOrZero: UInt64
    package let service: ServiceID
    /// Counts its states, from 1.
    package internal(set) var version: UInt32
    /// Index of its first slot in the session.
    package let slot: UInt16
    /// Units taken in each slot.
    package let units: UInt16
    /// Neighbouring slots taken.
    package let span: UInt8
    package internal(set) var state: AppointmentState
    /// The channel it was made through.
    package let channel: Channel
    private let classOrZero: UInt8

    package init(
        _ taken: Taken, channel: Channel, made: Instant, changed: Instant, state: AppointmentState, version: UInt32
    ) {
        patient = taken.patient
        holdUntilOrZero = taken.holdUntil?.rawValue ?? 0
        self.made = made
        self.changed = changed
        itineraryOrZero = taken.itinerary?.rawValue ?? 0
        movedFromOrZero = taken.movedFrom?.rawValue ?? 0
        service = taken.service
        self.version = version
        slot = taken.slot
        units = taken.units
        span = taken.span
        self.state = state
        self.channel = channel
        classOrZero = taken.patientClass?.rawValue ?? 0
    }

    /// Whether the two tell of one appointment, in whatever state: what its making said never changes.
    func isSameAppointment(as other: AppointmentRecord) -> Bool {
        patient == other.patient && service == other.service && slot == other.slot && span == other.span
            && units == other.units && made == other.made && channel == other.channel
            && itineraryOrZero == other.itineraryOrZero && movedFromOrZero == other.movedFromOrZero
            && classOrZero == other.classOrZero
    }

    /// When a hold expires; nil when it never was a hold. Kept after the hold has ended.
    package var holdUntil: Instant? { holdUntilOrZero == 0 ? nil : Instant(rawValue: holdUntilOrZero) }

    /// The first appointment of the joint booking this one belongs to.
    package var itinerary: AppointmentID? {
        itineraryOrZero == 0 ? nil : AppointmentID(rawValue: itineraryOrZero)
    }

    /// The appointment that was given up for this one.
    package var movedFrom: AppointmentID? { movedFromOrZero == 0 ? nil : AppointmentID(rawValue: movedFromOrZero) }

    /// How the patient was in the hospital, as the booking said; nil where it did not.
    package var patientClass: PatientClass? { PatientClass(rawValue: classOrZero) }
}

/// An appointment with everything its id says spelled out, for reading.
package struct Appointment: Hashable, Sendable {
    package let id: AppointmentID
    package let record: AppointmentRecord
    package let start: Instant
    package let end: Instant
    /// What it was paid with; nil where nothing is known of that.
    package let payment: Payment?

    package init(id: AppointmentID, record: AppointmentRecord, times: SessionTimes, payment: Payment? = nil) {
        self.payment = payment
        self.id = id
        self.record = record
        start = times.start(ofSlot: record.slot)
        end = times.end(ofSlot: record.slot, span: record.span)
    }
}
