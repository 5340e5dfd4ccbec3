import Dispatch
import Foundation
import Journal
import Scheduling
import Synchronization
import Testing

@testable import Engine

/// A primary and its standby in one process, the wire between them a loop of the test's.
@Suite struct ReplicationTests {
    /// Everything of an engine that a caller can see.
    private struct Image: Equatable {
        var lines: [String]
        var catalogue: Catalogue
    }

    private static func image(_ engine: Engine, _ hospital: Hospital) async throws -> Image {
        #expect(await engine.violations().isEmpty)
        var lines: [String] = []
        for patient in hospital.patients {
            let found = try await engine.appointments(of: patient, history: true).value
            lines += found.map { "\($0.appointment) \($0.isArchived)" }.sorted()
        }
        let sessions = try await engine.sessions(
            department: nil, pool: nil, from: Hospital.today, to: Hospital.today.advanced(days: 2)
        ).value
        lines += sessions.map { "\($0.id) \($0.times) \($0.slots) \($0.live) \($0.session.standing)" }
        return Image(lines: lines, catalogue: try await engine.catalogue().value)
    }

    private static func work(_ hospital: Hospital) async throws {
        let clinic = try await hospital.open("li", capacities: [4, 4, 4, 4])
        let scans = try await hospital.open("ct", at: "13:00", capacities: [2, 2, 2, 2, 2, 2])
        let first = try #require(await hospital.run(hospital.book(0, clinic, 0)).receipt)
        let held = try #require(await hospital.run(hospital.book(1, clinic, 1, hold: true)).receipt)
        _ = await hospital.run(hospital.book(1, clinic, 1))
        _ = await hospital.run(
            .bookTogether(
                patient: hospital.patients[2],
                items: [
                    .init(slot: SlotID(session: clinic, index: 2), service: hospital.clinic),
                    .init(slot: SlotID(session: scans, index: 0), service: hospital.scan),
                ], hold: false))
        _ = await hospital.run(
            .move(first.appointment, to: SlotID(session: clinic, index: 3), ifVersion: 0, reason: "later"))
        _ = await hospital.change(held.appointment, .confirm)
        _ = await hospital.change(held.appointment, .cancel)
    }

