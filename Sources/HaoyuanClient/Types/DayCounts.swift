import Wire

/// Of which days is counted what there is. At least one of departments, pools and service must be given.
public struct DayQuery: Hashable, Sendable {
    /// A pool counts where its department or itself is named; where none is named, all count. At most 256.
    public var departments: [DepartmentID]
    /// At most 256.
    public var pools: [PoolID]
    /// Only pools that offer this service; free is where it can begin.
    public var service: ServiceID?
    /// The first day; nil for today in the hospital's zone.
    public var from: LocalDate?
    /// The last day, at most 62 days in all; nil for the day of `from`.
    public var to: LocalDate?
    /// Only what this patient may book is free; nil: what the patient has is not judged.
    public var patient: PatientID?
    /// How the patient is in the hospital; nil: rules about it are not judged.
    public var patientClass: PatientClass?

    /// A query; what is left out does not narrow it.
    public init(
        departments: [DepartmentID] = [], pools: [PoolID] = [], service: ServiceID? = nil, from: LocalDate? = nil,
        to: LocalDate? = nil, patient: PatientID? = nil, patientClass: PatientClass? = nil
    ) {
        self.departments = departments
        self.pools = pools
        self.service = service
        self.from = from
        self.to = to
        self.patient = patient
        self.patientClass = patientClass
    }

    var wire: PBDayCountsRequest {
        var wire = PBDayCountsRequest()
        wire.departments = departments.map(\.rawValue)
        wire.pools = pools.map(\.rawValue)
        wire.service = service?.rawValue ?? 0
        wire.from = from?.description ?? ""
        wire.to = to?.description ?? ""
        wire.patient = patient?.rawValue ?? 0
        wire.patientClass = patientClass?.wire ?? .unspecified
        return wire
    }
}

/// What there is on one day. A slot is on the day on which it starts; sessions that are archived do not count.
public struct DayCount: Hashable, Sendable {
    /// Units of slots that lie ahead and that the rules would sell: the sum of what a search lists as free on the day.
    public var free: UInt64
    /// Units of all slots of the day.
    public var capacity: UInt64
    /// Units that appointments have, held ones among them.
    public var sold: UInt64
    /// Sessions with a slot on the day.
    public var sessions: UInt32

    init(_ wire: PBDayCount) {
        free = wire.free
        capacity = wire.capacity
        sold = wire.sold
        sessions = wire.sessions
    }
}

/// What there is on some days.
public struct DayPage: Hashable, Sendable {
    /// The first day.
    public var from: LocalDate
    /// That day and those after it, each of them.
    public var days: [DayCount]
    /// What the answer reflects.
    public var position: Position
    /// Rules that may still refuse a slot that counts as free: the query does not say what they judge.
    public var notJudged: [Rule]

    init(_ wire: PBDayCountsReply) {
        from = LocalDate(wire.from)
        days = wire.days.map(DayCount.init)
        position = Position(rawValue: wire.position)
        notJudged = wire.notJudged.map { Rule($0) }
    }
}
