import Scheduling
import Testing

/// A journal of a busy fortnight: the same facts must give the same state, however often and from wherever they are
/// told.
@Suite struct `Replaying the journal` {
    static let seeds: [UInt64] = [1, 2, 3, 4]

    /// A world after some hundred commands, as it was after each of them.
    static func history(_ seed: UInt64, commands: Int) -> [World] {
        var rounds = CommandRounds(seed: seed)
        return (0..<commands).map { _ in
            rounds.playOne()
            return rounds.world
        }
    }

    @Test(arguments: seeds)
    func `events alone give the state, claims and decisions leave nothing else`(seed: UInt64) throws {
        let worlds = Self.history(seed, commands: 300)
        for world in [worlds[10], worlds[150], worlds[299]] {
            #expect(try World.replay(world.journal) == world.state, "seed \(seed)")
        }
    }

    @Test(arguments: seeds)
    func `any prefix told twice changes nothing`(seed: UInt64) throws {
        let world = try #require(Self.history(seed, commands: 200).last)
        let expected = world.state
        for length in stride(from: 1, through: world.journal.count, by: 13) {
            let events = world.journal.prefix(length) + world.journal
            #expect(try World.replay(events) == expected, "seed \(seed), a prefix of \(length)")
        }
    }

    @Test(arguments: seeds)
    func `a checkpoint at any point and the events from any earlier point give the state`(seed: UInt64) throws {
        let worlds = Self.history(seed, commands: 150)
        let last = try #require(worlds.last)
        var dice = Dice(seed: seed)
        for index in stride(from: 0, to: worlds.count, by: 5) {
            var world = worlds[index]
            var checkpoint = Checkpoint()
            checkpoint.write(&world)
            for from in [world.journal.count, 0, Int.random(in: 0...world.journal.count, using: &dice)] {
                let tail = last.journal[from...]
                #expect(
                    try checkpoint.recovered(with: tail) == last.state,
                    "seed \(seed), checkpoint \(index), from \(from)")
            }
        }
    }

    @Test(arguments: seeds)
    func `checkpoints that write only what changed add up to the whole`(seed: UInt64) throws {
        var rounds = CommandRounds(seed: seed)
        var checkpoint = Checkpoint()
        for command in 1...300 {
            rounds.playOne()
            if command % 25 == 0 {
                checkpoint.write(&rounds.world)
                #expect(rounds.world.pools.dirtySessions.isEmpty)
                #expect(try checkpoint.recovered(with: []) == rounds.world.state, "seed \(seed), command \(command)")
            }
        }
    }

    @Test func `only the pages of a large session that changed are written again`() throws {
        var world = World()
        let session = world.open(capacity: 3_000)
        for patient in 1...2_200 as ClosedRange<UInt64> { _ = try world.book(patient, session) }
        var checkpoint = Checkpoint()
        checkpoint.write(&world)
        #expect(world.pools.session(session)?.dirtyPageIndexes == [])
        try world.change(AppointmentID(session: session, number: 33), .cancel)
        #expect(world.pools.dirtySessions == [session])
        #expect(world.pools.session(session)?.dirtyPageIndexes == [1])
        try world.change(AppointmentID(session: session, number: 2_199), .cancel)
        #expect(
            world.pools.session(session)?.dirtyPageIndexes == [1] + Array(63...68), "one bit stands for all from 63 on")
        checkpoint.write(&world)
        #expect(try checkpoint.recovered(with: []) == world.state)
    }

    @Test func `a checkpoint taken while a booking is under way holds nothing of it, and its fact follows`() throws {
        var world = World()
        let session = world.open(slots: 4, capacity: 2)
        let claimed = try world.pools.claim(world.request(1, .init(session: session, slot: 0)))
        _ = try world.book(2, session)
        var checkpoint = Checkpoint()
        checkpoint.write(&world)
        let fact = Event(at: world.now, by: .system, fact: .booked(claimed))
        let recovered = try checkpoint.recovered(with: [fact])
        #expect(recovered.sessions[session]?.taken == [2, 0, 0, 0])
        #expect(recovered.sessions[session]?.appointments.count == 2)
        #expect(try checkpoint.recovered(with: []).sessions[session]?.taken == [1, 0, 0, 0])
    }

    @Test func `events told twice do not give out a number or time a hold twice`() throws {
        var world = World()
        let session = world.open()
        let id = try world.hold(1, session)
        for event in world.journal { #expect(world.pools.evolve(event) == true) }
        #expect(world.pools.counts.holds == 1 && world.pools.counts.sessions == 1)
        world.now = World.at("2025-06-02", "00:00")
        #expect(world.expire() == [id])
        #expect(world.expire().isEmpty)
        #expect(try world.book(2, session).number == 2)
    }
}