    @Test
    func `a standby that began with a copy has, chunk for chunk, what its primary has`() async throws {
        let hospital = try await Hospital()
        try await Self.work(hospital)
        let standby = try await Standby(of: hospital)
        try await standby.catchUp()
        let second = try await hospital.open("li", day: 1, capacities: [3, 3])
        for patient in 10..<16 { await hospital.run(hospital.book(patient, second, UInt16(patient % 2))) }
        _ = try await hospital.engine.registerPatients(
            [[Identifier(system: "urn:test", value: "late")]], by: Hospital.doctor)
        try await standby.catchUp()
        #expect(standby.engine.journal.tip == hospital.engine.journal.tip)
        #expect(try await Self.image(standby.engine, hospital) == Self.image(hospital.engine, hospital))
        #expect(standby.engine.role == .standby)

        let refused = await standby.engine.execute([hospital.write(hospital.book(20, second, 0))])[0]
        #expect(refused.error?.code == .notPrimary)
        await #expect(throws: EngineError.self) {
            _ = try await standby.engine.registerPatients([[Identifier(system: "a", value: "b")]], by: Hospital.doctor)
        }
        await standby.engine.stop()
    }

    @Test
    func `a second standby is refused, with or without data, as long as the first follows`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital, policy: nil)
        let request = standby.engine.followRequest(name: "b", asker: 1)
        let feeder = try hospital.engine.feeder(for: request)
        var other = standby.engine.followRequest(name: "c", asker: 2)
        func refusal() -> EngineError? {
            do throws(EngineError) {
                switch try hospital.engine.follow(other) {
                case .stream(let feeder): feeder.end()
                case .copy(let copy): copy.close()
                case .cutBack: break
                }
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal()?.code == .overloaded && refusal()?.message.contains("b follows already") == true)
        other.wantsCopy = true
        #expect(refusal()?.code == .overloaded)
        // The first asks again, on another connection: it is no second.
        guard case .stream(let again) = try hospital.engine.follow(request) else {
            Issue.record("it streams again")
            return
        }
        feeder.end()
        #expect(refusal()?.code == .overloaded)
        again.end()
        #expect(refusal() == nil)
        other.wantsCopy = false
        #expect(refusal() == nil)
        await standby.engine.stop()
    }

    @Test
    func `a standby's checkpoint and restart lose nothing of what it took in`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        try await Self.work(hospital)
        try await standby.catchUp()
        await standby.engine.checkpoint()
        let later = try await hospital.open("li", day: 1, capacities: [3, 3])
        await hospital.run(hospital.book(30, later, 0))
        try await standby.catchUp()
        let before = try await Self.image(standby.engine, hospital)
        await standby.engine.stop()
        let again = try Engine.start(Standby.configuration(standby.folder, hospital, nil))
        #expect(try await Self.image(again, hospital) == before)
        #expect(again.journal.tip == hospital.engine.journal.tip)
        await again.stop()
        #expect(throws: WrongRole.self) {
            _ = try Engine.start(Standby.configuration(standby.folder, hospital, nil, role: .primary))
        }
    }

    @Test
    func `an archived session is in the standby's history, and there after a crash between log and table`() async throws
    {
        let hospital = try await Hospital()
        try await Self.work(hospital)
        let standby = try await Standby(of: hospital)
        let cancelled = try await hospital.engine.appointments(of: hospital.patients[1], history: true)
        #expect(!cancelled.value.isEmpty)
        for patient in hospital.patients {
            for found in try await hospital.engine.appointments(of: patient, history: false).value {
                _ = await hospital.change(found.appointment.id, .cancel)
            }
        }
        hospital.clock.advance(to: hospital.clock.now().advanced(milliseconds: 9 * 86_400_000))
        await hospital.engine.archiveSessions()
        // The engine's own turn may have been first: its patients are told when the history has it for good.
        while await !hospital.engine.violations().isEmpty { await Task.yield() }
        try await hospital.engine.journal.whenDurable(hospital.engine.journal.lastPosition)
        try await standby.catchUp()
        // Its history is written after the fact, so the fact's position does not tell.
        try await standby.engine.journal.flushed()
        #expect(try await Self.image(standby.engine, hospital) == Self.image(hospital.engine, hospital))
        #expect(await standby.engine.status().counts.appointments == 0)
        await standby.engine.stop()
    }

    @Test
    func `a promoted standby goes on where its primary stopped, and a retry gets the first answer`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        let session = try await hospital.open("li", capacities: [4, 4])
        let key = hospital.key()
        let first = await hospital.run(hospital.book(0, session, 0, hold: true), key: key)
        try await standby.catchUp()
        let (epoch, position) = try await standby.engine.promote()
        #expect(epoch == 2)
        #expect(position == hospital.engine.settledPosition)
        #expect(standby.engine.role == .primary)
        let again = await standby.engine.execute([hospital.write(hospital.book(0, session, 0, hold: true), key: key)])[
            0]
        #expect(again.again)
        #expect(again.receipt == first.receipt)
        let next = await standby.engine.execute([hospital.write(hospital.book(1, session, 0))])[0]
        #expect(next.receipt?.appointment.number == 2)
        hospital.clock.advance(to: hospital.clock.now().advanced(milliseconds: 3_600_000))
        await standby.engine.runTimers()
        let id = try #require(first.receipt?.appointment)
        #expect(try await standby.engine.appointments([id]).value.first?.appointment.record.state == .expired)
        await #expect(throws: EngineError.self) { _ = try await standby.engine.promote() }
        // A piece that was still on its way is not taken in any more.
        await hospital.run(hospital.book(5, session, 1))
        let late = try hospital.engine.journal.chunks(
            after: LogTip(next: position.next, chain: standby.engine.standing.current.epochs.starts[0].begin.chain),
            maxBytes: 1_000)
        await #expect(throws: EngineError.self) { _ = try await standby.engine.receive(late) }
        await standby.engine.stop()
        let restarted = try Engine.start(
            Standby.configuration(standby.folder, hospital, nil, role: .primary))
        #expect(restarted.epoch == 2)
        await restarted.stop()
    }

    @Test
    func `a deposed primary decides nothing, takes back what nobody has, and follows`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        try await standby.catchUp()
        let parting = standby.engine.journal.tip
        await hospital.run(hospital.book(7, session, 2))
        _ = try await standby.engine.promote()
        let winner = await standby.engine.execute([hospital.write(hospital.book(8, session, 2))])[0]
        #expect(winner.receipt?.appointment.number == 1)

        hospital.engine.depose(by: 1)
        #expect(hospital.engine.role == .primary)
        hospital.engine.depose(by: 2)
        #expect(hospital.engine.role == .deposed(by: 2))
        let refused = await hospital.run(hospital.book(9, session, 0))
        #expect(refused.error?.code == .notPrimary)
        let request = hospital.engine.followRequest(name: "a", asker: 1)
        await hospital.engine.stop()
        #expect(throws: WrongRole.self) { try hospital.start { _ in } }

        guard case .cutBack(let tip) = try standby.engine.follow(request) else {
            Issue.record("its tail is nobody else's")
            return
        }
        #expect(tip == parting)
        #expect(try Journal.cutBack(JournalOptions(directory: hospital.folder), to: tip))
        try hospital.start { $0.role = .standby }
        let feeder = try standby.engine.feeder(for: hospital.engine.followRequest(name: "a", asker: 1))
        while hospital.engine.settledPosition < feeder.position {
            feeder.confirm(try await hospital.engine.receive(try await feeder.next()))
        }
        feeder.end()
        #expect(hospital.engine.journal.tip == standby.engine.journal.tip)
        #expect(hospital.engine.epoch == 2)
        #expect(try await Self.image(hospital.engine, hospital) == Self.image(standby.engine, hospital))
        await standby.engine.stop()
    }

    /// Runs what is put to it elsewhere than its caller, and counts.
    private final class Reader: TaskExecutor {
        let jobs = Atomic(0)

        func enqueue(_ job: consuming ExecutorJob) {
            jobs.wrappingAdd(1, ordering: .relaxed)
            let (job, executor) = (UnownedJob(job), asUnownedTaskExecutor())
            DispatchQueue.global().async { job.runSynchronously(on: executor) }
        }
    }

    @Test
    func `what a standby is sent from the log is read where its feeder says`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        _ = try await hospital.open("li", capacities: [4, 4, 4])
        try await hospital.engine.journal.flushed()
        let feeder = try hospital.engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        let reader = Reader()
        #expect(try await feeder.next(reader: reader).last == hospital.engine.diskPosition)
        #expect(reader.jobs.load(ordering: .relaxed) > 0)
        feeder.end()
        await standby.engine.stop()
    }

    @Test
    func `a standby that has more than its primary's disk is not given less, and can be promoted`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        try await standby.catchUp()
        await hospital.engine.stop()
        let aside = hospital.folder + "-aside"
        try FileManager.default.copyItem(atPath: hospital.folder, toPath: aside)
        try hospital.start { _ in }
        await hospital.run(hospital.book(7, session, 2))
        try await standby.catchUp()
        await hospital.engine.stop()
        try FileManager.default.removeItem(atPath: hospital.folder)
        try FileManager.default.moveItem(atPath: aside, toPath: hospital.folder)
        try hospital.start { _ in }

        let request = standby.engine.followRequest(name: "b", asker: 1)
        #expect(request.end.next > hospital.engine.journal.tip.next)
        func expectRefusal() {
            let error = #expect(throws: EngineError.self) { _ = try hospital.engine.follow(request) }
            #expect(error?.code == .internal)
            #expect(error?.message.contains("promote the standby") == true)
        }
        expectRefusal()
        // It may have written as much again.
        for patient in 5...9 { await hospital.run(hospital.book(patient, session, 0)) }
        #expect(request.end.next <= hospital.engine.journal.tip.next)
        expectRefusal()

        _ = try await standby.engine.promote()
        let own = hospital.engine.followRequest(name: "a", asker: 1)
        await hospital.engine.stop()
        guard case .cutBack(let parting) = try standby.engine.follow(own) else {
            Issue.record("it goes back to where the standby's epoch began, or before")
            return
        }
        #expect(parting.next <= request.end.next)
        await standby.engine.stop()
    }

    @Test
    func `in synchronous mode a yes waits for the standby, and going on alone lets it go`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        let standby = try await Standby(of: hospital)
        try await hospital.restart { $0.standby = StandbyPolicy() }
        let away = await hospital.run(hospital.book(0, session, 0))
        #expect(away.error?.code == .standbyAway)
        let feeder = try hospital.engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        try await standby.follow(feeder)
        let (engine, booking) = (hospital.engine, hospital.write(hospital.book(0, session, 0)))
        let waiting = Task { await engine.execute([booking])[0] }
        let sent = try await feeder.next()
        #expect(engine.settledPosition < sent.last)
        feeder.confirm(try await standby.engine.receive(sent))
        #expect(await waiting.value.receipt != nil)

        let second = hospital.write(hospital.book(1, session, 0))
        let inDoubt = Task { await engine.execute([second])[0] }
        _ = try await feeder.next()
        feeder.end()
        #expect(engine.replication.acknowledgement == .none)
        // A caller that asks again is told why, and can look for another primary; one that waits goes on waiting.
        let again = await engine.execute([second])[0]
        #expect(again.error?.code == .standbyAway && again.error?.maybeApplied == true)
        try engine.goOnAlone()
        #expect(await inDoubt.value.receipt != nil)
        #expect(engine.replication.isAlone)
        // Once a standby has caught up, it is waited for again.
        try await standby.catchUp()
        #expect(!engine.replication.isAlone)
        #expect(await hospital.run(hospital.book(2, session, 0)).error?.code == .standbyAway)
        await standby.engine.stop()
    }

    @Test
    func `in asynchronous mode no yes is given once nothing was heard of the standby for the lease`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        let standby = try await Standby(of: hospital)
        try await hospital.restart { $0.standby = StandbyPolicy(acknowledgement: .local(leaseMilliseconds: 5_000)) }
        // Just started: it may have been replaced while it was away.
        #expect(await hospital.run(hospital.book(0, session, 0)).error?.code == .standbyAway)
        try await standby.catchUp()
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        hospital.clock.advance(to: hospital.clock.now().advanced(milliseconds: 5_001))
        #expect(await hospital.run(hospital.book(1, session, 0)).error?.code == .standbyAway)
        try await standby.catchUp()
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
        hospital.clock.advance(to: hospital.clock.now().advanced(milliseconds: 5_001))
        try hospital.engine.goOnAlone()
        #expect(await hospital.run(hospital.book(2, session, 0)).receipt != nil)
        await standby.engine.stop()
    }

    @Test
    func `a repetition that waits, and a change of the catalogue, get no yes after the lease either`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        let standby = try await Standby(of: hospital)
        try await hospital.restart {
            $0.standby = StandbyPolicy(acknowledgement: .local(leaseMilliseconds: 5_000))
            $0.journal.driving = .manual
        }
        let engine = hospital.engine
        while try engine.journal.step() {}
        let feeder = try engine.feeder(for: standby.engine.followRequest(name: "standby", asker: 1))
        feeder.confirm(standby.engine.diskPosition, beat: feeder.beat)
        let (booking, last) = (hospital.write(hospital.book(0, session, 0)), engine.lastPosition)
        let first = Task { await engine.execute([booking])[0] }
        while engine.lastPosition == last { await Task.yield() }
        let second = Task { await engine.execute([booking])[0] }
        let patients = [[Identifier(system: "urn:test", value: "late")]]
        let third = Task { try await engine.registerPatients(patients, by: Hospital.doctor) }
        while engine.lastPosition == last.next { await Task.yield() }
        hospital.clock.advance(to: hospital.clock.now().advanced(milliseconds: 5_001))
        while try engine.journal.step() {}
        #expect(await first.value.error?.code == .standbyAway)
        #expect(await second.value.error?.code == .standbyAway)
        await #expect(throws: EngineError.self) { _ = try await third.value }
        feeder.end()
        await standby.engine.stop()
    }

    @Test
    func `a promoted standby confirms no record of its own epoch to the primary before it`() async throws {
        let hospital = try await Hospital()
        let standby = try await Standby(of: hospital)
        try await Self.work(hospital)
        try await standby.catchUp()
        let engine = standby.engine
        let confirmed = engine.confirmable
        #expect(confirmed == hospital.engine.settledPosition)
        let waiting = Task { try await engine.confirmable(after: confirmed) }
        let (_, last) = try await engine.promote()
        #expect(last == confirmed)
        await #expect(throws: JournalError.self) { _ = try await waiting.value }
        #expect(engine.confirmable == confirmed)
        #expect(engine.journal.diskPosition > confirmed)
        await engine.stop()
    }

    @Test
    func `a former primary shows nothing as standby before the new one has said that it goes on there`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        let key = hospital.key()
        let receipt = try #require(await hospital.run(hospital.book(0, session, 0), key: key).receipt)
        for _ in 0..<2 {
            try await hospital.restart { $0.role = .standby }
            let again = await hospital.run(hospital.book(0, session, 0), key: key)
            #expect(again.error?.code == .notPrimary)
            await #expect(throws: EngineError.self) {
                _ = try await hospital.engine.appointments([receipt.appointment])
            }
            #expect(hospital.engine.settledPosition == .zero)
        }
        hospital.engine.joined()
        #expect(try await hospital.engine.appointments([receipt.appointment]).value.count == 1)
        #expect(await hospital.run(hospital.book(0, session, 0), key: key).receipt == receipt)
        try await hospital.restart { $0.role = .standby }
        #expect(hospital.engine.settledPosition > .zero)
    }

    @Test
    func
        `what a standby said before its primary stood still does not make the lease longer when it is read afterwards`()
        async throws
    {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        let standby = try await Standby(of: hospital)
        try await hospital.restart { $0.standby = StandbyPolicy(acknowledgement: .local(leaseMilliseconds: 5_000)) }
        let feeder = try hospital.engine.feeder(for: standby.engine.followRequest(name: "standby", asker: 1))
        let (position, beat) = (standby.engine.diskPosition, feeder.beat)
        feeder.confirm(position, beat: beat)
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        hospital.clock.advance(to: hospital.clock.now().advanced(milliseconds: 5_001))
        feeder.confirm(position, beat: beat)
        feeder.confirm(position)
        #expect(await hospital.run(hospital.book(1, session, 0)).error?.code == .standbyAway)
        #expect(hospital.engine.replication.acknowledgement == .none)
        feeder.confirm(position, beat: feeder.beat)
        #expect(await hospital.run(hospital.book(1, session, 0)).receipt != nil)
        feeder.end()
        await standby.engine.stop()
    }

    @Test
    func `two logs part where the first of their epochs differs`() {
        func start(_ number: UInt32, _ next: UInt64, _ chain: UInt32 = 5) -> EpochStart {
            EpochStart(number: number, begin: LogTip(next: Position(next), chain: chain))
        }
        func tip(_ next: UInt64) -> LogTip { LogTip(next: Position(next), chain: 5) }
        let here = Epochs([start(2, 100), start(3, 200)])
        #expect(here.parting(from: Epochs(), end: tip(90)) == nil)
        #expect(here.parting(from: Epochs(), end: tip(100)) == nil)
        #expect(here.parting(from: Epochs(), end: tip(120)) == tip(100))
        #expect(here.parting(from: Epochs([start(2, 100)]), end: tip(150)) == nil)
        #expect(here.parting(from: Epochs([start(2, 100)]), end: tip(250)) == tip(200))
        #expect(here.parting(from: here, end: tip(900)) == nil)
        // Both were promoted from the same place: the same number, and another history.
        #expect(here.parting(from: Epochs([start(2, 80)]), end: tip(150)) == tip(80))
        #expect(throws: CodingError.self) { _ = try Epochs(decoding: [1, 2, 3]) }
        #expect((try? Epochs(decoding: here.encoded)) == here)
    }
}
