import Foundation
import Journal
import MemoryJournal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

@Suite struct RecoveryTests {
    @Test
    func `after a restart everything is as it was, from the log, from a checkpoint, and from both`() async throws {
        for checkpoints in [[], [1], [0, 1, 2]] as [Set<Int>] {
            let hospital = try await Hospital()
            let li = try await hospital.open("li", capacities: [20, 20, 20])
            var ids: [AppointmentID] = []
            for round in 0..<3 {
                for patient in 0..<10 {
                    let answer = await hospital.run(
                        hospital.book(round * 10 + patient, li, UInt16(round), hold: patient % 2 == 0))
                    ids.append(try #require(answer.receipt).appointment)
                }
                _ = await hospital.change(ids[round * 10], .confirm)
                _ = await hospital.change(ids[round * 10 + 1], .cancel)
                if checkpoints.contains(round) { await hospital.engine.checkpoint() }
            }
            let before = try await hospital.engine.appointments(ids).value.map(\.appointment)
            let counts = await hospital.engine.status().counts
            try await hospital.restart()
            let after = try await hospital.engine.appointments(ids).value.map(\.appointment)
            #expect(after == before)
            #expect(await hospital.engine.status().counts == counts)
            await hospital.expectSound()
            // Holds kept their timers.
            hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 901_000))
            await hospital.engine.runTimers()
            #expect(await hospital.engine.status().counts.holds == 0)
        }
    }

    @Test
    func `a clock set back while the engine was down does not take it back behind what it told, whatever was trimmed`()
        async throws
    {
        let hospital = try await Hospital()
        _ = try await hospital.open("li", capacities: [2])
        let later = Hospital.morning.advanced(milliseconds: 7_200_000)
        hospital.clock.advance(to: later)
        #expect(await hospital.engine.status().now == later)
        try await hospital.restart { $0.clock = SimulatedClock(now: Hospital.morning) }
        #expect(await hospital.engine.status().now == later)
    }

    @Test
    func `a copy of the folder taken at any moment under load opens soundly and has every acknowledged write`()
        async throws
    {
        let hospital = try await Hospital(patients: 2_000) {
            $0.journal.segmentBytes = 64 << 10
            $0.journal.initialFileBytes = 4 << 20
        }
        let li = try await hospital.open("li", capacities: [UInt32](repeating: 1_000, count: 4))
        let ct = try await hospital.open("ct", at: "13:00", capacities: [UInt32](repeating: 1_000, count: 4))
        for round in 0..<20 {
            let writes = (0..<100).map {
                hospital.write(hospital.book(round * 100 + $0, round % 2 == 0 ? li : ct, UInt16($0 % 4)))
            }
            let answers = await hospital.engine.execute(writes)
            let acknowledged = answers.compactMap { $0.receipt?.appointment }
            #expect(acknowledged.count == 100)
            if round % 5 == 2 { await hospital.engine.checkpoint() }
            if round % 5 == 4 {
                let copy = hospital.folder + "-copy"
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: hospital.folder, toPath: copy)
                defer { try? FileManager.default.removeItem(atPath: copy) }
                var options = JournalOptions(directory: copy)
                options.readOnly = true
                let journal = try Journal.open(options)
                let state = try RecoveredState(journal)
                #expect(state.violations().isEmpty)
                for id in acknowledged { #expect(state.pools[0].record(id) != nil) }
                try journal.close()
            }
        }
    }

    @Test
    func `what is put while a checkpoint of the directory is under way takes no registration's place in it`()
        async throws
    {
        let disk = MemoryDisk()
        let journal = try Journal.open(JournalOptions(storage: disk.attach()))
        let view = EngineView(EngineView.Snapshot(catalogue: CatalogueSnapshot(Catalogue())))
        let directory = Directory(
            catalogue: Catalogue(), registry: PatientRegistry(), unsaved: [], nextPatientValue: 0, journal: journal,
            view: view, zones: ZoneWatch(), unsettled: try UnsettledRecovery(journal))
        let now = Hospital.morning
        _ = try await directory.register([[Identifier(system: "s", value: "1")]], by: Hospital.doctor, now: now)
        let begun = await directory.unsaved
        _ = try await directory.put(CatalogueDraft(["d": []], services: [:]), by: Hospital.doctor, now: now)
        #expect(await directory.checkpoint(begun, bytes: 1 << 20).isEmpty)
        _ = try journal.step()
        var registered = 0
        var registry = PatientRegistry()
        try journal.forEach(EngineTables.patients) { _, _, value in
            registered += try PatientTables.decode(value, into: &registry)
            return true
        }
        #expect(registered == 1)
        let left = await directory.unsaved
        #expect(left.entities == 1 && left.patients == 0)
        try journal.close()
    }

    @Test
    func `a session archived before any checkpoint wrote the catalogue does not stand in the way of the next start`()
        async throws
    {
        let hospital = try await Hospital { $0.archiveAfterMilliseconds = 0 }
        let li = try await hospital.open("li", at: "08:30", capacities: [1])
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 7_200_000))
        await hospital.engine.archiveSessions()
        // Durable, as what was appended before it is.
        #expect(await hospital.run(hospital.book(0, li, 0)).refusal?.rule == .slotPast)
        let copy = hospital.folder + "-copy"
        try FileManager.default.copyItem(atPath: hospital.folder, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        var options = JournalOptions(directory: copy)
        options.readOnly = true
        let journal = try Journal.open(options)
        let state = try RecoveredState(journal)
        #expect(state.violations().isEmpty)
        #expect(state.pools[0].isArchived(li))
        try journal.close()
    }

    @Test
    func `checkpoints while writes of every kind are under way lose none of them`() async throws {
        let hospital = try await Hospital(patients: 1_200) { $0.journal.segmentBytes = 32 << 10 }
        let li = try await hospital.open("li", capacities: [UInt32](repeating: 400, count: 6))
        let ct = try await hospital.open("ct", at: "13:00", capacities: [UInt32](repeating: 400, count: 6))
        let engine = hospital.engine
        let jobs: [[Write]] = (0..<120).map { job in
            (0..<10).map { place in
                let patient = job * 10 + place
                let slot = UInt16(place % 6)
                guard job % 3 == 0 else { return hospital.write(hospital.book(patient, job % 3 == 1 ? li : ct, slot)) }
                let items = [li, ct].map {
                    Command.Item(slot: SlotID(session: $0, index: slot), service: hospital.clinic)
                }
                return hospital.write(.bookTogether(patient: hospital.patients[patient], items: items, hold: false))
            }
        }
        let answers = await withTaskGroup(of: [Answer].self) { group in
            for job in jobs { group.addTask { await engine.execute(job) } }
            group.addTask {
                for _ in 0..<30 { await engine.checkpoint() }
                return []
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        let acknowledged = answers.compactMap(\.receipt).flatMap {
            $0.together.isEmpty ? [$0.appointment] : $0.together
        }
        #expect(answers.allSatisfy { $0.receipt != nil })
        try await hospital.restart()
        #expect(try await hospital.engine.appointments(acknowledged).value.count == acknowledged.count)
        let again = await hospital.engine.execute(jobs.flatMap { $0 })
        #expect(again.allSatisfy { $0.again })
        await hospital.expectSound()
    }

    @Test
    func `an old session leaves memory for the history table and is still found by id, by patient and by session`()
        async throws
    {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [40])
        var ids: [AppointmentID] = []
        for patient in 0..<40 {
            ids.append(try #require(await hospital.run(hospital.book(patient, li, 0)).receipt).appointment)
        }
        await hospital.engine.checkpoint()
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 4_000_000))
        for id in ids.dropLast() { #expect(await hospital.change(id, .noShow).receipt != nil) }
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 8 * 86_400_000))
        await hospital.engine.archiveSessions()
        #expect(await hospital.engine.status().counts.appointments == 40, "one appointment has not ended")
        #expect(await hospital.change(ids[39], .cancel).receipt != nil)
        await hospital.engine.archiveSessions()
        #expect(await hospital.engine.status().counts.appointments == 0)
        for restarts in 0..<2 {
            let found = try await hospital.engine.appointments(ids).value
            #expect(found.count == 40, "after \(restarts) restarts")
            #expect(found.allSatisfy { $0.isArchived })
            #expect(found[0].appointment.record.state == .noShow)
            let own = try await hospital.engine.appointments(of: hospital.patients[3], history: true).value
            #expect(own.map(\.appointment.id) == [ids[3]])
            #expect(try await hospital.engine.appointments(of: hospital.patients[3], history: false).value.isEmpty)
            #expect(try await hospital.engine.appointments(in: li).value.count == 40)
            #expect(await hospital.change(ids[0], .arrive).refusal?.rule == .state)
            #expect(await hospital.run(hospital.book(0, li, 0)).refusal?.rule == .slotPast)
            await hospital.expectSound()
            try await hospital.restart()
        }
        // The index of an archived session is not used again.
        let next = try await hospital.open("li", day: 20, capacities: [1])
        #expect(next.index == li.index + 1)
    }

    @Test
    func `two engines cannot share a folder; the second says who has it`() async throws {
        let hospital = try await Hospital()
        let options = JournalOptions(directory: hospital.folder)
        #expect(throws: JournalError.inUse(pid: ProcessInfo.processInfo.processIdentifier)) {
            _ = try Engine.start(EngineConfiguration(journal: options, cores: 2))
        }
    }

    @Test
    func `stopping answers what was taken, refuses the rest, and loses nothing`() async throws {
        let hospital = try await Hospital(patients: 1_000)
        let li = try await hospital.open("li", capacities: [1_000])
        let engine = hospital.engine
        let writes = (0..<1_000).map { hospital.write(hospital.book($0, li, 0)) }
        let answers = await withTaskGroup(of: [Answer].self) { group in
            for start in stride(from: 0, to: 1_000, by: 20) {
                group.addTask { await engine.execute(Array(writes[start..<start + 20])) }
            }
            group.addTask {
                await engine.stop()
                return []
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(answers.allSatisfy { $0.receipt != nil || $0.error?.code == .draining })
        let acknowledged = answers.compactMap { $0.receipt?.appointment }
        try await hospital.restart()
        #expect(try await hospital.engine.appointments(acknowledged).value.count == acknowledged.count)
        #expect(await hospital.engine.status().counts.appointments == acknowledged.count)
        await hospital.expectSound()
    }

    @Test(arguments: [false, true])
    func `time does not go back over a restart, however little the log still has`(afterMore: Bool) async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", day: 1, capacities: [5, 5])
        let late = Hospital.morning.advanced(milliseconds: 3_600_000)
        hospital.clock.advance(to: late)
        let booked = try #require(await hospital.run(hospital.book(0, li, 0)).receipt).appointment
        if afterMore {
            // The last that happened may leave no trace in any table but the catalogue's, which tells no time.
            hospital.clock.advance(to: late.advanced(milliseconds: 60_000))
            let draft = CatalogueDraft(["NEW": []])
            _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        }
        let last = hospital.clock.now()
        try await hospital.restart { $0.clock = SimulatedClock(now: Hospital.morning) }
        #expect(await hospital.engine.status().now == last)
        #expect(await hospital.change(booked, .cancel).receipt != nil)
        let record = try await hospital.engine.appointments([booked]).value[0].appointment.record
        #expect(record.changed >= record.made)
    }

    @Test
    func `a number given twice is damage that recovery and the verifier name; they do not drop the second patient`()
        async throws
    {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [5])
        let position = hospital.engine.settledPosition
        let booked = try #require(await hospital.run(hospital.book(0, li, 0)).receipt).appointment
        let event = try #require(try await hospital.engine.events(after: position, limit: 1).events.first).event
        await hospital.engine.stop()
        guard case .booked(var taken) = event.fact else { throw CancellationError() }
        taken.patient = hospital.patients[1]
        let forged = Event(
            at: event.at, by: event.by,
            answer: .init(key: IdempotencyKey(high: 7, low: 7), fingerprint: 7), fact: .booked(taken))
        var options = JournalOptions(directory: hospital.folder)
        let journal = try Journal.open(options)
        var writer = ByteWriter()
        forged.encode(into: &writer)
        var records = RecordBatch()
        try records.append(writer.bytes)
        let at = journal.append(records)
        try await journal.whenDurable(at)
        try journal.close()
        #expect(throws: DamagedState.self) { try Engine.start(EngineConfiguration(journal: options, cores: 2)) }
        options.readOnly = true
        let look = try Journal.open(options)
        let violations = try RecoveredState(look).violations().map(\.description)
        #expect(violations.contains { $0.hasPrefix("record \(at)") }, "\(violations), \(booked)")
        try look.close()
    }

    @Test(arguments: [0, 0x7F, 0xFF] as [UInt8])
    func `a record of a kind that only a newer version knows is named with its position, and nothing is changed`(
        kind: UInt8
    ) async throws {
        let hospital = try await Hospital()
        await hospital.engine.stop()
        var options = JournalOptions(directory: hospital.folder)
        let journal = try Journal.open(options)
        var records = RecordBatch()
        try records.append([kind, 0, 1, 0, 7])
        let position = journal.append(records)
        try await journal.whenDurable(position)
        try journal.close()
        let complaint = CodingError("record \(position): unknown kind of event \(kind)")
        for _ in 1...2 {
            #expect(throws: complaint) { try Engine.start(EngineConfiguration(journal: options, cores: 2)) }
        }
        options.readOnly = true
        let look = try Journal.open(options)
        #expect(throws: complaint) { try RecoveredState(look) }
        #expect(look.durablePosition == position)
        try look.close()
    }
}
