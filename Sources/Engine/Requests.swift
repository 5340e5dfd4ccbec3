package import Journal
package import Scheduling

/// One keyed write, as a front end asks for it.
package struct Write: Sendable {
    package var key: IdempotencyKey
    package var by: Origin
    /// After this moment of the monotonic clock (nanoseconds) nobody waits for the answer; nil: for ever.
    package var deadline: UInt64?
    package var command: Command

    package init(key: IdempotencyKey, by: Origin, deadline: UInt64? = nil, command: Command) {
        self.key = key
        self.by = by
        self.deadline = deadline
        self.command = command
    }
}

/// What a write asks for.
package enum Command: Sendable {
    /// Takes one appointment: held when `hold`, else booked at once.
    case book(patient: PatientID, item: Item, hold: Bool)
    /// Takes several appointments of one patient, all or none. 2 to `Limits.itemsTogether` items.
    case bookTogether(patient: PatientID, items: [Item], hold: Bool)
    /// Moves an appointment through its states. `ifVersion` 0 means whatever its version.
    case change(AppointmentID, Transition, ifVersion: UInt32, reason: String)
    /// Gives up one appointment and takes another slot, as one step.
    case move(AppointmentID, to: SlotID, ifVersion: UInt32, reason: String)

    /// A service in a slot (the first of those it takes).
    package struct Item: Hashable, Sendable {
        package var slot: SlotID
        package var service: ServiceID

        package init(slot: SlotID, service: ServiceID) {
            self.slot = slot
            self.service = service
        }
    }
}

/// The answer to one write.
package struct Answer: Sendable {
    /// What became of a write.
    package enum Outcome: Sendable {
        case done(Receipt)
        /// `item` is the index within a joint booking.
        case refused(Refusal, item: UInt8)
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
}

/// What a write led to.
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

/// A session that no template describes. Wall time in the hospital's zone.
package struct SessionDraft: Sendable {
    package var pool: String
    package var date: LocalDate
    package var start: WallTime
    package var slotMinutes: UInt32
    package var capacities: [UInt32]

    package init(pool: String, date: LocalDate, start: WallTime, slotMinutes: UInt32, capacities: [UInt32]) {
        self.pool = pool
        self.date = date
        self.start = start
        self.slotMinutes = slotMinutes
        self.capacities = capacities
    }
}

/// What opening sessions did. A conflict is a sentence; that session was not opened, the others were.
package struct SessionsOpened: Sendable {
    package var opened = 0
    package var unchanged = 0
    package var conflicts: [String] = []

    package init() {}
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
    /// 1 to `EngineLimits.slotsPerSearch`.
    package var limit: Int

    package init(
        department: DepartmentID? = nil, service: ServiceID? = nil, resource: ResourceID? = nil, from: LocalDate? = nil,
        to: LocalDate? = nil, after: (start: Instant, slot: SlotID)? = nil, nextFree: Bool = false, limit: Int = 200
    ) {
        self.department = department
        self.service = service
        self.resource = resource
        self.from = from
        self.to = to
        self.after = after
        self.nextFree = nextFree
        self.limit = limit
    }
}

/// One page of a search.
package struct SlotPage: Sendable {
    /// By start, then by id.
    package var slots: [FreeSlot]
    package var more: Bool

    package init(slots: [FreeSlot], more: Bool) {
        self.slots = slots
        self.more = more
    }
}

/// One session with what is taken in it.
package struct SessionSummary: Sendable {
    package var id: SessionID
    package var times: SessionTimes
    package var slots: [Slot]
    /// Appointments that have not ended.
    package var live: UInt32

    package init(_ session: Session) {
        id = session.id
        times = session.times
        slots = Array(session.slots)
        live = session.live
    }
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

/// What became of one patient of a registration.
package struct PatientOutcome: Sendable {
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

    package init(_ value: Value, at position: Position) {
        self.value = value
        self.position = position
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
    package var replication: ReplicationState
}
