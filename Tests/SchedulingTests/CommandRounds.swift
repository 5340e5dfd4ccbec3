import Scheduling

/// Random commands, each given to the core and to the naive hospital alike.
struct CommandRounds {
    var world: World
    private(set) var model: NaiveHospital
    private(set) var lastCommand = "nothing yet"
    /// Where the two did not agree, in words.
    private(set) var disagreements: [String] = []
    private var dice: Dice
    private var services: [(id: ServiceID, slots: Int, units: Int)] = []
    private var sessions: [SessionID] = []
    private var appointments: [AppointmentID] = []
    private var sessionsOpened: Int32 = 0

    private static let pools = [("张医师", "内科"), ("李医师", "内科"), ("CT-1", "放射科")]

    init(seed: UInt64) {
        dice = Dice(seed: seed)
        let limits = [(0, 0), (1, 0), (2, 3), (0, 2)][Int(seed % 4)]
        world = World(perDayDepartment: UInt32(limits.0), perDay: UInt32(limits.1))
        model = NaiveHospital(perDayDepartment: limits.0, perDay: limits.1)
        world.now = World.at("2025-06-30", "20:00")
        for (slots, units) in [(1, 1), (1, 2), (2, 1), (3, 2)] {
            services.append((world.service(slots: UInt32(slots), units: UInt32(units)), slots, units))
        }
        for _ in 0..<4 { open() }
    }

    mutating func playOne() {
        switch Int.random(in: 0..<100, using: &dice) {
        case 0..<24: book(hold: false)
        case 24..<38: book(hold: true)
        case 38..<66: change()
        case 66..<76: move()
        case 76..<84: bookTogether()
        case 84..<94: pass()
        case 94..<97: open()
        default: archive()
        }
    }

    // MARK: Commands

    private mutating func open() {
        let (pool, department) = Self.pools[Int(sessionsOpened) % Self.pools.count]
        let ordinal = sessionsOpened / 3
        // Begins at five to the hour in every second pool, so that patients can overlap by minutes.
        let start = ["08:00", "07:55", "08:00"][Int(sessionsOpened) % 3]
        guard let first = LocalDate("2025-07-01") else { return }
        let date = first.advanced(days: ordinal)
        let slots = Int.random(in: 3...6, using: &dice)
        let capacity = Int.random(in: 1...3, using: &dice)
        let id = world.open(
            pool, in: department, on: date.description, at: start, slots: slots, minutes: 10, capacity: UInt16(capacity)
        )
        lastCommand = "open \(id)"
        model.sittings[id] = NaiveHospital.Sitting(
            department: department, date: date, start: Int(World.at(date.description, start).rawValue / 60_000),
            minutes: 10, capacities: Array(repeating: capacity, count: slots))
        sessions.append(id)
        sessionsOpened += 1
    }

    private mutating func book(hold: Bool) {
        let (patient, wish) = (somebody(), something())
        lastCommand = "patient \(patient) \(hold ? "holds" : "books") \(wish.naive)"
        let expected = model.verdict(wish.naive, patient: patient)
        do throws(Refusal) {
            let id = try world.book(
                patient, wish.core.session, slot: wish.core.slot, service: wish.core.service, hold: hold)
            compare(.done, expected)
            take(id, patient, wish.naive, holdUntil: hold ? world.now.advanced(milliseconds: 900_000) : nil)
        } catch {
            compare(.refused(error.rule), expected)
        }
    }

    private mutating func bookTogether() {
        let patient = somebody()
        let wishes = (0..<Int.random(in: 2...3, using: &dice)).map { _ in something() }
        lastCommand = "patient \(patient) books together \(wishes.map(\.naive))"
        let expected = model.verdict(together: wishes.map(\.naive), patient: patient)
        do throws(Refusal) {
            let ids = try world.bookTogether(patient, wishes.map(\.core))
            compare(.done, expected)
            for (id, wish) in zip(ids, wishes) { take(id, patient, wish.naive, holdUntil: nil) }
        } catch {
            compare(.refused(error.rule), expected)
        }
    }

