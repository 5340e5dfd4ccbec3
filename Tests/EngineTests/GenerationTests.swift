import Journal
import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// What a generation makes of the days of templates that say something else than before.
@Suite struct `Templates that change` {
    private func template(
        at start: String, pool: String = "li", slots: UInt32 = 4, capacity: UInt32 = 1, weekdays: UInt32 = 127
    ) throws -> CatalogueDraft {
        var draft = CatalogueDraft()
        draft.templates = [
            .init(
                code: "t", pool: pool, weekdays: weekdays, start: try #require(WallTime(start)), slotMinutes: 15,
                slots: slots, capacity: capacity)
        ]
        return draft
    }

    /// Puts the template and generates a day of it.
    private func generate(_ hospital: Hospital, _ draft: CatalogueDraft, day: Int32 = 1) async throws -> SessionsOpened
    {
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        let date = Hospital.today.advanced(days: day)
        return try await hospital.engine.generateSessions(from: date, to: date, templates: [], by: Hospital.doctor)
            .value
    }

    private func sessions(_ hospital: Hospital, day: Int32 = 1) async throws -> [SessionSummary] {
        let date = Hospital.today.advanced(days: day)
        return try await hospital.engine.sessions(department: nil, pool: nil, from: date, to: date).value
    }

    @Test func `an empty session to come makes room for what the template says now`() async throws {
        let hospital = try await Hospital()
        #expect(try await generate(hospital, template(at: "08:00")).opened == 1)
        let changed = [
            try template(at: "09:00"), try template(at: "08:30"), try template(at: "08:30", slots: 6),
            try template(at: "08:30", capacity: 2), try template(at: "08:30", pool: "ct"),
        ]
        for draft in changed {
            let answer = try await generate(hospital, draft)
            #expect(answer.opened == 1 && answer.conflicts.isEmpty, "\(draft.templates)")
            #expect(answer.withdrawn == 1)
            let there = try await sessions(hospital)
            #expect(there.count == 1)
            let again = try await generate(hospital, draft)
            #expect(again.opened == 0 && again.unchanged == 1 && again.withdrawn == 0 && again.conflicts.isEmpty)
        }
        let ids = try await sessions(hospital).map(\.id)
        await hospital.engine.checkpoint()
        try await hospital.restart()
        #expect(try await sessions(hospital).map(\.id) == ids)
        let gone = SessionID(pool: PoolID(rawValue: 1), index: 0)
        #expect(await hospital.run(hospital.book(0, gone, 0)).refusal?.rule == .slotPast)
        await hospital.expectSound()
    }

    @Test func `an empty session of a day that the template has given up is withdrawn`() async throws {
        let hospital = try await Hospital()
        // Today is a Monday, so the day is a Tuesday.
        #expect(try await generate(hospital, template(at: "08:00")).opened == 1)
        let answer = try await generate(hospital, template(at: "08:00", weekdays: 127 & ~2))
        #expect(answer.opened == 0 && answer.withdrawn == 1 && answer.conflicts.isEmpty)
        #expect(try await sessions(hospital).isEmpty)
    }

