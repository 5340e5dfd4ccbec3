package import Scheduling

/// The hospital once more, as plainly as it can be said: dictionaries of what the durable journal told, each thing with
/// the positions at which it changed, so that one can ask how it was at any of them.
///
/// Nothing here calls `decide`, `evolve` or the tables of the states: what the engine believes must agree with what
/// this counts anew for every question.
package struct NaiveModel: Sendable {
    /// One state of an appointment, from the position of its fact on.
    package struct Version: Sendable {
        package var position: UInt64
        package var state: AppointmentState
        package var at: Instant
        /// Its fact concerned several pools, so a shard may learn of it a little after it stood in the journal.
        package var isJoint: Bool
    }

    /// An appointment with all its states.
    package struct Visit: Sendable {
        package let id: AppointmentID
        package let patient: PatientID
        package let service: ServiceID
        package let slots: Range<Int>
        package let units: Int
        package let channel: Channel
        package let patientClass: PatientClass?
        package let holdUntil: Instant?
        package let itinerary: AppointmentID?
        package let movedFrom: AppointmentID?
        /// What it was paid with; a move takes it along.
        package var payment: Payment?
        package var versions: [Version]

        package var last: Version { versions[versions.count - 1] }
        package var made: UInt64 { versions[0].position }

        /// The versions that were in force somewhere in these positions, by index.
        func inForce(_ positions: ClosedRange<UInt64>) -> Range<Int> {
            let first = versions.lastIndex { $0.position <= positions.lowerBound } ?? 0
            let end = versions.firstIndex { $0.position > positions.upperBound } ?? versions.count
            return min(first, end)..<end
        }
    }

    /// A session.
    package struct Sitting: Sendable {
        package let id: SessionID
        package let times: SessionTimes
        package let template: TemplateID?
        package let capacities: [Int]
        package let opened: UInt64
        /// The moment of its opening.
        package let openedAt: Instant
        /// The hospital's when it was opened.
        let zone: TimeZoneRules
        package var archived: UInt64?
        /// It left because it was taken back.
        package var isWithdrawn = false
        package var visits: [AppointmentID] = []

        /// The units that a slot could sell somewhere in these positions, whatever was taken: at least, and at most.
        package func capacity(_ slot: Int, in positions: ClosedRange<UInt64>) -> ClosedRange<Int> {
            let here = locks.filter { $0.lock.range.contains(slot) && $0.made <= positions.upperBound }
            let perhaps = here.filter { $0.ended.map { $0 > positions.lowerBound } ?? true }
            let surely = here.filter {
                $0.made <= positions.lowerBound && $0.ended.map { $0 > positions.upperBound } ?? true
            }
            func units(_ locks: [Locked]) -> Int { locks.reduce(0) { $0 + Int($1.lock.units) } }
            return capacities[slot] - units(perhaps)...capacities[slot] - units(surely)
        }

        /// In the order of their numbers.
        package var locks: [Locked] = []
        /// In the order of their numbers.
        package var stops: [Stopped] = []
        /// In the order of their numbers.
        package var refunds: [Returned] = []

        /// Money that goes back, with the positions at which that was said and done.
        package struct Returned: Sendable {
            package var refund: Refund
            package let made: UInt64
            package var closed: UInt64?
        }

        /// A stop, with the positions at which it began and was over.
        package struct Stopped: Sendable {
            package let from: Int
            package let reason: String
            package let made: UInt64
            package var ended: UInt64?
        }

        /// The slots that did not take place surely everywhere, and perhaps somewhere, in these positions: from which
        /// one on; nil where all did.
        func stopped(in positions: ClosedRange<UInt64>) -> (surely: Int?, perhaps: Int?) {
            let perhaps = stops.filter { stop in
                stop.made <= positions.upperBound && stop.ended.map { $0 > positions.lowerBound } ?? true
            }
            let surely = perhaps.filter { stop in
                stop.made <= positions.lowerBound && stop.ended.map { $0 > positions.upperBound } ?? true
            }
            return (surely.map(\.from).min(), perhaps.map(\.from).min())
        }

        /// A lock, with the positions at which it came and went.
        package struct Locked: Sendable {
            package let lock: SlotLock
            package let made: UInt64
            package var ended: UInt64?
        }

        /// Minutes since 1970.
        package func time(_ slots: Range<Int>) -> Range<Int> {
            let begin = Int(times.startMinute)
            let length = Int(times.slotMinutes)
            return begin + slots.lowerBound * length..<begin + slots.upperBound * length
        }

        /// The day a slot is on: what a calendar on the wall shows when it starts.
        package func date(_ slot: Int) -> LocalDate { zone.wall(at: Instant(rawValue: start(slot))).date }

        /// Milliseconds since 1970; of the slot after the last: when the session ends.
        package func start(_ slot: Int) -> Int64 { Int64(time(slot..<slot + 1).lowerBound) * 60_000 }
    }

    /// A thing that has versions, by the positions at which they came into force.
    package struct Versions<Value: Sendable>: Sendable {
        package private(set) var all: [(position: UInt64, value: Value)] = []
        package var last: Value? { all.last?.value }

        mutating func add(_ value: Value, at position: UInt64) { all.append((position, value)) }

        /// Every value that was in force somewhere in these positions, the oldest first.
        package func inForce(_ positions: ClosedRange<UInt64>) -> [Value] {
            let first = all.lastIndex { $0.position <= positions.lowerBound } ?? 0
            return all[min(first, all.count)...].prefix { $0.position <= positions.upperBound }.map(\.value)
        }

        package func value(at position: UInt64) -> Value? { all.last { $0.position <= position }?.value }
    }

    package internal(set) var visits: [AppointmentID: Visit] = [:]
    package internal(set) var sittings: [SessionID: Sitting] = [:]
    /// In the order of their indexes, by pool.
    package internal(set) var sittingsOfPool: [PoolID: [SessionID]] = [:]
    package internal(set) var appeals: [AppointmentID: Pleading] = [:]
    package internal(set) var visitsOfPatient: [PatientID: [AppointmentID]] = [:]
    /// When each patient was first registered; patient n at n - 1.
    package internal(set) var patients: [UInt64] = []
    package internal(set) var identifiers: [Identifier: (patient: PatientID, position: UInt64)] = [:]
    /// What each named reader of the feed has confirmed, with the positions of the facts that say so.
    package internal(set) var readers: [String: [(position: UInt64, through: UInt64)]] = [:]
    package internal(set) var hospital = Versions<Hospital>()
    package internal(set) var departments: [Versions<Department>] = []
    package internal(set) var resources: [Versions<Resource>] = []
    package internal(set) var services: [Versions<Service>] = []
    package internal(set) var pools: [Versions<Pool>] = []
    package internal(set) var templates: [Versions<Template>] = []
    package internal(set) var calendars: [Versions<HolidayCalendar>] = []
    package internal(set) var leaves: [Versions<Leave>] = []
    /// The hospital's under department 0.
    package internal(set) var policies: [UInt32: Versions<Policy>] = [:]

    package init() {}

    /// By pool and index.
    package var sittingsInOrder: [Sitting] {
        sittingsOfPool.keys.sorted { $0.rawValue < $1.rawValue }.flatMap { sittingsOfPool[$0] ?? [] }
            .compactMap { sittings[$0] }
    }

    // MARK: Counting

    /// Whether a visit took its slots somewhere in these positions.
    package func mayOccupy(_ visit: Visit, in positions: ClosedRange<UInt64>) -> Bool {
        guard visit.made <= positions.upperBound else { return false }
        if let gone = sittings[visit.id.session]?.archived, gone <= positions.lowerBound { return false }
        return visit.inForce(positions).contains { visit.versions[$0].state.takesUnits }
    }

    /// Whether a visit took its slots everywhere in these positions.
    package func surelyOccupies(_ visit: Visit, in positions: ClosedRange<UInt64>) -> Bool {
        guard visit.made <= positions.lowerBound else { return false }
        if let gone = sittings[visit.id.session]?.archived, gone <= positions.upperBound { return false }
        return visit.inForce(positions).allSatisfy { visit.versions[$0].state.takesUnits }
    }

    /// Units taken in a slot by the visits that `counts` counts.
    func units(_ sitting: Sitting, slot: Int, _ counts: (Visit) -> Bool) -> Int {
        sitting.visits.reduce(0) { sum, id in
            guard let visit = visits[id], visit.slots.contains(slot), counts(visit) else { return sum }
            return sum + visit.units
        }
    }

    /// Units taken in a slot as things are now.
    package func taken(_ sitting: Sitting, slot: Int) -> Int {
        units(sitting, slot: slot) { mayOccupy($0, in: .max ... .max) }
    }

    /// Whether everything in a session has ended, so that it may be archived at any moment.
    package func mayBeArchived(_ id: SessionID) -> Bool {
        sittings[id]?.visits.allSatisfy { visits[$0].map { $0.last.state.isFinal } ?? true } ?? false
    }

    // MARK: Catalogue

    /// The versions of an entity, by its id.
    package static func versions<Entity>(_ id: UInt32, of all: [Versions<Entity>]) -> Versions<Entity>? {
        id >= 1 && id <= all.count ? all[Int(id) - 1] : nil
    }

    package func policies(of department: DepartmentID, in positions: ClosedRange<UInt64>) -> [Policy] {
        let own = policies[department.rawValue]
        let hospitals = policies[0]
        var found = own?.inForce(positions) ?? []
        // The hospital's holds as long as the department had none of its own.
        if own?.all.first.map({ $0.position > positions.lowerBound }) ?? true {
            found += hospitals?.inForce(positions) ?? []
            if hospitals?.all.first.map({ $0.position > positions.lowerBound }) ?? true { found.append(Policy.initial) }
        }
        return found
    }

    package func department(of pool: PoolID) -> DepartmentID? {
        Self.versions(pool.rawValue, of: pools)?.last?.department
    }

    // MARK: What is there

    package func knows(_ patient: PatientID, at position: UInt64) -> Bool {
        patient.rawValue >= 1 && patient.rawValue <= patients.count
            && patients[Int(patient.rawValue) - 1] <= position
    }

    /// Whether everything a wish names was there at a position, and for sure is still when it is judged.
    package func knows(_ wish: Wish, at position: UInt64) -> Bool {
        if let other = wish.other { return knows(other, at: position) }
        var touched: Visit?
        if let touch = wish.touch {
            guard let visit = visits[touch.appointment], visit.made <= position else { return false }
            // A session that goes to the history table while the wish is on its way is in neither for a moment.
            guard let sitting = sittings[visit.id.session], sitting.archived == nil, !mayBeArchived(sitting.id) else {
                return false
            }
            touched = visit
        }
        if let patient = wish.patient, !knows(patient, at: position) { return false }
        return wish.places.allSatisfy { place in
            guard let sitting = sittings[place.slot.session], sitting.opened <= position,
                let service = place.service ?? touched?.service
            else { return false }
            return Int(place.slot.index) < sitting.capacities.count
                && Self.versions(service.rawValue, of: services)?.value(at: position) != nil
        }
    }
}
