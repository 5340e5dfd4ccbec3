import Engine
import Journal
import Oracle
import Scheduling

/// What the clients of a world ask for, drawn operation by operation. Each has its own stream of numbers, so leaving
/// one out changes no other but through what it did.
struct Workload {
    let plan: Plan

    /// The hospital as it is furnished before the clients come.
    func catalogue() -> CatalogueDraft {
        var draft = CatalogueDraft()
        draft.departments = (0..<plan.departments).map { .init(code: "d\($0)", name: "科室\($0)") }
        draft.resources = [.init(code: "r0", name: "诊室", kind: .room, department: "d0")]
        for index in 0..<plan.services {
            draft.services.append(
                .init(
                    code: "s\(index)", name: "项目\(index)", kind: .clinic, slots: UInt32(1 + index % 3),
                    units: index == 3 ? 2 : 1))
        }
        let services = draft.services.map(\.code)
        for index in 0..<plan.pools {
            draft.pools.append(
                .init(
                    code: "p\(index)", name: "号源池\(index)", department: "d\(index % plan.departments)",
                    resources: index < 2 && plan.seed % 3 == 0 ? ["r0"] : [], services: services))
        }
        draft.policies = [
            .init(
                department: "", perDayDepartment: UInt32(plan.perDayDepartment), perDay: UInt32(plan.perDay),
                holdSeconds: UInt32(plan.holdSeconds), terms: shares)
        ]
        for index in 0..<plan.pools {
            draft.templates.append(Self.template(index, hour: 8 + index))
        }
        if hasCalendar {
            draft.calendars = [calendar]
            for index in draft.templates.indices where index % 2 == 0 { follow(&draft.templates[index]) }
        }
        return draft
    }

    /// What sessions keep from the beginning, in some worlds.
    private var shares: [CatalogueDraft.PolicyTerm] {
        guard plan.seed % 4 == 1 else { return [] }
        return [
            .init(rule: .quota, channels: [.app], limit: 2),
            .init(rule: .quota, channels: [.miniProgram, .kiosk], classes: [.inpatient], limit: 1),
        ]
    }

    /// Whether some templates follow a calendar.
    var hasCalendar: Bool { plan.seed % 4 == 1 }

    /// The days around the world's begin, a Monday: the second goes as a Sunday, the third is a holiday, and of the
    /// fourth, or of the third already, it knows nothing.
    private var calendar: CatalogueDraft.Calendar {
        let today = TimeZoneRules.utc.wall(at: World.beginning).date
        let reach: Int32 = plan.seed % 8 == 1 ? 2 : 1
        var days = [HolidayCalendar.Day(date: today.advanced(days: 1), kind: .working(as: 6))]
        if reach > 1 { days.append(.init(date: today.advanced(days: 2), kind: .holiday)) }
        return .init(
            code: "c", name: "日历", source: "模拟", first: today.advanced(days: -30), last: today.advanced(days: reach),
            days: days)
    }

    /// A template that takes place on Monday to Saturday, by the calendar.
    func follow(_ template: inout CatalogueDraft.Template) {
        template.calendar = "c"
        template.weekdays = 63
    }

    /// The template of a pool. The second is a night's, from 22:00 to 04:00.
    static func template(_ index: Int, hour: Int) -> CatalogueDraft.Template {
        let isNight = index == 1
        return .init(
            code: "t\(index)", pool: "p\(index)", weekdays: 127,
            start: WallTime(rawValue: UInt16(isNight ? 1_320 : hour * 60)), slotMinutes: isNight ? 30 : 15,
            slots: isNight ? 12 : 4, capacity: UInt32(1 + index % 2))
    }

    func registration() -> [[Identifier]] { (0..<plan.patients).map { [Self.identifier($0)] } }

    private static func identifier(_ index: Int) -> Identifier { Identifier(system: "card", value: "c\(index)") }

    func sessions(_ random: inout SeededGenerator, now: Instant) -> [SessionDraft] {
        (0..<plan.pools * plan.sessionsPerPool).map { index in
            draft(&random, pool: index % plan.pools, now: now, hoursAhead: 1 + index / plan.pools * 3)
        }
    }

    private func draft(
        _ random: inout SeededGenerator, pool: Int, now: Instant, hoursAhead: Int
    ) -> SessionDraft {
        let wall = TimeZoneRules.utc.wall(at: now.advanced(milliseconds: Int64(hoursAhead) * 3_600_000))
        return SessionDraft(
            pool: "p\(pool)", date: wall.date, start: WallTime(rawValue: wall.time.rawValue / 10 * 10),
            slotMinutes: UInt32([5, 10, 30][random.below(3)]),
            capacities: (0..<random.between(2...6)).map { _ in UInt32(random.between(1...3)) })
    }

