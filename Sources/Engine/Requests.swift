package import Journal
package import Scheduling

/// The answer to one write.
package struct Answer: Sendable {
    /// What became of a write.
    package enum Outcome: Sendable {
        case done(Receipt)
        /// `item` is the index within a joint booking.
        case refused(Refusal, item: UInt8)
        /// Whatever else there is to say, by the fact that says it.
        indirect case told(Fact)
        case failed(EngineError)
    }

    package var outcome: Outcome
    /// Where the answer stands in the journal; durable when the answer is given. Zero for a failure.
    package var position: Position
    /// The key was answered before, and this is that answer.
    package var again: Bool

    package init(_ outcome: Outcome, position: Position = .zero, again: Bool = false) {
        self.outcome = outcome
        self.position = position
        self.again = again
    }

    init(_ outcome: Scheduling.Outcome, position: Position, again: Bool = false) {
        switch outcome {
        case .done(let receipt): self.init(Answer.Outcome.done(receipt), position: position, again: again)
        case .refused(let refusal, let item):
            self.init(Answer.Outcome.refused(refusal, item: item), position: position, again: again)
        case .told(let fact): self.init(Answer.Outcome.told(fact), position: position, again: again)
        }
    }
}

/// A request that was not answered. The codes are a subset of the wire's, with the same meaning.
package struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; programs branch on it.
    package enum Code: Hashable, Sendable {
        case invalidArgument, notFound, keyReused, deadlineExceeded, overloaded, storageFull, draining, positionTrimmed
        case notPrimary, standbyAway
        case `internal`
    }

    package var code: Code
    /// One sentence that says what is wrong and what to do.
    package var message: String
    /// The write may have taken effect; the same key tells.
    package var maybeApplied: Bool
    package var retryAfterMilliseconds: UInt32

    package init(_ code: Code, _ message: String, maybeApplied: Bool = false, retryAfterMilliseconds: UInt32 = 0) {
        self.code = code
        self.message = message
        self.maybeApplied = maybeApplied
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    package var description: String { message }
}

/// Which free slots are wanted. At least one of department, service and resource must be given.
package struct SlotQuery: Sendable {
    package var department: DepartmentID?
    package var service: ServiceID?
    package var resource: ResourceID?
    /// Local days, both inclusive; `from` nil for today, `to` nil for the day of `from` (or no end, with `nextFree`).
    package var from: LocalDate?
    package var to: LocalDate?
    /// Continue after this slot.
    package var after: (start: Instant, slot: SlotID)?
    package var nextFree: Bool
    /// Who asks; nil where that is not known: rules about channels are not judged then.
    package var origin: Origin?
    /// For whom; nil for everybody: rules about the patient are not judged then.
    package var patient: PatientID?
    package var patientClass: PatientClass?
    /// 1 to `EngineLimits.slotsPerSearch`.
    package var limit: Int

    /// What it names of what rules may need.
    package var naming: SearchNaming {
        // By hand: the general operations of option sets are dear where each search asks for them.
        var naming: UInt8 = 0
        if origin != nil { naming |= SearchNaming.channel.rawValue }
        if patient != nil { naming |= SearchNaming.patient.rawValue }
        if patientClass != nil { naming |= SearchNaming.patientClass.rawValue }
        if service != nil { naming |= SearchNaming.service.rawValue }
        return SearchNaming(rawValue: naming)
    }

    package init(
        department: DepartmentID? = nil, service: ServiceID? = nil, resource: ResourceID? = nil, from: LocalDate? = nil,
        to: LocalDate? = nil, after: (start: Instant, slot: SlotID)? = nil, nextFree: Bool = false, limit: Int = 200,
        origin: Origin? = nil, patient: PatientID? = nil, patientClass: PatientClass? = nil
    ) {
        self.department = department
        self.service = service
        self.resource = resource
        self.from = from
        self.to = to
        self.after = after
        self.nextFree = nextFree
        self.limit = limit
        self.origin = origin
        self.patient = patient
        self.patientClass = patientClass
    }
}

/// One page of a search.
package struct SlotPage: Sendable {
    /// By start, then by id.
    package var slots: [FreeSlot]
    package var more: Bool
    /// Rules that may still refuse, because the query does not name what they judge.
    package var unjudged: [Rule]

    package init(slots: [FreeSlot], more: Bool, unjudged: [Rule]) {
        self.slots = slots
        self.more = more
        self.unjudged = unjudged
    }
}

/// One session with what is taken in it.
package struct SessionSummary: Sendable {
    package let session: Session

    package init(_ session: Session) { self.session = session }

    package var id: SessionID { session.id }
    package var times: SessionTimes { session.times }
    package var slots: [Slot] { Array(session.slots) }
    /// Appointments that have not ended.
    package var live: UInt32 { session.live }
}

/// An appointment as it was read, from memory or from the history table.
package struct FoundAppointment: Sendable {
    package var appointment: Appointment
    package var isArchived: Bool

    package init(_ appointment: Appointment, isArchived: Bool) {
        self.appointment = appointment
        self.isArchived = isArchived
    }
}

/// A durable event and its place.
package struct PositionedEvent: Sendable {
    package var position: Position
    package var event: Event

    package init(position: Position, event: Event) {
        self.position = position
        self.event = event
    }

    /// The event that the record at this position holds.
    /// - Throws: Where the record cannot be read; the position is named.
    init(position: Position, decoding bytes: UnsafeRawBufferPointer) throws(CodingError) {
        self.position = position
        do throws(CodingError) { event = try Event(decoding: bytes) } catch {
            throw CodingError("record \(position): \(error.description)")
        }
    }
}

/// A value that was read, and the position it reflects; durable when it is given.
package struct Reading<Value: Sendable>: Sendable {
    package var value: Value
    package var position: Position
    /// It is a page, and another follows.
    package var more: Bool

    package init(_ value: Value, at position: Position, more: Bool = false) {
        self.value = value
        self.position = position
        self.more = more
    }
}

/// How the engine is doing at this moment. Durations in milliseconds, positions of the journal.
package struct EngineStatus: Sendable {
    package var cluster: [UInt8]
    package var epoch: UInt32
    package var now: Instant
    package var uptimeMilliseconds: UInt64
    package var catalogue: (departments: Int, resources: Int, services: Int, pools: Int, templates: Int)
    package var counts: PoolBook.Counts
    package var patients: UInt64
    package var keys: Int
    package var journal: JournalStatistics
    package var position: Position
    package var settledPosition: Position
    package var checkpointPosition: Position
    package var lastCheckpoint: Instant?
    /// One is being written at this moment.
    package var isCheckpointing: Bool
    /// Since the start: holds that ran out unconfirmed.
    package var expiredHolds: UInt64
    package var acceptingWrites: Bool
    /// Empty when all is well, else one sentence that says what to do.
    package var trouble: String
    /// Name and zone; unlike a reading it waits for nothing.
    package var hospital: Hospital
    /// The named readers of the change feed, by name.
    package var readers: [FeedReaderStatus]
    package var replication: ReplicationState
    package var clock: ClockState
    /// Nil where the engine opens no sessions by itself.
    package var roll: RollReport?
}
