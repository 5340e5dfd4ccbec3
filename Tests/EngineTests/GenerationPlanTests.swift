import Scheduling
import Testing

@testable import Engine

/// What a generation does where templates get in each other's way.
@Suite struct `Templates that want each other's hours` {
    private static let day = Hospital.today.advanced(days: 1)

    private func template(
        _ code: String, in pool: String = "li", at start: String, slots: UInt32 = 4
    ) throws -> CatalogueDraft.Template {
        .init(
            code: code, pool: pool, weekdays: 127, start: try #require(WallTime(start)), slotMinutes: 15, slots: slots,
            capacity: 1)
    }

    /// A hospital whose pools share a room.
    private func hospital() async throws -> Hospital {
        let hospital = try await Hospital()
        var draft = CatalogueDraft()
        draft.resources = [.init(code: "r", name: "诊室", kind: .room, department: "CARD")]
        draft.pools = [
            .init(code: "li", name: "li", department: "CARD", resources: ["r"], services: ["visit"]),
            .init(code: "ct", name: "ct", department: "CT", resources: ["r"], services: ["visit", "scan"]),
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        return hospital
    }

    private func generate(_ hospital: Hospital, _ templates: [CatalogueDraft.Template]) async throws -> SessionsOpened {
        var draft = CatalogueDraft()
        draft.templates = templates
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        return try await hospital.engine.generateSessions(
            from: Self.day, to: Self.day, templates: [], by: Hospital.doctor
        ).value
    }

    /// When the day's sessions begin, and how many slots they have, by pool.
    private func plan(_ hospital: Hospital) async throws -> [String] {
        let zone = try await hospital.engine.catalogue().value.hospital.zone
        return try await hospital.engine.sessions(department: nil, pool: nil, from: Self.day, to: Self.day).value
            .map { "\($0.id.pool.rawValue) \(zone.wall(at: $0.times.start).time) \($0.times.slots)" }.sorted()
    }

    private func session(_ hospital: Hospital, at start: String) async throws -> SessionID {
        let start = try await hospital.engine.catalogue().value.hospital.zone
            .instant(of: Self.day, try #require(WallTime(start)))
        let all = try await hospital.engine.sessions(department: nil, pool: nil, from: Self.day, to: Self.day).value
        return try #require(all.first { $0.times.start == start }).id
    }

    @Test func `a session stays whose new hours would have the room in two places`() async throws {
        let hospital = try await hospital()
        let other = try template("l2", in: "ct", at: "09:00")
        #expect(try await generate(hospital, [template("l1", at: "08:00"), other]).opened == 2)
        let answer = try await generate(hospital, [template("l1", at: "08:00", slots: 5), other])
        #expect(answer.opened == 0 && answer.unchanged == 1 && answer.withdrawn == 0)
        #expect(
            answer.conflicts == [
                "pool ‘li’, 2026-03-03 08:00: template ‘l1’ says 08:00 now, but its resource ‘r’ is in session 2/0 of "
                    + "pool ‘ct’ at that time; session 1/0 stays as it is"
            ])
        #expect(try await plan(hospital) == ["1 08:00 4", "2 09:00 4"])
        await hospital.expectSound()
    }

    @Test func `two templates of a pool swap their hours where nothing is booked`() async throws {
        let hospital = try await hospital()
        _ = try await generate(hospital, [template("a", at: "08:00"), template("b", at: "10:00", slots: 2)])
        let answer = try await generate(hospital, [template("a", at: "10:00"), template("b", at: "08:00", slots: 2)])
        #expect(answer.opened == 2 && answer.withdrawn == 2 && answer.conflicts.isEmpty)
        #expect(try await plan(hospital) == ["1 08:00 2", "1 10:00 4"])
    }

    @Test(arguments: ["08:00", "10:00"])
    func `two templates that would swap keep both hours where one is booked`(booked: String) async throws {
        let hospital = try await hospital()
        _ = try await generate(hospital, [template("a", at: "08:00"), template("b", at: "10:00")])
        let session = try await session(hospital, at: booked)
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        for _ in 0..<2 {
            let answer = try await generate(hospital, [template("a", at: "10:00"), template("b", at: "08:00")])
            #expect(answer.opened == 0 && answer.unchanged == 0 && answer.withdrawn == 0)
            #expect(answer.conflicts.count == 2)
            #expect(answer.conflicts.contains { $0.contains("\(session) has 1 appointment") })
            #expect(answer.conflicts.contains { $0.contains("but \(session) stands there; session 1/") })
        }
        #expect(try await plan(hospital) == ["1 08:00 4", "1 10:00 4"])
    }

    @Test func `hours that are freed go on to the next template, over three pools' worth of moves`() async throws {
        let hospital = try await hospital()
        _ = try await generate(
            hospital, [template("a", at: "08:00"), template("b", at: "09:00"), template("c", in: "ct", at: "10:00")])
        let answer = try await generate(
            hospital, [template("a", at: "09:00"), template("b", at: "10:00"), template("c", in: "ct", at: "11:00")])
        #expect(answer.opened == 3 && answer.withdrawn == 3 && answer.conflicts.isEmpty)
        #expect(try await plan(hospital) == ["1 09:00 4", "1 10:00 4", "2 11:00 4"])
        // The last of the row cannot move, so none can.
        let last = try await session(hospital, at: "11:00")
        #expect(await hospital.run(hospital.book(0, last, 0)).receipt != nil)
        let kept = try await generate(
            hospital, [template("a", at: "10:00"), template("b", at: "11:00"), template("c", in: "ct", at: "12:00")])
        #expect(kept.opened == 0 && kept.withdrawn == 0 && kept.conflicts.count == 3)
        #expect(try await plan(hospital) == ["1 09:00 4", "1 10:00 4", "2 11:00 4"])
    }

    @Test func `a template that is new does not take the place of one that moves`() async throws {
        let hospital = try await hospital()
        _ = try await generate(hospital, [template("a", in: "ct", at: "08:00")])
        let answer = try await generate(hospital, [template("a", in: "ct", at: "10:00"), template("b", at: "10:00")])
        #expect(answer.opened == 1 && answer.withdrawn == 1 && answer.conflicts.count == 1)
        #expect(try await plan(hospital) == ["2 10:00 4"])
    }

    @Test func `the second of two templates with the same hours is a conflict that names both`() async throws {
        let hospital = try await hospital()
        let answer = try await generate(hospital, [template("a", at: "08:00"), template("b", at: "08:00")])
        #expect(answer.opened == 1 && answer.unchanged == 0)
        #expect(
            answer.conflicts == [
                "pool ‘li’, 2026-03-03 08:00: template ‘b’ wants just the hours of session 1/0, which template ‘a’ has "
                    + "opened; give one of the two other hours"
            ])
    }

