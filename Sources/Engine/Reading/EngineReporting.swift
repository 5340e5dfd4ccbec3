import Journal
package import Scheduling

/// Of which days, departments and pools what happened is counted, and by what.
package struct CountQuery: Sendable {
    /// Local days, both inclusive, at most `EngineLimits.daysPerReport`.
    package var from, to: LocalDate
    /// A pool counts where its department or itself is named; where none is named, all count.
    package var departments: [DepartmentID]
    package var pools: [PoolID]
    /// Empty for one row of everything.
    package var groupings: Set<CountBy>

    package init(
        from: LocalDate, to: LocalDate, departments: [DepartmentID] = [], pools: [PoolID] = [],
        by groupings: Set<CountBy> = []
    ) {
        self.from = from
        self.to = to
        self.departments = departments
        self.pools = pools
        self.groupings = groupings.isEmpty ? [.total] : groupings
    }
}

/// One row of a report.
package struct CountRow: Hashable, Sendable {
    package var by: CountBy
    /// Of what: `CountBy` says what it means.
    package var key: UInt32
    package var figures: Figures

    package init(by: CountBy, key: UInt32, figures: Figures) {
        self.by = by
        self.key = key
        self.figures = figures
    }

    /// Its place among the others.
    package var place: UInt64 { UInt64(by.rawValue) << 32 | UInt64(key) }
}

// Reports count when they are asked for: sessions in memory where they lie, archived ones from the history table. A
// write keeps no counter, and nothing has to be brought back at a start.
extension Engine {
    /// What happened, by grouping, then by key.
    package func countReport(_ query: CountQuery) async throws(EngineError) -> Reading<[CountRow]> {
        try checkDays(query.from, query.to, most: EngineLimits.daysPerReport)
        let position = await included(.anything)
        let snapshot = view.current
        let chosen = try pools(of: query, snapshot)
        var shown = snapshot.changes.last(
            after: journal.settledPosition, for: .init(isJudged: true), in: snapshot.catalogue)
        let empty = CountBook(from: query.from, to: query.to, by: query.groupings, snapshot.catalogue.catalogue)
        var book = empty
        var counted = Set<SessionID>()
        for (shard, part) in parts(chosen, snapshot) {
            for first in stride(from: 0, to: part.count, by: EngineLimits.poolsCountedPerTurn) {
                let some = Array(part[first..<min(first + EngineLimits.poolsCountedPerTurn, part.count)])
                let (own, sessions, last) = await shards.pools[shard].report(some, into: empty)
                book.add(own)
                counted.formUnion(sessions)
                try checkSessions(counted.count)
                shown = max(shown, last)
            }
        }
        try await untilDurable(shown)
        try await history.written()
        try await addArchived(to: &book, of: chosen, besides: &counted)
        let rows = book.rows.flatMap { by, found in found.map { CountRow(by: by, key: $0, figures: $1) } }
        return Reading(rows.sorted { $0.place < $1.place }, at: position)
    }

    /// Adds the sessions that have left memory, each once: one may go while it is asked for.
    private func addArchived(
        to book: inout CountBook, of pools: [PoolID], besides counted: inout Set<SessionID>
    ) async throws(EngineError) {
        let zone = view.current.catalogue.catalogue.hospital.zone
        // A session that began before the first day may reach into it.
        let begin = book.from.advanced(days: -Int32(Limits.sessionMinutes / 1_440))
        var read = 0
        for pool in pools {
            var found: [SessionID] = []
            try history.sessions(
                of: pool, from: begin, to: book.to, in: zone, where: { !counted.contains($0) }
            ) { session, isWithdrawn in
                book.add(session, isWithdrawn: isWithdrawn)
                found.append(session.id)
            }
            counted.formUnion(found)
            try checkSessions(counted.count)
            read += found.count
            if read >= EngineLimits.archivedCountedPerTurn {
                read = 0
                await Task.yield()
            }
        }
    }

    private func checkSessions(_ count: Int) throws(EngineError) {
        guard count > EngineLimits.sessionsPerReport else { return }
        throw EngineError(
            .invalidArgument,
            "from, to: more than \(EngineLimits.sessionsPerReport) sessions; ask for fewer days, or for departments")
    }

    /// The pools that count, each once, by id.
    private func pools(
        of query: CountQuery, _ snapshot: EngineView.Snapshot
    ) throws(EngineError) -> [PoolID] {
        let catalogue = snapshot.catalogue
        for (count, name) in [(query.departments.count, "departments"), (query.pools.count, "pools")]
        where count > Limits.placesPerCounting {
            throw EngineError(.invalidArgument, "\(name): more than \(Limits.placesPerCounting) of them")
        }
        for department in query.departments {
            try checkKnown(department.rawValue, in: catalogue.catalogue.departments, "department")
        }
        for pool in query.pools { try checkKnown(pool.rawValue, in: catalogue.catalogue.pools, "pool") }
        var chosen = Set(query.pools)
        for department in query.departments {
            chosen.formUnion(catalogue.pools(of: department, service: nil, resource: nil))
        }
        if query.departments.isEmpty, query.pools.isEmpty {
            chosen.formUnion(catalogue.pools(of: nil, service: nil, resource: nil))
        }
        return chosen.sorted { $0.rawValue < $1.rawValue }
    }
}
