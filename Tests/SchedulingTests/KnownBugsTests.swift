import Scheduling
import Testing

/// Bugs that other booking systems had, one test each, as far as the core alone can have them.
@Suite struct `Known bugs of others` {
    @Test func `ten requests for one slot all succeed`() throws {
        var world = World()
        let session = world.open()
        let outcomes = (1...10 as ClosedRange<UInt64>).map { patient in
            rule { () throws(Refusal) in try world.book(patient, session) }
        }
        #expect(outcomes == [nil] + Array(repeating: .slotFull, count: 9))
    }

    @Test func `a number is read, and decremented after others did the same`() throws {
        var world = World()
        let session = world.open()
        // Both were decided while the slot was free; the second may not become a fact.
        let first = try world.pools.decideTaking(world.request(1, .init(session: session, slot: 0)))
        let second = try world.pools.decideTaking(world.request(2, .init(session: session, slot: 0)))
        var late = second
        late.appointment = AppointmentID(session: session, number: 2)
        #expect(world.pools.evolve(first, channel: .app, at: world.now) == true)
        #expect(world.pools.evolve(late, channel: .app, at: world.now) == false)
        #expect(world.free(session) == 0 && world.pools.counts.appointments == 1)
        // A claim counts from the moment it is made.
        _ = try world.pools.claim(world.request(3, .init(session: session, slot: 1)))
        let fourth = world.request(4, .init(session: session, slot: 1))
        #expect(rule { () throws(Refusal) in try world.pools.claim(fourth) } == .slotFull)
    }

    @Test(arguments: [1, 2, 7] as [UInt16])
    func `the last number is never sold`(capacity: UInt16) throws {
        var world = World()
        let session = world.open(slots: 1, capacity: capacity)
        for patient in 1...UInt64(capacity) { _ = try world.book(patient, session) }
        #expect(world.free(session) == 0 && world.pools.session(session)?.free == 0)
    }

    @Test func `a pending booking is invisible to the next search`() throws {
        var world = World()
        let session = world.open()
        _ = try world.hold(1, session)
        _ = try world.pools.claim(world.request(2, .init(session: session, slot: 1)))
        let found = try #require(world.pools.session(session))
        #expect((0..<4).map { found.fits(slot: $0, span: 1, units: 1) } == [false, false, true, true])
        #expect(found.free == 2)
    }

    @Test func `a hold is confirmed without checking again`() throws {
        var world = World()
        let session = world.open()
        let id = try world.hold(1, session)
        world.now = World.at("2025-06-02", "00:00")
        #expect(rule { () throws(Refusal) in try world.change(id, .confirm) } == .holdExpired)
        world.expire()
        _ = try world.book(2, session)
        #expect(rule { () throws(Refusal) in try world.change(id, .confirm) } == .holdExpired)
        #expect(world.free(session) == 0 && world.state(of: id) == .expired)
    }

    @Test func `several holds stand on one slot`() throws {
        var world = World()
        let session = world.open()
        _ = try world.hold(1, session)
        #expect(rule { () throws(Refusal) in try world.hold(2, session) } == .slotFull)
        #expect(rule { () throws(Refusal) in try world.hold(1, session) } == .overlap)
    }

    @Test func `one's own hold blocks oneself`() throws {
        var world = World(perDayDepartment: 1, perDay: 1)
        let session = world.open(slots: 1)
        let id = try world.hold(1, session)
        #expect(try world.change(id, .confirm) == 2, "a full slot is full of oneself")
        let other = world.open("李医师", slots: 1)
        #expect(try world.move(id, to: other, slot: 0) != nil, "nor do one's own limits and times")
    }

    @Test func `a moved booking still blocks its old slot`() throws {
        var world = World()
        let session = world.open()
        let id = try world.book(1, session)
        #expect(try world.move(id, to: session, slot: 3) != nil)
        #expect(try world.book(2, session).number == 3)
        #expect(try world.book(1, world.open("李医师")).number == 1, "nor its patient's old time")
    }

    @Test func `a slot that is listed cannot be booked`() throws {
        var world = World()
        let session = world.open(slots: 6, capacity: 2)
        let exam = world.service(slots: 2, units: 1)
        for (patient, slot) in [(1, 1), (2, 1), (3, 4)] as [(UInt64, Int)] {
            _ = try world.book(patient, session, slot: slot)
        }
        let listed = try #require(world.pools.session(session))
        for slot in 0..<6 {
            let offered = listed.fits(slot: UInt16(slot), span: 2, units: 1)
            var trial = world
            let refused = rule { () throws(Refusal) in try trial.book(9, session, slot: slot, service: exam) }
            #expect(offered == (refused == nil), "slot \(slot)")
        }
    }

