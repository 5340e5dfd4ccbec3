/// All that a rule may want to know of a write or of a search: who asks, for whom, for what, under which policy, when.
///
/// A rule reads it and nothing else of the request. What a new rule needs beyond it is added here, once.
package struct Asking: Sendable {
    /// Channel and operator; nil where a search's connection named none.
    package var origin: Origin?
    /// Nil where a search names none: rules about the patient are not judged then.
    package var patient: PatientID?
    /// Nil where the request does not say.
    package var patientClass: PatientClass?
    /// Nil where a search names none.
    package var service: ServiceID?
    /// The first slot.
    package var slot: SlotID
    /// Neighbouring slots, and units in each.
    package var span: UInt8
    package var units: UInt16
    /// Of the slot's session.
    package var times: SessionTimes
    package var department: DepartmentID
    /// What the department, or the hospital, allows.
    package var policy: Policy
    package var now: Instant
    /// What wall clocks in the hospital's zone show now.
    package var wall: WallMoment
    /// When the hold is to expire; nil to book at once.
    package var holdUntil: Instant?
    /// Of a move within one session: the number of the appointment that is given up; 0 for none.
    package var givenUp: UInt32 = 0
    /// Of such a move: slots that the new place has of the old one, and that `span` does not count.
    package var passedOn: UInt8 = 0
    /// A search has judged the shares of the session already: they are the same for all of its slots.
    package var isWithinShares = false

    package init(
        origin: Origin?, patient: PatientID?, patientClass: PatientClass? = nil, service: ServiceID?, slot: SlotID,
        span: UInt8, units: UInt16, times: SessionTimes, department: DepartmentID, policy: Policy, now: Instant,
        wall: WallMoment, holdUntil: Instant? = nil
    ) {
        self.origin = origin
        self.patient = patient
        self.patientClass = patientClass
        self.service = service
        self.slot = slot
        self.span = span
        self.units = units
        self.times = times
        self.department = department
        self.policy = policy
        self.now = now
        self.wall = wall
        self.holdUntil = holdUntil
    }

    /// The day it is now in the hospital's zone.
    package var today: LocalDate { wall.date }

    /// The day of the first slot.
    package var day: LocalDate { times.date(ofSlot: UInt16(slot.index)) }

    /// When the first slot starts.
    package var start: Instant { times.start(ofSlot: UInt16(slot.index)) }

    /// When the last slot ends.
    package var end: Instant { times.end(ofSlot: UInt16(slot.index), span: span) }

    /// What the slots mean for the patient.
    package var commitment: PatientBook.Commitment {
        PatientBook.Commitment(times, slot: UInt16(slot.index), span: span, department: department)
    }
}

/// How a patient is in the hospital: FHIR's Encounter.class. The numbers are those of the wire.
package enum PatientClass: UInt8, Hashable, Sendable, CaseIterable {
    /// 门诊, FHIR `AMB`.
    case outpatient = 1
    /// 住院, FHIR `IMP`.
    case inpatient
    /// 急诊, FHIR `EMER`.
    case emergency
    /// 体检: a check-up, which FHIR has no class for.
    case checkup
}
