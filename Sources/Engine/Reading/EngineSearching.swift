import Journal
import Scheduling

// Searches for free slots. Like all readings they carry the position up to which they have everything, and return once
// what they show is settled.
extension Engine {
    /// Free slots by start, then by id.
    package func search(_ query: SlotQuery) async throws(EngineError) -> Reading<SlotPage> {
        let search = await look([query])[0]
        let page = try search.page.get()
        try await untilDurable(search.shown)
        return Reading(page, at: search.position)
    }

    /// What one of several searches found.
    package struct Search<Page: Sendable>: Sendable {
        var page: Result<Page, EngineError>
        /// The last fact that it shows.
        var shown: Position
        /// It has every fact up to here.
        var position: Position

        fileprivate var answer: Result<Reading<Page>, EngineError> { page.map { Reading($0, at: position) } }
    }

    /// What is to be told of a search, now or later.
    package enum SearchAnswer<Page: Sendable>: Sendable {
        case now(Result<Reading<Page>, EngineError>)
        /// It shows what is not settled.
        case later(Search<Page>)
    }

    /// Independent searches, as many as came together: each shard is asked once for the lot.
    /// - Returns: In the order of the queries.
    package func search(_ queries: [SlotQuery]) async -> [SearchAnswer<SlotPage>] {
        answers(to: await look(queries))
    }

    /// What can be told of each now.
    func answers<Page>(to searches: [Search<Page>]) -> [SearchAnswer<Page>] {
        let settled = journal.settledPosition
        return searches.map { search in
            if case .failure = search.page { return .now(search.answer) }
            if standing.isWithheld { return .now(.failure(.withheld)) }
            return search.shown <= settled ? .now(search.answer) : .later(search)
        }
    }

    /// The answers of searches that show what was not settled, once it is.
    package func settle<Page>(_ searches: [Search<Page>]) async -> [Result<Reading<Page>, EngineError>] {
        var failure: EngineError?
        do throws(EngineError) {
            try await untilDurable(searches.map(\.shown).max() ?? .zero)
        } catch {
            failure = error
        }
        let settled = journal.settledPosition
        return searches.map { search in
            guard let failure, search.shown > settled else { return search.answer }
            return .failure(failure)
        }
    }

    private func look(_ queries: [SlotQuery]) async -> [Search<SlotPage>] {
        let begun = await included(queries.contains { $0.patient != nil } ? .patients : .anything)
        let snapshot = view.current
        let now = time.now()
        let wall = snapshot.catalogue.catalogue.hospital.zone.wall(at: now)
        var limits: [Result<Int, EngineError>] = []
        limits.reserveCapacity(queries.count)
        var orders = [[PoolShard.SearchOrder]](repeating: [], count: shards.pools.count)
        let settled = journal.settledPosition
        var shown = [Position](repeating: .zero, count: queries.count)
        for (index, query) in queries.enumerated() {
            do throws(EngineError) {
                var search = try plan(query, snapshot, now: now, wall: wall)
                shown[index] = snapshot.changes.last(after: settled, for: .init(query), in: snapshot.catalogue)
                if let patient = query.patient {
                    shown[index] = max(shown[index], try registration(of: patient, in: snapshot))
                    let (holdings, last) = await shards.patients[shards.index(of: patient)].holdings(of: patient)
                    search.holdings = holdings
                    // What the patient has is shown by what is left out.
                    shown[index] = max(shown[index], last)
                }
                limits.append(.success(search.limit - 1))
                deal(&search, parts(query, snapshot.catalogue), of: index, snapshot, to: &orders)
            } catch {
                limits.append(.failure(error))
            }
        }
        var found = [[[FreeSlot]]](repeating: [], count: queries.count)
        for shard in orders.indices where !orders[shard].isEmpty {
            for (order, part) in zip(orders[shard], await shards.pools[shard].search(orders[shard])) {
                found[order.index].append(part.slots)
                shown[order.index] = max(shown[order.index], part.shown)
            }
        }
        return limits.indices.map { index in
            let unjudged = RuleList.unjudged(naming: queries[index].naming)
            return Search(
                page: limits[index].map { SlotPage(&found[index], limit: $0, unjudged: unjudged) }, shown: shown[index],
                position: begun)
        }
    }

