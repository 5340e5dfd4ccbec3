import Foundation
import Journal
import MemoryJournal
import NIOConcurrencyHelpers
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// Checkpoints on a disk in memory that moves only when the test says so.
@Suite(.serialized) struct CheckpointTests {
    private let disk: MemoryDisk
    private let clock = SimulatedClock(now: Hospital.morning)
    /// The journal that is driven, and the most bytes that waited when one of its commits began.
    private let peak = NIOLockedValueBox<(journal: Journal?, most: Int)>((nil, 0))

    init() { disk = MemoryDisk() }

    private init(disk: MemoryDisk) { self.disk = disk }

    private func start(_ change: (inout EngineConfiguration) -> Void = { _ in }) throws -> Engine {
        var configuration = EngineConfiguration(journal: JournalOptions(storage: disk.attach()), cores: 2)
        configuration.clock = clock
        configuration.seed = 1
        configuration.journal.probe = { [peak] point in
            guard point == .workTaken else { return }
            peak.withLockedValue { $0.most = max($0.most, $0.journal?.pendingBytes ?? 0) }
        }
        change(&configuration)
        let engine = try Engine.start(configuration)
        peak.withLockedValue { $0.journal = engine.journal }
        return engine
    }

    /// Commits until the work is done; tells the most bytes that ever waited for a commit.
    @discardableResult
    private func drive(_ engine: Engine, _ work: @escaping @Sendable () async throws -> Void) async throws -> Int {
        let isOver = NIOLockedValueBox(false)
        let task = Task {
            defer { isOver.withLockedValue { $0 = true } }
            try await work()
        }
        peak.withLockedValue { $0.most = 0 }
        while !isOver.withLockedValue({ $0 }) {
            _ = try engine.journal.step()
            await Task.yield()
        }
        try await task.value
        while try engine.journal.step() {}
        return peak.withLockedValue { $0.most }
    }

    private func furnish(_ engine: Engine, patients: Int) async throws {
        try await drive(engine) {
            _ = try await engine.putCatalogue(
                CatalogueDraft(["d": ["p"]]), hospital: Hospital.named, by: Hospital.doctor)
            _ = try await engine.registerPatients(
                (0..<patients).map { [Identifier(system: "s", value: "\($0)")] }, by: Hospital.doctor)
            let start = try #require(WallTime("20:00"))
            let drafts = [
                SessionDraft(pool: "p", date: Hospital.today, start: start, slotMinutes: 10, capacities: [500])
            ]
            _ = try await engine.openSessions(drafts, by: Hospital.doctor)
        }
    }

    private static let session = SessionID(pool: PoolID(rawValue: 1), index: 0)

    private static func booking(_ number: UInt64) -> Write {
        let item = Command.Item(slot: SlotID(session: session, index: 0), service: ServiceID(rawValue: 1))
        return Write(
            key: IdempotencyKey(high: 1, low: number), by: Hospital.doctor,
            command: .book(patient: PatientID(rawValue: number), item: item, hold: false))
    }

    private static func kept(_ count: UInt64) -> [KeptAnswer] {
        (1...count).map { number in
            KeptAnswer(
                key: IdempotencyKey(high: 2, low: number), fingerprint: 1, at: Hospital.morning,
                answer: StoredAnswer(
                    outcome: .done(
                        .init(appointment: AppointmentID(rawValue: number), state: .booked, version: 1, holdUntil: nil)),
                    position: Position(1)))
        }
    }

    @Test
    func `a checkpoint of very many keys goes to the disk slice by slice, and all of it gets there`() async throws {
        let engine = try start()
        try await furnish(engine, patients: 3)
        let count: UInt64 = 180_000
        for kept in Self.kept(count) { engine.keys.restore(kept) }
        // In one piece it would be much more.
        let most = try await drive(engine) { await engine.checkpoint() }
        #expect(most > EngineLimits.checkpointSliceBytes / 2)
        #expect(most < EngineLimits.checkpointSliceBytes * 3 / 2)
        #expect(engine.journal.checkpoint == engine.journal.lastPosition.next)
        engine.journal.abandon()
        let again = try start()
        #expect(again.keys.count == Int(count))
        again.journal.abandon()
    }

    @Test
    func `registrations go slice by slice, too`() async throws {
        let engine = try start()
        try await furnish(engine, patients: 1)
        let system = String(repeating: "s", count: 128)
        let value = String(repeating: "v", count: 120)
        for start in stride(from: 0, to: 24_000, by: 8_000) {
            try await drive(engine) {
                _ = try await engine.registerPatients(
                    (start..<start + 8_000).map { [Identifier(system: system, value: "\(value)\($0)")] },
                    by: Hospital.doctor)
            }
        }
        let most = try await drive(engine) { await engine.checkpoint() }
        #expect(most < EngineLimits.checkpointSliceBytes * 3 / 2)
        #expect(engine.journal.checkpoint == engine.journal.lastPosition.next)
        engine.journal.abandon()
        let again = try start()
        #expect(again.view.current.patients == 24_001)
        again.journal.abandon()
    }

