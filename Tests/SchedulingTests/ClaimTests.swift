import Scheduling
import Testing

@Suite struct `Claims of a booking that spans pools` {
    @Test func `a claim counts at once, and its release gives everything back but the number`() throws {
        var world = World()
        let session = world.open(slots: 2, capacity: 1)
        let wish = World.Wish(session: session, slot: 0)
        let claimed = try world.pools.claim(world.request(1, wish))
        #expect(world.free(session) == 0)
        #expect(rule { () throws(Refusal) in try world.book(2, session) } == .slotFull)
        #expect(world.pools.record(claimed.appointment) == nil, "a claim is no appointment")
        #expect(world.violations.isEmpty)
        world.pools.release(claim: claimed.appointment)
        #expect(world.free(session) == 1)
        #expect(try world.book(2, session).number == claimed.appointment.number + 1)
        world.pools.release(claim: claimed.appointment)
        #expect(world.free(session) == 0, "a claim is released once")
    }

    @Test func `a claim becomes its fact, though others took numbers meanwhile`() throws {
        var world = World()
        let session = world.open(capacity: 2)
        let claimed = try world.pools.claim(world.request(1, .init(session: session, slot: 0)))
        let other = try world.book(2, session)
        #expect(other.number == 2)
        world.pools.release(claim: claimed.appointment)
        #expect(world.pools.evolve(claimed, channel: .app, at: world.now) == true)
        #expect(world.pools.record(claimed.appointment)?.patient == PatientID(rawValue: 1))
        #expect(world.free(session) == 0)
    }

    @Test func `a joint booking takes all its slots or none`() throws {
        var world = World()
        let clinic = world.open("张医师", at: "08:00")
        let scan = world.open("CT-1", in: "放射科", at: "10:00", slots: 1)
        let wishes = [World.Wish(session: clinic, slot: 0), World.Wish(session: scan, slot: 0)]
        let ids = try world.bookTogether(1, wishes)
        #expect(ids.map { world.pools.record($0)?.itinerary } == [ids[0], ids[0]])
        let before = world.state
        let second = [World.Wish(session: clinic, slot: 1), World.Wish(session: scan, slot: 0)]
        #expect(rule { () throws(Refusal) in try world.bookTogether(2, second) } == .slotFull)
        #expect(world.state == before)
        #expect(world.violations.isEmpty)
    }

    @Test func `the parts of a joint booking may not overlap each other`() throws {
        var world = World()
        let clinic = world.open("张医师", at: "08:00")
        let scan = world.open("CT-1", in: "放射科", at: "08:05", slots: 1)
        let wishes = [World.Wish(session: clinic, slot: 0), World.Wish(session: scan, slot: 0)]
        #expect(rule { () throws(Refusal) in try world.bookTogether(1, wishes) } == .overlap)
        #expect(world.patients.appointments(of: PatientID(rawValue: 1)).isEmpty)
        #expect(try world.book(1, clinic).number == 1, "nothing was claimed for good")
    }

    @Test func `a session with a claim is not archived`() throws {
        var world = World()
        let session = world.open()
        let claimed = try world.pools.claim(world.request(1, .init(session: session, slot: 0)))
        let late = World.at("2025-08-01", "00:00")
        #expect(world.pools.archivable(before: late, limit: 10).isEmpty)
        world.pools.release(claim: claimed.appointment)
        #expect(world.pools.archivable(before: late, limit: 10) == [session])
    }
}

@Suite struct `Moving as one step` {
    @Test func `a move frees the old place, takes the new one and says so on both`() throws {
        var world = World()
        let monday = world.open(on: "2025-07-07")
        let tuesday = world.open(on: "2025-07-08")
        let old = try world.book(1, monday)
        let new = try #require(try world.move(old, to: tuesday, slot: 3))
        #expect(world.state(of: old) == .moved && world.state(of: new) == .booked)
        #expect(world.pools.record(new)?.movedFrom == old)
        #expect(world.free(monday) == 1 && world.free(tuesday, slot: 3) == 0)
        #expect(world.violations.isEmpty)
    }

