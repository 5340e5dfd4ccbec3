import Scheduling
import Testing

@Suite struct `Opening sessions` {
    private func opening(
        _ world: World, _ pool: PoolID, at start: String, slots: UInt16 = 4, capacity: UInt16 = 1
    ) throws -> Result<SessionDefinition?, SessionConflict> {
        let times = SessionTimes(
            date: try #require(LocalDate("2025-07-01")), start: World.at("2025-07-01", start), slotMinutes: 10,
            slots: slots, in: world.catalogue.hospital.zone)
        return Result { () throws(SessionConflict) in
            try world.pools.decideOpening(
                SessionOpening(
                    pool: pool, times: times, template: nil,
                    capacities: Array(repeating: capacity, count: Int(slots))))
        }
    }

    @Test func `the same session twice is one session`() throws {
        var world = World()
        let session = world.open()
        #expect(try opening(world, session.pool, at: "08:00").get() == nil)
    }

    @Test(
        arguments: [
            ("07:30", 4, true), ("07:20", 4, false), ("08:00", 5, true), ("08:30", 4, true), ("08:40", 4, false),
            ("07:00", 30, true), ("08:10", 1, true),
        ] as [(String, UInt16, Bool)])
    func `sessions of a pool never overlap, but may touch`(start: String, slots: UInt16, conflicts: Bool) throws {
        var world = World()
        let session = world.open(at: "08:00", slots: 4)
        switch try opening(world, session.pool, at: start, slots: slots) {
        case .success(let definition):
            #expect(!conflicts && definition?.id == SessionID(pool: session.pool, index: 1))
        case .failure(let conflict):
            #expect(conflicts && conflict.reason == .overlaps(session) && conflict.pool == session.pool)
        }
        let elsewhere = world.pool("李医师")
        #expect(try opening(world, elsewhere, at: start, slots: slots).get() != nil)
    }

    @Test func `another capacity at the same time is a conflict, not the same session`() throws {
        var world = World()
        let session = world.open(capacity: 1)
        #expect(throws: SessionConflict.self) { try opening(world, session.pool, at: "08:00", capacity: 2).get() }
    }

    @Test func `sessions are found by their times, in whatever order they were opened`() throws {
        var world = World()
        let days = ["2025-07-05", "2025-07-01", "2025-07-09", "2025-07-03", "2025-07-07"]
        let ids = days.map { world.open(on: $0) }
        #expect(ids.map(\.index) == [0, 1, 2, 3, 4])
        let sessions = try #require(world.pools.sessions(of: ids[0].pool))
        let found = sessions.ending(after: World.at("2025-07-03", "08:00")).map(\.times.date.description)
        #expect(found == ["2025-07-03", "2025-07-05", "2025-07-07", "2025-07-09"])
        #expect(sessions.ending(after: World.at("2025-07-09", "08:40")).map(\.id).isEmpty)
        #expect(sessions.endingBefore(World.at("2025-07-03", "08:40")).map(\.id) == [ids[1]])
        #expect(sessions.endingBefore(World.at("2025-07-03", "08:41")).map(\.id) == [ids[1], ids[3]])
    }
}

@Suite struct `Archiving sessions` {
    @Test func `a session is archived when it is over and all its appointments have ended`() throws {
        var world = World()
        let session = world.open()
        let id = try world.book(1, session)
        world.now = World.at("2025-07-02", "00:00")
        world.archive(before: world.now)
        #expect(world.pools.session(session) != nil, "somebody is still expected")
        try world.change(id, .noShow)
        world.archive(before: World.at("2025-07-01", "08:40"))
        #expect(world.pools.session(session) != nil, "it ends only now")
        world.archive(before: World.at("2025-07-01", "08:41"))
        #expect(world.pools.session(session) == nil && world.pools.isArchived(session))
        #expect(world.pools.counts == PoolBook.Counts())
        #expect(world.patients.appointments(of: PatientID(rawValue: 1)).isEmpty)
        #expect(world.violations.isEmpty)
    }

    @Test func `what is archived is not there any more, and its index is never used again`() throws {
        var world = World()
        let ids = (1...9).map { world.open(on: "2025-07-0\($0)") }
        world.archive(before: World.at("2025-07-06", "00:00"))
        #expect(ids.map { world.pools.isArchived($0) } == (1...9).map { $0 <= 5 })
        #expect(rule { () throws(Refusal) in try world.book(1, ids[0]) } == .slotPast)
        #expect(world.open(on: "2025-08-01").index == 9)
        world.archive(before: World.at("2025-07-10", "00:00"))
        #expect(world.open(on: "2025-07-01").index == 10)
        #expect(world.violations.isEmpty)
    }

    @Test func `hundreds of sessions that come and go leave the ids of the rest as they were`() throws {
        var world = World()
        let first = try #require(LocalDate("2025-07-01"))
        let lasting = world.open(on: "2026-12-31")
        var ids: [SessionID] = []
        for day in 0..<300 as Range<Int32> { ids.append(world.open(on: first.advanced(days: day).description)) }
        let booked = try world.book(1, ids[299])
        world.archive(before: World.at("2026-04-01", "00:00"))
        #expect(world.pools.sessions(of: lasting.pool)?.nextIndex == 301)
        #expect(ids.count { world.pools.isArchived($0) } == 274)
        #expect(world.pools.session(lasting)?.id == lasting)
        #expect(world.state(of: booked) == .booked)
        #expect(try World.replay(world.journal) == world.state)
    }

    @Test func `facts that come after their session was archived change nothing`() throws {
        var world = World()
        let session = world.open()
        let id = try world.hold(1, session)
        try world.change(id, .cancel)
        let late = world.journal.suffix(3)
        world.archive(before: World.at("2025-08-01", "00:00"))
        let before = world.state
        for event in late { #expect(world.pools.evolve(event) == true) }
        #expect(world.state == before)
    }

    @Test func `a session that leaves with somebody still holding a number takes the hold along`() throws {
        var world = World()
        let session = world.open()
        _ = try world.hold(1, session)
        world.pools.archive(session)
        #expect(world.pools.counts == PoolBook.Counts())
        world.now = World.at("2025-06-02", "00:00")
        #expect(world.expire().isEmpty)
    }

    @Test func `a limit on archiving is kept`() {
        var world = World()
        let ids = (1...9).map { world.open(on: "2025-07-0\($0)") }
        let late = World.at("2025-08-01", "00:00")
        #expect(world.pools.archivable(before: late, limit: 4) == Array(ids[0..<4]))
        #expect(world.pools.archivable(before: late, limit: 100) == ids)
    }
}
