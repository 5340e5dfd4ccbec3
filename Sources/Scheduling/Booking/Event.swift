/// A fact of the journal: what happened, when, by whom, in answer to which key.
///
/// Facts are never commands: replaying them asks no rule again, so yesterday's journal stays true when a rule changes.
package struct Event: Hashable, Sendable {
    package var at: Instant
    package var by: Origin
    package var answer: Answered?
    package var fact: Fact

    /// The write that this event answers.
    package struct Answered: Hashable, Sendable {
        package var key: IdempotencyKey
        /// Hash of the write's content, to tell a repetition from a reused key.
        package var fingerprint: UInt64

        package init(key: IdempotencyKey, fingerprint: UInt64) {
            self.key = key
            self.fingerprint = fingerprint
        }
    }

    package init(at: Instant, by: Origin, answer: Answered? = nil, fact: Fact) {
        self.at = at
        self.by = by
        self.answer = answer
        self.fact = fact
    }
}

/// What can happen.
package enum Fact: Hashable, Sendable {
    case booked(Taken)
    /// A joint booking: all of it is this one fact.
    case bookedTogether([Taken])
    case changed(Change)
    /// `from` ended as moved, and `to` was taken in the same step.
    case moved(from: Change, to: Taken)
    /// A keyed write was refused; `item` is the index within a joint booking.
    case refused(Refusal, item: UInt8)
    case sessionOpened(SessionDefinition)
    /// All its appointments have ended and went to the history table.
    case sessionArchived(SessionID)
    /// A new patient, or further identifiers of a known one.
    case patientRegistered(PatientID, [Identifier])
    case catalogueChanged(CatalogueEntity)
    /// A primary's term began: everything after it was decided by another process than what stands before.
    case epochBegan(UInt32)
}

extension Fact {
    /// A fact about several appointments as facts about one each, for those who have only some of the pools; any other
    /// as it is.
    package var parts: [Fact] {
        switch self {
        case .bookedTogether(let all): all.map { .booked($0) }
        case .moved(let from, let to): [.changed(from), .booked(to)]
        default: [self]
        }
    }

    /// Hands each of ``parts`` to `body`, in their order.
    package func forEachPart(_ body: (Fact) throws -> Void) rethrows {
        switch self {
        case .bookedTogether, .moved: for part in parts { try body(part) }
        default: try body(self)
        }
    }
}

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

    package init(
        appointment: AppointmentID, patient: PatientID, slot: UInt16, span: UInt8, units: UInt16, service: ServiceID,
        state: AppointmentState, holdUntil: Instant?, itinerary: AppointmentID? = nil, movedFrom: AppointmentID? = nil
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
    }
}

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

/// A session as it was opened.
package struct SessionDefinition: Hashable, Sendable {
    package var id: SessionID
    package var times: SessionTimes
    package var template: TemplateID?
    /// Units of each slot; as many as `times.slots`.
    package var capacities: [UInt16]

    package init(id: SessionID, times: SessionTimes, template: TemplateID?, capacities: [UInt16]) {
        precondition(capacities.count == Int(times.slots), "every slot has a capacity")
        self.id = id
        self.times = times
        self.template = template
        self.capacities = capacities
    }
}
