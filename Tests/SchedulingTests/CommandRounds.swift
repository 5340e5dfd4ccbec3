import Oracle
import Scheduling
import TestHospitals

/// Random commands, each given to the core and to the oracle alike. Nothing is in doubt here, so what the core decides
/// must be just what the oracle says, and every fact one that may follow.
struct CommandRounds {
    var world: World
    private(set) var model = NaiveModel()
    private(set) var lastCommand = "nothing yet"
    /// Where the two did not agree, in words.
    private(set) var disagreements: [String] = []
    /// The rules that refused something.
    private(set) var rulesSeen: Set<Rule> = []
    private var dice: Dice
    private var services: [ServiceID] = []
    private var sessions: [SessionID] = []
    private var appointments: [AppointmentID] = []
    private var sessionsOpened: Int32 = 0
    /// Facts of the world's journal that the model knows.
    private var told = 0

    private static let departments: KeyValuePairs = ["内科": ["张医师", "李医师"], "放射科": ["CT-1"]]
    private static let pools = departments.flatMap { department in department.value.map { ($0, department.key) } }
    private static let patients = 16 as UInt64
    private static let answered = Event.Answered(key: IdempotencyKey(high: 1, low: 1), fingerprint: 1)
    private static let app = Origin(channel: .app, operatorName: "")

    init(seed: UInt64) {
        dice = Dice(seed: seed)
        let limits = [(0, 0), (1, 0), (2, 3), (0, 2)][Int(seed % 4)]
        world = World(perDayDepartment: UInt32(limits.0), perDay: UInt32(limits.1))
        world.now = World.at("2025-06-30", "20:00")
        services = [(1, 1), (1, 2), (2, 1), (3, 2)].map { world.service(slots: $0, units: $1) }
        world.put(offered(perDayDepartment: UInt32(limits.0), perDay: UInt32(limits.1)))
        let registered = Fact.patientRegistered(PatientID(rawValue: Self.patients), [])
        model.apply(Event(at: world.now, by: world.origin, fact: registered), at: 0)
        for _ in 0..<4 { open() }
    }

    /// The pools; one of them does not offer everything, one not everything to the window, and sessions keep units.
    private func offered(perDayDepartment: UInt32, perDay: UInt32) -> CatalogueDraft {
        var draft = CatalogueDraft(Self.departments)
        let codes = services.compactMap { world.catalogue.services[$0.rawValue]?.code }
        for index in draft.pools.indices { draft.pools[index].services = index == 0 ? codes.dropLast() : codes }
        draft.policies = [
            .init(
                department: "", perDayDepartment: perDayDepartment, perDay: perDay, holdSeconds: 900,
                terms: [
                    .init(rule: .channelClosed, services: Array(codes.suffix(1)), pools: ["CT-1"], channels: [.ward]),
                    .init(
                        rule: .notReleased, pools: ["李医师"], channels: [.window], limit: 50, days: 2,
                        at: WallTime("20:30")),
                    .init(
                        rule: .notReleased, pools: ["李医师"], channels: [.window], limit: 100, days: 0,
                        at: WallTime("07:00")),
                    .init(rule: .bookingClosed, services: Array(codes.prefix(1)), pools: ["张医师"], minutes: 600),
                    .init(rule: .tooLate, pools: ["CT-1"], channels: [.window], days: 1, at: WallTime("12:00")),
                    .init(
                        rule: .blocked, channels: [.app], limit: 1, days: 3, minutes: 1_440, blockDays: 1, weight: 50),
                    .init(rule: .perPeriod, pools: ["CT-1"], limit: 4, days: 7),
                ] + Self.shares)
        ]
        return draft
    }

    /// Of channels and classes, of which an appointment may have both; given back at a time, before the start, or
    /// never.
    private static let shares: [CatalogueDraft.PolicyTerm] = [
        .init(rule: .quota, pools: ["张医师"], channels: [.app], limit: 2, days: 1, at: WallTime("18:00")),
        .init(rule: .quota, channels: [.window], classes: [.inpatient, .emergency], limit: 2, minutes: 90),
        .init(rule: .quota, pools: ["CT-1"], classes: [.checkup, .inpatient], limit: 1),
    ]

