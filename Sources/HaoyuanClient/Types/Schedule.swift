import Wire

/// 班次 to open that no template describes. Wall time in the hospital's zone.
public struct NewSession: Hashable, Sendable {
    /// The pool's code.
    public var pool: String
    /// The day it belongs to: that of its start.
    public var date: LocalDate
    /// When it starts.
    public var start: WallTime
    /// Length of each slot in minutes, 1 to 1,440.
    public var slotMinutes: UInt32
    /// Units of each slot, 0 to 10,000; at least one slot must have some.
    public var capacities: [UInt32]

    /// A session of as many slots as there are capacities.
    public init(pool: String, date: LocalDate, start: WallTime, slotMinutes: UInt32, capacities: [UInt32]) {
        self.pool = pool
        self.date = date
        self.start = start
        self.slotMinutes = slotMinutes
        self.capacities = capacities
    }

    var wire: PBNewSession {
        var wire = PBNewSession()
        wire.pool = pool
        wire.date = date.description
        wire.start = start.description
        wire.slotMinutes = slotMinutes
        wire.capacities = capacities
        return wire
    }
}

/// What opening sessions did.
public struct SessionsOpened: Hashable, Sendable {
    /// Sessions opened now.
    public var opened: Int
    /// Sessions that stood already, in the same shape.
    public var unchanged: Int
    /// Sessions that were withdrawn, since their templates do not say them any more.
    public var withdrawn: Int
    /// A sentence each for the sessions that were not opened; the others were.
    public var conflicts: [String]
    /// Where in the journal.
    public var position: Position

    init(_ wire: PBSessionsReply) {
        opened = Int(wire.opened)
        unchanged = Int(wire.unchanged)
        withdrawn = Int(wire.withdrawn)
        conflicts = wire.conflicts
        position = Position(rawValue: wire.position)
    }
}

/// 班次 with what is taken in it.
public struct Session: Hashable, Sendable {
    /// Its id.
    public var id: SessionID
    /// Whose time it is.
    public var pool: PoolID
    /// The day it belongs to: that of its start.
    public var date: LocalDate
    /// When its first slot starts.
    public var start: Instant
    /// Length of each slot in minutes.
    public var slotMinutes: UInt32
    /// Units of each slot.
    public var capacities: [UInt32]
    /// Units taken of each slot.
    public var taken: [UInt32]
    /// Appointments that have not ended.
    public var liveAppointments: UInt32
    /// 停诊: from which slot on it does not take place, and why; nil where all of it does.
    public var stop: Stop?

    /// A stop in force.
    public struct Stop: Hashable, Sendable {
        /// Its number in the session.
        public var number: UInt32
        /// The index of the first slot that does not take place.
        public var fromSlot: Int
        /// Why.
        public var reason: String
    }

    init(_ wire: PBSession) {
        id = SessionID(rawValue: wire.id)
        pool = PoolID(rawValue: wire.pool)
        date = LocalDate(wire.date)
        start = Instant(milliseconds: wire.startMs)
        slotMinutes = wire.slotMinutes
        capacities = wire.capacities
        taken = wire.taken
        liveAppointments = wire.appointments
        if wire.stop != 0 {
            stop = Stop(number: wire.stop, fromSlot: Int(wire.stoppedFrom), reason: wire.stopReason)
        }
    }
}

/// Which free slots are wanted. At least one of department, service and resource must be given.
public struct SlotQuery: Hashable, Sendable {
    /// Only pools of this department.
    public var department: DepartmentID?
    /// Only slots where this service fits.
    public var service: ServiceID?
    /// Only pools with this resource.
    public var resource: ResourceID?
    /// The first day; nil for today in the hospital's zone.
    public var from: LocalDate?
    /// The last day; nil for the day of `from`, or no end with `nextFree`.
    public var to: LocalDate?
    /// Most slots in the answer, 1 to 5,000; nil for 200.
    public var limit: Int?
    /// Continue after this slot, the last one of the page before.
    public var after: FreeSlot?
    /// From `from` on, however far.
    public var nextFree: Bool
    /// Only slots that this patient may book; nil: what the patient has is not judged.
    public var patient: PatientID?
    /// How the patient is in the hospital; nil: rules about it are not judged.
    public var patientClass: PatientClass?

    /// A query; what is left out does not narrow it.
    public init(
        department: DepartmentID? = nil, service: ServiceID? = nil, resource: ResourceID? = nil, from: LocalDate? = nil,
        to: LocalDate? = nil, limit: Int? = nil, after: FreeSlot? = nil, nextFree: Bool = false,
        patient: PatientID? = nil, patientClass: PatientClass? = nil
    ) {
        self.department = department
        self.service = service
        self.resource = resource
        self.from = from
        self.to = to
        self.limit = limit
        self.after = after
        self.nextFree = nextFree
        self.patient = patient
        self.patientClass = patientClass
    }

    var wire: PBSearchSlotsRequest {
        var wire = PBSearchSlotsRequest()
        wire.department = department?.rawValue ?? 0
        wire.service = service?.rawValue ?? 0
        wire.resource = resource?.rawValue ?? 0
        wire.from = from?.description ?? ""
        wire.to = to?.description ?? ""
        wire.limit = UInt32(clamping: limit ?? 0)
        wire.afterStartMs = after?.start.milliseconds ?? 0
        wire.afterSlot = after?.slot.rawValue ?? 0
        wire.nextFree = nextFree
        wire.patient = patient?.rawValue ?? 0
        wire.patientClass = patientClass?.wire ?? .unspecified
        return wire
    }
}

/// 时段 that can be booked.
public struct FreeSlot: Hashable, Sendable {
    /// Its id.
    public var slot: SlotID
    /// Whose time it is.
    public var pool: PoolID
    /// When it starts.
    public var start: Instant
    /// When it ends.
    public var end: Instant
    /// Free units; with a service in the query, the least over the slots it would take.
    public var free: UInt32
    /// Units in all.
    public var capacity: UInt32

    init(_ wire: PBFreeSlot) {
        slot = SlotID(rawValue: wire.slot)
        pool = PoolID(rawValue: wire.pool)
        start = Instant(milliseconds: wire.startMs)
        end = Instant(milliseconds: wire.endMs)
        free = wire.free
        capacity = wire.capacity
    }
}

/// One page of free slots.
public struct SlotPage: Hashable, Sendable {
    /// By start, then by slot id.
    public var slots: [FreeSlot]
    /// Whether there are more; ask again with `after` set to the last one.
    public var hasMore: Bool
    /// What the answer reflects.
    public var position: Position
    /// Rules that may still refuse a slot of this page: the query does not say what they judge.
    public var notJudged: [Rule]

    init(_ wire: PBSearchSlotsReply) {
        slots = wire.slots.map(FreeSlot.init)
        hasMore = wire.more
        position = Position(rawValue: wire.position)
        notJudged = wire.notJudged.map { Rule($0) }
    }
}
