import Foundation
import Journal
import Scheduling
import Testing

@testable import Engine

@Suite struct `A data folder that an earlier version left as a kill does` {
    private static let clerk = Origin(channel: .window, operatorName: "clerk")

    /// Everything that the version before showed is shown, and every key has its first answer.
    private func expectAsLeft(_ engine: Engine, _ contents: FolderContents) async throws {
        let state = try await FolderState(of: engine, asking: contents.state.identifiers.map(\.identifier))
        #expect(state.counts == contents.state.counts)
        #expect(state.states == contents.state.states)
        expectSame(state.catalogue, contents.state.catalogue)
        expectSame(state.sessions, contents.state.sessions)
        expectSame(state.appointments, contents.state.appointments)
        expectSame(state.identifiers, contents.state.identifiers)
        #expect(engine.epoch == contents.epoch)
        let answers = await engine.execute(contents.keys.map(\.write))
        expectSame(answers.map(\.line), contents.keys.map(\.answer))
        #expect(answers.allSatisfy { $0.again })
        #expect(engine.lastPosition == Position(contents.positions.last))
        let violations = await engine.violations()
        #expect(violations.isEmpty, "\(violations)")
    }

    @Test(arguments: EarlierFolder.names)
    func `the fixture has something of every kind`(_ name: String) throws {
        let contents = try EarlierFolder(name).contents
        let states = [
            "held", "booked", "arrived", "called", "started", "completed", "cancelled", "expired", "noShow", "moved",
            "stopped",
        ]
        #expect(Set(contents.state.states.keys) == Set(states))
        let kinds = [
            "booked", "booked together", "changed", "moved", "refused", "session opened", "session archived",
            "patient registered", "catalogue changed",
        ]
        #expect(kinds.allSatisfy { contents.recordsInLog[$0] ?? 0 > 0 })
        // Archiving goes with its rows, so never to the tail.
        #expect(kinds.allSatisfy { contents.recordsInTail[$0] ?? 0 > 0 || $0 == "session archived" })
        #expect(contents.positions.oldest > 1 && contents.positions.oldest < contents.positions.checkpoint)
        #expect(contents.positions.checkpoint < contents.positions.log)
        #expect(contents.positions.log < contents.positions.last)
        let counts = contents.state.counts
        #expect(counts.count == 6 && counts.values.allSatisfy { $0 > 0 })
        for part in ["done", " held ", "together [4/", "refused", " item 1 "] {
            #expect(contents.keys.contains { $0.answer.contains(part) }, "\(part)")
        }
        let moves = contents.keys.filter { if case .move = $0.asked { $0.answer.hasPrefix("done") } else { false } }
        #expect(!moves.isEmpty)
    }

    @Test(arguments: EarlierFolder.names)
    func `log, checkpoint and the tail's records stand where they stood, and nothing is wrong with them`(_ name: String)
        async throws
    {
        let folder = try EarlierFolder(name)
        let verification = try JournalVerifier.verify(directory: folder.path)
        #expect(verification.isSound, "\(verification.reports)")
        let positions = folder.contents.positions
        let journal = try folder.look()
        #expect(journal.oldestPosition.rawValue == positions.oldest)
        #expect(journal.checkpoint.rawValue == positions.checkpoint)
        #expect(journal.durablePosition.rawValue == positions.last)
        var inLog: [String: Int] = [:]
        var inTail: [String: Int] = [:]
        try journal.replay(from: journal.oldestPosition) { position, bytes in
            let kind = try Event(decoding: bytes).fact.kindName
            guard position >= journal.checkpoint else { return }
            if position.rawValue <= positions.log {
                inLog[kind, default: 0] += 1
            } else {
                inTail[kind, default: 0] += 1
            }
        }
        #expect(inLog == folder.contents.recordsInLog)
        #expect(inTail == folder.contents.recordsInTail)
        #expect(try RecoveredState(journal).violations().isEmpty)
        try journal.close()
        // Without its file the tail's records are nowhere else.
        try FileManager.default.removeItem(atPath: folder.path + "/tail")
        let rest = try folder.look()
        #expect(rest.durablePosition.rawValue == positions.log)
        try rest.close()
    }

    @Test(arguments: EarlierFolder.names)
    func `everything is found that the version before had, at once and after a stop`(_ name: String) async throws {
        let folder = try EarlierFolder(name)
        for _ in 1...2 {
            let engine = try folder.start()
            try await expectAsLeft(engine, folder.contents)
            await engine.stop()
        }
    }

    @Test(arguments: EarlierFolder.names)
    func `a patient's appointments are found, those in the history table too`(_ name: String) async throws {
        let folder = try EarlierFolder(name)
        let engine = try folder.start()
        var found: [String] = []
        for patient in 1...UInt64(try #require(folder.contents.state.counts["patients"])) {
            let own = try await engine.appointments(of: PatientID(rawValue: patient), history: true).value
            #expect(own.allSatisfy { $0.appointment.record.patient.rawValue == patient })
            found += own.map(FolderState.line)
        }
        expectSame(found.sorted(), folder.contents.state.appointments.sorted())
        await engine.stop()
    }

