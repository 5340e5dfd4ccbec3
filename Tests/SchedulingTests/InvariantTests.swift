import Testing

@testable import Scheduling

/// A check that has never found anything proves nothing: each promise is broken here, and the breach must be named.
@Suite struct `Broken promises are found` {
    private let session: SessionID
    private let id: AppointmentID
    private var world: World

    init() throws {
        world = World()
        session = world.open(slots: 4, capacity: 2)
        id = try world.book(1, session)
        #expect(world.violations.isEmpty)
    }

    private func violations(pools: PoolBook? = nil, patients: [PatientBook]? = nil) -> [String] {
        let found = [1, 3].map { parts in
            Invariants.violations(
                catalogue: world.catalogue, pools: [pools ?? world.pools], patients: patients ?? [world.patients],
                parts: parts
            ).map(\.description)
        }
        #expect(found[0] == found[1], "whatever the parts")
        return found[0]
    }

    private func slots(_ damage: (inout Session) -> Void) throws -> [String] {
        var session = try #require(world.pools.session(session))
        damage(&session)
        return Invariants.slots(of: session).map(\.description)
    }

    // MARK: Slots

    @Test func `a slot above its capacity`() throws {
        let found = try slots { session in
            var slot = Slot(capacity: 0)
            slot.taken = 1
            session.slots[0] = slot
        }
        #expect(found.first == "session 1/0: slot 0 has 1 units taken of 0")
    }

    @Test func `a slot that says other than its appointments`() throws {
        #expect(
            try slots { $0.slots[3].taken = 1 }.first
                == "session 1/0: slot 3 says 1 units taken, its appointments 0")
        #expect(
            try slots { $0.slots[0].taken = 0 }.first
                == "session 1/0: slot 0 says 0 units taken, its appointments 1")
    }

    @Test func `a session that counts its free units wrongly`() throws {
        #expect(try slots { $0.free -= 1 } == ["session 1/0: says 6 units free, its slots 7"])
    }

    @Test func `an appointment outside its session`() throws {
        #expect(try slots { $0.slots.removeAll() }.first == "session 1/0: number 1 lies outside the session's slots")
    }

    // MARK: Appointments

    @Test func `a session that counts its live appointments wrongly`() throws {
        var session = try #require(world.pools.session(session))
        session.live = 0
        let found = Invariants.appointments(of: session, timed: [])
        #expect(found.map(\.description) == ["session 1/0: says 0 live appointments, has 1"])
    }

    @Test func `a hold without a timer`() {
        var pools = world.pools
        let taken = Taken(
            appointment: AppointmentID(session: session, number: 2), patient: PatientID(rawValue: 1), slot: 2, span: 1,
            units: 1, service: ServiceID(rawValue: 1), state: .held, holdUntil: nil)
        #expect(pools.evolve(taken, channel: .app, at: world.now) == true)
        #expect(violations(pools: pools).first == "appointment 1/0/2: held without a timer")
    }

    @Test func `a hold whose timer was taken and whose expiry never became a fact`() throws {
        var world = world
        let hold = try world.hold(2, session)
        world.now = World.at("2025-06-02", "00:00")
        #expect(world.pools.decideDue(now: world.now, limit: 1).count == 1)
        #expect(world.violations.map(\.description) == ["\(hold): held without a timer"])
    }

    // MARK: Patients

    private func commitment(at minute: UInt32 = 0, in department: UInt32 = 1) throws -> PatientBook.Commitment {
        let times = try #require(world.pools.session(session)).times
        var commitment = PatientBook.Commitment(times, slot: 0, span: 1, department: DepartmentID(rawValue: department))
        commitment.startMinute += minute
        return commitment
    }

    private func listed(_ body: (inout PatientBook) throws -> Void) rethrows -> [String] {
        var book = PatientBook()
        try body(&book)
        return violations(patients: [book])
    }

    @Test func `an appointment that no pool knows`() throws {
        let unknown = AppointmentID(session: session, number: 9)
        let found = try listed {
            $0.put(unknown, patient: PatientID(rawValue: 1), try commitment(), state: .booked)
        }
        #expect(found == ["patient 1: has appointment 1/0/9, which no pool knows"])
    }

    @Test func `an appointment of somebody else`() throws {
        let found = try listed { $0.put(id, patient: PatientID(rawValue: 2), try commitment(), state: .booked) }
        #expect(found == ["\(id): listed for patient 2, made for another"])
    }

    @Test func `an appointment that counts or does not, against its state`() throws {
        let found = try listed { $0.put(id, patient: PatientID(rawValue: 1), try commitment(), state: .cancelled) }
        #expect(found == ["\(id): does not count for its patient although it is booked"])
        var pools = world.pools
        pools.evolve(
            Change(appointment: id, patient: PatientID(rawValue: 1), state: .cancelled, version: 2, reason: ""),
            at: world.now)
        #expect(violations(pools: pools) == ["\(id): counts for its patient although it is cancelled"])
    }

    @Test(arguments: [(10, 1), (0, 2)] as [(UInt32, UInt32)])
    func `an appointment at another time or in another department`(minute: UInt32, department: UInt32) throws {
        let found = try listed {
            $0.put(id, patient: PatientID(rawValue: 1), try commitment(at: minute, in: department), state: .booked)
        }
        #expect(found == ["\(id): its patient has it at another time or in another department"])
    }

    @Test func `an appointment in a pool that the catalogue does not know`() {
        let found = Invariants.violations(catalogue: Catalogue(), pools: [world.pools], patients: [world.patients])
        #expect(found.map(\.description) == ["\(id): belongs to a pool that the catalogue does not know"])
    }

    @Test func `a patient in two places at once`() throws {
        var pools = world.pools
        var patients = world.patients
        let second = AppointmentID(session: session, number: 2)
        let taken = Taken(
            appointment: second, patient: PatientID(rawValue: 1), slot: 0, span: 1, units: 1,
            service: ServiceID(rawValue: 1), state: .booked, holdUntil: nil)
        pools.evolve(taken, channel: .app, at: world.now)
        patients.put(second, patient: PatientID(rawValue: 1), try commitment(), state: .booked)
        #expect(
            violations(pools: pools, patients: [patients])
                == ["patient 1: is in two places at once, \(id) and \(second)"])
    }

    @Test func `an appointment that its patient does not know of`() {
        #expect(violations(patients: [PatientBook()]) == ["the pools have 1 appointments, the patients 0"])
    }

    @Test func `a patient in the book of another shard`() {
        let found = violations(patients: [world.patients, PatientBook(shard: 1, of: 2)])
        #expect(found == ["patient 1: is in a book where nobody looks for it"])
    }

    @Test func `no more are told than were asked for`() throws {
        let found = Invariants.violations(
            catalogue: world.catalogue, pools: [PoolBook()], patients: [world.patients], limit: 1)
        #expect(found.count == 1)
    }
}