    @Test
    func `a crash between any two slices loses nothing: no fact, no key`() async throws {
        var steps = 0
        while true {
            let disk = MemoryDisk()
            let engine = try CheckpointTests(disk: disk).start()
            let bench = CheckpointTests(disk: disk)
            try await bench.furnish(engine, patients: 40)
            for kept in Self.kept(2_000) { engine.keys.restore(kept) }
            let writes = (1...40).map { Self.booking($0) }
            try await bench.drive(engine) { _ = await engine.execute(writes) }
            let isOver = NIOLockedValueBox(false)
            let task = Task {
                await engine.checkpoint()
                isOver.withLockedValue { $0 = true }
            }
            var done = 0
            while done < steps, !isOver.withLockedValue({ $0 }) {
                if try engine.journal.step() { done += 1 }
                await Task.yield()
            }
            let wasWhole = isOver.withLockedValue { $0 }
            if wasWhole { while try engine.journal.step() {} }
            disk.crash()
            engine.journal.abandon()
            await task.value
            let again = try bench.start()
            #expect(await again.status().counts.appointments == 40, "after \(steps) commits")
            let asked = KeyStripe.Asked(
                key: writes[0].key, fingerprint: writes[0].fingerprint, mayBegin: true)
            let isKnown = again.keys.begin([asked], journalAt: .zero, now: Hospital.morning)
            if case .answered = isKnown[0] {} else { Issue.record("after \(steps) commits a key is forgotten") }
            again.journal.abandon()
            if wasWhole { break }
            steps += 1
        }
        #expect(steps >= 3)
    }

    @Test
    func `without room there is no checkpoint and the log stays; with room there is`() async throws {
        let engine = try start()
        try await furnish(engine, patients: 3)
        disk.setCapacity(disk.usedBytes)
        let writes = [Self.booking(1)]
        let answer = Task { await engine.execute(writes)[0] }
        while engine.journal.admission != .storageFull {
            _ = try engine.journal.step()
            await Task.yield()
        }
        await engine.checkpoint()
        #expect(engine.journal.checkpoint == .first)
        disk.setCapacity(nil)
        while try engine.journal.step() {}
        #expect(await answer.value.receipt != nil)
        try await drive(engine) { await engine.checkpoint() }
        #expect(engine.journal.checkpoint == engine.journal.lastPosition.next)
        engine.journal.abandon()
    }

    @Test
    func `stopping waits for the disk no longer than its time; who waited is told that the outcome is unknown`()
        async throws
    {
        let engine = try start()
        try await furnish(engine, patients: 3)
        let writes = [Self.booking(1)]
        let waiting = Task { await engine.execute(writes)[0] }
        let reading = Task { try await engine.appointments(in: Self.session).value.count }
        while engine.journal.lastPosition == engine.journal.durablePosition { await Task.yield() }
        // Nobody commits: the disk does not answer.
        let isOver = NIOLockedValueBox(false)
        let stopping = Task {
            await engine.stop()
            isOver.withLockedValue { $0 = true }
        }
        while !isOver.withLockedValue({ $0 }) {
            clock.advance(to: clock.now().advanced(milliseconds: EngineLimits.stopMilliseconds))
            await Task.yield()
        }
        await stopping.value
        let error = await waiting.value.error
        #expect(error?.code == .internal && error?.maybeApplied == true)
        _ = try? await reading.value
        #expect(await engine.execute(writes)[0].error?.code == .draining)
        // Closing brought it to disk all the same, and its key tells so.
        let again = try start()
        #expect(await again.status().counts.appointments == 1)
        #expect(await again.execute(writes)[0].again)
        again.journal.abandon()
    }

    @Test
    func `an appointment on its way to the history table is its patient's until it is there`() async throws {
        let engine = try start()
        try await furnish(engine, patients: 3)
        let writes = [Self.booking(1)]
        try await drive(engine) { _ = await engine.execute(writes) }
        let id = AppointmentID(session: Self.session, number: 1)
        let cancel = Write(
            key: IdempotencyKey(high: 3, low: 1), by: Hospital.doctor,
            command: .change(id, .cancel, ifVersion: 0, reason: ""))
        try await drive(engine) { _ = await engine.execute([cancel]) }
        clock.advance(to: Hospital.morning.advanced(milliseconds: 9 * 86_400_000))
        let before = engine.journal.lastPosition
        let archiving = Task { await engine.archiveSessions() }
        while engine.journal.lastPosition == before { await Task.yield() }
        let patient = PatientID(rawValue: 1)
        let shard = engine.shards.patients[engine.shards.index(of: patient)]
        // Many turns, in which the patient could be told too soon.
        for _ in 0..<100 {
            await Task.yield()
            #expect(await shard.appointments(of: patient) == [id])
        }
        try await drive(engine) { await archiving.value }
        #expect(await shard.appointments(of: patient).isEmpty)
        #expect(try await engine.appointments(of: patient, history: true).value.map(\.appointment.id) == [id])
        engine.journal.abandon()
    }
}
