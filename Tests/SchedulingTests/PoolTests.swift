import Scheduling
import Testing

@Suite struct `Taking units of a slot` {
    @Test func `a slot of several units is sold unit by unit, the last one too`() throws {
        var world = World()
        let session = world.open(capacity: 3)
        for patient in 1...3 as ClosedRange<UInt64> { #expect(try world.book(patient, session).number == patient) }
        #expect(rule { () throws(Refusal) in try world.book(4, session) } == .slotFull)
        #expect(world.free(session, slot: 0) == 0 && world.pools.session(session)?.free == 9)
        #expect(world.violations.isEmpty)
    }

    @Test func `a refusal for a full slot names its capacity and who may set the rule aside`() throws {
        var world = World()
        let session = world.open(capacity: 2)
        for patient in 1...2 as ClosedRange<UInt64> { _ = try world.book(patient, session) }
        #expect(throws: Refusal(.slotFull, authority: .department, limit: 2)) { try world.book(3, session) }
    }

    @Test func `an exam takes its units in each of its neighbouring slots, and gives all of them back`() throws {
        var world = World()
        let session = world.open(slots: 4, capacity: 5)
        let exam = world.service(slots: 3, units: 2)
        let id = try world.book(1, session, slot: 1, service: exam)
        #expect((0..<4).map { world.free(session, slot: $0) } == [5, 3, 3, 3])
        #expect(try world.book(2, session, slot: 0, service: exam).number == 2)
        #expect(rule { () throws(Refusal) in try world.book(3, session, slot: 0, service: exam) } == .slotFull)
        #expect((0..<4).map { world.free(session, slot: $0) } == [3, 1, 1, 3], "a refusal takes nothing")
        try world.change(id, .cancel)
        #expect((0..<4).map { world.free(session, slot: $0) } == [3, 3, 3, 5])
        #expect(world.violations.isEmpty)
    }

    @Test(arguments: [(1, nil), (2, .serviceNotOffered), (3, .serviceNotOffered)] as [(Int, Rule?)])
    func `an exam that would last past the session's end is not offered there`(slot: Int, expected: Rule?) throws {
        var world = World()
        let session = world.open(slots: 4)
        let exam = world.service(slots: 3)
        let request = world.request(1, .init(session: session, slot: slot, service: exam))
        #expect(rule { () throws(Refusal) in try world.pools.decideTaking(request) } == expected)
        #expect(rule { () throws(Refusal) in try world.pools.claim(request) } == expected)
    }

    @Test(arguments: [4, 511, 65_535, 65_536, 1_048_575] as [UInt64])
    func `a slot that no session has is refused, whatever its index`(index: UInt64) throws {
        var world = World()
        let session = world.open(slots: 4)
        var request = world.request(1, .init(session: session, slot: 0))
        request.slot = SlotID(rawValue: session.rawValue << 20 | index)
        #expect(rule { () throws(Refusal) in try world.pools.decideTaking(request) } == .serviceNotOffered)
    }

    @Test func `a session that is not open has no slots`() throws {
        var world = World()
        let session = world.open()
        var request = world.request(1, .init(session: session, slot: 0))
        request.slot = SlotID(session: SessionID(pool: session.pool, index: 1), index: 0)
        #expect(rule { () throws(Refusal) in try world.pools.decideTaking(request) } == .slotPast)
        request.slot = SlotID(session: SessionID(pool: PoolID(rawValue: 500), index: 0), index: 0)
        #expect(rule { () throws(Refusal) in try world.pools.decideTaking(request) } == .slotPast)
    }

    @Test func `more units than a slot can ever have are refused as full`() throws {
        var world = World()
        let session = world.open(capacity: 2)
        let exam = world.service(units: 3)
        #expect(rule { () throws(Refusal) in try world.book(1, session, service: exam) } == .slotFull)
    }

    @Test func `deciding changes nothing`() throws {
        var world = World()
        let session = world.open()
        let held = try world.hold(1, session)
        let before = world.pools
        _ = try world.pools.decideTaking(world.request(2, .init(session: session, slot: 1)))
        _ = try world.decide(.change(held, .cancel, ifVersion: 0, reason: ""))
        _ = try world.decide(.move(held, to: SlotID(session: session, index: 2), ifVersion: 0, reason: ""))
        #expect(world.pools.session(session) == before.session(session))
        #expect(world.pools.counts == before.counts)
    }

    @Test func `the books count sessions, slots, appointments and holds`() throws {
        var world = World()
        let session = world.open(slots: 4)
        let id = try world.hold(1, session)
        _ = try world.book(2, session, slot: 1)
        #expect(world.pools.counts.sessions == 1 && world.pools.counts.slots == 4)
        #expect(world.pools.counts.appointments == 2 && world.pools.counts.holds == 1)
        try world.change(id, .confirm)
        #expect(world.pools.counts.appointments == 2 && world.pools.counts.holds == 0)
        let sum = world.pools.counts + world.pools.counts
        #expect(sum.sessions == 2 && sum.slots == 8 && sum.appointments == 4 && sum.holds == 0)
    }
}

@Suite struct `Numbers` {
    @Test func `a number that was given out is never given again`() throws {
        var world = World()
        let session = world.open()
        var seen: Set<UInt32> = []
        for round in 1...40 as ClosedRange<UInt64> {
            let id = try round.isMultiple(of: 2) ? world.hold(1, session) : world.book(1, session)
            #expect(seen.insert(id.number).inserted)
            try world.change(id, .cancel)
        }
        #expect(seen == Set(1...40))
    }

