import Scheduling
import TestHospitals

/// A hospital of the core alone: catalogue, pools and patients, put together as the engine does it, with a journal in
/// an array and a clock that moves when a test says so. It opens on 2025-06-01 at midnight in Shanghai.
struct World: Sendable {
    var catalogue = Catalogue()
    var pools = PoolBook()
    var patients = PatientBook()
    var now = World.at("2025-06-01", "00:00")
    private(set) var journal: [Event] = []

    static let nurse = Origin(channel: .window, operatorName: "王护士")
    /// Who does what is done next.
    var origin = World.nurse
    /// The reason of every move.
    static let moved = "改约"

    init(
        perDayDepartment: UInt32 = 0, perDay: UInt32 = 0, holdSeconds: UInt32 = 900, zone: TimeZoneRules = .shanghai
    ) {
        var draft = CatalogueDraft([:])
        draft.hospital = Hospital(name: "仁济医院", zone: zone)
        draft.policies = [
            .init(department: "", perDayDepartment: perDayDepartment, perDay: perDay, holdSeconds: holdSeconds)
        ]
        put(draft)
    }

    static func at(_ date: String, _ time: String, in zone: TimeZoneRules = .shanghai) -> Instant {
        guard let date = LocalDate(date), let time = WallTime(time) else { preconditionFailure("\(date) \(time)") }
        return zone.instant(of: date, time)
    }

    // MARK: Catalogue and sessions

    mutating func put(_ draft: CatalogueDraft) {
        do throws(InvalidCatalogue) {
            for entity in try catalogue.decide(draft).events { apply(.catalogueChanged(entity)) }
        } catch {
            preconditionFailure("a test's catalogue is valid: \(error)")
        }
    }

    /// A service that takes some units in each of some neighbouring slots.
    mutating func service(slots: UInt32 = 1, units: UInt32 = 1) -> ServiceID {
        var draft = CatalogueDraft()
        let code = "exam-\(slots)-\(units)"
        draft.services = [.init(code: code, name: code, kind: .exam, slots: slots, units: units)]
        put(draft)
        return ServiceID(rawValue: catalogue.services.id(code: code) ?? 0)
    }

    /// The pool of this code, made with its department where they are not there yet.
    mutating func pool(_ code: String, in department: String = "内科") -> PoolID {
        if catalogue.pools.id(code: code) == nil {
            put(CatalogueDraft([department: [code]]))
        }
        return PoolID(rawValue: catalogue.pools.id(code: code) ?? 0)
    }

    mutating func open(
        _ pool: String = "张医师", in department: String = "内科", on date: String = "2025-07-01",
        at start: String = "08:00",
        slots: Int = 4, minutes: UInt16 = 10, capacity: UInt16 = 1
    ) -> SessionID {
        let id = self.pool(pool, in: department)
        guard let date = LocalDate(date), let start = WallTime(start) else { preconditionFailure("\(date) \(start)") }
        let times = SessionTimes(
            date: date, start: catalogue.hospital.zone.instant(of: date, start), slotMinutes: minutes,
            slots: UInt16(slots), in: catalogue.hospital.zone)
        do throws(SessionConflict) {
            let definition = try pools.decideOpening(
                SessionOpening(
                    pool: id, times: times, template: nil, capacities: Array(repeating: capacity, count: slots),
                    wallStart: start))
            guard let definition else { preconditionFailure("a test opens a session once") }
            apply(.sessionOpened(definition))
            return definition.id
        } catch {
            preconditionFailure("a test's sessions do not overlap: \(error)")
        }
    }

    mutating func archive(before horizon: Instant) {
        for id in pools.archivable(before: horizon, limit: .max) {
            guard let session = pools.session(id) else { continue }
            apply(.sessionArchived(id), by: .system)
            let department = catalogue.pools[id.pool.rawValue]?.department ?? DepartmentID(rawValue: 0)
            for (index, record) in session.appointments.enumerated() {
                guard let record else { continue }
                let appointment = AppointmentID(session: id, number: UInt32(index + 1))
                let past = PastAppointment(
                    record, appointment, session.times, department: department, keepsVisits: true)
                patients.remove(appointment, patient: record.patient, keeping: past)
            }
        }
    }

    // MARK: Bookings

    /// One appointment that a test asks for.
    struct Wish {
        var session: SessionID
        var slot: Int
        var service = ServiceID(rawValue: 1)
        var patientClass: PatientClass?
    }

