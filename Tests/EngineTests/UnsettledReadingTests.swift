import Journal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// Readings beside a write that may not be told yet: each waits for what it shows, and for nothing else.
@Suite struct UnsettledReadingTests {
    /// A synchronous primary whose standby has everything, then goes, with one write waiting: patient 1 at `busy`.
    private struct Waiting {
        let hospital: Hospital
        let standby: Standby
        let busy: SessionID
        let settled: AppointmentID
        let write: Task<Answer, Never>

        init() async throws {
            hospital = try await Hospital()
            busy = try await hospital.open("li", capacities: [4, 4, 4])
            settled = try #require(await hospital.run(hospital.book(0, busy, 0)).receipt?.appointment)
            _ = try await hospital.open("li", day: 1, capacities: [4, 4, 4])
            _ = try await hospital.open("ct", capacities: [4, 4, 4])
            standby = try await Standby(of: hospital)
            try await hospital.restart { $0.standby = StandbyPolicy() }
            let engine = hospital.engine
            let feeder = try engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
            try await standby.follow(feeder)
            let (booking, last) = (hospital.write(hospital.book(1, busy, 0)), engine.lastPosition)
            write = Task { await engine.execute([booking])[0] }
            while engine.lastPosition == last { await Task.yield() }
            feeder.end()
        }

        func end() async throws {
            try hospital.engine.goOnAlone()
            #expect(await write.value.receipt != nil)
            await standby.engine.stop()
        }
    }

    private func expectAway(
        _ location: SourceLocation = #_sourceLocation, _ reading: () async throws -> Void
    ) async {
        let error = await #expect(throws: EngineError.self, sourceLocation: location) { try await reading() }
        #expect(error?.code == .standbyAway, sourceLocation: location)
        #expect(error?.message.contains("haoyuan alone") == true, sourceLocation: location)
    }