    @Test func `a session that is booked stays, is named, and no other is opened beside it`() async throws {
        let hospital = try await Hospital()
        _ = try await generate(hospital, template(at: "08:00"))
        let session = try #require(try await sessions(hospital).first).id
        let booked = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        let answer = try await generate(hospital, template(at: "09:00"))
        #expect(answer.opened == 0)
        #expect(
            answer.conflicts == [
                "pool ‘li’, 2026-03-03 08:00: template ‘t’ begins at 09:00 now, by its hours, "
                    + "but \(session) has 1 appointment; it stays as it is"
            ])
        let longer = try await generate(hospital, template(at: "09:00", slots: 5))
        #expect(
            longer.conflicts == [
                "pool ‘li’, 2026-03-03 08:00: template ‘t’ says something else now, but \(session) has 1 appointment; "
                    + "it stays as it is"
            ])
        #expect(try await sessions(hospital).map(\.id) == [session])
        #expect(try await hospital.state(booked) == .booked)
    }

    @Test func `a session whose appointments were cancelled makes room, and they are in the history`() async throws {
        let hospital = try await Hospital()
        _ = try await generate(hospital, template(at: "08:00"))
        let session = try #require(try await sessions(hospital).first).id
        let booked = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        #expect(await hospital.change(booked, .cancel).receipt != nil)
        let answer = try await generate(hospital, template(at: "09:00"))
        #expect(answer.opened == 1 && answer.conflicts.isEmpty)
        #expect(try await sessions(hospital).map(\.id) != [session])
        #expect(try await hospital.state(booked) == .cancelled)
        #expect(await hospital.change(booked, .cancel).refusal?.rule == .state)
        await hospital.expectSound()
        try await hospital.restart()
        #expect(try await hospital.state(booked) == .cancelled)
        await hospital.expectSound()
    }

    @Test func `a lock in force keeps a session, and so does its beginning`() async throws {
        let hospital = try await Hospital()
        _ = try await generate(hospital, template(at: "08:00"))
        let session = try #require(try await sessions(hospital).first).id
        let lock = SlotLock(first: 0, slots: 1, units: 0, owner: "", reason: "", until: nil)
        _ = await hospital.run(.lockSlots(session, lock))
        var answer = try await generate(hospital, template(at: "09:00"))
        #expect(answer.opened == 0 && answer.conflicts.count == 1 && answer.conflicts[0].contains("lock 1 in force"))
        _ = await hospital.run(.unlockSlots(session, 1))
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 24 * 3_600_000))
        answer = try await generate(hospital, template(at: "10:00"))
        #expect(answer.opened == 0 && answer.conflicts.count == 1 && answer.conflicts[0].contains("has begun"))
        #expect(try await sessions(hospital).map(\.id) == [session])
    }

    @Test func `what is over is not opened in the evening, however often it is asked for`() async throws {
        let hospital = try await Hospital()
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 10 * 3_600_000))
        for _ in 0..<2 {
            let answer = try await generate(hospital, template(at: "08:00"), day: 0)
            #expect(answer.opened == 0 && answer.unchanged == 0 && answer.conflicts.isEmpty)
        }
        #expect(try await sessions(hospital, day: 0).isEmpty)
        // Hours that the template got only now were never offered.
        #expect(try await generate(hospital, template(at: "10:00"), day: 0).opened == 0)
        #expect(try await generate(hospital, template(at: "17:30"), day: 0).opened == 1)
        #expect(try await generate(hospital, template(at: "17:30"), day: 1).opened == 1)
    }

    @Test func `a session that no template opened, or another one did, is left alone`() async throws {
        let hospital = try await Hospital()
        let own = try await hospital.open("li", day: 1, at: "14:00", capacities: [1])
        _ = try await generate(hospital, template(at: "08:00"))
        _ = try await generate(hospital, template(at: "09:00"))
        #expect(try await sessions(hospital).map(\.id).contains(own))
        #expect(try await sessions(hospital).count == 2)
    }
}