    mutating func book(
        _ patient: UInt64, _ session: SessionID, slot: Int = 0, service: ServiceID = ServiceID(rawValue: 1),
        hold: Bool = false, as patientClass: PatientClass? = nil
    ) throws(Refusal) -> AppointmentID {
        let wish = Wish(session: session, slot: slot, service: service, patientClass: patientClass)
        let request = request(patient, wish, holdUntil: hold ? holdEnd(of: session) : nil)
        let claim = try claim(request)
        do throws(Refusal) {
            let taken = try pools.decideTaking(request)
            apply(.booked(taken))
            patients.settle(claim, as: taken.appointment)
            return taken.appointment
        } catch {
            patients.release(claim)
            throw error
        }
    }

    mutating func hold(
        _ patient: UInt64, _ session: SessionID, slot: Int = 0, service: ServiceID = ServiceID(rawValue: 1)
    ) throws(Refusal) -> AppointmentID {
        try book(patient, session, slot: slot, service: service, hold: true)
    }

    /// All of them, or none.
    mutating func bookTogether(_ patient: UInt64, _ wishes: [Wish]) throws(Refusal) -> [AppointmentID] {
        let requests = wishes.map { request(patient, $0, holdUntil: nil) }
        let claims = try claim(requests)
        var taken = try claimAtPools(requests, claims)
        for index in taken.indices { taken[index].itinerary = taken[0].appointment }
        for taken in taken { pools.release(claim: taken.appointment) }
        apply(.bookedTogether(taken))
        for (claim, taken) in zip(claims, taken) { patients.settle(claim, as: taken.appointment) }
        return taken.map(\.appointment)
    }

    mutating func move(
        _ id: AppointmentID, to session: SessionID, slot: Int, ifVersion: UInt32 = 0
    ) throws(Refusal) -> AppointmentID? {
        let command = Command.move(
            id, to: SlotID(session: session, index: UInt16(slot)), ifVersion: ifVersion, reason: Self.moved)
        guard case .changed(let change) = try decide(command), let record = pools.record(id) else { return nil }
        pools.lock(id)
        defer { pools.unlock(id) }
        let wish = Wish(
            session: session, slot: slot, service: record.service, patientClass: record.patientClass)
        let held = record.state == .held ? record.holdUntil : nil
        var requests = [request(record.patient.rawValue, wish, holdUntil: held)]
        if session == id.session { requests[0].givenUp = id.number }
        let claims = try claim(requests, excluding: id)
        var taken = try claimAtPools(requests, claims)[0]
        taken.movedFrom = id
        pools.release(claim: taken.appointment)
        apply(.moved(from: change, to: taken))
        patients.settle(claims[0], as: taken.appointment)
        patients.change(id, patient: record.patient, to: .moved)
        return taken.appointment
    }

    /// The version it reached; nil where there is no such appointment.
    @discardableResult
    mutating func change(
        _ id: AppointmentID, _ transition: Transition, ifVersion: UInt32 = 0, reason: String = ""
    ) throws(Refusal) -> UInt32? {
        guard case .changed(let change) = try decide(.change(id, transition, ifVersion: ifVersion, reason: reason))
        else { return nil }
        apply(.changed(change))
        patients.change(id, patient: change.patient, to: change.state, pools.conduct(of: id))
        return change.version
    }

    /// Ends the holds that have run out; tells which, in their order.
    @discardableResult
    mutating func expire(limit: Int = .max) -> [AppointmentID] {
        runDue(limit: limit).compactMap { fact in
            if case .changed(let change) = fact { change.appointment } else { nil }
        }
    }

    // MARK: Looking

    func state(of id: AppointmentID) -> AppointmentState? { pools.record(id)?.state }

    func free(_ session: SessionID, slot: Int = 0) -> UInt16? { pools.session(session)?.slots[slot].free }

    var violations: [Violation] {
        Invariants.violations(catalogue: catalogue, pools: [pools], patients: [patients])
    }

    // MARK: Inside

    mutating func apply(_ fact: Fact, by other: Origin? = nil) {
        let event = Event(at: now, by: other ?? origin, fact: fact)
        if case .catalogueChanged(let entity) = fact { catalogue.evolve(entity) }
        let isSound = pools.evolve(event)
        precondition(isSound, "what was decided can be applied: \(fact)")
        journal.append(event)
    }

