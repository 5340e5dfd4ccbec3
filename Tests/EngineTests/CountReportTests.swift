import Journal
import Scheduling
import Testing

@testable import Engine

@Suite struct `Reports of what happened` {
    private static func query(_ hospital: Hospital, by groupings: Set<CountBy> = Set(CountBy.allCases)) -> CountQuery {
        CountQuery(from: Hospital.today, to: Hospital.today.advanced(days: 1), by: groupings)
    }

    private static func rows(_ hospital: Hospital) async throws -> [CountRow] {
        try await hospital.engine.countReport(query(hospital)).value
    }

    private static func total(_ hospital: Hospital) async throws -> Figures {
        try #require(try await rows(hospital).first { $0.by == .total }).figures
    }

    /// Two sessions with something of most kinds, all of it ended.
    private static func busy(_ hospital: Hospital) async throws {
        let session = try await hospital.open("li", capacities: [1, 1, 1])
        let empty = try await hospital.open("ct", capacities: [2])
        var ids: [AppointmentID] = []
        for patient in 0..<3 {
            let booked = await hospital.run(hospital.book(patient, session, UInt16(patient)))
            ids.append(try #require(booked.receipt).appointment)
        }
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 60_000))
        _ = await hospital.change(ids[0], .cancel)
        let moved = await hospital.run(
            .move(ids[1], to: SlotID(session: session, index: 0), ifVersion: 0, reason: ""))
        let place = try #require(moved.receipt).appointment
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 2 * 3_600_000))
        _ = await hospital.change(place, .noShow)
        for step in [Transition.arrive, .start, .complete] { _ = await hospital.change(ids[2], step) }
        _ = empty
    }

    @Test func `restart, checkpoint and archiving change no figure`() async throws {
        let hospital = try await Hospital()
        try await Self.busy(hospital)
        let before = try await Self.rows(hospital)
        let total = try await Self.total(hospital)
        #expect((total.offered, total.soldUnits, total.sold) == (5, 2, 2))
        #expect((total.cancelled, total.moved, total.noShow, total.completed) == (1, 1, 1, 1))
        #expect((total.sessions, total.soldOut) == (2, 1))
        #expect(total.selling[0] == 1, "opened and sold out at one moment")
        try await hospital.restart()
        #expect(try await Self.rows(hospital) == before)
        await hospital.engine.checkpoint()
        try await hospital.restart()
        #expect(try await Self.rows(hospital) == before)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 9 * 86_400_000))
        await hospital.engine.archiveSessions()
        #expect(await hospital.engine.status().counts.sessions == 0)
        #expect(try await Self.rows(hospital) == before)
        try await hospital.restart()
        #expect(try await Self.rows(hospital) == before)
        await hospital.engine.checkpoint()
        try await hospital.restart()
        #expect(try await Self.rows(hospital) == before)
    }

    @Test func `a session that is withdrawn offered nothing`() async throws {
        let hospital = try await Hospital()
        var draft = CatalogueDraft()
        draft.templates = [
            .init(
                code: "T", pool: "li", weekdays: 1, start: WallTime(rawValue: 840), slotMinutes: 10, slots: 3,
                capacity: 1)
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        _ = try await hospital.engine.generateSessions(
            from: Hospital.today, to: Hospital.today, templates: [], by: Hospital.doctor)
        #expect(try await Self.total(hospital).offered == 3)
        draft.templates[0].slots = 2
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        _ = try await hospital.engine.generateSessions(
            from: Hospital.today, to: Hospital.today, templates: [], by: Hospital.doctor)
        #expect(try await Self.total(hospital).offered == 2)
        try await hospital.restart()
        #expect((try await Self.total(hospital).offered, try await Self.total(hospital).sessions) == (2, 1))
    }

    @Test func `rows are by department, pool, resource and channel, and of what is named`() async throws {
        let hospital = try await Hospital()
        try await Self.busy(hospital)
        let rows = try await Self.rows(hospital)
        #expect(rows.map(\.place) == rows.map(\.place).sorted())
        #expect(rows.filter { $0.by == .department }.map(\.figures.offered) == [3, 2])
        #expect(rows.filter { $0.by == .channel }.map(\.key) == [UInt32(Channel.app.rawValue)])
        #expect(rows.filter { $0.by == .service }.map(\.figures.sold) == [2])
        var query = Self.query(hospital, by: [.total, .pool])
        query.departments = [DepartmentID(rawValue: 2)]
        query.pools = [PoolID(rawValue: 2)]
        let some = try await hospital.engine.countReport(query).value
        #expect(some.map(\.figures.offered) == [2, 2])
        query.pools = [PoolID(rawValue: 9)]
        await #expect(throws: EngineError.self) { try await hospital.engine.countReport(query) }
        query = Self.query(hospital)
        query.to = query.from.advanced(days: 400)
        await #expect(throws: EngineError.self) { try await hospital.engine.countReport(query) }
    }

    @Test func `sessions that a version before archived get their rows at a start`() async throws {
        let hospital = try await Hospital()
        try await Self.busy(hospital)
        let before = try await Self.rows(hospital)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 9 * 86_400_000))
        await hospital.engine.archiveSessions()
        try await hospital.engine.journal.flushed()
        // As a version before leaves it.
        var keys: [[UInt8]] = []
        try hospital.engine.journal.forEach(EngineTables.dayHistory) { key, _, _ in
            keys.append([UInt8](key))
            return true
        }
        #expect(keys.count == 2)
        hospital.engine.journal.write(keys.map { .delete(EngineTables.dayHistory, key: $0) })
        hospital.engine.journal.setMetadata("history-days", nil)
        try await hospital.engine.journal.flushed()
        #expect(try await Self.total(hospital).offered == 0)
        try await hospital.restart()
        #expect(try await Self.rows(hospital) == before)
    }
}