/// A doctor, a device or a room is in one place at a time, whatever pools share it.
@Suite struct `Resources that pools share` {
    private func hospital(shared: Bool = true) async throws -> Hospital {
        let hospital = try await Hospital()
        var draft = CatalogueDraft()
        draft.resources = [.init(code: "r", name: "诊室", kind: .room, department: "CARD")]
        draft.pools = [
            pool("li", "CARD", ["r"], ["visit"]), pool("ct", "CT", shared ? ["r"] : [], ["visit", "scan"]),
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        return hospital
    }

    private func pool(
        _ code: String, _ department: String, _ resources: [String], _ services: [String]
    ) -> CatalogueDraft.Pool {
        .init(code: code, name: code, department: department, resources: resources, services: services)
    }

    /// A template of each pool, at the same hour.
    private func oneHourOfBoth() throws -> CatalogueDraft {
        var draft = CatalogueDraft()
        draft.templates = try ["li", "ct"].map {
            .init(
                code: $0, pool: $0, weekdays: 127, start: try #require(WallTime("13:00")), slotMinutes: 15, slots: 4,
                capacity: 1)
        }
        return draft
    }

    private func open(_ hospital: Hospital, _ pool: String, at start: String) async throws -> SessionsOpened {
        let draft = SessionDraft(
            pool: pool, date: Hospital.today, start: try #require(WallTime(start)), slotMinutes: 30, capacities: [1, 1])
        return try await hospital.engine.openSessions([draft], by: Hospital.doctor).value
    }

    @Test(
        arguments: [("09:00", true), ("08:30", true), ("09:30", true), ("08:00", false), ("10:00", false)]
            as [(String, Bool)])
    func `a session in another pool at that time is a conflict, in another department too`(
        start: String, conflicts: Bool
    ) async throws {
        let hospital = try await hospital()
        #expect(try await open(hospital, "li", at: "09:00").opened == 1)
        for restarts in [false, true] {
            if restarts { try await hospital.restart() }
            let answer = try await open(hospital, "ct", at: start)
            if conflicts {
                #expect(
                    answer.conflicts == [
                        "pool ‘ct’, 2026-03-02 \(start): its resource ‘r’ is in session 1/0 of pool ‘li’ at that time"
                    ])
            } else {
                #expect(answer.conflicts.isEmpty)
            }
        }
        await hospital.expectSound()
    }

    @Test func `one generation names the second of two templates that want a doctor at one time`() async throws {
        let hospital = try await hospital()
        let draft = try oneHourOfBoth()
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        let answer = try await hospital.engine.generateSessions(
            from: Hospital.today, to: Hospital.today.advanced(days: 2), templates: [], by: Hospital.doctor
        ).value
        #expect(answer.opened == 3 && answer.conflicts.count == 3)
        #expect(answer.conflicts.allSatisfy { $0.contains("‘r’") })
    }

    @Test func `sessions of an earlier version that have one doctor at one time are named each time`() async throws {
        let hospital = try await hospital()
        var draft = try oneHourOfBoth()
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        func generate() async throws -> SessionsOpened {
            try await hospital.engine.generateSessions(
                from: Hospital.today, to: Hospital.today, templates: [], by: Hospital.doctor
            ).value
        }
        #expect(try await generate().conflicts.count == 1)
        let first = try #require(
            try await hospital.engine.sessions(department: nil, pool: nil, from: Hospital.today, to: Hospital.today)
                .value.first)
        await hospital.engine.stop()
        // Of the two pools and templates, numbered from 1, those that got nothing.
        let other = 3 - first.id.pool.rawValue
        let second = SessionDefinition(
            id: SessionID(pool: PoolID(rawValue: other), index: 0), times: first.times,
            template: TemplateID(rawValue: other), capacities: [1, 1, 1, 1])
        let journal = try Journal.open(JournalOptions(directory: hospital.folder))
        var writer = ByteWriter()
        Event(at: Hospital.morning, by: Hospital.doctor, fact: .sessionOpened(second)).encode(into: &writer)
        var records = RecordBatch()
        try records.append(writer.bytes)
        try await journal.whenDurable(journal.append(records))
        try journal.close()
        try hospital.start { _ in }
        let answer = try await generate()
        #expect(answer.opened == 0 && answer.unchanged == 0 && answer.conflicts.count == 2, "\(answer)")
        #expect(answer.conflicts.allSatisfy { $0.contains("its resource ‘r’ is in session ") })
        // One is withdrawn, and nothing stands against the other.
        draft.templates = [draft.templates[1]]
        draft.templates[0].start = try #require(WallTime("15:00"))
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        let mended = try await generate()
        #expect(mended.opened == 1 && mended.unchanged == 1 && mended.conflicts.isEmpty, "\(mended)")
        await hospital.expectSound()
    }

    @Test func `a catalogue that would put a resource in two places is refused by name`() async throws {
        let hospital = try await hospital(shared: false)
        #expect(try await open(hospital, "li", at: "09:00").opened == 1)
        #expect(try await open(hospital, "ct", at: "09:30").opened == 1)
        var draft = CatalogueDraft()
        draft.pools = [pool("ct", "CT", ["r"], ["visit", "scan"])]
        await #expect {
            try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        } throws: { error in
            "\(error)".contains("‘r’") && "\(error)".contains("‘li’") && "\(error)".contains("‘ct’")
        }
        // When the two are over, nothing stands against it.
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 3 * 3_600_000))
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
    }

    @Test func `an outdated session that is withdrawn gives its resource back`() async throws {
        let hospital = try await hospital()
        for (start, other) in [("13:00", "14:30"), ("16:00", "13:00")] {
            var draft = CatalogueDraft()
            draft.templates = [
                .init(
                    code: "t", pool: "li", weekdays: 127, start: try #require(WallTime(start)), slotMinutes: 15,
                    slots: 4, capacity: 1)
            ]
            _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
            _ = try await hospital.engine.generateSessions(
                from: Hospital.today, to: Hospital.today, templates: [], by: Hospital.doctor)
            #expect(try await open(hospital, "ct", at: other).conflicts.isEmpty)
        }
    }
}