    @Test
    func `a write that waits for the standby keeps no reading waiting but those that show it`() async throws {
        let waiting = try await Waiting()
        let (hospital, engine, today) = (waiting.hospital, waiting.hospital.engine, Hospital.today)
        #expect(try await engine.catalogue().value.pools.count == 2)
        #expect(
            try await engine.findPatients([Identifier(system: "urn:test", value: "p1")]).value == [hospital.patients[1]]
        )
        #expect(try await engine.appointments([waiting.settled]).value.count == 1)
        #expect(try await engine.appointments(of: hospital.patients[0], history: true).value.count == 1)
        #expect(try await engine.appointments(of: hospital.patients[2], history: true).value.isEmpty)
        let tomorrow = today.advanced(days: 1)
        #expect(try await engine.sessions(department: nil, pool: nil, from: tomorrow, to: tomorrow).value.count == 1)
        #expect(
            try await engine.sessions(department: nil, pool: waiting.busy.pool, from: tomorrow, to: tomorrow).value
                .count
                == 1)
        var query = SlotQuery(department: DepartmentID(rawValue: 1), from: tomorrow)
        #expect(try await engine.search(query).value.slots.count == 3)
        query.patient = hospital.patients[2]
        #expect(try await engine.search(query).value.slots.count == 3)
        #expect(
            try await engine.search(SlotQuery(department: DepartmentID(rawValue: 2), from: today)).value.slots.count
                == 3)

        let card = DepartmentID(rawValue: 1)
        #expect(try await engine.count(DayQuery(departments: [card], from: tomorrow)).value.days[0].free == 12)

        await expectAway { _ = try await engine.count(DayQuery(departments: [card], from: today, to: tomorrow)) }
        await expectAway { _ = try await engine.appointments(in: waiting.busy) }
        await expectAway { _ = try await engine.appointments(of: hospital.patients[1], history: false) }
        await expectAway { _ = try await engine.appointments([AppointmentID(session: waiting.busy, number: 2)]) }
        await expectAway { _ = try await engine.search(SlotQuery(department: DepartmentID(rawValue: 1), from: today)) }
        await expectAway { _ = try await engine.sessions(department: nil, pool: nil, from: today, to: today) }
        query.patient = hospital.patients[1]
        await expectAway { _ = try await engine.search(query) }
        try await waiting.end()
        #expect(try await engine.appointments(in: waiting.busy).value.count == 2)
    }

    @Test
    func `a search that shows a waiting write holds up none of those that came with it`() async throws {
        let waiting = try await Waiting()
        let engine = waiting.hospital.engine
        let answers = await engine.search([
            SlotQuery(department: DepartmentID(rawValue: 1), from: Hospital.today),
            SlotQuery(department: DepartmentID(rawValue: 2), from: Hospital.today),
        ])
        guard case .later(let search) = answers[0], case .now(.success(let other)) = answers[1] else {
            Issue.record("the second has its answer at once")
            return
        }
        #expect(other.value.slots.count == 3)
        let counts = await engine.count([
            DayQuery(departments: [DepartmentID(rawValue: 1)], from: Hospital.today),
            DayQuery(departments: [DepartmentID(rawValue: 2)], from: Hospital.today),
        ])
        guard case .later(let count) = counts[0], case .now(.success(let others)) = counts[1] else {
            Issue.record("the second calendar has its answer at once")
            return
        }
        #expect(others.value.days.map(\.free) == [12])
        let late = await engine.settle([search])
        #expect(throws: EngineError.self) { try late[0].get() }
        let lateCounts = await engine.settle([count])
        #expect(throws: EngineError.self) { try lateCounts[0].get() }
        try await waiting.end()
    }

    @Test
    func `a reading that waits for the standby's word is told at once that the standby has gone`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        let standby = try await Standby(of: hospital)
        try await hospital.restart { $0.standby = StandbyPolicy() }
        let engine = hospital.engine
        let feeder = try engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        try await standby.follow(feeder)
        let (booking, last) = (hospital.write(hospital.book(1, session, 0)), engine.lastPosition)
        let write = Task { await engine.execute([booking])[0] }
        while engine.lastPosition == last { await Task.yield() }
        let reading = Task { try await engine.appointments(in: session) }
        for _ in 0..<100 { await Task.yield() }
        feeder.end()
        await expectAway { _ = try await reading.value }
        try engine.goOnAlone()
        #expect(await write.value.receipt != nil)
        await standby.engine.stop()
    }

    @Test
    func `a primary that starts without its standby shows at once what was told before`() async throws {
        let hospital = try await Hospital()
        let session = try await hospital.open("li", capacities: [4, 4, 4])
        let standby = try await Standby(of: hospital)
        try await hospital.restart { $0.standby = StandbyPolicy() }
        #expect(try await hospital.engine.appointments(in: session).value.isEmpty)
        try await standby.catchUp()
        let feeder = try hospital.engine.feeder(for: standby.engine.followRequest(name: "b", asker: 1))
        try await standby.follow(feeder)
        let (engine, booking) = (hospital.engine, hospital.write(hospital.book(0, session, 0)))
        let write = Task { await engine.execute([booking])[0] }
        feeder.confirm(try await standby.engine.receive(try await feeder.next()))
        #expect(await write.value.receipt != nil)
        feeder.end()
        let told = engine.settledPosition
        for _ in 0..<2 {
            try await hospital.restart { $0.standby = StandbyPolicy() }
            let engine = hospital.engine
            let reading = try await engine.appointments(in: session)
            #expect(reading.value.count == 1)
            #expect(reading.position >= told)
            #expect(try await engine.catalogue().value.pools.count == 2)
            #expect(try await engine.appointments(of: hospital.patients[0], history: true).value.count == 1)
            #expect(
                try await engine.search(SlotQuery(service: hospital.clinic, from: Hospital.today)).value.slots.count
                    == 3)
            // It may have been replaced, so it decides nothing.
            #expect(await hospital.run(hospital.book(2, session, 0)).error?.code == .standbyAway)
        }
        await standby.engine.stop()
    }

    @Test(arguments: [false, true])
    func `after a start without the standby what it never confirmed is not shown, and all else is`(
        isCheckpointed: Bool
    ) async throws {
        let waiting = try await Waiting()
        let hospital = waiting.hospital
        if isCheckpointed { await hospital.engine.checkpoint() }
        // Stopped while one write waits: its caller was told nothing.
        hospital.engine.journal.endWaits()
        _ = await waiting.write.value
        try await hospital.restart { $0.standby = StandbyPolicy() }
        let engine = hospital.engine
        #expect(engine.settledPosition < engine.lastPosition)
        #expect(try await engine.appointments([waiting.settled]).value.count == 1)
        #expect(try await engine.appointments(of: hospital.patients[0], history: true).value.count == 1)
        #expect(try await engine.catalogue().value.pools.count == 2)
        await expectAway { _ = try await engine.appointments(in: waiting.busy) }
        await expectAway { _ = try await engine.appointments(of: hospital.patients[1], history: false) }
        await expectAway { _ = try await engine.search(SlotQuery(service: hospital.clinic, from: Hospital.today)) }
        try await waiting.standby.catchUp()
        #expect(try await engine.appointments(in: waiting.busy).value.count == 2)
        await waiting.standby.engine.stop()
    }

    @Test
    func `a disk that stands still keeps no reading waiting but those that show what it has to write`() async throws {
        let hospital = try await Hospital { _ in }
        let busy = try await hospital.open("li", capacities: [4])
        let free = try await hospital.open("li", day: 1, capacities: [4])
        try await hospital.restart { $0.journal.driving = .manual }
        let engine = hospital.engine
        while try engine.journal.step() {}
        let (booking, last) = (hospital.write(hospital.book(0, busy, 0)), engine.lastPosition)
        let write = Task { await engine.execute([booking])[0] }
        while engine.lastPosition == last { await Task.yield() }
        #expect(try await engine.appointments(in: free).value.isEmpty)
        #expect(try await engine.appointments(of: hospital.patients[1], history: false).value.isEmpty)
        let reading = Task { try await engine.appointments(in: busy) }
        while try engine.journal.step() {}
        #expect(await write.value.receipt != nil)
        #expect(try await reading.value.value.count == 1)
    }

    // MARK: Positions

    @Test
    func `a reading's position is never less than what was answered before, whatever it is about`() async throws {
        let hospital = try await Hospital()
        let sessions = [
            try await hospital.open("li", capacities: [400, 400]),
            try await hospital.open("ct", capacities: [400, 400]),
        ]
        let (engine, patients) = (hospital.engine, hospital.patients)
        #expect(try await engine.appointments(of: patients[0], history: false).position > .zero)
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                let bookings = (0..<40).map { round in
                    hospital.write(
                        hospital.book((caller * 5 + round) % 50, sessions[(caller + round) % 2], UInt16(round % 2)))
                }
                group.addTask {
                    var told = Position.zero
                    for (round, booking) in bookings.enumerated() {
                        let answer = await engine.execute([booking])[0]
                        told = max(told, answer.position)
                        do {
                            let position =
                                switch round % 5 {
                                case 0:
                                    try await engine.search(
                                        SlotQuery(service: ServiceID(rawValue: 1), from: Hospital.today)
                                    ).position
                                case 1: try await engine.appointments(of: patients[caller], history: false).position
                                case 2: try await engine.appointments(in: sessions[caller % 2]).position
                                case 3: try await engine.catalogue().position
                                default:
                                    try await engine.search(
                                        SlotQuery(
                                            service: ServiceID(rawValue: 1), from: Hospital.today,
                                            patient: patients[caller])
                                    ).position
                                }
                            #expect(position >= told)
                            told = max(told, position)
                        } catch {
                            Issue.record("\(error)")
                        }
                    }
                }
            }
        }
    }
}
