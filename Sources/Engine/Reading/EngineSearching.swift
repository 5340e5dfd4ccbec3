import Journal
import Scheduling

// Searches for free slots. Like all readings they carry the position of what they saw, and return once that is durable.
extension Engine {
    /// Free slots by start, then by id.
    package func search(_ query: SlotQuery) async throws(EngineError) -> Reading<SlotPage> {
        try await search([query])[0].get()
    }

    /// Independent searches, as many as came together: each shard is asked once for the lot. The answers come in the order
    /// of the queries.
    package func search(_ queries: [SlotQuery]) async -> [Result<Reading<SlotPage>, EngineError>] {
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
        var position = snapshot.cataloguePosition
        for shard in orders.indices where !orders[shard].isEmpty {
            let (slots, at) = await shards.pools[shard].search(orders[shard])
            for (order, slots) in zip(orders[shard], slots) { found[order.index].append(slots) }
            position = max(position, at)
        }
        do throws(EngineError) {
            try await untilDurable(position)
        } catch {
            return queries.map { _ in .failure(error) }
        }
        return plans.indices.map { index in
            plans[index].map { search in Reading(SlotPage(found[index], limit: search.limit - 1), at: position) }
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