    @Test func `a session that was opened by hand stands for a template's`() async throws {
        let hospital = try await hospital()
        _ = try await hospital.open("li", day: 1, at: "08:00", minutes: 15, capacities: [1, 1, 1, 1])
        let answer = try await generate(hospital, [template("a", at: "08:00")])
        #expect(answer.opened == 0 && answer.unchanged == 1 && answer.conflicts.isEmpty)
    }

    @Test func `what is over is not opened again when it has gone to the history`() async throws {
        let hospital = try await hospital()
        #expect(try await generate(hospital, [template("a", at: "08:00")]).opened == 1)
        hospital.clock.advance(to: Hospital.morning.advanced(milliseconds: 20 * 24 * 3_600_000))
        for archives in [false, true] {
            if archives {
                let now = hospital.engine.time.now()
                for shard in hospital.engine.shards.pools { _ = await shard.archive(before: now, now: now) }
                #expect(try await plan(hospital).isEmpty)
            }
            let answer = try await generate(hospital, [template("a", at: archives ? "08:00" : "09:00")])
            #expect(answer == SessionsOpened())
        }
        #expect(try await plan(hospital).isEmpty)
    }

    @Test func `other clock changes of the zone replace what is empty and name what is booked`() async throws {
        let hospital = try await hospital()
        _ = try await generate(hospital, [template("a", at: "08:00"), template("b", at: "14:00")])
        let session = try await session(hospital, at: "14:00")
        #expect(await hospital.run(hospital.book(0, session, 0)).receipt != nil)
        let named = (name: Hospital.named.name, zone: "Asia/Tokyo")
        _ = try await hospital.engine.putCatalogue(CatalogueDraft(), hospital: named, by: Hospital.doctor)
        // Also where a checkpoint has them.
        await hospital.engine.checkpoint()
        try await hospital.restart()
        let rows = try await hospital.engine.previewSessions(from: Self.day, to: Self.day, templates: []).value.rows
        #expect(rows.filter { $0.session != nil }.map(\.isOfZone) == [true, true])
        let answer = try await generate(hospital, [])
        #expect(answer.opened == 1 && answer.withdrawn == 1)
        #expect(
            answer.conflicts == [
                "pool ‘li’, 2026-03-03 15:00: template ‘b’ begins at 14:00 now, by the zone's clock changes, its hours are the same, "
                    + "but \(session) has 1 appointment; it stays as it is"
            ])
        #expect(try await plan(hospital) == ["1 08:00 4", "1 15:00 4"])
    }
}
