import Scheduling

/// Counts of days for several orders of one moment: those that ask for the same are counted once, as when many look at
/// the calendar of a department whose numbers are awaited.
enum SharedCounts {
    /// What a count depends on beside the moment, where no patient is named: all that a rule may read of a request.
    private struct Question: Hashable {
        let department: DepartmentID
        let pools: [PoolID]
        let from: LocalDate
        let to: LocalDate
        let service: ServiceID?
        let origin: Origin?
        let patientClass: PatientClass?
    }

    /// In the order of the orders, which are of one moment.
    static func counts(of orders: [PoolShard.SearchOrder], in book: PoolBook) -> [[DayCount]] {
        guard orders.count > 1 else { return orders.map { $0.search.counts(of: $0.pools, in: book) } }
        var known: [Question: [DayCount]] = [:]
        var counts: [[DayCount]] = []
        counts.reserveCapacity(orders.count)
        for order in orders {
            guard order.search.holdings == nil else {
                counts.append(order.search.counts(of: order.pools, in: book))
                continue
            }
            let asking = order.search.asking
            let question = Question(
                department: asking.department, pools: order.pools, from: order.search.from, to: order.search.to,
                service: asking.service, origin: asking.origin, patientClass: asking.patientClass)
            let days = known[question] ?? order.search.counts(of: order.pools, in: book)
            known[question] = days
            counts.append(days)
        }
        return counts
    }
}