    @Test func `a session gives out as many numbers as an id can say, and no more`() throws {
        var world = World()
        let session = world.open(capacity: 2)
        let last = AppointmentID(session: session, number: Limits.numbersPerSession - 1)
        let taken = Taken(
            appointment: last, patient: PatientID(rawValue: 1), slot: 0, span: 1, units: 1,
            service: ServiceID(rawValue: 1), state: .booked, holdUntil: nil)
        #expect(world.pools.evolve(taken, channel: .app, at: world.now) == true)
        let request = world.request(2, .init(session: session, slot: 1))
        #expect(try world.pools.decideTaking(request).appointment.number == Limits.numbersPerSession)
        let claimed = try world.pools.claim(request)
        #expect(rule { () throws(Refusal) in try world.pools.decideTaking(request) } == .numbersExhausted)
        world.pools.release(claim: claimed.appointment)
        #expect(rule { () throws(Refusal) in try world.pools.claim(request) } == .numbersExhausted)
    }

    @Test func `a number belongs to one appointment: a second one under it is refused, the same one told twice is not`()
        throws
    {
        var world = World()
        let session = world.open(capacity: 9)
        let id = try world.book(1, session)
        let event = try #require(world.journal.last)
        guard case .booked(let taken) = event.fact else { throw CancellationError() }
        #expect(world.pools.evolve(event) == true)
        let others: [(inout Taken) -> Void] = [
            { $0.patient = PatientID(rawValue: 2) }, { $0.slot = 1 }, { $0.span = 2 }, { $0.units = 2 },
            { $0.service = ServiceID(rawValue: 2) }, { $0.movedFrom = id },
        ]
        for change in others {
            var other = taken
            change(&other)
            #expect(world.pools.evolve(other, channel: event.by.channel, at: event.at) == false, "\(other)")
        }
        let later = event.at.advanced(milliseconds: 1)
        #expect(world.pools.evolve(taken, channel: event.by.channel, at: later) == false)
        #expect(world.violations.isEmpty)
    }

    @Test func `a book with some of the pools takes its part of a fact about several`() throws {
        var world = World()
        let first = world.open("张医师")
        let second = world.open("王医师", at: "09:00")
        let third = world.open("王医师", at: "10:00")
        var left = PoolBook()
        var right = PoolBook()
        for event in world.journal {
            if case .sessionOpened(let definition) = event.fact, definition.id == first { left.evolve(event) }
            if case .sessionOpened(let definition) = event.fact, definition.id != first { right.evolve(event) }
        }
        let begun = world.journal.count
        let both = try world.bookTogether(1, [.init(session: first, slot: 0), .init(session: second, slot: 0)])
        let moved = try #require(try world.move(both[0], to: third, slot: 1))
        for event in world.journal[begun...] {
            #expect(left.evolve(event) == true, "\(event.fact)")
            #expect(right.evolve(event) == true, "\(event.fact)")
        }
        #expect(left.record(both[0])?.state == .moved)
        #expect(right.record(both[1])?.state == .booked && right.record(moved)?.state == .booked)
        #expect(left.counts.appointments == 1 && right.counts.appointments == 2)
    }
}