    @Test func `a series checks only its first date`() throws {
        var world = World()
        let days = ["2025-07-01", "2025-07-08", "2025-07-15"].map { world.open(on: $0, slots: 1) }
        _ = try world.book(9, days[2])
        let series = days.map { World.Wish(session: $0, slot: 0) }
        #expect(rule { () throws(Refusal) in try world.bookTogether(1, series) } == .slotFull)
        #expect(days.map { world.free($0) } == [1, 1, 0])
    }

    @Test func `seats are split over two bookings`() throws {
        var world = World()
        let session = world.open(slots: 2, capacity: 3)
        let pair = world.service(slots: 2, units: 2)
        _ = try world.book(1, session, slot: 1)
        _ = try world.book(2, session, slot: 1)
        #expect(rule { () throws(Refusal) in try world.book(3, session, service: pair) } == .slotFull)
        #expect((0..<2).map { world.free(session, slot: $0) } == [3, 1], "not two here and one there")
    }

    @Test func `a patient is with two doctors at one time`() throws {
        var world = World()
        let doctors = ["张医师", "李医师"].map { world.open($0) }
        _ = try world.hold(1, doctors[0])
        #expect(rule { () throws(Refusal) in try world.book(1, doctors[1]) } == .overlap)
        let wishes = doctors.map { World.Wish(session: $0, slot: 2) }
        #expect(rule { () throws(Refusal) in try world.bookTogether(1, wishes) } == .overlap)
    }

    @Test func `payment that arrives after expiry oversells`() throws {
        var world = World()
        let session = world.open()
        let late = try world.hold(1, session)
        world.now = World.at("2025-06-01", "00:15")
        #expect(world.expire() == [late])
        let quick = try world.hold(2, session)
        #expect(rule { () throws(Refusal) in try world.change(late, .confirm) } == .holdExpired)
        #expect(try world.change(quick, .confirm) == 2)
        #expect(world.violations.isEmpty)
    }

    @Test func `expiry is counted twice`() throws {
        var world = World()
        let session = world.open(capacity: 2)
        let id = try world.hold(1, session)
        _ = try world.hold(2, session)
        world.now = World.at("2025-06-01", "00:15")
        #expect(world.expire().count == 2)
        #expect(world.expire().isEmpty)
        for event in world.journal.suffix(2) { #expect(world.pools.evolve(event) == true) }
        #expect(rule { () throws(Refusal) in try world.change(id, .cancel) } == .state)
        #expect(world.free(session) == 2 && world.pools.counts.holds == 0)
        #expect(world.violations.isEmpty)
    }

    @Test(arguments: [("2025-03-30", 3_600_000), ("2025-10-26", 3 * 3_600_000)] as [(String, Int64)])
    func `a clock change shifts or doubles slots`(day: String, toThree: Int64) throws {
        var world = World(zone: .berlin)
        let session = world.open(on: day, at: "01:00", slots: 8, minutes: 30)
        let times = try #require(world.pools.session(session)).times
        let starts = (0..<8 as Range<UInt16>).map { times.start(ofSlot: $0).rawValue }
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 == 1_800_000 })
        // 03:00 on the wall is one hour after 01:00 in spring, three in autumn; the slots know.
        let three = World.at(day, "03:00", in: .berlin)
        #expect(three.rawValue - starts[0] == toThree)
        #expect(starts.contains(three.rawValue))
    }

    @Test func `a session across midnight falls apart`() throws {
        var world = World(perDay: 1)
        let night = world.open(on: "2025-07-01", at: "22:00", slots: 8, minutes: 30)
        let late = try world.book(1, night, slot: 6)
        #expect(world.pools.appointment(late)?.start == World.at("2025-07-02", "01:00"))
        let sameEvening = world.open("李医师", on: "2025-07-01", at: "18:00")
        let nextMorning = world.open("李医师", on: "2025-07-02", at: "08:00")
        #expect(rule { () throws(Refusal) in try world.book(1, sameEvening) } == nil, "it is on the second day")
        #expect(rule { () throws(Refusal) in try world.book(1, nextMorning) } == .perDay)
        world.now = World.at("2025-07-02", "00:59")
        #expect(try world.change(late, .arrive) == 2)
    }

    @Test func `numbers are given twice after a restart`() throws {
        var world = World()
        let session = world.open(capacity: 9)
        for patient in 1...5 as ClosedRange<UInt64> { try world.change(try world.book(patient, session), .cancel) }
        var checkpoint = Checkpoint()
        checkpoint.write(&world)
        let sixth = try world.book(6, session)
        try world.change(sixth, .cancel)
        var restarted = PoolBook()
        for event in world.journal { restarted.evolve(event) }
        let request = world.request(7, .init(session: session, slot: 0))
        #expect(try restarted.decideTaking(request).appointment.number == 7)
        let recovered = try checkpoint.recovered(with: world.journal.suffix(2))
        #expect(recovered.sessions[session]?.appointments.keys.max() == 6)
    }
}
