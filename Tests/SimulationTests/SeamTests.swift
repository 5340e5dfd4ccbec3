import Journal
import MemoryJournal
import NIOConcurrencyHelpers
import Scheduling
import Simulation
import TestHospitals
import Testing

@testable import Engine

/// The seams: one thread, one seed, a disk in memory and a clock that stands still run the whole engine, shards and
/// all.
@Suite struct SeamTests {
    /// Monday, 2026-03-02, 08:00 in Shanghai.
    private static let morning = Instant(rawValue: 1_772_409_600_000)
    private static let today = LocalDate(rawValue: 20_514)
    private static let doctor = Origin(channel: .app, operatorName: "nurse-7")

    /// One life of an engine under a seed: callers whose bookings, moves and cancellations cross, commits whenever the
    /// seed says so, and checkpoints between.
    private static func run(seed: UInt64) throws -> Engine {
        let disk = MemoryDisk()
        var configuration = EngineConfiguration(journal: JournalOptions(storage: disk.attach()), cores: 8)
        let scheduler = SeededScheduler(seed: seed)
        configuration.clock = SimulatedClock(now: Self.morning)
        configuration.executor = scheduler
        configuration.seed = 1
        let engine = try Engine.start(configuration)
        let open = NIOLockedValueBox(1)
        Task(executorPreference: scheduler) {
            try await furnish(engine)
            open.withLockedValue { $0 += 12 }
            for caller in 0..<12 {
                Task(executorPreference: scheduler) {
                    await call(engine, caller: UInt64(caller))
                    open.withLockedValue { $0 -= 1 }
                }
            }
            await engine.checkpoint()
            open.withLockedValue { $0 -= 1 }
        }
        while open.withLockedValue({ $0 }) > 0 {
            let commits = scheduler.choose(4) == 0
            if commits || !scheduler.turn() { _ = try engine.journal.step() }
        }
        _ = try engine.journal.step()
        return engine
    }

    /// The journal that such a life wrote.
    private static func life(seed: UInt64) throws -> [Event] {
        try run(seed: seed).journal.read(from: .first, maxRecords: 100_000, maxBytes: 1 << 24).map { try $0.event() }
    }

    private static func furnish(_ engine: Engine) async throws {
        let draft = CatalogueDraft(["d0": ["p0"], "d1": ["p1"], "d2": ["p2"], "d3": ["p3"]])
        _ = try await engine.putCatalogue(draft, hospital: (name: "医院", zone: "UTC"), by: Self.doctor)
        _ = try await engine.registerPatients(
            (0..<12).map { [Identifier(system: "s", value: "\($0)")] }, by: Self.doctor)
        let start = try #require(WallTime("20:00"))
        let sessions = (0..<4).map {
            SessionDraft(pool: "p\($0)", date: Self.today, start: start, slotMinutes: 10, capacities: [2, 2, 2])
        }
        _ = try await engine.openSessions(sessions, by: Self.doctor)
    }

    private static func call(_ engine: Engine, caller: UInt64) async {
        let patient = PatientID(rawValue: caller + 1)
        func item(_ pool: UInt64, _ slot: UInt64) -> Command.Item {
            let session = SessionID(pool: PoolID(rawValue: UInt32(pool % 4) + 1), index: 0)
            return .init(slot: SlotID(session: session, index: UInt16(slot % 3)), service: ServiceID(rawValue: 1))
        }
        func run(_ step: UInt64, _ command: Command) async -> Answer {
            let key = IdempotencyKey(high: caller + 1, low: step)
            return await engine.execute([Write(key: key, by: Self.doctor, command: command)])[0]
        }
        let first = await run(1, .book(patient: patient, item: item(caller, caller), hold: false))
        let items = [item(caller + 1, caller + 1), item(caller + 2, caller + 2)]
        _ = await run(2, .bookTogether(patient: patient, items: items, hold: true))
        guard let id = first.receipt?.appointment else { return }
        let moved = await run(3, .move(id, to: item(caller + 3, caller).slot, ifVersion: 0, reason: ""))
        _ = await run(4, .change(moved.receipt?.appointment ?? id, .cancel, ifVersion: 0, reason: "seed"))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the same seed gives the same life, record by record`(seed: UInt64) throws {
        let first = try Self.life(seed: seed)
        #expect(first.count > 40)
        #expect(try Self.life(seed: seed) == first)
    }

    @Test
    func `other seeds give other orders, so there is something to search`() throws {
        let lives = try Set((1...8).map { try Self.life(seed: $0) })
        #expect(lives.count > 4)
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `whatever the order, what the journal says is sound`(seed: UInt64) throws {
        let journal = try Self.run(seed: seed).journal
        let state = try RecoveredState(journal, poolShards: 2, patientShards: 3)
        #expect(state.violations().isEmpty, "seed \(seed)")
    }
}

extension Answer {
    fileprivate var receipt: Receipt? { if case .done(let receipt) = outcome { receipt } else { nil } }
}
