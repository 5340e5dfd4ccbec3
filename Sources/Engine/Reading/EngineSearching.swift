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
        let today = snapshot.catalogue.catalogue.hospital.zone.wall(at: now).date
        var limits: [Result<Int, EngineError>] = []
        limits.reserveCapacity(queries.count)
        var orders = [[PoolShard.SearchOrder]](repeating: [], count: shards.pools.count)
        var seen = [Position](repeating: snapshot.cataloguePosition, count: queries.count)
        for (index, query) in queries.enumerated() {
            do throws(EngineError) {
                var search = try plan(query, snapshot, now: now, today: today)
                limits.append(.success(search.limit - 1))
                if let patient = query.patient {
                    search.holdings = await shards.patients[shards.index(of: patient)].holdings(of: patient)
                    // What the patient has may not be on disk yet, and is shown by what is left out.
                    seen[index] = max(seen[index], journal.lastPosition)
                }
                for (department, pools) in parts(query, snapshot.catalogue) {
                    search.asking.department = department
                    search.asking.policy = snapshot.catalogue.catalogue.policy(for: department)
                    orders[shards.index(of: department)].append(.init(index: index, search, pools))
                }
            } catch {
                limits.append(.failure(error))
            }
        }
        var found = [[[FreeSlot]]](repeating: [], count: queries.count)
        var shardsAsked = [Int](repeating: 0, count: queries.count)
        for shard in orders.indices where !orders[shard].isEmpty {
            let (slots, at) = await shards.pools[shard].search(orders[shard])
            var last = -1
            for (order, slots) in zip(orders[shard], slots) {
                found[order.index].append(slots)
                if order.index != last { shardsAsked[order.index] += 1 }
                last = order.index
                seen[order.index] = max(seen[order.index], at)
            }
        }
        return limits.indices.map { index in
            let query = queries[index]
            let unjudged = RuleList.unjudged(naming: query.naming)
            // One shard has everything up to its last fact; of several, each had what there was when the first was
            // asked.
            let isOneShard = shardsAsked[index] <= 1 && query.patient == nil
            return View(
                page: limits[index].map { SlotPage(&found[index], limit: $0, unjudged: unjudged) }, seen: seen[index],
                position: isOneShard ? seen[index] : min(begun, seen[index]))
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
    private func plan(
        _ query: SlotQuery, _ snapshot: EngineView.Snapshot, now: Instant, today: LocalDate
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
        let from = query.from ?? today
        let to = query.to ?? (query.nextFree ? LocalDate.range.upperBound : from)
        if !query.nextFree { try checkDays(from, to, most: EngineLimits.daysPerSearch) }
        var demand: (slots: UInt8, units: UInt16) = (1, 1)
        if let service = query.service {
            guard let known = catalogue.demand(of: service) else {
                throw EngineError(.notFound, "there is no service \(service.rawValue)")
            }
            demand = known
        }
        if let patient = query.patient, !snapshot.knows(patient) {
            throw EngineError(.notFound, "there is no patient \(patient.rawValue)")
        }
        let asking = Asking(
            origin: query.origin, patient: query.patient, patientClass: query.patientClass, service: query.service,
            slot: SlotID(rawValue: 0), span: demand.slots, units: demand.units, times: .none,
            department: query.department ?? DepartmentID(rawValue: 0), policy: .initial, now: now, today: today)
        return SlotSearch(
            from: from, to: to, after: query.after, limit: query.limit + 1, asking: asking)
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