    /// Deals a search of these pools to the shards that have them; its policy becomes that of each department in turn.
    /// - Parameter index: the query's place in its batch.
    func deal(
        _ search: inout SlotSearch, _ parts: [(DepartmentID, [PoolID])], of index: Int, _ snapshot: EngineView.Snapshot,
        to orders: inout [[PoolShard.SearchOrder]]
    ) {
        for (department, pools) in parts {
            search.asking.department = department
            search.asking.policy = snapshot.catalogue.catalogue.policy(for: department)
            orders[shards.index(of: department)].append(.init(index: index, search, pools))
        }
    }

    /// The pools a search goes through, by department: a policy is a department's.
    private func parts(_ query: SlotQuery, _ catalogue: CatalogueSnapshot) -> [(DepartmentID, [PoolID])] {
        let pools = catalogue.pools(of: query.department, service: query.service, resource: query.resource)
        if let department = query.department { return [(department, pools)] }
        return Dictionary(grouping: pools) { catalogue.department(of: $0) }
            .compactMap { department, pools in department.map { ($0, pools) } }
    }

    /// What the shards are asked, where the query is one that can be answered.
    func plan(
        _ query: SlotQuery, _ snapshot: EngineView.Snapshot, now: Instant, wall: WallMoment
    ) throws(EngineError) -> SlotSearch {
        let catalogue = snapshot.catalogue
        guard query.department != nil || query.service != nil || query.resource != nil else {
            throw EngineError(.invalidArgument, "department, service, resource: at least one must be given")
        }
        guard (1...EngineLimits.slotsPerSearch).contains(query.limit) else {
            throw EngineError(.invalidArgument, "limit: 1 to \(EngineLimits.slotsPerSearch)")
        }
        try checkKnown(query.department?.rawValue, in: catalogue.catalogue.departments, "department")
        try checkKnown(query.resource?.rawValue, in: catalogue.catalogue.resources, "resource")
        let from = query.from ?? wall.date
        let to = query.to ?? (query.nextFree ? LocalDate.range.upperBound : from)
        if !query.nextFree { try checkDays(from, to, most: EngineLimits.daysPerSearch) }
        var demand: (slots: UInt8, units: UInt16) = (1, 1)
        if let service = query.service {
            guard let known = catalogue.demand(of: service) else {
                throw EngineError(.notFound, "there is no service \(service.rawValue)")
            }
            demand = known
        }
        let asking = Asking(
            origin: query.origin, patient: query.patient, patientClass: query.patientClass, service: query.service,
            slot: SlotID(rawValue: 0), span: demand.slots, units: demand.units, times: .none,
            department: query.department ?? DepartmentID(rawValue: 0), policy: .initial, now: now, wall: wall)
        var search = SlotSearch(
            from: from, to: to, after: query.after, limit: query.limit + 1, asking: asking)
        search.clashing = snapshot.clashing
        return search
    }
}

extension UnsettledChanges.Scope {
    fileprivate init(_ query: SlotQuery) {
        self.init(department: query.department, service: query.service, resource: query.resource, isJudged: true)
    }
}

extension SlotPage {
    /// - Parameter parts: each by start, then by id, and at most one more than the limit. Taken: a copy would cost
    ///   more than all of this.
    fileprivate init(_ parts: inout [[FreeSlot]], limit: Int, unjudged: [Rule]) {
        var slots = parts.popLast() ?? []
        if !parts.isEmpty { slots = SlotSearch.merge(parts + [slots], limit: limit + 1) }
        let more = slots.count > limit
        if more { slots.removeLast(slots.count - limit) }
        self.init(slots: slots, more: more, unjudged: unjudged)
    }
}
