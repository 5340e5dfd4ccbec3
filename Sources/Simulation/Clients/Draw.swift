import Engine
import Oracle
import Scheduling

/// Choices of one operation: mostly what everybody wants, so that requests meet.
struct Draw {
    var random: SeededGenerator
    let plan: Plan
    let model: NaiveModel
    let now: Instant

    /// A place of `count`, mostly one of the first.
    private mutating func hot(_ count: Int) -> Int {
        random.chance(plan.heat) ? random.below(min(count, 2)) : random.below(count)
    }

    mutating func writeKind() -> WorkKind {
        let kinds: [WorkKind] = [.book, .hold, .together, .confirm, .cancel, .move, .progress]
        let weights = kinds.map { plan.weights[$0.rawValue] }
        return weights.allSatisfy { $0 == 0 } ? .book : kinds[random.weighted(weights)]
    }

    mutating func patient() -> PatientID {
        let count = max(1, model.patients.count)
        // Now and then somebody nobody knows.
        return PatientID(rawValue: random.chance(10) ? UInt64(count) + 5 : UInt64(hot(count)) + 1)
    }

    mutating func session() -> NaiveModel.Sitting? {
        let all = model.sittingsInOrder
        let ahead = all.filter { $0.archived == nil && $0.start($0.capacities.count) > now.rawValue }
        let chosen = ahead.isEmpty || random.chance(50) ? all : ahead
        return chosen.isEmpty ? nil : chosen[hot(chosen.count)]
    }

    mutating func item() -> Command.Item? {
        guard let session = session() else { return nil }
        let slot = random.chance(10) ? session.capacities.count : hot(session.capacities.count)
        let service = random.chance(10) ? 99 : hot(max(1, model.services.count)) + 1
        return .init(
            slot: SlotID(session: session.id, index: UInt16(slot)), service: ServiceID(rawValue: UInt32(service)),
            patientClass: patientClass())
    }

    /// An appointment, mostly one that has not ended; of those mostly a recent one.
    mutating func visit(_ isWanted: (AppointmentState) -> Bool) -> NaiveModel.Visit? {
        let all = model.sittingsInOrder.flatMap(\.visits).compactMap { model.visits[$0] }
        let wanted = all.filter { isWanted($0.last.state) }
        let chosen = wanted.isEmpty || random.chance(60) ? all : wanted
        guard !chosen.isEmpty else { return nil }
        return chosen[chosen.count - 1 - hot(chosen.count)]
    }

    private mutating func version(_ visit: NaiveModel.Visit) -> UInt32 {
        switch random.below(4) {
        case 0: UInt32(visit.versions.count)
        case 1 where random.chance(300): UInt32(visit.versions.count) + 1
        default: 0
        }
    }

    mutating func command(_ kind: WorkKind) -> Command? {
        switch kind {
        case .hold, .book:
            guard let item = item() else { return nil }
            return .book(patient: patient(), item: item, hold: kind == .hold)
        case .together:
            let items = (0..<random.between(2...4)).compactMap { _ in item() }
            return items.count < 2
                ? nil : .bookTogether(patient: patient(), items: items, hold: random.chance(500))
        case .confirm: return change(.confirm) { $0 == .held }
        case .cancel: return change(random.chance(800) ? .cancel : .stop) { !$0.isFinal }
        case .move:
            guard let visit = visit({ $0 == .held || $0 == .booked }), let item = item() else { return nil }
            var slot = item.slot
            // Often within the session, where old and new place may overlap.
            if random.chance(400), let sitting = model.sittings[visit.id.session] {
                slot = SlotID(session: sitting.id, index: UInt16(random.below(sitting.capacities.count)))
            }
            return .move(visit.id, to: slot, ifVersion: version(visit), reason: "")
        default:
            if random.chance(200) { return lock() }
            let transitions: [Transition] = [.arrive, .call, .start, .complete, .noShow]
            let transition = transitions[random.below(transitions.count)]
            return change(transition) { $0.ways.contains(transition) }
        }
    }

    /// A lock of a slot, of a stretch or of a whole session, for a while or for ever; or the end of one.
    private mutating func lock() -> Command? {
        guard let session = session() else { return nil }
        if random.chance(400) {
            return .unlockSlots(session.id, UInt32(random.between(1...max(1, session.locks.count + 1))))
        }
        let ends = [nil, now.advanced(milliseconds: Int64(random.below(20_000))), Instant(rawValue: now.rawValue - 1)]
        let lock = SlotLock(
            first: UInt16(random.below(session.capacities.count + 1)), slots: UInt16(random.below(3)),
            units: UInt16(random.below(3)), owner: random.chance(500) ? "设备科" : "", reason: "检修",
            until: ends[random.weighted([6, 6, 1])])
        return .lockSlots(session.id, lock)
    }

