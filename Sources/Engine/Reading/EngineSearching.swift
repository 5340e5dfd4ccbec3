import Journal
import Scheduling

// Searches for free slots. Like all readings they carry the position of what they saw, and return once that is durable.
extension Engine {
    /// Free slots by start, then by id.
    package func search(_ query: SlotQuery) async throws(EngineError) -> Reading<SlotPage> {
        let view = await look([query])[0]
        let page = try view.page.get()
        try await untilDurable(view.seen)
        return Reading(page, at: view.position)
    }

    /// Independent searches, as many as came together: each shard is asked once for the lot.
    /// - Returns: In the order of the queries; nil for one that saw what may long not be durable, for the standby is
    ///   away: to be asked by itself.
    package func search(_ queries: [SlotQuery]) async -> [Result<Reading<SlotPage>, EngineError>?] {
        let views = await look(queries)
        var failure: EngineError?
        if register.silence == nil, let last = views.map(\.seen).max() {
            do throws(EngineError) { try await untilDurable(last) } catch { failure = error }
        }
        let durable = journal.settledPosition
        return views.map { view in
            switch view.page {
            case .failure(let error): .failure(error)
            case .success where standing.isWithheld: .failure(failure ?? .withheld)
            case .success(let page) where view.seen <= durable: .success(Reading(page, at: view.position))
            case .success: failure.map { .failure($0) }
            }
        }
    }

    /// What one search saw.
    private struct View {
        var page: Result<SlotPage, EngineError>
        /// The last fact that it may show.
        var seen: Position
        /// It shows every fact up to here.
        var position: Position
    }

    private func look(_ queries: [SlotQuery]) async -> [View] {
        // What is in the journal by now is in every shard that is asked from now on.
        let begun = journal.lastPosition
        let snapshot = view.current
        let now = time.now()
        var plans: [Result<SlotSearch, EngineError>] = []
        plans.reserveCapacity(queries.count)
        var orders = [[PoolShard.SearchOrder]](repeating: [], count: shards.pools.count)
        for (index, query) in queries.enumerated() {
            do throws(EngineError) {
                let search = try plan(query, snapshot.catalogue, now: now)
                plans.append(.success(search))
                let pools = snapshot.catalogue.pools(
                    of: query.department, service: query.service, resource: query.resource)
                if query.department != nil, let first = pools.first {
                    // A department's pools are all of one shard.
                    orders[shards.index(of: first, in: snapshot) ?? 0].append(.init(index: index, search, pools))
                } else {
                    for (shard, part) in parts(pools, snapshot) {
                        orders[shard].append(.init(index: index, search, part))
                    }
                }
            } catch {
                plans.append(.failure(error))
            }
        }
        var found = [[[FreeSlot]]](repeating: [], count: queries.count)
        var seen = [Position](repeating: snapshot.cataloguePosition, count: queries.count)
        for shard in orders.indices where !orders[shard].isEmpty {
            let (slots, at) = await shards.pools[shard].search(orders[shard])
            for (order, slots) in zip(orders[shard], slots) {
                found[order.index].append(slots)
                seen[order.index] = max(seen[order.index], at)
            }
        }
        return plans.indices.map { index in
            View(
                page: plans[index].map { search in SlotPage(found[index], limit: search.limit - 1) }, seen: seen[index],
                // One shard has everything up to its last fact; of several, each had what there was when the first was
                // asked.
                position: found[index].count > 1 ? min(begun, seen[index]) : seen[index])
        }
    }

    /// What the shards are asked, where the query is one that can be answered.
    private func plan(
        _ query: SlotQuery, _ catalogue: CatalogueSnapshot, now: Instant
    ) throws(EngineError) -> SlotSearch {
        guard query.department != nil || query.service != nil || query.resource != nil else {
            throw EngineError(.invalidArgument, "department, service, resource: at least one must be given")
        }
        guard (1...EngineLimits.slotsPerSearch).contains(query.limit) else {
            throw EngineError(.invalidArgument, "limit: 1 to \(EngineLimits.slotsPerSearch)")
        }
        try checkKnown(query.department?.rawValue, in: catalogue.catalogue.departments, "department")
        try checkKnown(query.resource?.rawValue, in: catalogue.catalogue.resources, "resource")
        let from = query.from ?? catalogue.catalogue.hospital.zone.wall(at: now).date
        let to = query.to ?? (query.nextFree ? LocalDate.range.upperBound : from)
        if !query.nextFree { try checkDays(from, to, most: EngineLimits.daysPerSearch) }
        var demand: (slots: UInt8, units: UInt16) = (1, 1)
        if let service = query.service {
            guard let known = catalogue.demand(of: service) else {
                throw EngineError(.notFound, "there is no service \(service.rawValue)")
            }
            demand = known
        }
        return SlotSearch(
            from: from, to: to, now: now, span: demand.slots, units: demand.units, after: query.after,
            limit: query.limit + 1)
    }
}

extension SlotPage {
    /// - Parameter parts: each by start, then by id, and at most one more than the limit.
    fileprivate init(_ parts: [[FreeSlot]], limit: Int) {
        var slots = parts.isEmpty ? [] : SlotSearch.merge(parts, limit: limit + 1)
        let more = slots.count > limit
        if more { slots.removeLast(slots.count - limit) }
        self.init(slots: slots, more: more)
    }
}
