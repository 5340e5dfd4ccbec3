import Journal
import MemoryJournal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// What a standby shows of a session that its primary has just archived, before its own history table has it.
@Suite struct StandbyHistoryTests {
    private let patient = PatientID(rawValue: 1)
    private let session = SessionID(pool: PoolID(rawValue: 1), index: 0)
    private var appointment: AppointmentID { AppointmentID(session: session, number: 1) }

    /// A copy of a primary with one session whose one appointment is cancelled, and the log that followed: the session
    /// was archived.
    private func copy(for role: Role) async throws -> (disk: MemoryDisk, archived: ShippedChunks, clock: SimulatedClock)
    {
        let stepped = try Stepped(MemoryDisk())
        let engine = stepped.engine
        let slot = SlotID(session: session, index: 0)
        let (patient, appointment) = (patient, appointment)
        try await stepped.drive {
            _ = try await engine.putCatalogue(
                CatalogueDraft(["d": ["p"]]), hospital: Hospital.named, by: Hospital.doctor)
            _ = try await engine.registerPatients([[Identifier(system: "s", value: "1")]], by: Hospital.doctor)
            let start = try #require(WallTime("20:00"))
            let session = SessionDraft(
                pool: "p", date: Hospital.today, start: start, slotMinutes: 10, capacities: [1])
            _ = try await engine.openSessions([session], by: Hospital.doctor)
            let commands: [Command] = [
                .book(patient: patient, item: .init(slot: slot, service: ServiceID(rawValue: 1)), hold: false),
                .change(appointment, .cancel, ifVersion: 0, reason: ""),
            ]
            for (number, command) in commands.enumerated() {
                let key = IdempotencyKey(high: 1, low: UInt64(number))
                #expect(
                    await engine.execute([Write(key: key, by: Hospital.doctor, command: command)])[0].receipt != nil)
            }
        }
        let before = engine.journal.tip
        let disk = MemoryDisk()
        try Self.copy(engine.journal, to: disk, for: role)
        stepped.clock.advance(to: Hospital.morning.advanced(milliseconds: 9 * 86_400_000))
        try await stepped.drive { await engine.archiveSessions() }
        let archived = try engine.journal.chunks(after: before, maxBytes: 1 << 20)
        engine.journal.abandon()
        return (disk, archived, stepped.clock)
    }

    private static func copy(_ journal: Journal, to disk: MemoryDisk, for role: Role) throws {
        let copy = try journal.copy()
        defer { copy.close() }
        var header = copy.header
        if role == .standby { header.metadata = Engine.metadataOfStandby(header.metadata) }
        let taking = try JournalImport(header, into: JournalOptions(storage: disk.attach()))
        while let part = try copy.next(maxBytes: 1 << 20) { try taking.add(part) }
        try taking.finish()
    }

    /// Asks for the appointment in three ways: none is answered before the history table has it.
    private func check(_ stepped: Stepped) async throws {
        let engine = stepped.engine
        let (patient, session, appointment) = (patient, session, appointment)
        let readings = [
            Stepped.Work { try await engine.appointments([appointment]).value },
            Stepped.Work { try await engine.appointments(in: session).value },
            Stepped.Work { try await engine.appointments(of: patient, history: true).value },
        ]
        // Many turns, in which they could be answered too soon.
        for _ in 0..<1_000 { await Task.yield() }
        for reading in readings { #expect(!reading.isOver) }
        for reading in readings {
            let found = try await stepped.drive(reading)
            #expect(found.map(\.appointment.id) == [appointment] && found.allSatisfy(\.isArchived))
        }
        #expect(try await engine.appointments(of: patient, history: false).value.isEmpty)
    }

    @Test
    func `a session that just left a standby's memory is shown once its history table has it, however it is asked for`()
        async throws
    {
        let (standby, _) = try await archiving()
        try await check(standby)
        standby.engine.journal.abandon()
    }

    @Test
    func `a disk that is full keeps nobody from what the history table has`() async throws {
        let (standby, disk) = try await archiving()
        let engine = standby.engine
        while try engine.journal.step() {}
        disk.setCapacity(disk.usedBytes)
        engine.journal.setMetadata("later", [UInt8](repeating: 1, count: 1_000))
        _ = try engine.journal.step()
        #expect(engine.journal.statistics.refusedCommits > 0)
        let (patient, session) = (patient, session)
        let readings = [
            Stepped.Work { try await engine.appointments(in: session).value },
            Stepped.Work { try await engine.appointments(of: patient, history: true).value },
        ]
        for _ in 0..<100_000 where readings.contains(where: { !$0.isOver }) { await Task.yield() }
        for reading in readings {
            #expect(reading.isOver)
            if reading.isOver { #expect(try await reading.value.map(\.appointment.id) == [appointment]) }
        }
        engine.journal.abandon()
    }

    /// A standby that has just been told that the session is archived: the fact is on its disk, the rows are not.
    private func archiving() async throws -> (Stepped, MemoryDisk) {
        let (disk, archived, clock) = try await copy(for: .standby)
        let standby = try Stepped(disk, clock: clock, poolShards: 1) { $0.role = .standby }
        let engine = standby.engine
        // What `receive` does, with a commit between the fact and the rows.
        engine.journal.append(archived)
        while try engine.journal.step() {}
        let record = try #require(try engine.journal.read(from: archived.first, maxRecords: 1, maxBytes: 1 << 20).first)
        let event = PositionedEvent(position: record.position, event: try record.event())
        let (settlements, faults) = await engine.shards.pools[0].apply(
            [event], at: [0], engine.view.current.catalogue, owns: { _ in true })
        #expect(faults.isEmpty)
        await engine.shards.settle(settlements)
        return (standby, disk)
    }

    @Test(arguments: [Role.standby, .primary])
    func `where a start finds the fact and not the rows, too`(role: Role) async throws {
        let (disk, archived, clock) = try await copy(for: role)
        let first = try Stepped(disk, clock: clock) { $0.role = role }
        first.engine.journal.append(archived)
        while try first.engine.journal.step() {}
        first.engine.journal.abandon()
        let again = try Stepped(disk, clock: clock) { $0.role = role }
        try await check(again)
        again.engine.journal.abandon()
    }
}
