package import Scheduling

/// What happened, counted anew from all that the journal ever told: of each figure the least and the most that a reader
/// may have found who saw the hospital somewhere between two positions.
///
/// It keeps nothing and knows no table: it asks of every appointment in which states it may have been, and of every
/// session whether it was there.
package struct Recount {
    /// A row and one of its figures.
    package struct Cell: Hashable, Sendable {
        package let by: CountBy
        package let key: UInt32
        package let figure: String

        package init(by: CountBy, key: UInt32, figure: String) {
            self.by = by
            self.key = key
            self.figure = figure
        }
    }

    package private(set) var bounds: [Cell: ClosedRange<Int>] = [:]
    let situation: Situation
    let days: ClosedRange<LocalDate>
    private let groupings: Set<CountBy>

    /// Counts the sessions of these days whose pools are named.
    package init(
        _ situation: Situation, _ days: ClosedRange<LocalDate>, by groupings: Set<CountBy>,
        isNamed: (PoolID) -> Bool
    ) {
        self.situation = situation
        self.days = days
        self.groupings = groupings
        for sitting in situation.model.sittingsInOrder
        where isNamed(sitting.id.pool) && sitting.opened <= positions.upperBound {
            count(sitting)
        }
    }

    var positions: ClosedRange<UInt64> { situation.visits }
    var model: NaiveModel { situation.model }

    // MARK: One session

    private mutating func count(_ sitting: NaiveModel.Sitting) {
        let isThere = sitting.opened <= positions.lowerBound
        // What is taken back offers nothing from then on.
        let mayOffer = !sitting.isWithdrawn || sitting.archived.map { $0 > positions.lowerBound } ?? true
        let offers = isThere && (!sitting.isWithdrawn || sitting.archived.map { $0 > positions.upperBound } ?? true)
        for slot in sitting.capacities.indices where days.contains(sitting.date(slot)) {
            add("offered", sitting.capacities[slot], sitting, slot, isSure: offers, isPossible: mayOffer)
        }
        if days.contains(sitting.date(0)) {
            addOnce("sessions", 1...1, sitting, isSure: offers, isPossible: mayOffer)
            sellOut(sitting, isSure: offers, isPossible: mayOffer)
        }
        for id in sitting.visits {
            guard let visit = model.visits[id], visit.made <= positions.upperBound else { continue }
            count(visit, sitting, isSure: visit.made <= positions.lowerBound)
        }
    }

    /// An appointment: in each of the states that it may have been found in.
    private mutating func count(_ visit: NaiveModel.Visit, _ sitting: NaiveModel.Sitting, isSure: Bool) {
        let inForce = visit.inForce(positions)
        let tales = inForce.map { Set(tale(visit, sitting, version: $0)) }
        let all = tales.reduce(Set()) { $0.union($1) }
        for figure in all {
            let always = isSure && tales.allSatisfy { $0.contains(figure) }
            if days.contains(sitting.date(visit.slots.lowerBound)) {
                add(figure, 1, sitting, visit.slots.lowerBound, of: visit, isSure: always, isPossible: true)
            }
            guard figure == "sold" else { continue }
            for slot in visit.slots where days.contains(sitting.date(slot)) {
                add("sold units", visit.units, sitting, slot, of: visit, isSure: always, isPossible: true)
            }
        }
    }

    /// The figures in which an appointment stands in a state: a policy may or may not call it late.
    private func tale(_ visit: NaiveModel.Visit, _ sitting: NaiveModel.Sitting, version: Int) -> [String] {
        let kept: [AppointmentState] = [.booked, .arrived, .called, .started, .completed, .noShow]
        let (past, state) = (visit.versions[0...version], visit.versions[version].state)
        guard past.contains(where: { kept.contains($0.state) }) else { return [state == .held ? "held" : "lapsed"] }
        let minutes = (sitting.start(visit.slots.lowerBound) - visit.versions[0].at.rawValue) / 60_000
        let lead = "lead \([120, 1_440, 2_880, 4_320, 10_080, 20_160, 40_320].filter { $0 <= minutes }.count)"
        switch state {
        case .completed: return ["sold", "completed", lead]
        case .noShow: return ["sold", "no-show", lead]
        case .cancelled:
            let late = situation.isLate(visit, sitting, at: visit.versions[version].at)
            return ["cancelled", lead] + (late == false ? [] : [late == nil ? "perhaps late" : "late"])
        case .moved: return ["moved", lead]
        case .stopped: return ["stopped", lead]
        case .held, .expired: return ["lapsed", lead]
        case .booked, .arrived, .called, .started: return ["sold", lead]
        }
    }

    /// Whether and how fast a session was sold out: exact where every appointment has one state only.
    private mutating func sellOut(_ sitting: NaiveModel.Sitting, isSure: Bool, isPossible: Bool) {
        let visits = sitting.visits.compactMap { model.visits[$0] }.filter { $0.made <= positions.upperBound }
        let isKnown = visits.allSatisfy { $0.made <= positions.lowerBound && $0.inForce(positions).count == 1 }
        let begins = situation.saleBegins(sitting)
        guard isKnown, begins.count == 1 else {
            addOnce("sold out", 0...1, sitting, isSure: true, isPossible: isPossible)
            for bucket in 0..<8 { addOnce("selling \(bucket)", 0...1, sitting, isSure: true, isPossible: isPossible) }
            // Appointments come and go: it may have taken any time up to the last of them.
            let most = visits.flatMap(\.versions).map(\.at.rawValue).max() ?? 0
            addOnce("selling seconds", 0...Int(most / 1_000), sitting, isSure: true, isPossible: isPossible)
            return
        }
        guard let end = soldOut(sitting, visits) else { return }
        addOnce("sold out", 1...1, sitting, isSure: isSure, isPossible: isPossible)
        let seconds = Int(max(0, end - begins[0]) / 1_000)
        let bounds = [60, 600, 3_600, 21_600, 86_400, 259_200, 604_800]
        let bucket = bounds.filter { $0 <= seconds }.count
        addOnce("selling \(bucket)", 1...1, sitting, isSure: isSure, isPossible: isPossible)
        addOnce("selling seconds", seconds...seconds, sitting, isSure: isSure, isPossible: isPossible)
    }

    /// The first of the moments at which something changed after which all units were taken.
    private func soldOut(_ sitting: NaiveModel.Sitting, _ visits: [NaiveModel.Visit]) -> Int64? {
        func end(_ visit: NaiveModel.Visit) -> Int64? {
            let last = visit.versions[visit.inForce(positions).lowerBound]
            return last.state.takesUnits ? nil : last.at.rawValue
        }
        let spans = visits.map { (from: $0.versions[0].at.rawValue, to: end($0), units: $0.units * $0.slots.count) }
        let moments = Set(spans.map(\.from)).sorted()
        return moments.first { moment in
            let there = spans.filter { span in span.from <= moment && span.to.map { $0 > moment } ?? true }
            return there.reduce(0) { $0 + $1.units } >= sitting.capacities.reduce(0, +)
        }
    }

    // MARK: Rows

    /// Adds to the rows that have a slot, and of an appointment to those of its service and channel.
    private mutating func add(
        _ figure: String, _ amount: Int, _ sitting: NaiveModel.Sitting, _ slot: Int, of visit: NaiveModel.Visit? = nil,
        isSure: Bool, isPossible: Bool
    ) {
        addOnce(figure, amount...amount, sitting, day: slot, isSure: isSure, isPossible: isPossible)
        let zone = model.hospital.last?.zone ?? .utc
        let wall = zone.wall(at: Instant(rawValue: sitting.start(slot)))
        let hour = UInt32(wall.date.weekday) * 24 + UInt32(wall.time.rawValue) / 60
        add(figure, amount...amount, .hour, hour, isSure: isSure, isPossible: isPossible)
        guard let visit else { return }
        add(figure, amount...amount, .service, visit.service.rawValue, isSure: isSure, isPossible: isPossible)
        let channel = UInt32(visit.channel.rawValue)
        add(figure, amount...amount, .channel, channel, isSure: isSure, isPossible: isPossible)
    }

    /// Adds to the rows that have a session.
    private mutating func addOnce(
        _ figure: String, _ amount: ClosedRange<Int>, _ sitting: NaiveModel.Sitting, day slot: Int = 0, isSure: Bool,
        isPossible: Bool
    ) {
        add(figure, amount, .total, 0, isSure: isSure, isPossible: isPossible)
        let day = UInt32(bitPattern: sitting.date(slot).rawValue)
        add(figure, amount, .day, day, isSure: isSure, isPossible: isPossible)
        let pool = sitting.id.pool
        add(figure, amount, .pool, pool.rawValue, isSure: isSure, isPossible: isPossible)
        if let department = model.department(of: pool) {
            add(figure, amount, .department, department.rawValue, isSure: isSure, isPossible: isPossible)
        }
        let pools = situation.pools(pool)
        for resource in pools.reduce(Set<ResourceID>(), { $0.union($1.resources) }) {
            let always = pools.allSatisfy { $0.resources.contains(resource) }
            add(figure, amount, .resource, resource.rawValue, isSure: isSure && always, isPossible: isPossible)
        }
    }

    private mutating func add(
        _ figure: String, _ amount: ClosedRange<Int>, _ by: CountBy, _ key: UInt32, isSure: Bool, isPossible: Bool
    ) {
        guard groupings.contains(by), isPossible else { return }
        // What may be late is at most so.
        let (name, isSure) = figure == "perhaps late" ? ("late", false) : (figure, isSure)
        let cell = Cell(by: by, key: key, figure: name)
        let old = bounds[cell] ?? 0...0
        bounds[cell] =
            old.lowerBound + (isSure ? amount.lowerBound : 0)...old.upperBound + amount.upperBound
    }
}
