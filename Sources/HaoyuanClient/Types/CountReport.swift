import Wire

/// Of which days and places what happened is counted.
public struct CountQuery: Hashable, Sendable {
    /// The first day.
    public var from: LocalDate
    /// The last day, at most 400 days in all.
    public var to: LocalDate
    /// A pool counts where its department or itself is named; where none is named, all count. At most 256.
    public var departments: [DepartmentID]
    /// At most 256.
    public var pools: [PoolID]
    /// A list of rows for each; empty for one row of everything.
    public var by: [CountBy]

    /// A query; what is left out does not narrow it.
    public init(
        from: LocalDate, to: LocalDate, departments: [DepartmentID] = [], pools: [PoolID] = [], by: [CountBy] = []
    ) {
        self.from = from
        self.to = to
        self.departments = departments
        self.pools = pools
        self.by = by
    }

    var wire: PBCountReportRequest {
        var wire = PBCountReportRequest()
        wire.from = from.description
        wire.to = to.description
        wire.departments = departments.map(\.rawValue)
        wire.pools = pools.map(\.rawValue)
        wire.by = by.compactMap { PBCountBy(rawValue: $0.rawValue) }
        return wire
    }
}

/// What the rows of a report are of.
public enum CountBy: Int, Hashable, Sendable, CaseIterable {
    /// One row of everything.
    case total = 1
    /// The local day of the slot.
    case day
    /// A department, by its id.
    case department
    /// A pool, by its id.
    case pool
    /// A resource, by its id; what several have together counts for each of them.
    case resource
    /// A service, by its id. Its rows have appointments only: nothing is offered for one service alone.
    case service
    /// The channel an appointment was made through, by its number. Its rows have appointments only.
    case channel
    /// An hour of the week on the hospital's clocks: 24 times the weekday, Monday 0, and the hour. Without sessions.
    case hour
}

/// What happened in one day, place or channel. Every appointment is one of sold, cancelled, stopped, moved, held and
/// lapsed, by its last state; so a moved one counts as sold once, where it is.
public struct CountRow: Hashable, Sendable {
    /// What the row is of.
    public var by: CountBy
    /// Of which: ``CountBy`` says what it means.
    public var key: UInt32
    /// The day, of rows by day.
    public var day: LocalDate?
    /// Units that were opened, sold or not.
    public var offered: UInt64
    /// Of those: units of appointments that count as sold.
    public var soldUnits: UInt64
    /// Appointments that are booked, under way, completed or missed.
    public var sold: UInt64
    /// Of those sold: the visit is over.
    public var completed: UInt64
    /// Of those sold: the patient did not come.
    public var noShow: UInt64
    /// Given up after they were booked.
    public var cancelled: UInt64
    /// Of those cancelled: when the policy's terms for some channel said that it is too late.
    public var late: UInt64
    /// Ended by a stop after they were booked.
    public var stopped: UInt64
    /// Given up for another place after they were booked.
    public var moved: UInt64
    /// Holds that stand.
    public var held: UInt64
    /// Holds that ended without being booked.
    public var lapsed: UInt64
    /// Of all that were ever booked, how long before the start: less than 2 h, 1, 2, 3, 7, 14, 28 days, longer.
    public var lead: [UInt64]
    /// Sessions that were opened, of the day on which they begin.
    public var sessions: UInt64
    /// Of those: appointments had every unit at some moment.
    public var soldOut: UInt64
    /// Of those whose opening is known, how long it took: less than 1 min, 10 min, 1 h, 6 h, 1, 3, 7 days, longer.
    public var selling: [UInt64]
    /// Of those: the sum, in seconds, from release or opening, whichever is later.
    public var sellingSeconds: UInt64

    /// All that were ever booked.
    public var booked: UInt64 { sold + cancelled + stopped + moved }
    /// The share of the offered units that is sold, 0 to 1; nil where nothing was offered.
    public var utilisation: Double? { offered == 0 ? nil : Double(soldUnits) / Double(offered) }

    init?(_ wire: PBCountRow) {
        // What a newer server counts by, and this client does not know.
        guard let by = CountBy(rawValue: wire.by.rawValue) else { return nil }
        self.by = by
        key = wire.key
        day = wire.day.isEmpty ? nil : LocalDate(wire.day)
        offered = wire.offered
        soldUnits = wire.soldUnits
        sold = wire.sold
        completed = wire.completed
        noShow = wire.noShow
        cancelled = wire.cancelled
        late = wire.late
        stopped = wire.stopped
        moved = wire.moved
        held = wire.held
        lapsed = wire.lapsed
        lead = wire.lead
        sessions = wire.sessions
        soldOut = wire.soldOut
        selling = wire.selling
        sellingSeconds = wire.sellingSeconds
    }
}

/// What happened, counted when it was asked for.
public struct CountReport: Hashable, Sendable {
    /// By what they are of, then by key.
    public var rows: [CountRow]
    /// What the answer reflects.
    public var position: Position

    /// The rows of one kind.
    public func rows(by: CountBy) -> [CountRow] { rows.filter { $0.by == by } }
}
