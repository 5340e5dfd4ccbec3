import Journal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

@Suite struct ReadingTests {
    @Test
    func `free slots come by start, skip what is full or past, and go on where they stopped`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", at: "09:00", capacities: [1, 2, 0, 1])
        _ = try await hospital.open("ct", at: "09:05", capacities: [1, 1])
        #expect(await hospital.run(hospital.book(0, li, 0)).receipt != nil)
        var query = SlotQuery(service: hospital.clinic, from: Hospital.today)
        let all = try await hospital.engine.search(query).value
        #expect(all.slots.map(\.start.rawValue).map { ($0 - Hospital.morning.rawValue) / 60_000 } == [65, 70, 75, 90])
        #expect(!all.more)
        query.limit = 3
        let first = try await hospital.engine.search(query).value
        #expect(first.more && first.slots.count == 3)
        query.after = (first.slots[2].start, first.slots[2].slot)
        #expect(try await hospital.engine.search(query).value.slots == Array(all.slots.suffix(1)))
        let next = SlotQuery(department: DepartmentID(rawValue: 1), nextFree: true, limit: 1)
        #expect(try await hospital.engine.search(next).value.slots.map(\.slot) == [SlotID(session: li, index: 1)])
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 71 * 60_000))
        #expect(try await hospital.engine.search(SlotQuery(service: hospital.clinic)).value.slots.count == 2)
        await #expect(throws: EngineError.self) { try await hospital.engine.search(SlotQuery()) }
    }

    @Test
    func `searches that go together are answered each as by itself, the wrong ones too`() async throws {
        let hospital = try await Hospital()
        let engine = hospital.engine
        let li = try await hospital.open("li", capacities: [1, 1, 1])
        #expect(await hospital.run(hospital.book(0, li, 0)).receipt != nil)
        // Of another department: a fact behind all that a search of the first shows.
        _ = try await hospital.open("ct", capacities: [1, 1, 1, 1])
        var queries: [SlotQuery] = []
        for department in 1...2 as ClosedRange<UInt32> {
            for limit in [1, 2, 9] {
                queries.append(
                    SlotQuery(department: DepartmentID(rawValue: department), from: Hospital.today, limit: limit))
            }
        }
        queries.append(SlotQuery())
        queries.append(SlotQuery(service: hospital.clinic, from: Hospital.today))
        queries.append(SlotQuery(service: ServiceID(rawValue: 77)))
        let together = await engine.search(queries)
        #expect(together.count == queries.count)
        for (query, answer) in zip(queries, together) {
            do throws(EngineError) {
                let alone = try await engine.search(query)
                guard case .now(let answer) = answer else {
                    Issue.record("nothing keeps it from being answered")
                    continue
                }
                let reading = try answer.get()
                #expect(reading.value.slots == alone.value.slots && reading.value.more == alone.value.more)
                #expect(reading.position == alone.position)
                #expect(reading.position <= engine.settledPosition)
            } catch {
                guard case .now(.failure(let same)) = answer else {
                    Issue.record("\(query) fails only alone: \(error)")
                    continue
                }
                #expect(same.code == error.code)
            }
        }
    }

    @Test
    func `every listed slot can be booked: a service of three slots sees only where three fit`() async throws {
        let hospital = try await Hospital()
        let ct = try await hospital.open("ct", capacities: [1, 1, 1, 1, 1, 1])
        #expect(await hospital.run(hospital.book(0, ct, 3)).receipt != nil)
        let free = try await hospital.engine.search(SlotQuery(service: hospital.scan, from: Hospital.today)).value.slots
        #expect(free.map(\.slot.index) == [0])
        for slot in free {
            let command = Command.book(
                patient: hospital.patients[1], item: .init(slot: slot.slot, service: hospital.scan), hold: false)
            #expect(await hospital.run(command).receipt != nil)
        }
    }

    @Test
    func `the change feed has every event once, in order, from any position`() async throws {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [50])
        let start = hospital.engine.settledPosition
        let engine = hospital.engine
        let reader = Task {
            var seen: [PositionedEvent] = []
            var after = start
            while seen.count < 60 {
                let part = try await engine.events(after: after, limit: 7)
                seen += part.events
                after = part.through
            }
            return seen
        }
        for patient in 0..<30 {
            let id = try #require(await hospital.run(hospital.book(patient, li, 0)).receipt).appointment
            #expect(await hospital.change(id, .cancel).receipt != nil)
        }
        let seen = try await reader.value
        let positions = (1...60).map { start.advanced(by: $0) }
        #expect(seen.map(\.position) == positions)
        #expect(seen.allSatisfy { $0.event.by == Hospital.doctor && $0.event.at == Hospital.morning })
        let cancelled = seen.count {
            if case .changed(let change) = $0.event.fact { change.state == .cancelled } else { false }
        }
        #expect(cancelled == 30)
    }

    @Test
    func `a trimmed position is told with the oldest one`() async throws {
        let hospital = try await Hospital(patients: 2_000) { $0.journal.segmentBytes = 16 << 10 }
        let li = try await hospital.open("li", capacities: [2_000])
        for part in 0..<10 {
            _ = await hospital.engine.execute((0..<200).map { hospital.write(hospital.book(part * 200 + $0, li, 0)) })
            await hospital.engine.checkpoint()
        }
        // One more commit lets the trim of the last checkpoint take place.
        let ct = try await hospital.open("ct", capacities: [1])
        #expect(await hospital.run(hospital.book(1, ct, 0)).refusal?.rule == .overlap)
        await #expect(throws: EngineError.self) { _ = try await hospital.engine.events(after: .zero, limit: 10) }
        let status = await hospital.engine.status()
        #expect(status.journal.oldestPosition > Position(1_000))
        let recent = try await hospital.engine.events(after: status.settledPosition.previous, limit: 10)
        #expect(recent.events.count == 1)
    }

    @Test
    func `a patient is registered once under all its identifiers`() async throws {
        let hospital = try await Hospital(patients: 1)
        func register(_ pairs: [(String, String)]) async throws -> PatientOutcome {
            try await hospital.engine.registerPatients(
                [pairs.map { Identifier(system: $0.0, value: $0.1) }], by: Hospital.doctor
            ).value[0]
        }
        let first = try await register([("id", "110101"), ("card", "A")])
        let second = try await register([("card", "A"), ("insurance", "X")])
        #expect(first.created && !second.created && first.patient == second.patient)
        let other = try await register([("id", "220202")])
        #expect(other.created)
        let mixed = try await register([("id", "220202"), ("insurance", "X")])
        #expect(mixed.patient == nil && mixed.problem.contains("two different patients"))
        let nobody = try await register([])
        #expect(nobody.patient == nil && nobody.problem.contains("at least one"))
        for _ in 0..<2 {
            let found = try await hospital.engine.findPatients([
                Identifier(system: "insurance", value: "X"), Identifier(system: "id", value: "220202"),
                Identifier(system: "id", value: "nobody"),
            ]).value
            #expect(found == [first.patient, other.patient, nil])
            await hospital.engine.checkpoint()
            try await hospital.restart()
        }
    }

    @Test
    func `templates generate sessions once, in the hospital's zone, and conflicts are told`() async throws {
        let hospital = try await Hospital()
        var draft = CatalogueDraft()
        draft.templates = [
            .init(
                code: "li-am", pool: "li", weekdays: 0b0011111, start: try #require(WallTime("08:30")), slotMinutes: 15,
                slots: 12, capacity: 2)
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        let to = Hospital.today.advanced(days: 13)
        let first = try await hospital.engine.generateSessions(
            from: Hospital.today, to: to, templates: [], by: Hospital.doctor
        ).value
        #expect(first.opened == 10)
        let again = try await hospital.engine.generateSessions(
            from: Hospital.today, to: to, templates: ["li-am"], by: Hospital.doctor
        ).value
        #expect(again.opened == 0 && again.unchanged == 10)
        let sessions = try await hospital.engine.sessions(
            department: DepartmentID(rawValue: 1), pool: nil, from: Hospital.today, to: to
        ).value
        #expect(sessions.count == 10)
        #expect(sessions[0].times.start == Hospital.morning.advanced(milliseconds: 30 * 60_000))
        let clash = SessionDraft(
            pool: "li", date: Hospital.today, start: try #require(WallTime("10:00")), slotMinutes: 10, capacities: [1])
        let opened = try await hospital.engine.openSessions([clash], by: Hospital.doctor).value
        #expect(opened.opened == 0 && opened.conflicts.count == 1)
    }

    @Test(arguments: ["Asia/Shanghai", "Pacific/Kiritimati", "UTC"])
    func `the first morning of 1970 lies before 1970 in the east: it is refused, the next day is not`(zone: String)
        async throws
    {
        let hospital = try await Hospital()
        var draft = CatalogueDraft()
        let start = try #require(WallTime("00:00"))
        draft.templates = [
            .init(code: "night", pool: "li", weekdays: 0b1111111, start: start, slotMinutes: 15, slots: 4, capacity: 2)
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: (name: "东", zone: zone), by: Hospital.doctor)
        let first = try #require(LocalDate("1970-01-01"))
        func error(_ body: () async throws -> Void) async -> EngineError? {
            do {
                try await body()
                return nil
            } catch {
                return error as? EngineError
            }
        }
        let generated = await error {
            _ = try await hospital.engine.generateSessions(
                from: first, to: first.advanced(days: 2), templates: [], by: Hospital.doctor)
        }
        #expect(generated?.code == .invalidArgument)
        let opened = await error {
            let draft = SessionDraft(pool: "ct", date: first, start: start, slotMinutes: 15, capacities: [1])
            _ = try await hospital.engine.openSessions([draft], by: Hospital.doctor)
        }
        #expect(opened?.code == .invalidArgument)
        let second = first.advanced(days: 1)
        let sessions = try await hospital.engine.generateSessions(
            from: second, to: second, templates: [], by: Hospital.doctor
        ).value
        let draft2 = SessionDraft(pool: "ct", date: second, start: start, slotMinutes: 15, capacities: [1])
        let one = try await hospital.engine.openSessions([draft2], by: Hospital.doctor).value
        // It may be generated, but it is over.
        #expect(sessions == SessionsOpened() && one.opened == 1)
        let last = LocalDate.range.upperBound
        let late = try await hospital.engine.generateSessions(
            from: last, to: last, templates: [], by: Hospital.doctor
        ).value
        #expect(late.opened == 1)
    }

    @Test
    func `one generation opens so many sessions and not one more`() async throws {
        let hospital = try await Hospital()
        var draft = CatalogueDraft(["CARD": (0..<51).map { "p\($0)" }])
        let start = try #require(WallTime("08:00"))
        draft.templates = (0..<51).map {
            .init(
                code: "t\($0)", pool: "p\($0)", weekdays: 0b1111111, start: start, slotMinutes: 15, slots: 1,
                capacity: 1)
        }
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        let to = Hospital.today.advanced(days: 399)
        await #expect(throws: EngineError.self) {
            try await hospital.engine.generateSessions(from: Hospital.today, to: to, templates: [], by: Hospital.doctor)
        }
        #expect(await hospital.engine.status().counts.sessions == 0)
        let codes = (0..<50).map { "t\($0)" }
        let most = try await hospital.engine.generateSessions(
            from: Hospital.today, to: to, templates: codes, by: Hospital.doctor
        ).value
        #expect(most.opened == EngineLimits.sessionsPerGeneration)
    }

    @Test(arguments: [44, 52, 63])
    func `a session's id has 44 bits: what lies above them makes it another, which does not exist`(bit: Int)
        async throws
    {
        let hospital = try await Hospital()
        let li = try await hospital.open("li", capacities: [1])
        #expect(await hospital.run(hospital.book(0, li, 0)).receipt != nil)
        #expect(try await hospital.engine.appointments(in: li).value.count == 1)
        await #expect(throws: EngineError.self) {
            try await hospital.engine.appointments(in: SessionID(rawValue: li.rawValue | 1 << UInt64(bit)))
        }
    }

    @Test
    func `identifiers differ when their bytes do, whatever Unicode holds for equal`() async throws {
        let hospital = try await Hospital()
        // é as one scalar, and as e with an accent after it.
        let systems = ["urn:caf\u{E9}", "urn:cafe\u{301}"]
        #expect(systems[0] == systems[1])
        let found = try await hospital.engine.registerPatients(
            systems.map { [Identifier(system: $0, value: "1")] }, by: Hospital.doctor
        ).value
        #expect(found.map(\.created) == [true, true])
        #expect(found[0].patient != found[1].patient)
    }

    @Test
    func `blanks around an identifier say nothing, and those of an older folder are still found`() async throws {
        let hospital = try await Hospital()
        func register(_ value: String) async throws -> PatientID? {
            try await hospital.engine.registerPatients(
                [[Identifier(system: "urn:id ", value: value)]], by: Hospital.doctor
            ).value[0].patient
        }
        let first = try #require(try await register("11X\u{3000}"))
        #expect(try await register(" 11X\t") == first)
        let found = try await hospital.engine.findPatients([
            Identifier(system: "urn:id", value: "11X"), Identifier(system: " urn:id", value: "11X "),
            Identifier(system: "urn:id", value: "11x"),
        ]).value
        #expect(found == [first, first, nil])
        #expect(try await register(" ") == nil)

        var registry = PatientRegistry()
        let old = Identifier(system: "s", value: "7 ")
        registry.evolve(PatientID(rawValue: 1), [old])
        #expect(registry[old] == PatientID(rawValue: 1))
        guard case .known(let known, let adding) = registry.decide([old]) else {
            Issue.record("an identifier of an older folder became a new patient")
            return
        }
        #expect(known == PatientID(rawValue: 1) && adding.isEmpty)
    }

    @Test
    func `no session is opened before a zone is named, and a template is asked for once`() async throws {
        let day = Hospital.today
        let draft = SessionDraft(
            pool: "p", date: day, start: try #require(WallTime("08:00")), slotMinutes: 10, capacities: [1])
        let unnamed = [
            #expect(throws: EngineError.self) { try Catalogue().roster(from: day, to: day, templates: []) },
            #expect(throws: EngineError.self) { try Catalogue().openings([draft]) },
        ]
        for error in unnamed {
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("its time zone is not named") == true)
        }
        var named = Catalogue()
        named.evolve(.hospital(Scheduling.Hospital(name: "H", zone: .utc)))
        #expect(try named.roster(from: day, to: day, templates: []).openings.isEmpty)
        named.evolve(.department(Department(id: DepartmentID(rawValue: 1), code: "d", name: "D")))
        named.evolve(
            .pool(
                Pool(
                    id: PoolID(rawValue: 1), code: "p", name: "P", department: DepartmentID(rawValue: 1), resources: [],
                    services: [])))
        named.evolve(
            .template(
                Template(
                    id: TemplateID(rawValue: 1), code: "t", pool: PoolID(rawValue: 1), weekdays: 127,
                    start: draft.start, slotMinutes: 10, slots: 1, capacity: 1, validFrom: nil, validUntil: nil)))
        #expect(try named.roster(from: day, to: day, templates: named.chosen(["t"])).openings.count == 1)
        let twice = #expect(throws: EngineError.self) { try named.chosen(["t", "t"]) }
        #expect(twice?.message == "templates: ‘t’ is named twice")
    }
}