    mutating func playOne() {
        world.origin = dice.once(in: 4) ? Self.app : World.nurse
        switch Int.random(in: 0..<100, using: &dice) {
        case 0..<24: book(isHold: false)
        case 24..<38: book(isHold: true)
        case 38..<66: change()
        case 66..<76: move()
        case 76..<84: bookTogether()
        case 84..<94: pass()
        case 94..<97: open()
        case 97: stop()
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
        let slots = Int.random(in: 3...6, using: &dice)
        let capacity = Int.random(in: 1...3, using: &dice)
        let id = world.open(
            pool, in: department, on: first.advanced(days: ordinal).description, at: start, slots: slots, minutes: 10,
            capacity: UInt16(capacity))
        lastCommand = "open \(id)"
        sessions.append(id)
        sessionsOpened += 1
        learn([])
    }

    private mutating func book(isHold: Bool) {
        let (patient, place) = (somebody(), something())
        let wish = Wish.take([place.asked], for: patient, isHold: isHold, by: world.origin)
        disagreements += objections(toExplaining: wish, as: world.explanation(patient.rawValue, place))
        decide(wish) { world throws(Refusal) in
            try world.resolve(place)
            _ = try world.book(
                patient.rawValue, place.session, slot: place.slot, service: place.service, hold: isHold,
                as: place.patientClass)
            return true
        }
    }

    private mutating func bookTogether() {
        let patient = somebody()
        let places = (0..<Int.random(in: 2...3, using: &dice)).map { _ in something() }
        decide(.take(places.map(\.asked), for: patient, isHold: false, by: world.origin)) { world throws(Refusal) in
            for place in places { try world.resolve(place) }
            _ = try world.bookTogether(patient.rawValue, places)
            return true
        }
    }

    private mutating func change() {
        let id = someAppointment()
        let likely = model.visits[id]?.last.state.ways ?? []
        let transition = dice.pick(likely.isEmpty || dice.once(in: 3) ? Transition.allCases : likely)
        let version: UInt32 = dice.once(in: 4) ? UInt32.random(in: 1...3, using: &dice) : 0
        decide(.change(id, transition, ifVersion: version, by: world.origin)) { world throws(Refusal) in
            try world.change(id, transition, ifVersion: version) != nil
        }
    }

    private mutating func move() {
        let id = someAppointment()
        let target = something()
        guard let visit = model.visits[id] else { return }
        let place = World.Wish(session: target.session, slot: target.slot, service: visit.service)
        // What the old place passes on to a new one that overlaps it is the shards' matter, not the core's.
        let slots = place.slot..<place.slot + visit.slots.count
        guard place.session != id.session || !visit.slots.overlaps(slots) else { return }
        decide(.move(id, to: place.asked.slot, reason: World.moved, by: world.origin)) { world throws(Refusal) in
            let command = Command.move(id, to: place.asked.slot, ifVersion: 0, reason: World.moved)
            guard try world.decide(command) != nil else { return false }
            try world.resolve(place)
            return try world.move(id, to: place.session, slot: place.slot) != nil
        }
    }

    /// Time passes: mostly minutes, so that holds run out; sometimes hours, so that visits take place.
    private mutating func pass() {
        let minutes =
            dice.once(in: 6) ? Int64.random(in: 100...600, using: &dice) : Int64.random(in: 1...12, using: &dice)
        world.now = world.now.advanced(milliseconds: minutes * 60_000)
        lastCommand = "\(minutes) minutes pass"
        let expected = model.visits.values.filter {
            $0.last.state == .held && $0.holdUntil.map { $0 <= world.now } ?? false
        }
        let expired = world.expire()
        if Set(expired) != Set(expected.map(\.id)) || expired.count != expected.count {
            disagreements.append("\(lastCommand): expired \(expired), not \(expected.map(\.id))")
        }
        learn([])
    }

    /// A session is stopped, from its begin or later, or sold again. Refusals of that are judged as facts.
    private mutating func stop() {
        let session = dice.pick(sessions.suffix(6))
        guard let sitting = model.sittings[session] else { return }
        let isStopped = sitting.stops.last.map { $0.ended == nil } ?? false
        let slot = UInt16(dice.once(in: 2) ? 0 : Int.random(in: 0..<sitting.capacities.count, using: &dice))
        let command: Command =
            dice.once(in: isStopped ? 2 : 8)
            ? .resumeSession(session) : .stopSession(session, from: slot, reason: "病假")
        lastCommand = "\(command)"
        let wish = Wish.other(command, by: world.origin)
        do throws(Refusal) {
            if case .stopSession = command {
                _ = try world.stop(session, from: slot)
            } else {
                _ = try world.resume(session)
            }
        } catch {
            let event = Event(
                at: world.now, by: world.origin, answer: Self.answered, fact: .refused(error, item: 0, patient: nil))
            if let objection = Situation(model, now: world.now).objection(to: event, askedBy: [wish]) {
                disagreements.append("\(lastCommand): \(error): \(objection)")
            }
        }
        learn([wish])
    }

    private mutating func archive() {
        lastCommand = "archive before \(world.now.rawValue)"
        let expected = model.sittingsInOrder.filter {
            $0.archived == nil && $0.start($0.capacities.count) < world.now.rawValue && model.mayBeArchived($0.id)
        }
        let before = Set(openSessions)
        world.archive(before: world.now)
        if before.subtracting(openSessions) != Set(expected.map(\.id)) {
            disagreements.append("\(lastCommand): \(expected.map(\.id)) should be gone")
        }
        learn([])
    }

    // MARK: Choosing

    private mutating func somebody() -> PatientID {
        PatientID(rawValue: UInt64.random(in: 1...Self.patients, using: &dice))
    }

    /// Mostly in one of the latest sessions, which are still ahead.
    private mutating func something() -> World.Wish {
        let session = dice.once(in: 8) ? dice.pick(sessions) : dice.pick(sessions.suffix(6))
        let slots = model.sittings[session]?.capacities.count ?? 1
        return World.Wish(
            session: session, slot: Int.random(in: 0..<slots, using: &dice), service: dice.pick(services),
            patientClass: dice.once(in: 2) ? nil : dice.pick(PatientClass.allCases))
    }

    private mutating func someAppointment() -> AppointmentID {
        guard !appointments.isEmpty, !dice.once(in: 20) else {
            return AppointmentID(session: dice.pick(sessions), number: 999)
        }
        return dice.once(in: 3) ? dice.pick(appointments) : dice.pick(appointments.suffix(15))
    }

    // MARK: Comparing

    /// Lets the core decide what the oracle judged before.
    /// - Parameter command: False where there is no such appointment.
    private mutating func decide(_ wish: Wish, _ command: (inout World) throws(Refusal) -> Bool) {
        lastCommand = "\(wish)"
        let situation = Situation(model, now: world.now)
        // An appointment that went to the history table has ended; one that never was is nobody's to judge.
        let isUnknown = wish.touch.map { model.visits[$0.appointment] == nil } ?? false
        let expected = isUnknown ? Refusal(.state) : situation.refusal(of: wish)
        var got: Refusal?
        do throws(Refusal) {
            if try !command(&world) { got = Refusal(.state) }
        } catch {
            got = error
        }
        if let got { rulesSeen.insert(got.rule) }
        if got != expected {
            let words = [got, expected].map { $0.map { "\($0)" } ?? "done" }
            disagreements.append("\(lastCommand): \(words[0]), not \(words[1])")
        }
        learn([wish])
    }

    /// Judges what the world did, and tells it to the model.
    private mutating func learn(_ wishes: [Wish]) {
        for var event in world.journal[told...] {
            if !wishes.isEmpty { event.answer = Self.answered }
            if let objection = Situation(model, now: event.at).objection(to: event, askedBy: wishes) {
                disagreements.append("\(lastCommand): \(event.fact): \(objection)")
            }
            told += 1
            model.apply(event, at: UInt64(told))
            switch event.fact {
            case .booked(let taken), .moved(_, let taken): appointments.append(taken.appointment)
            case .bookedTogether(let all): appointments += all.map(\.appointment)
            default: break
            }
        }
    }

    private var openSessions: [SessionID] { sessions.filter { world.pools.session($0) != nil } }

    /// Whether every slot and every appointment is what the model says.
    var agrees: Bool {
        let sittings = model.sittings.values.filter { $0.archived == nil }
        guard Set(openSessions) == Set(sittings.map(\.id)),
            world.pools.counts.appointments == sittings.reduce(0, { $0 + $1.visits.count })
        else { return false }
        return sittings.allSatisfy { sitting in
            let slots = world.pools.session(sitting.id)?.slots.map { Int($0.free) } ?? []
            return slots == sitting.capacities.indices.map { sitting.capacities[$0] - model.taken(sitting, slot: $0) }
                && sitting.visits.allSatisfy(agrees)
        }
    }

    private func agrees(_ id: AppointmentID) -> Bool {
        guard let record = world.pools.record(id), let visit = model.visits[id] else { return false }
        return record.state == visit.last.state && Int(record.version) == visit.versions.count
            && record.patient == visit.patient && record.patientClass == visit.patientClass
            && record.holdUntil == visit.holdUntil
    }
}

extension World {
    /// What the engine judges before it asks the patient and the pool.
    fileprivate func resolve(_ wish: Wish) throws(Refusal) {
        guard pools.session(wish.session) != nil else { throw Refusal(.slotPast) }
        let offered = catalogue.pools[wish.session.pool.rawValue]?.services.contains(wish.service) ?? false
        try RuleList.judge(request(0, wish), isOffered: offered, isElsewhere: false)
    }
}

extension World.Wish {
    /// As the oracle is asked for it.
    fileprivate var asked: Wish.Place {
        Wish.Place(
            slot: SlotID(session: session, index: UInt16(slot)), service: service, patientClass: patientClass)
    }
}
