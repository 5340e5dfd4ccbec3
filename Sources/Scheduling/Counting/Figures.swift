/// What happened to units, appointments and sessions: one row of a report.
///
/// Every appointment that was made is one of `held`, `lapsed`, `sold`, `cancelled`, `stopped` and `moved`, and of no
/// second one: its last state says which. A moved appointment is `moved` where it was, and `sold` where it is.
package struct Figures: Hashable, Sendable {
    /// Units that were opened, sold or not.
    package var offered: UInt64 = 0
    /// Of those, units that appointments have which are booked, or were spent.
    package var soldUnits: UInt64 = 0

    /// Appointments that are booked, under way, completed or missed.
    package var sold: UInt64 = 0
    /// Of those sold: the visit is over.
    package var completed: UInt64 = 0
    /// Of those sold: the patient did not come.
    package var noShow: UInt64 = 0
    /// Given up after they were booked.
    package var cancelled: UInt64 = 0
    /// Of those cancelled: after the policy's terms for some channel say that it is too late.
    package var late: UInt64 = 0
    /// Ended by a stop after they were booked.
    package var stopped: UInt64 = 0
    /// Given up for another place after they were booked.
    package var moved: UInt64 = 0
    /// Holds that stand.
    package var held: UInt64 = 0
    /// Holds that ended without being booked.
    package var lapsed: UInt64 = 0
    /// Of all that were ever booked, moves included: from making to the slot's start, by `leadBounds`.
    package var lead: SIMD8<UInt64> = .zero

    /// Sessions that were opened.
    package var sessions: UInt64 = 0
    /// Of those: at some moment every unit was taken.
    package var soldOut: UInt64 = 0
    /// Of those sold out: how long it took, where their opening is known, by `sellingBounds`.
    package var selling: SIMD8<UInt64> = .zero
    /// Of those: the sum, in seconds.
    package var sellingSeconds: UInt64 = 0

    package init() {}

    /// All that were ever booked.
    package var booked: UInt64 { sold + cancelled + stopped + moved }

    /// Minutes before the start up to which the buckets of `lead` reach, each from the one before on; the last bucket
    /// has what was made earlier.
    package static let leadBounds: [Int64] = [120, 1_440, 2 * 1_440, 3 * 1_440, 7 * 1_440, 14 * 1_440, 28 * 1_440]
    /// Seconds up to which the buckets of `selling` reach; the last one has what took longer.
    package static let sellingBounds: [Int64] = [60, 600, 3_600, 6 * 3_600, 86_400, 3 * 86_400, 7 * 86_400]

    /// The bucket of a number: those of a bound itself lie behind it.
    static func bucket(_ number: Int64, _ bounds: [Int64]) -> Int {
        bounds.firstIndex { number < $0 } ?? bounds.count
    }

    package static func += (a: inout Figures, b: Figures) {
        a.offered += b.offered
        a.soldUnits += b.soldUnits
        a.sold += b.sold
        a.completed += b.completed
        a.noShow += b.noShow
        a.cancelled += b.cancelled
        a.late += b.late
        a.stopped += b.stopped
        a.moved += b.moved
        a.held += b.held
        a.lapsed += b.lapsed
        a.lead &+= b.lead
        a.sessions += b.sessions
        a.soldOut += b.soldOut
        a.selling &+= b.selling
        a.sellingSeconds += b.sellingSeconds
    }
}

/// What a report's rows are of.
package enum CountBy: UInt8, Hashable, Sendable, CaseIterable {
    /// Everything in one row. The numbers are those of the wire.
    case total = 1
    /// The local day of the slot: days since 1970.
    case day
    /// By id.
    case department, pool
    /// By id. What several have together counts for each of them.
    case resource
    /// By id. Nothing is offered for one service alone, so its rows have appointments only.
    case service
    /// By number, the channel an appointment was made through. Its rows have appointments only.
    case channel
    /// The hour of the week on the hospital's wall clock: 24 times the weekday, Monday 0, and the hour.
    case hour
}
