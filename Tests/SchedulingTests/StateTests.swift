import Scheduling
import Testing

@Suite struct `The states of an appointment` {
    /// What the domain allows, written down a second time and in the other direction: from each state, where to.
    static let table: [AppointmentState: [Transition: AppointmentState]] = [
        .held: [.confirm: .booked, .cancel: .cancelled, .stop: .stopped],
        .booked: [.cancel: .cancelled, .arrive: .arrived, .noShow: .noShow, .stop: .stopped],
        .arrived: [.cancel: .cancelled, .call: .called, .start: .started, .stop: .stopped],
        .called: [.start: .started, .noShow: .noShow, .stop: .stopped],
        .started: [.complete: .completed],
        .completed: [:], .cancelled: [:], .expired: [:], .noShow: [:], .moved: [:], .stopped: [:],
    ]

    /// The way to each state, and whether its units are given back on arrival there.
    private static func world(with state: AppointmentState) throws -> (World, AppointmentID) {
        var world = World()
        let session = world.open(slots: 2)
        let needsHold = [.held, .expired].contains(state)
        let id = needsHold ? try world.hold(1, session) : try world.book(1, session)
        world.now = World.at("2025-07-01", "08:30")
        let way: [Transition] =
            switch state {
            case .held, .booked, .expired, .moved: []
            case .arrived: [.arrive]
            case .called: [.arrive, .call]
            case .started: [.arrive, .start]
            case .completed: [.arrive, .call, .start, .complete]
            case .cancelled: [.cancel]
            case .noShow: [.noShow]
            case .stopped: [.stop]
            }
        if state == .held { world.now = World.at("2025-06-01", "00:01") }
        if state == .expired { #expect(world.expire() == [id]) }
        if state == .moved { #expect(try world.move(id, to: session, slot: 1) != nil) }
        for transition in way { try world.change(id, transition) }
        #expect(world.state(of: id) == state)
        return (world, id)
    }

    @Test(arguments: AppointmentState.allCases, Transition.allCases)
    func `a transition goes where the table says, or is refused`(state: AppointmentState, transition: Transition) throws
    {
        var (world, id) = try Self.world(with: state)
        let version = try #require(world.pools.record(id)).version
        if let target = Self.table[state]?[transition] {
            #expect(try world.change(id, transition) == version + 1)
            #expect(world.state(of: id) == target)
            #expect(world.pools.record(id)?.changed == world.now)
        } else {
            let expected: Rule = state == .expired && transition == .confirm ? .holdExpired : .state
            #expect(rule { () throws(Refusal) in try world.change(id, transition) } == expected)
            #expect(world.state(of: id) == state)
            #expect(world.pools.record(id)?.version == version)
        }
        #expect(world.violations.isEmpty)
    }

    @Test(arguments: AppointmentState.allCases)
    func `an end state gives its units back or keeps them, and counts for its patient alike`(state: AppointmentState)
        throws
    {
        let (world, id) = try Self.world(with: state)
        let isFree = [.cancelled, .expired, .moved, .stopped].contains(state)
        #expect(state.occupiesSlot == !isFree)
        #expect(world.free(id.session, slot: 0) == (isFree ? 1 : 0))
        var later = world
        let other = later.open("李医师")
        #expect(rule { () throws(Refusal) in try later.book(1, other) } == (isFree ? nil : .overlap))
    }

    @Test(arguments: AppointmentState.allCases)
    func `only a held or booked appointment can be moved`(state: AppointmentState) throws {
        var (world, id) = try Self.world(with: state)
        let other = world.open("李医师", on: "2025-07-02")
        let allowed = state == .held || state == .booked
        #expect(rule { () throws(Refusal) in try world.move(id, to: other, slot: 3) } == (allowed ? nil : .state))
        #expect(world.free(other, slot: 3) == (allowed ? 0 : 1))
        #expect(world.violations.isEmpty)
    }

    // MARK: Guards

    @Test func `nobody arrives before the day of the visit`() throws {
        var world = World()
        let session = world.open(on: "2025-07-01", at: "23:00", slots: 12)
        let id = try world.book(1, session, slot: 11)
        // 00:50 of the second day.
        world.now = World.at("2025-07-01", "23:59")
        #expect(rule { () throws(Refusal) in try world.change(id, .arrive) } == .tooEarly)
        world.now = World.at("2025-07-02", "00:00")
        #expect(rule { () throws(Refusal) in try world.change(id, .arrive) } == nil)
    }

    @Test func `nobody has failed to come before the visit begins`() throws {
        var world = World()
        let session = world.open(slots: 4)
        let id = try world.book(1, session, slot: 2)
        world.now = World.at("2025-07-01", "08:20").advanced(milliseconds: -1)
        #expect(rule { () throws(Refusal) in try world.change(id, .noShow) } == .tooEarly)
        world.now = World.at("2025-07-01", "08:20")
        #expect(rule { () throws(Refusal) in try world.change(id, .noShow) } == nil)
    }

    @Test(arguments: [(-1, nil), (0, .holdExpired), (1, .holdExpired)] as [(Int64, Rule?)])
    func `a hold is confirmed until its last millisecond`(late: Int64, expected: Rule?) throws {
        var world = World(holdSeconds: 600)
        let session = world.open()
        let id = try world.hold(1, session)
        world.now = world.now.advanced(milliseconds: 600_000 + late)
        #expect(rule { () throws(Refusal) in try world.change(id, .confirm) } == expected)
        #expect(world.state(of: id) == (expected == nil ? .booked : .held))
    }

    @Test func `a hold that has run out is not moved either`() throws {
        var world = World(holdSeconds: 600)
        let session = world.open()
        let id = try world.hold(1, session)
        world.now = world.now.advanced(milliseconds: 600_000)
        #expect(rule { () throws(Refusal) in try world.move(id, to: session, slot: 1) } == .holdExpired)
    }

    @Test func `a change that names another version is told the one that is there`() throws {
        var world = World()
        let session = world.open()
        let id = try world.hold(1, session)
        #expect(try world.change(id, .confirm, ifVersion: 1) == 2)
        for stale in [1, 3] as [UInt32] {
            do throws(Refusal) {
                try world.change(id, .cancel, ifVersion: stale)
                Issue.record("version \(stale) was taken for 2")
            } catch {
                #expect(error == Refusal(.version, limit: 2))
            }
            #expect(
                rule { () throws(Refusal) in try world.move(id, to: session, slot: 1, ifVersion: stale) } == .version)
        }
        #expect(try world.change(id, .cancel, ifVersion: 2) == 3)
    }

    @Test func `an appointment that does not exist is no refusal`() throws {
        var world = World()
        let session = world.open()
        let id = try world.book(1, session)
        let elsewhere = SessionID(pool: session.pool, index: 9)
        for unknown in [
            AppointmentID(session: session, number: 2), AppointmentID(session: elsewhere, number: 1),
            AppointmentID(session: SessionID(pool: PoolID(rawValue: 99), index: 0), number: 1),
            AppointmentID(rawValue: id.rawValue & ~0xF_FFFF),
        ] {
            #expect(try world.change(unknown, .cancel) == nil)
            #expect(try world.move(unknown, to: session, slot: 1) == nil)
            #expect(world.pools.appointment(unknown) == nil)
        }
    }

    @Test func `the record keeps who, what, when and where from`() throws {
        var world = World()
        let morning = world.open()
        let exam = world.service(slots: 2, units: 1)
        let first = try world.hold(7, morning, slot: 1, service: exam)
        let made = world.now
        world.now = world.now.advanced(milliseconds: 1_000)
        let second = try #require(try world.move(first, to: world.open(on: "2025-07-02"), slot: 2))
        let record = try #require(world.pools.record(second))
        #expect(record.patient == PatientID(rawValue: 7) && record.service == exam)
        #expect((record.slot, record.span, record.units) == (2, 2, 1))
        #expect(record.made == world.now && record.changed == world.now && record.version == 1)
        #expect(record.movedFrom == first && record.itinerary == nil && record.channel == .window)
        #expect(record.state == .held && record.holdUntil == made.advanced(milliseconds: 900_000))
        let appointment = try #require(world.pools.appointment(second))
        #expect(appointment.start == World.at("2025-07-02", "08:20"))
        #expect(appointment.end == World.at("2025-07-02", "08:40"))
    }
}