    private mutating func change() {
        let id = someAppointment()
        let possible = model.visits[id].flatMap { `The states of an appointment`.table[$0.state] } ?? [:]
        let likely = Transition.allCases.filter { possible[$0] != nil }
        let transition = dice.pick(likely.isEmpty || dice.once(in: 3) ? Transition.allCases : likely)
        let version: UInt32 = dice.once(in: 4) ? UInt32.random(in: 1...3, using: &dice) : 0
        lastCommand = "\(transition) \(id) if version \(version)"
        let today = TimeZoneRules.shanghai.wall(at: world.now).date
        let expected = model.verdict(transition, id, ifVersion: version, now: world.now, today: today)
        do throws(Refusal) {
            let reached = try world.change(id, transition, ifVersion: version)
            compare(reached == nil ? .noSuchAppointment : .done, expected)
            if reached != nil { model.change(id, to: transition.target) }
        } catch {
            compare(.refused(error.rule), expected)
        }
    }

    private mutating func move() {
        let id = someAppointment()
        guard let visit = model.visits[id] else { return }
        let target = something()
        let wish = NaiveHospital.Wish(
            session: target.naive.session, slots: target.core.slot..<target.core.slot + visit.slots.count,
            units: visit.units)
        lastCommand = "move \(id) to \(wish)"
        let expected = model.verdict(move: id, to: wish, now: world.now)
        do throws(Refusal) {
            let new = try world.move(id, to: wish.session, slot: wish.slots.lowerBound)
            compare(new == nil ? .noSuchAppointment : .done, expected)
            guard let new else { return }
            model.change(id, to: .moved)
            take(new, visit.patient, wish, holdUntil: visit.state == .held ? visit.holdUntil : nil)
        } catch {
            compare(.refused(error.rule), expected)
        }
    }

    /// Time passes: mostly minutes, so that holds run out; sometimes hours, so that visits take place.
    private mutating func pass() {
        let minutes =
            dice.once(in: 6) ? Int64.random(in: 100...600, using: &dice) : Int64.random(in: 1...12, using: &dice)
        world.now = world.now.advanced(milliseconds: minutes * 60_000)
        lastCommand = "\(minutes) minutes pass"
        let expired = world.expire()
        let expected = model.expire(now: world.now)
        if Set(expired) != expected || expired.count != expected.count {
            disagreements.append("\(lastCommand): expired \(expired), not \(expected)")
        }
    }

    private mutating func archive() {
        lastCommand = "archive before \(world.now.rawValue)"
        world.archive(before: world.now)
        model.archive(before: world.now)
    }

    // MARK: Choosing

    private mutating func somebody() -> UInt64 { UInt64.random(in: 1...12, using: &dice) }

    /// Mostly one of the latest sessions, which are still ahead.
    private mutating func something() -> (core: World.Wish, naive: NaiveHospital.Wish) {
        let session = dice.once(in: 8) ? dice.pick(sessions) : dice.pick(sessions.suffix(6))
        let service = dice.pick(services)
        let slot = Int.random(in: 0...5, using: &dice)
        return (
            World.Wish(session: session, slot: slot, service: service.id),
            NaiveHospital.Wish(session: session, slots: slot..<slot + service.slots, units: service.units)
        )
    }

    private mutating func someAppointment() -> AppointmentID {
        guard !appointments.isEmpty, !dice.once(in: 20) else {
            return AppointmentID(session: dice.pick(sessions), number: 999)
        }
        return dice.once(in: 4) ? dice.pick(appointments) : dice.pick(appointments.suffix(15))
    }

    // MARK: Comparing

    private mutating func take(_ id: AppointmentID, _ patient: UInt64, _ wish: NaiveHospital.Wish, holdUntil: Instant?)
    {
        appointments.append(id)
        let visit = NaiveHospital.Visit(
            patient: patient, session: wish.session, slots: wish.slots, units: wish.units,
            state: holdUntil == nil ? .booked : .held, holdUntil: holdUntil)
        if !model.take(id, visit) { disagreements.append("\(lastCommand): \(id) was given out twice") }
    }

    private mutating func compare(_ got: NaiveHospital.Verdict, _ expected: NaiveHospital.Verdict) {
        if got != expected { disagreements.append("\(lastCommand): \(got), not \(expected)") }
    }

    /// Whether every slot and every appointment is what the naive hospital says.
    var agrees: Bool {
        let open = sessions.filter { world.pools.session($0) != nil }
        guard Set(open) == Set(model.sittings.keys), world.pools.counts.appointments == model.visits.count else {
            return false
        }
        for id in open {
            let free = world.pools.session(id)?.slots.map { Int($0.free) } ?? []
            if free != free.indices.map({ model.free(id, $0) }) { return false }
        }
        return model.visits.allSatisfy { id, visit in
            guard let record = world.pools.record(id) else { return false }
            return record.state == visit.state && record.version == visit.version
                && record.patient.rawValue == visit.patient && record.holdUntil == visit.holdUntil
        }
    }
}