    @Test func `a move that is refused leaves everything as it was`() throws {
        var world = World()
        let monday = world.open(on: "2025-07-07")
        let tuesday = world.open(on: "2025-07-08")
        let old = try world.book(1, monday)
        _ = try world.book(2, tuesday)
        let before = world.state
        #expect(rule { () throws(Refusal) in try world.move(old, to: tuesday, slot: 0) } == .slotFull)
        #expect(world.state == before)
        #expect(try world.change(old, .cancel) == 2, "its lock is gone")
    }

    @Test func `nobody else changes an appointment while it is being moved`() throws {
        var world = World()
        let session = world.open()
        let id = try world.hold(1, session)
        world.pools.lock(id)
        for transition in Transition.allCases {
            #expect(rule { () throws(Refusal) in try world.change(id, transition) } == .inProgress)
        }
        #expect(rule { () throws(Refusal) in try world.move(id, to: session, slot: 1) } == .inProgress)
        world.pools.unlock(id)
        #expect(try world.change(id, .confirm) == 2)
    }

    @Test func `a hold that runs out while it is being moved expires when the move came to nothing`() throws {
        var world = World()
        let session = world.open()
        let id = try world.hold(1, session)
        let other = try world.hold(2, session, slot: 1)
        world.now = World.at("2025-06-01", "12:00")
        world.pools.lock(id)
        #expect(world.expire() == [other])
        #expect(world.expire().isEmpty && world.state(of: id) == .held)
        world.pools.unlock(id)
        #expect(world.expire() == [id])
        #expect(world.violations.isEmpty)
    }

    @Test func `a moved hold keeps its end`() throws {
        var world = World(holdSeconds: 600)
        let session = world.open()
        let id = try world.hold(1, session)
        world.now = world.now.advanced(milliseconds: 599_000)
        let new = try #require(try world.move(id, to: session, slot: 1))
        #expect(world.state(of: new) == .held)
        world.now = world.now.advanced(milliseconds: 1_000)
        #expect(world.expire() == [new])
    }
}

@Suite struct `Holds that run out` {
    @Test func `holds expire in the order of their ends, and only those that have run out`() throws {
        var world = World(holdSeconds: 600)
        let session = world.open(slots: 5)
        var ids: [AppointmentID] = []
        for slot in 0..<5 {
            ids.append(try world.hold(UInt64(slot + 1), session, slot: slot))
            world.now = world.now.advanced(milliseconds: 60_000)
        }
        world.now = World.at("2025-06-01", "00:10").advanced(milliseconds: -1)
        #expect(world.expire().isEmpty)
        world.now = World.at("2025-06-01", "00:12")
        #expect(world.expire() == Array(ids[0..<3]))
        world.now = World.at("2025-06-01", "01:00")
        #expect(world.expire(limit: 1) == [ids[3]])
        #expect(world.expire(limit: 1) == [ids[4]])
        #expect(world.expire().isEmpty)
        #expect(world.pools.counts.holds == 0 && world.pools.session(session)?.live == 0)
        #expect(world.violations.isEmpty)
    }

    @Test func `holds that end together expire by their ids`() throws {
        var world = World()
        let session = world.open(slots: 4)
        let ids = try [2, 0, 3, 1].map { try world.hold(UInt64($0 + 1), session, slot: $0) }
        world.now = World.at("2025-06-02", "00:00")
        #expect(world.expire() == ids)
    }

    @Test(arguments: [Transition.confirm, .cancel, .stop])
    func `a hold that has ended otherwise does not expire`(transition: Transition) throws {
        var world = World()
        let session = world.open()
        let id = try world.hold(1, session)
        try world.change(id, transition)
        world.now = World.at("2025-06-02", "00:00")
        #expect(world.expire().isEmpty)
        #expect(world.state(of: id) == transition.target)
    }
}
