import Journal
package import Scheduling

/// Of which days is counted what there is. At least one of departments, pools and service must be given.
package struct DayQuery: Sendable {
    /// A pool counts where its department or itself is named; where none is named, all count.
    package var departments: [DepartmentID]
    package var pools: [PoolID]
    /// Only pools that offer it; free is what it could begin in.
    package var service: ServiceID?
    /// Local days, both inclusive, at most `EngineLimits.daysPerCounting`; `from` nil for today, `to` nil for the day
    /// of `from`.
    package var from: LocalDate?
    package var to: LocalDate?
    /// Who asks, for whom: as in `SlotQuery`.
    package var origin: Origin?
    package var patient: PatientID?
    package var patientClass: PatientClass?

    package init(
        departments: [DepartmentID] = [], pools: [PoolID] = [], service: ServiceID? = nil, from: LocalDate? = nil,
        to: LocalDate? = nil, origin: Origin? = nil, patient: PatientID? = nil, patientClass: PatientClass? = nil
    ) {
        self.departments = departments
        self.pools = pools
        self.service = service
        self.from = from
        self.to = to
        self.origin = origin
        self.patient = patient
        self.patientClass = patientClass
    }

    /// Whether it looks at little enough to go with the others of its moment.
    package var isShort: Bool {
        (1...EngineLimits.placesPerShortCounting).contains(departments.count + pools.count)
    }
}

/// What there is on some days.
package struct DayPage: Sendable {
    package var from: LocalDate
    /// That day and those after it.
    package var days: [DayCount]
    /// Rules that may still refuse, because the query does not name what they judge.
    package var unjudged: [Rule]
}

// Counts for a calendar, by the rules of a search: free is the sum of what a search would list.
extension Engine {
    /// What there is on each day.
    package func count(_ query: DayQuery) async throws(EngineError) -> Reading<DayPage> {
        let search = await look([query])[0]
        let page = try search.page.get()
        try await untilDurable(search.shown)
        return Reading(page, at: search.position)
    }

    /// Independent countings, as many as came together: each shard is asked once for the lot.
    /// - Returns: In the order of the queries.
    package func count(_ queries: [DayQuery]) async -> [SearchAnswer<DayPage>] {
        answers(to: await look(queries))
    }

    private func look(_ queries: [DayQuery]) async -> [Search<DayPage>] {
        let begun = await included(queries.contains { $0.patient != nil } ? .patients : .anything)
        let snapshot = view.current
        let now = time.now()
        let wall = snapshot.catalogue.catalogue.hospital.zone.wall(at: now)
        let settled = journal.settledPosition
        var pages: [Result<DayPage, EngineError>] = []
        pages.reserveCapacity(queries.count)
        var orders = [[PoolShard.SearchOrder]](repeating: [], count: shards.pools.count)
        var shown = [Position](repeating: .zero, count: queries.count)
        for (index, query) in queries.enumerated() {
            do throws(EngineError) {
                let wanted = try planned(query, snapshot, today: wall.date)
                var search = try plan(wanted, snapshot, now: now, wall: wall)
                let scope = UnsettledChanges.Scope(
                    department: query.departments.count == 1 ? query.departments[0] : nil, service: query.service,
                    isJudged: true)
                // Whether there are such ones at all.
                let named = query.departments.map { UnsettledChanges.Scope(department: $0, isJudged: false) }
                for scope in [scope] + (named.count > 1 ? named : []) {
                    let last = snapshot.changes.last(after: settled, for: scope, in: snapshot.catalogue)
                    shown[index] = max(shown[index], last)
                }
                if let patient = query.patient {
                    shown[index] = max(shown[index], try registration(of: patient, in: snapshot))
                    let (holdings, last) = await shards.patients[shards.index(of: patient)].holdings(of: patient)
                    search.holdings = holdings
                    // What the patient has is shown by what is left out.
                    shown[index] = max(shown[index], last)
                }
                deal(&search, parts(query, snapshot.catalogue), of: index, snapshot, to: &orders)
                let days = [DayCount](repeating: DayCount(), count: Int(search.to.rawValue - search.from.rawValue) + 1)
                let unjudged = RuleList.unjudged(naming: wanted.naming)
                pages.append(.success(DayPage(from: search.from, days: days, unjudged: unjudged)))
            } catch {
                pages.append(.failure(error))
            }
        }
        for shard in orders.indices where !orders[shard].isEmpty {
            for (order, part) in zip(orders[shard], await shards.pools[shard].count(orders[shard])) {
                pages[order.index].add(part.days)
                shown[order.index] = max(shown[order.index], part.shown)
            }
        }
        return pages.indices.map { Search(page: pages[$0], shown: shown[$0], position: begun) }
    }

    /// The search whose slots are counted: of the first department that is named, for all are judged alike.
    private func planned(
        _ query: DayQuery, _ snapshot: EngineView.Snapshot, today: LocalDate
    ) throws(EngineError) -> SlotQuery {
        let catalogue = snapshot.catalogue
        guard !query.departments.isEmpty || !query.pools.isEmpty || query.service != nil else {
            throw EngineError(.invalidArgument, "departments, pools, service: at least one must be given")
        }
        for (count, name) in [(query.departments.count, "departments"), (query.pools.count, "pools")]
        where count > Limits.placesPerCounting {
            throw EngineError(.invalidArgument, "\(name): more than \(Limits.placesPerCounting) of them")
        }
        for department in query.departments {
            try checkKnown(department.rawValue, in: catalogue.catalogue.departments, "department")
        }
        for pool in query.pools { try checkKnown(pool.rawValue, in: catalogue.catalogue.pools, "pool") }
        let from = query.from ?? today
        let to = query.to ?? from
        try checkDays(from, to, most: EngineLimits.daysPerCounting)
        return SlotQuery(
            department: query.departments.first ?? query.pools.first.flatMap { catalogue.department(of: $0) },
            service: query.service, from: from, to: to, limit: 1, origin: query.origin, patient: query.patient,
            patientClass: query.patientClass)
    }

    /// The pools that count, by department; each once, however often it is named.
    private func parts(_ query: DayQuery, _ catalogue: CatalogueSnapshot) -> [(DepartmentID, [PoolID])] {
        if query.departments.count == 1, query.pools.isEmpty {
            let department = query.departments[0]
            return [(department, catalogue.pools(of: department, service: query.service, resource: nil))]
        }
        var pools = Set<PoolID>()
        for department in query.departments {
            pools.formUnion(catalogue.pools(of: department, service: query.service, resource: nil))
        }
        for pool in query.pools where query.service.map({ catalogue.offers($0, in: pool) }) ?? true {
            pools.insert(pool)
        }
        if query.departments.isEmpty, query.pools.isEmpty {
            pools.formUnion(catalogue.pools(of: nil, service: query.service, resource: nil))
        }
        return Dictionary(grouping: pools) { catalogue.department(of: $0) }
            .compactMap { department, pools in department.map { ($0, pools) } }
    }
}

extension Result where Success == DayPage {
    /// Adds what one shard has of its days.
    fileprivate mutating func add(_ days: [DayCount]) {
        guard case .success(var page) = self else { return }
        // Given up meanwhile, so that the days are not copied.
        self = .success(DayPage(from: page.from, days: [], unjudged: []))
        for index in days.indices { page.days[index] += days[index] }
        self = .success(page)
    }
}
