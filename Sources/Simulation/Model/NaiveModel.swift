import Scheduling

/// The hospital once more, as plainly as it can be said: dictionaries of what the durable journal told, each thing with
/// the positions at which it changed, so that one can ask how it was at any of them.
///
/// Nothing here calls `decide`, `evolve` or the tables of the states: what the engine believes must agree with what
/// this counts anew for every question.
struct NaiveModel {
    /// One state of an appointment, from the position of its fact on.
    struct Version {
        var position: UInt64
        var state: AppointmentState
        var at: Instant
        /// Its fact concerned several pools, so a shard may learn of it a little after it stood in the journal.
        var isJoint: Bool
    }

    struct Visit {
        let id: AppointmentID
        let patient: PatientID
        let service: ServiceID
        let slots: Range<Int>
        let units: Int
        let channel: Channel
        let holdUntil: Instant?
        let itinerary: AppointmentID?
        let movedFrom: AppointmentID?
        var versions: [Version]

        var last: Version { versions[versions.count - 1] }
        var made: UInt64 { versions[0].position }

        /// The version in force once everything up to `position` had happened.
        func version(at position: UInt64) -> Int? { versions.lastIndex { $0.position <= position } }
    }

    struct Sitting {
        let id: SessionID
        let times: SessionTimes
        let template: TemplateID?
        let capacities: [Int]
        let opened: UInt64
        var archived: UInt64?
        var visits: [AppointmentID] = []

        /// Minutes since 1970.
        func time(_ slots: Range<Int>) -> Range<Int> {
            let begin = Int(times.startMinute)
            let length = Int(times.slotMinutes)
            return begin + slots.lowerBound * length..<begin + slots.upperBound * length
        }

        func start(_ slot: Int) -> Int64 { Int64(time(slot..<slot + 1).lowerBound) * 60_000 }
    }

    /// A thing that has versions, by the positions at which they came into force.
    struct Versions<Value> {
        private(set) var all: [(position: UInt64, value: Value)] = []
        var last: Value? { all.last?.value }

        mutating func add(_ value: Value, at position: UInt64) { all.append((position, value)) }

        /// Every value that was in force somewhere from `low` to `high`, the oldest first.
        func inForce(_ low: UInt64, _ high: UInt64) -> [Value] {
            let first = all.lastIndex { $0.position <= low } ?? 0
            return all[min(first, all.count)...].prefix { $0.position <= high }.map(\.value)
        }

        func value(at position: UInt64) -> Value? { all.last { $0.position <= position }?.value }
    }

    var visits: [AppointmentID: Visit] = [:]
    var sittings: [SessionID: Sitting] = [:]
    /// In the order of their indexes, by pool.
    var sittingsOfPool: [PoolID: [SessionID]] = [:]
    var visitsOfPatient: [PatientID: [AppointmentID]] = [:]
    /// When each patient was first registered; patient n at n - 1.
    var patients: [UInt64] = []
    var identifiers: [Identifier: (patient: PatientID, position: UInt64)] = [:]
    var hospital = Versions<Hospital>()
    var departments: [Versions<Department>] = []
    var resources: [Versions<Resource>] = []
    var services: [Versions<Service>] = []
    var pools: [Versions<Pool>] = []
    var templates: [Versions<Template>] = []
    /// The hospital's under department 0.
    var policies: [UInt32: Versions<Policy>] = [:]

    /// By pool and index.
    var sittingsInOrder: [Sitting] {
        sittingsOfPool.keys.sorted { $0.rawValue < $1.rawValue }.flatMap { sittingsOfPool[$0] ?? [] }
            .compactMap { sittings[$0] }
    }

    // MARK: The states, once more

    static func occupies(_ state: AppointmentState) -> Bool {
        ![.cancelled, .expired, .moved, .stopped].contains(state)
    }

    static func hasEnded(_ state: AppointmentState) -> Bool {
        [.completed, .cancelled, .expired, .noShow, .moved, .stopped].contains(state)
    }

    static func mayBegin(_ transition: Transition, in state: AppointmentState) -> Bool {
        switch transition {
        case .confirm: state == .held
        case .cancel: [.held, .booked, .arrived].contains(state)
        case .arrive: state == .booked
        case .noShow: [.booked, .called].contains(state)
        case .call: state == .arrived
        case .start: [.arrived, .called].contains(state)
        case .complete: state == .started
        case .stop: [.held, .booked, .arrived, .called].contains(state)
        }
    }

    static func target(of transition: Transition) -> AppointmentState {
        switch transition {
        case .confirm: .booked
        case .cancel: .cancelled
        case .arrive: .arrived
        case .call: .called
        case .start: .started
        case .complete: .completed
        case .noShow: .noShow
        case .stop: .stopped
        }
    }

    // MARK: Counting

    /// Whether a visit took its slots at some position from `low` to `high`.
    func occupied(_ id: AppointmentID, from low: UInt64, to high: UInt64) -> Bool {
        guard let visit = visits[id], visit.made <= high else { return false }
        if let gone = sittings[id.session]?.archived, gone <= low { return false }
        let first = visit.version(at: low) ?? 0
        return visit.versions[first...].contains { $0.position <= high && Self.occupies($0.state) }
    }

    /// Units taken in a slot, by every visit that took it somewhere from `low` to `high`.
    func mostTaken(_ session: SessionID, slot: Int, from low: UInt64, to high: UInt64) -> Int {
        guard let sitting = sittings[session] else { return 0 }
        return sitting.visits.reduce(0) { sum, id in
            guard let visit = visits[id], visit.slots.contains(slot), occupied(id, from: low, to: high) else {
                return sum
            }
            return sum + visit.units
        }
    }

    /// Units taken in a slot at a position.
    func taken(_ session: SessionID, slot: Int, at position: UInt64) -> Int {
        mostTaken(session, slot: slot, from: position, to: position)
    }

    /// A patient's visits that took their slots somewhere from `low` to `high`.
    func occupying(_ patient: PatientID, from low: UInt64, to high: UInt64) -> [Visit] {
        (visitsOfPatient[patient] ?? []).filter { occupied($0, from: low, to: high) }.compactMap { visits[$0] }
    }

    func policies(of department: DepartmentID, from low: UInt64, to high: UInt64) -> [Policy] {
        let own = policies[department.rawValue]?.all ?? []
        let hospitals = policies[0]?.all ?? []
        var found: [Policy] = []
        if let own = policies[department.rawValue] { found += own.inForce(low, high) }
        // The hospital's holds as long as the department had none of its own.
        if own.first.map({ $0.position > low }) ?? true {
            let inForce = policies[0]?.inForce(low, high) ?? []
            found += inForce
            if hospitals.first.map({ $0.position > low }) ?? true { found.append(Policy.initial) }
        }
        return found
    }

    func department(of pool: PoolID) -> DepartmentID? {
        pool.rawValue >= 1 && pool.rawValue <= pools.count ? pools[Int(pool.rawValue) - 1].last?.department : nil
    }

    /// Where a patient is during a visit, and for which department it counts.
    func commitment(_ visit: Visit) -> (time: Range<Int>, date: LocalDate, department: DepartmentID)? {
        guard let sitting = sittings[visit.id.session], let department = department(of: visit.id.pool) else {
            return nil
        }
        return (sitting.time(visit.slots), sitting.times.date, department)
    }

    func date(at instant: Instant, _ position: UInt64) -> LocalDate {
        (hospital.value(at: position)?.zone ?? .utc).wall(at: instant).date
    }
}