    @Test(arguments: EarlierFolder.names)
    func `a key with other content is reused`(_ name: String) async throws {
        let folder = try EarlierFolder(name)
        let engine = try folder.start()
        let other = Command.change(
            AppointmentID(session: SessionID(pool: PoolID(rawValue: 1), index: 1), number: 1), .cancel, ifVersion: 0,
            reason: "other")
        let answers = await engine.execute(folder.contents.keys.map { $0.write(other) })
        #expect(answers.allSatisfy { $0.error?.code == .keyReused })
        #expect(engine.lastPosition == Position(folder.contents.positions.last))
        await engine.stop()
    }

    /// Books what is free in every session that lies ahead, for patients of their own.
    private func bookEverywhere(_ engine: Engine) async throws -> [AppointmentID] {
        let now = await engine.status().now
        let sessions = await engine.state().pools.flatMap { Array($0.allSessions) }
        var made: [AppointmentID] = []
        for (index, session) in sessions.enumerated() {
            guard
                let slot = session.slots.indices.first(where: {
                    session.slots[$0].free > 0 && session.times.start(ofSlot: UInt16($0)) > now
                })
            else { continue }
            let identifier = Identifier(system: "urn:new", value: "\(now.rawValue) \(index)")
            let registered = try await engine.registerPatients([[identifier]], by: Self.clerk).value
            let item = Command.Item(
                slot: SlotID(session: session.id, index: UInt16(slot)), service: ServiceID(rawValue: 1))
            let write = Write(
                key: IdempotencyKey(high: UInt64(now.rawValue), low: UInt64(index + 1)), by: Self.clerk,
                command: .book(patient: try #require(registered[0].patient), item: item, hold: false))
            let receipt = try #require(await engine.execute([write])[0].receipt)
            #expect(receipt.appointment.session == session.id)
            #expect(receipt.appointment.number == UInt32(session.appointments.count) + 1)
            made.append(receipt.appointment)
        }
        return made
    }

    @Test(arguments: EarlierFolder.names)
    func `it goes on with numbers, sessions and patients that were never given out`(_ name: String) async throws {
        let folder = try EarlierFolder(name)
        let contents = folder.contents
        let taken = Set(contents.state.appointments.compactMap { $0.split(separator: " ").first.map(String.init) })
        var made: [AppointmentID] = []
        var patients = try #require(contents.state.counts["patients"])
        var sessions = contents.state.sessions.count
        for round in 1...2 {
            let engine = try folder.start()
            let new = try await bookEverywhere(engine)
            #expect(new.count >= 5)
            #expect(new.allSatisfy { !taken.contains(FolderState.place($0)) && !made.contains($0) })
            made += new
            patients += new.count
            let draft = SessionDraft(
                pool: "lab", date: try #require(LocalDate("2026-03-0\(round + 5)")), start: WallTime(rawValue: 600),
                slotMinutes: 10, capacities: [9])
            #expect(try await engine.openSessions([draft], by: Self.clerk).value.opened == 1)
            sessions += 1
            let state = try await FolderState(of: engine, asking: contents.state.identifiers.map(\.identifier))
            #expect(state.counts["patients"] == patients)
            #expect(state.sessions.count == sessions)
            #expect(Set(contents.state.appointments).subtracting(state.appointments).isEmpty)
            expectSame(state.identifiers, contents.state.identifiers)
            #expect(await engine.violations().isEmpty)
            await engine.stop()
            folder.clock.advance(to: folder.clock.now().advanced(milliseconds: 1_000))
        }
    }

    @Test(arguments: EarlierFolder.names)
    func `its holds expire at their time, and not before`(_ name: String) async throws {
        let folder = try EarlierFolder(name)
        let engine = try folder.start()
        var holds: [(id: AppointmentID, until: Instant)] = []
        for session in await engine.state().pools.flatMap({ Array($0.allSessions) }) {
            for found in try await engine.appointments(in: session.id).value
            where found.appointment.record.state == .held {
                holds.append((found.appointment.id, try #require(found.appointment.record.holdUntil)))
            }
        }
        #expect(holds.count == folder.contents.state.states["held"])
        for (until, ending) in Dictionary(grouping: holds, by: \.until).sorted(by: { $0.key < $1.key }) {
            #expect(until > folder.clock.now())
            for (moment, state) in [(until.advanced(milliseconds: -1), AppointmentState.held), (until, .expired)] {
                folder.clock.advance(to: moment)
                await engine.runTimers()
                let found = try await engine.appointments(ending.map(\.id)).value
                #expect(found.allSatisfy { $0.appointment.record.state == state })
            }
        }
        await engine.stop()
        let again = try folder.start()
        #expect(await again.status().counts.holds == 0)
        #expect(await again.violations().isEmpty)
        await again.stop()
    }
}

/// Shows the elements that differ, and not two long lists.
private func expectSame<Element: Hashable>(
    _ found: [Element], _ wanted: [Element], _ location: SourceLocation = #_sourceLocation
) {
    let difference = found.difference(from: wanted)
    #expect(difference.isEmpty, sourceLocation: location)
}
