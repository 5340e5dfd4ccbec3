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
        case .together where random.chance(300): return choice()
        case .together:
            let items = (0..<random.between(2...4)).compactMap { _ in item() }
            return items.count < 2
                ? nil : .bookTogether(patient: patient(), items: items, hold: random.chance(500))
        case .confirm where random.chance(500): return payment()
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
            if random.chance(80) { return stop() }
            if random.chance(150), let closing = closing() { return closing }
            if random.chance(150), let appeal = appeal() { return appeal }
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

    /// A stop of a session or of its end, now and then of what is stopped already; or the end of one.
    private mutating func stop() -> Command? {
        let stopped = model.sittingsInOrder.filter {
            $0.archived == nil && $0.stops.last.map { $0.ended == nil } ?? false
        }
        if !stopped.isEmpty, random.chance(500) { return .resumeSession(stopped[random.below(stopped.count)].id) }
        guard let session = session() else { return nil }
        if random.chance(50) { return .resumeSession(session.id) }
        let from = random.chance(500) ? 0 : random.below(session.capacities.count + 1)
        return .stopSession(session.id, from: UInt16(from), reason: "医生病假")
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

    mutating func question() -> SlotQuestion? {
        guard let item = item() else { return nil }
        var question = SlotQuestion(slot: item.slot, service: item.service, origin: nil)
        if random.chance(700) { question.patient = patient() }
        if random.chance(800) { question.origin = Origin(channel: .kiosk, operatorName: "") }
        return question
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

    /// A calendar about the session that is looked at, of departments, of pools or of a service.
    mutating func dayQuery() -> DayQuery? {
        guard let session = session(), let department = model.department(of: session.id.pool) else { return nil }
        let service = random.chance(400) ? ServiceID(rawValue: UInt32(hot(max(1, model.services.count))) + 1) : nil
        let first = session.date(0).advanced(days: Int32(random.below(3)) - 1)
        var query = DayQuery(service: service, from: first, to: first.advanced(days: Int32(random.below(5))))
        if service == nil || random.chance(700) { query.departments = [department] }
        if random.chance(300) { query.pools = [session.id.pool, PoolID(rawValue: UInt32(hot(plan.pools)) + 1)] }
        if random.chance(300) { query.patient = patient() }
        if random.chance(700) { query.origin = Origin(channel: .kiosk, operatorName: "") }
        return query
    }

    /// A report about the session that is looked at, of a few days or of very many, of departments, of pools or of all.
    mutating func countQuery() -> CountQuery? {
        guard let session = session(), let department = model.department(of: session.id.pool) else { return nil }
        let first = session.date(0).advanced(days: -Int32(random.below(3)))
        let days = random.chance(500) ? random.below(4) : 300
        var query = CountQuery(
            from: first, to: first.advanced(days: Int32(days)),
            by: Set(CountBy.allCases.filter { _ in random.chance(600) }))
        if random.chance(300) { query.departments = [department] }
        if random.chance(300) { query.pools = [session.id.pool, PoolID(rawValue: UInt32(hot(plan.pools)) + 1)] }
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
                terms: (random.chance(400) ? [closedChannels(department)] : []) + releases()
                    + (random.chance(200) ? [closing(.bookingClosed)] : [])
                    + (random.chance(200) ? [closing(.tooLate)] : []) + longerPeriods())
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

    /// A release in stages, of which some have begun, for some days at least: the times lie around now.
    private mutating func releases() -> [CatalogueDraft.PolicyTerm] {
        guard random.chance(300) else { return [] }
        var term = CatalogueDraft.PolicyTerm(rule: .notReleased)
        if random.chance(300) { term.services = ["s\(random.below(plan.services))"] }
        if random.chance(400) { term.channels = [.app, .kiosk, .window].filter { _ in random.chance(500) } }
        if random.chance(150) { term.classes = [.outpatient] }
        var days = UInt32(random.below(5))
        var stages: [CatalogueDraft.PolicyTerm] = []
        for share: UInt32 in [20, 50, 100] where random.chance(600) {
            // The next stage is later by a day at least, or there is none.
            if let last = stages.last {
                guard last.days > 0 else { break }
                days = last.days - 1
            }
            (term.limit, term.days, term.at) = (share, days, timeAround())
            stages.append(term)
        }
        return stages
    }

    /// A moment from which on something before a slot is closed: for some slots it has come.
    private mutating func closing(_ rule: Rule) -> CatalogueDraft.PolicyTerm {
        var term = CatalogueDraft.PolicyTerm(rule: rule)
        if random.chance(300) { term.services = ["s\(random.below(plan.services))"] }
        if random.chance(400) { term.channels = [.app, .kiosk, .window].filter { _ in random.chance(500) } }
        if random.chance(500) { term.minutes = UInt32([1, 90, 300, 2_000][random.below(4)]) }
        if term.minutes == 0 || random.chance(200) { (term.days, term.at) = (UInt32(random.below(3)), timeAround()) }
        return term
    }

    /// A time on the hospital's wall clock that has just come or is about to.
    private mutating func timeAround() -> WallTime {
        let zone = model.hospital.last?.zone ?? .utc
        return zone.wall(at: now.advanced(milliseconds: Int64(random.between(-90...90)) * 60_000)).time
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
            roster(&draft.templates[0], index)
        }
        if random.chance(150) { draft.leaves = [leave()] }
        if random.chance(300) { draft.departments = [.init(code: "d\(plan.departments)", name: "新科室")] }
        if random.chance(300) { lengthen(&draft) }
        return draft
    }

    /// Lets a put be longer than a piece of the log, so that its facts travel one after the other.
    private mutating func lengthen(_ draft: inout CatalogueDraft) {
        let named = Set(draft.services.map(\.code))
        for service in 0..<plan.services where !named.contains("s\(service)") {
            draft.services.append(
                .init(code: "s\(service)", name: "项目\(service)", kind: .exam, slots: UInt32(1 + service % 3)))
        }
        for place in draft.services.indices {
            let text = random.between(1...9)
            draft.services[place].preparation = String(repeating: "\(text)", count: 1_500)
        }
    }

    /// What makes a template more than a week: the calendar, or a day that is closed or has other hours.
    private mutating func roster(_ template: inout CatalogueDraft.Template, _ index: Int) {
        let workload = Workload(plan: plan)
        if workload.hasCalendar, index % 2 == 0 {
            workload.follow(&template)
        } else if random.chance(400) {
            let hours = Shift(
                start: WallTime(rawValue: UInt16(random.between(6...9) * 60)), slotMinutes: 20, slots: 3, capacity: 1)
            template.exceptions = [
                .init(date: day(), kind: random.chance(500) ? .closed : .changed(hours), reason: "培训")
            ]
        }
    }

    /// The room is away for a day, or it is not after all.
    private mutating func leave() -> CatalogueDraft.Leave {
        let day = day()
        return .init(
            code: "l", resource: "r0", from: WallMoment(day, WallTime(rawValue: 0)),
            until: WallMoment(day.advanced(days: 1), WallTime(rawValue: 0)), reason: "检修",
            isCancelled: random.chance(300))
    }

    /// Today or one of the two days after it.
    private mutating func day() -> LocalDate {
        TimeZoneRules.utc.wall(at: now).date.advanced(days: Int32(random.below(3)))
    }
}