    func request(_ patient: UInt64, _ wish: Wish, holdUntil: Instant? = nil) -> Asking {
        guard let service = catalogue.services[wish.service.rawValue] else { preconditionFailure("unknown service") }
        var asking = asking(of: wish.session.pool)
        asking.patient = PatientID(rawValue: patient)
        asking.service = wish.service
        asking.patientClass = wish.patientClass
        asking.slot = SlotID(session: wish.session, index: UInt16(wish.slot))
        (asking.span, asking.units) = (service.slots, service.units)
        asking.times = pools.session(wish.session)?.times ?? .none
        asking.holdUntil = holdUntil
        return asking
    }

    /// Who asks, and when: now.
    private func asking(of pool: PoolID) -> Asking {
        let department = catalogue.pools[pool.rawValue]?.department ?? DepartmentID(rawValue: 0)
        return Asking(
            origin: origin, patient: nil, service: nil,
            slot: SlotID(session: SessionID(pool: pool, index: 0), index: 0), span: 1, units: 1, times: .none,
            department: department,
            policy: catalogue.policy(for: department), now: now, wall: catalogue.hospital.zone.wall(at: now))
    }

    /// What the pool makes of a command; nil where there is no such appointment.
    func decide(_ command: Command) throws(Refusal) -> Fact? {
        guard let subject = command.subject else { preconditionFailure("one pool decides on what stands in it") }
        switch pools.decide(command, asking(of: subject.session.pool)) {
        case .fact(let fact): return fact
        case .refused(let refusal): throw refusal
        case .unknown: return nil
        }
    }

    func policy(of session: SessionID) -> Policy {
        guard let pool = catalogue.pools[session.pool.rawValue] else { preconditionFailure("unknown pool") }
        return catalogue.policy(for: pool.department)
    }

    private func holdEnd(of session: SessionID) -> Instant {
        now.advanced(milliseconds: Int64(policy(of: session).holdSeconds) * 1_000)
    }

    /// - Throws: `slotPast` for a session that is not open.
    private mutating func claim(
        _ request: Asking, excluding: AppointmentID? = nil
    ) throws(Refusal) -> PatientBook.Claim {
        guard pools.session(request.slot.session) != nil, let patient = request.patient else {
            throw Refusal(.slotPast)
        }
        return try patients.claim(request, patient: patient, excluding: excluding)
    }

    private mutating func claim(
        _ requests: [Asking], excluding: AppointmentID? = nil
    ) throws(Refusal) -> [PatientBook.Claim] {
        var claims: [PatientBook.Claim] = []
        for request in requests {
            do throws(Refusal) {
                claims.append(try claim(request, excluding: excluding))
            } catch {
                for claim in claims { patients.release(claim) }
                throw error
            }
        }
        return claims
    }

    private mutating func claimAtPools(
        _ requests: [Asking], _ claims: [PatientBook.Claim]
    ) throws(Refusal) -> [Taken] {
        var taken: [Taken] = []
        for request in requests {
            do throws(Refusal) {
                taken.append(try pools.claim(request))
            } catch {
                for taken in taken { pools.release(claim: taken.appointment) }
                for claim in claims { patients.release(claim) }
                throw error
            }
        }
        return taken
    }
}

extension TimeZoneRules {
    static let shanghai = TimeZoneRules(
        name: "Asia/Shanghai", changes: [.init(fromSecond: 0, offsetSeconds: 28_800)])

    /// Berlin around 2025: forward on 30 March at 02:00, back on 26 October at 03:00.
    static let berlin = TimeZoneRules(
        name: "Europe/Berlin",
        changes: [
            .init(fromSecond: 0, offsetSeconds: 3_600), .init(fromSecond: 1_743_296_400, offsetSeconds: 7_200),
            .init(fromSecond: 1_761_440_400, offsetSeconds: 3_600),
        ])
}

/// The rule that refused, or nil where nothing did.
func rule<Value>(_ body: () throws(Refusal) -> Value) -> Rule? {
    do throws(Refusal) {
        _ = try body()
        return nil
    } catch {
        return error.rule
    }
}

/// SplitMix64: the same seed gives the same numbers everywhere.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// True once in `sides` throws.
    mutating func once(in sides: Int) -> Bool { Int.random(in: 0..<sides, using: &self) == 0 }
}