    private mutating func change(_ transition: Transition, _ isWanted: (AppointmentState) -> Bool) -> Command? {
        guard let visit = visit(isWanted) else { return nil }
        let version = version(visit)
        return .change(visit.id, transition, ifVersion: version, reason: random.chance(100) ? "because" : "")
    }

    // MARK: Reading

    mutating func someVisits() -> [AppointmentID]? {
        var ids: [AppointmentID] = []
        for _ in 0..<random.between(1...5) {
            guard let visit = visit({ _ in true }) else { return nil }
            if !ids.contains(visit.id) { ids.append(visit.id) }
        }
        if random.chance(100) {
            ids.append(AppointmentID(session: ids[0].session, number: ids[0].number + 7))
            if ids.dropLast().contains(ids[ids.count - 1]) { ids.removeLast() }
        }
        return ids
    }

    mutating func query() -> SlotQuery? {
        guard let session = session(), let department = model.department(of: session.id.pool) else { return nil }
        let service = random.chance(500) ? ServiceID(rawValue: UInt32(hot(max(1, model.services.count))) + 1) : nil
        let day = session.date(random.below(session.capacities.count))
        var query = SlotQuery(
            department: department, service: service, from: day, to: day.advanced(days: Int32(random.below(3))),
            limit: random.chance(800) ? 200 : 3)
        if random.chance(400) { query.patient = patient() }
        if random.chance(700) { query.origin = Origin(channel: .kiosk, operatorName: "") }
        query.patientClass = patientClass()
        if random.chance(100) { (query.to, query.nextFree) = (nil, true) }
        if random.chance(300) {
            // A page that follows on another.
            let index = random.below(session.capacities.count)
            query.after = (
                Instant(rawValue: session.start(index)), SlotID(session: session.id, index: UInt16(index))
            )
        }
        return query
    }

    // MARK: The hospital

    mutating func newPatients(_ identifier: (Int) -> Identifier) -> [[Identifier]] {
        (0..<random.between(1...4)).map { _ in
            let card = identifier(random.below(plan.patients * 2))
            return random.chance(300) ? [card, Identifier(system: "id", value: "i\(random.below(20))")] : [card]
        }
    }

    mutating func policies() -> CatalogueDraft {
        var draft = CatalogueDraft()
        let department = random.chance(500) ? nil : random.below(plan.departments)
        draft.policies = [
            .init(
                department: department.map { "d\($0)" } ?? "", perDayDepartment: UInt32(random.below(3)),
                perDay: UInt32(random.below(4)), holdSeconds: UInt32([1, 3, 60][random.below(3)]),
                terms: random.chance(400) ? [closedChannels(department)] : [])
        ]
        if random.chance(500) { draft.policies[0].terms += shares(department) }
        return draft
    }

    /// Some channels may book, perhaps only a service, perhaps only in some pools of the department.
    private mutating func closedChannels(_ department: Int?) -> CatalogueDraft.PolicyTerm {
        let pools = (0..<plan.pools).filter { pool in department.map { pool % plan.departments == $0 } ?? true }
        var term = CatalogueDraft.PolicyTerm(
            rule: .channelClosed, services: random.chance(500) ? ["s\(random.below(plan.services))"] : [],
            pools: pools.filter { _ in random.chance(300) }.map { "p\($0)" },
            channels: Channel.allCases.filter { $0 != .system && random.chance(700) })
        if term.channels.isEmpty { term.channels = [.window] }  // a term that names none is refused
        return term
    }

    /// The place of a pool; where clients put pools, mostly the newest one's or the next one's, which may be on its
    /// way.
    mutating func pool() -> Int {
        guard plan.putsPools, random.chance(700) else { return random.below(plan.pools) }
        return max(0, model.pools.count - random.below(2))
    }

    mutating func entities() -> CatalogueDraft {
        var draft = CatalogueDraft()
        let service = random.below(plan.services + 2)
        draft.services = [
            .init(
                code: "s\(service)", name: "项目\(random.below(3))", kind: .exam, slots: UInt32(random.between(1...3)),
                units: UInt32(random.between(1...2)))
        ]
        let pool = pool()
        let kept = (0..<plan.services).filter { _ in random.chance(800) }
        draft.pools = [
            .init(
                code: "p\(pool)", name: "号源池", department: "d\(pool % plan.departments)",
                resources: pool < 2 && random.chance(500) ? ["r0"] : [], services: kept.map { "s\($0)" })
        ]
        // A doctor's hours move.
        if random.chance(400) {
            let index = random.below(plan.pools)
            draft.templates = [Workload.template(index, hour: random.between(7...10) + index)]
            if index == 1 { draft.templates[0].slots = UInt32(random.between(10...12)) }
        }
        if random.chance(300) { draft.departments = [.init(code: "d\(plan.departments)", name: "新科室")] }
        return draft
    }
}
