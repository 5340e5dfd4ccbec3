import Journal
import MemoryJournal
import NIOConcurrencyHelpers
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// In what order a checkpoint asks, and what a start makes of sessions whose pool no checkpoint has yet.
@Suite struct CheckpointOrderTests {
    private let disk = MemoryDisk()

    /// Of two shards, department 2 is the first one's, department 1 the second one's.
    private static func furnish(_ stepped: Stepped) async throws {
        let engine = stepped.engine
        try await stepped.drive {
            let draft = CatalogueDraft(["d1": [], "d2": ["first"]])
            _ = try await engine.putCatalogue(draft, hospital: Hospital.named, by: Hospital.doctor)
            _ = try await engine.registerPatients(
                (0..<3).map { [Identifier(system: "s", value: "\($0)")] }, by: Hospital.doctor)
            _ = try await engine.openSessions([try session("first")], by: Hospital.doctor)
        }
    }

    private static func session(_ pool: String) throws -> SessionDraft {
        SessionDraft(
            pool: pool, date: Hospital.today, start: try #require(WallTime("20:00")), slotMinutes: 10, capacities: [5])
    }

    private static func put(_ draft: CatalogueDraft, _ engine: Engine) async throws {
        _ = try await engine.putCatalogue(draft, hospital: Hospital.named, by: Hospital.doctor)
    }

    private static let late = SessionID(pool: PoolID(rawValue: 2), index: 0)

    private static let booking = Write(
        key: IdempotencyKey(high: 1, low: 1), by: Hospital.doctor,
        command: .book(
            patient: PatientID(rawValue: 1),
            item: .init(slot: SlotID(session: late, index: 0), service: ServiceID(rawValue: 1)), hold: false))

    /// Crashes, starts again, and finds the late session with its appointment.
    private func crash(_ stepped: Stepped) async throws {
        disk.crash()
        stepped.engine.journal.abandon()
        let again = try Stepped(disk)
        let sessions = await again.engine.state().pools.flatMap(\.allSessions).map(\.id)
        #expect(Set(sessions) == [SessionID(pool: PoolID(rawValue: 1), index: 0), Self.late])
        #expect(await again.engine.status().counts.appointments == 1)
        #expect(await again.engine.violations().isEmpty)
        again.engine.journal.abandon()
    }

    @Test
    func `a session opened in a new pool while a checkpoint is under way is not in its tables without the pool`()
        async throws
    {
        let slices = NIOLockedValueBox(0)
        let stepped = try Stepped(disk) {
            $0.checkpointProbe = { if $0 == .sliceWritten { slices.withLockedValue { $0 += 1 } } }
        }
        let engine = stepped.engine
        try await Self.furnish(stepped)
        let checkpoint = Stepped.Work { await engine.checkpoint() }
        // Up to the first shard's slice, which is handed over and not on disk.
        while slices.withLockedValue({ $0 }) == 0 {
            _ = try engine.journal.step()
            await Task.yield()
        }
        let before = engine.journal.lastPosition
        let put = Stepped.Work { try await Self.put(CatalogueDraft(["d1": ["late"]]), engine) }
        await stepped.handedOver(before.next)
        let opening = Stepped.Work { try await engine.openSessions([try Self.session("late")], by: Hospital.doctor) }
        await stepped.handedOver(before.next.next)
        let booking = Stepped.Work { await engine.execute([Self.booking])[0] }
        await stepped.handedOver(before.next.next.next)
        try await stepped.drive(checkpoint)
        try await stepped.drive(put)
        #expect(try await stepped.drive(opening).value.opened == 1)
        #expect(try await stepped.drive(booking).receipt != nil)
        #expect(engine.journal.checkpoint == before.next)
        var written: Set<SessionID> = []
        try engine.journal.forEach(EngineTables.sessions) { key, _, _ in
            written.insert(SessionID(rawValue: try EngineTables.number(key, 0)))
            return true
        }
        #expect(written == [SessionID(pool: PoolID(rawValue: 1), index: 0)])
        try await crash(stepped)
    }

    @Test
    func `sessions in the tables whose pool only the log has are brought back from the log`() async throws {
        let stepped = try Stepped(disk)
        let engine = stepped.engine
        try await Self.furnish(stepped)
        try await stepped.drive {
            try await Self.put(CatalogueDraft(["d1": ["late"]]), engine)
            _ = try await engine.openSessions([try Self.session("late")], by: Hospital.doctor)
            _ = await engine.execute([Self.booking])
        }
        // As a checkpoint left them that asked the directory first.
        for shard in engine.shards.pools {
            let sessions = await shard.dirtySessions()
            _ = await shard.checkpoint(sessions, bytes: .max)
        }
        while try engine.journal.step() {}
        try await crash(stepped)
    }

    @Test(arguments: [0, 1] as [UInt64])
    func `a session whose pool neither tables nor log know is damage, be it open or archived`(row: UInt64) async throws
    {
        let stepped = try Stepped(disk)
        try await Self.furnish(stepped)
        let nowhere = SessionID(pool: PoolID(rawValue: 9), index: 0)
        // Under 0 nothing is the note that it is archived; under 1 its first page is.
        stepped.engine.journal.write([
            .put(
                EngineTables.sessions, key: EngineTables.key(nowhere.rawValue, row),
                value: [UInt8](repeating: 1, count: Int(row)))
        ])
        while try stepped.engine.journal.step() {}
        stepped.engine.journal.abandon()
        #expect(throws: CodingError("\(nowhere) belongs to a pool that the catalogue does not know")) {
            _ = try Stepped(disk)
        }
    }
}
