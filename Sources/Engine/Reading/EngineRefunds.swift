import Journal
package import Scheduling

extension Engine {
    /// Refunds that are due, by id, at most so many.
    ///
    /// - Parameters:
    ///   - department: nil for all.
    ///   - closedToo: closed ones of sessions that owe another, too.
    ///   - after: to continue: the last one that was seen.
    package func refunds(
        department: DepartmentID? = nil, closedToo: Bool = false, after: RefundID? = nil,
        limit: Int = EngineLimits.itemsPerPage
    ) async throws(EngineError) -> Reading<[Refund]> {
        let position = await included(.anything)
        let snapshot = view.current
        try checkKnown(department?.rawValue, in: snapshot.catalogue.catalogue.departments, "department")
        let pools = snapshot.catalogue.pools(of: department, service: nil, resource: nil)
        var found: [Refund] = []
        var shown = snapshot.changes.last(
            after: journal.settledPosition, for: .init(department: department, isJudged: false),
            in: snapshot.catalogue)
        // Each shard has pools of everywhere in the order, so each is asked for a whole page and tells of one more.
        for (shard, part) in parts(pools, snapshot) {
            let (some, last) = await shards.pools[shard].refunds(
                of: Set(part), closedToo: closedToo, after: after, limit: limit + 1)
            found += some
            shown = max(shown, last)
        }
        found.sort { $0.id.rawValue < $1.id.rawValue }
        try await untilDurable(shown)
        return Reading(Array(found.prefix(limit)), at: position, more: found.count > limit)
    }
}