    /// A session from 22:00 to 04:00, on a clock of the hospital's.
    private func night(pool: Int, now: Instant, daysAhead: Int) -> SessionDraft {
        SessionDraft(
            pool: "p\(pool)", date: TimeZoneRules.utc.wall(at: now).date.advanced(days: Int32(daysAhead)),
            start: WallTime(rawValue: 1_320), slotMinutes: 30, capacities: Array(repeating: 1, count: 12))
    }

    // MARK: One operation

    /// What operation `index` asks for, as its client sees the hospital at that moment; nil where there is nothing to
    /// ask about.
    func request(_ index: Int, model: NaiveModel, earlier: [Operation], clock: NodeClock, now: Instant)
        -> Request?
    {
        var random = SeededGenerator(seed: plan.seed, stream: Stream.operation + UInt64(index))
        var draw = Draw(random: random, plan: plan, model: model, now: now)
        let kind = WorkKind.allCases[draw.random.weighted(plan.weights)]
        random = draw.random
        switch kind {
        case .book, .hold, .together, .confirm, .cancel, .move, .progress:
            return draw.command(kind).map { .writes([write($0, index, 0, &draw, clock)]) }
        case .batch:
            let commands = (0..<draw.random.between(2...8)).compactMap { _ in draw.command(draw.writeKind()) }
            return commands.isEmpty
                ? nil : .writes(commands.enumerated().map { write($1, index, $0, &draw, clock) })
        case .again:
            let writes = earlier.filter { !$0.writes.isEmpty }
            return draw.random.pick(writes)?.request
        case .reusedKey:
            guard let old = draw.random.pick(earlier.flatMap(\.writes).filter { !$0.key.isZero }),
                let command = draw.command(draw.writeKind())
            else { return nil }
            return .writes([Write(key: old.key, by: Origin.system, command: command)])
        case .readByID: return draw.someVisits().map { .byID($0) }
        case .readPatient: return .ofPatient(draw.patient(), history: draw.random.chance(500))
        case .readSession: return draw.session().map { .inSession($0.id) }
        case .search:
            if draw.random.chance(300) { return draw.dayQuery().map { .days($0) } }
            if draw.random.chance(200) { return draw.countQuery().map { .counts($0) } }
            if draw.random.chance(300) { return draw.question().map { .explain($0) } }
            return draw.query().map { .search($0) }
        case .find where draw.random.chance(400): return draw.name()
        case .find: return .find((0..<3).map { _ in Self.identifier(draw.random.below(plan.patients * 2)) })
        case .readCatalogue where draw.random.chance(600): return draw.countQuery().map { .counts($0) }
        case .readCatalogue: return .catalogue
        case .register:
            return alone(.registerPatients(draw.newPatients(Self.identifier)), index, &draw, clock)
        case .open:
            let pool = draw.pool()
            let ahead = draw.random.between(0...96)
            let isNight = draw.random.chance(300)
            let session =
                isNight
                ? night(pool: pool, now: draw.now, daysAhead: ahead / 24)
                : self.draft(&draw.random, pool: pool, now: draw.now, hoursAhead: ahead)
            return alone(.openSessions([session]), index, &draw, clock)
        case .generate:
            let day = TimeZoneRules.utc.wall(at: draw.now).date
            let end = day.advanced(days: Int32(draw.random.below(3)))
            if draw.random.chance(300) { return .preview(from: day, to: end) }
            return alone(.generateSessions(from: day, to: end, templates: []), index, &draw, clock)
        case .putPolicy: return alone(.putCatalogue(draw.policies(), hospital: nil), index, &draw, clock)
        case .putEntities: return alone(.putCatalogue(draw.entities(), hospital: nil), index, &draw, clock)
        }
    }

    /// A write that may go without a key, and often does.
    private func alone(_ command: Command, _ index: Int, _ draw: inout Draw, _ clock: NodeClock) -> Request {
        var write = write(command, index, 0, &draw, clock)
        if draw.random.chance(400) { write.key = .none }
        return .writes([write])
    }

    private func write(
        _ command: Command, _ index: Int, _ place: Int, _ draw: inout Draw, _ clock: NodeClock
    ) -> Write {
        let key = IdempotencyKey(high: UInt64(index) + 1, low: UInt64(place) + 1)
        // Who it is by is set when it is sent.
        var write = Write(key: key, by: .system, command: command)
        if draw.random.chance(30) {
            write.deadline = clock.monotonicNanoseconds() + UInt64(draw.random.below(200)) * 1_000_000
        }
        return write
    }
}
