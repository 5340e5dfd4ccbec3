/// What a write about appointments led to.
package struct Receipt: Hashable, Sendable {
    /// The (new) appointment; of a joint booking the first.
    package var appointment: AppointmentID
    package var state: AppointmentState
    package var version: UInt32
    package var holdUntil: Instant?
    /// All appointments of a joint booking, in the order of its items; empty for every other write.
    package var together: [AppointmentID]

    package init(
        appointment: AppointmentID, state: AppointmentState, version: UInt32, holdUntil: Instant?,
        together: [AppointmentID] = []
    ) {
        self.appointment = appointment
        self.state = state
        self.version = version
        self.holdUntil = holdUntil
        self.together = together
    }
}

/// What became of one patient of a registration.
package struct PatientOutcome: Hashable, Sendable {
    /// Nil when it failed.
    package var patient: PatientID?
    package var created: Bool
    /// Why it failed; empty when it did not.
    package var problem: String

    package init(patient: PatientID?, created: Bool, problem: String = "") {
        self.patient = patient
        self.created = created
        self.problem = problem
    }
}

/// What opening sessions did. A conflict is a sentence; that session was not opened, the others were.
package struct SessionsOpened: Hashable, Sendable {
    package var opened = 0
    package var unchanged = 0
    /// Sessions that their templates do not say any more.
    package var withdrawn = 0
    package var conflicts: [String] = []

    package init() {}
}

/// How many entities of a catalogue were added, changed or left alone by a put.
package struct CatalogueCounts: Hashable, Sendable {
    package var added = 0
    package var changed = 0
    package var unchanged = 0

    package init() {}
}

/// The answer to a write that may be many facts, or none: remembered under its key by a fact of its own.
package enum Report: Hashable, Sendable {
    case catalogue(CatalogueCounts)
    /// In the order of the patients.
    case patients([PatientOutcome])
    case sessions(SessionsOpened)
    /// A payment that was reported before.
    case payment(PaymentStanding)
    /// None of a choice could be had; in the order of its items, why.
    case noneFits([Refusal])
}
