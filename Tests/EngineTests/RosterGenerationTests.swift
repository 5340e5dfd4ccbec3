import Scheduling
import TestHospitals
import Testing

@testable import Engine

/// What a generation makes of calendars, exceptions and leaves. Today is Monday, 2026-03-02; of the days after it the
/// calendar makes Tuesday a holiday, lets Saturday go as a Tuesday, and ends with Sunday.
@Suite struct `Rosters with holidays, exceptions and leave` {
    private static func day(_ days: Int32) -> LocalDate { Hospital.today.advanced(days: days) }

    private static func draft() throws -> CatalogueDraft {
        var draft = CatalogueDraft()
        draft.resources = [.init(code: "dr", name: "李医生", kind: .practitioner, department: "CARD")]
        draft.pools = [.init(code: "li", name: "号源池", department: "CARD", resources: ["dr"], services: ["visit"])]
        draft.calendars = [
            .init(
                code: "cn", name: "中国", source: "国办", first: day(-30), last: day(6),
                days: [.init(date: day(1), kind: .holiday), .init(date: day(5), kind: .working(as: 1))])
        ]
        draft.templates = [
            .init(
                code: "t", pool: "li", weekdays: 0b0011111, start: try #require(WallTime("08:00")), slotMinutes: 15,
                slots: 4, capacity: 1, calendar: "cn")
        ]
        return draft
    }

    private func put(_ hospital: Hospital, _ draft: CatalogueDraft) async throws {
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
    }

    private func generate(_ hospital: Hospital, from: Int32 = 1, to: Int32) async throws -> SessionsOpened {
        try await hospital.engine.generateSessions(
            from: Self.day(from), to: Self.day(to), templates: [], by: Hospital.doctor
        ).value
    }

    private func preview(_ hospital: Hospital, from: Int32 = 1, to: Int32) async throws -> GenerationPreview {
        try await hospital.engine.previewSessions(from: Self.day(from), to: Self.day(to), templates: []).value
    }

    private func days(_ hospital: Hospital) async throws -> [LocalDate] {
        try await hospital.engine.sessions(department: nil, pool: nil, from: Self.day(0), to: Self.day(30))
            .value.map(\.times.date)
    }

    @Test func `a holiday opens nothing and a make-up day goes as its weekday, over a restart too`() async throws {
        let hospital = try await Hospital()
        try await put(hospital, Self.draft())
        for restarts in [false, true] {
            if restarts {
                await hospital.engine.checkpoint()
                try await hospital.restart()
            }
            let answer = try await generate(hospital, to: 6)
            #expect(answer.conflicts.isEmpty && answer.opened == (restarts ? 0 : 4))
            #expect(try await days(hospital) == [2, 3, 4, 5].map { Self.day($0) })
        }
        await hospital.expectSound()
    }

    @Test func `each day that the calendar cannot judge is named, and what is open there stays`() async throws {
        let hospital = try await Hospital()
        var draft = try Self.draft()
        draft.templates[0].calendar = ""
        try await put(hospital, draft)
        #expect(try await generate(hospital, from: 7, to: 8).opened == 2)
        draft = try Self.draft()
        draft.templates[0].start = try #require(WallTime("10:00"))
        try await put(hospital, draft)
        let answer = try await generate(hospital, from: 6, to: 9)
        #expect(answer.opened == 0 && answer.withdrawn == 0)
        #expect(answer.conflicts.count == 3)
        for (sentence, day) in zip(answer.conflicts, [7, 8, 9] as [Int32]) {
            #expect(sentence.hasPrefix("\(Self.day(day)): calendar ‘cn’"), "\(sentence)")
        }
        #expect(try await days(hospital) == [7, 8].map { Self.day($0) })
    }

    @Test func `a day that an exception closes is withdrawn when it is empty, and named when it is booked`()
        async throws
    {
        let hospital = try await Hospital()
        try await put(hospital, Self.draft())
        #expect(try await generate(hospital, to: 6).opened == 4)
        let session = try await hospital.engine.sessions(
            department: nil, pool: nil, from: Self.day(3), to: Self.day(3)
        ).value[0].id
        let booked = try #require(await hospital.run(hospital.book(0, session, 0)).receipt).appointment
        var draft = try Self.draft()
        draft.templates[0].exceptions = [2, 3].map { .init(date: Self.day($0), kind: .closed, reason: "会议") }
        try await put(hospital, draft)
        let row = try #require(
            try await preview(hospital, to: 6).rows.first { $0.date == Self.day(3) && $0.session != nil })
        #expect(row.appointments == [booked])
        let answer = try await generate(hospital, to: 6)
        #expect(answer.withdrawn == 1 && answer.opened == 0 && answer.conflicts.count == 1)
        #expect(answer.conflicts.first?.contains("an exception closes it (会议)") ?? false, "\(answer.conflicts)")
        #expect(try await hospital.state(booked) == .booked)
        #expect(try await days(hospital) == [3, 4, 5].map { Self.day($0) })
    }

    @Test func `nothing is opened while the only resource is away, and its booked session is named`() async throws {
        let hospital = try await Hospital()
        try await put(hospital, Self.draft())
        #expect(try await generate(hospital, to: 3).opened == 2)
        let session = try await hospital.engine.sessions(
            department: nil, pool: nil, from: Self.day(2), to: Self.day(2)
        ).value[0].id
        _ = try #require(await hospital.run(hospital.book(0, session, 0)).receipt)
        var draft = CatalogueDraft()
        draft.templates = [
            // Over before it begins to matter.
            .init(
                code: "w", pool: "ct", weekdays: 127, start: WallTime(rawValue: 480), slotMinutes: 15, slots: 4,
                capacity: 1, validUntil: Self.day(0))
        ]
        draft.leaves = [
            .init(
                code: "2026-17", resource: "dr", from: WallMoment(Self.day(2), WallTime(rawValue: 0)),
                until: WallMoment(Self.day(5), WallTime(rawValue: 0)), reason: "年假")
        ]
        try await put(hospital, draft)
        #expect(try await days(hospital) == [2, 3].map { Self.day($0) })
        let byHand = try await hospital.open("li", day: 4, at: "20:00", capacities: [1])
        let rows = try await preview(hospital, to: 6).rows
        #expect(
            rows.contains { $0.session == byHand && $0.fate == .absent("its resource ‘dr’ is away by leave ‘2026-17’") }
        )
        for (template, isNamed) in [("t", true), ("w", false)] {
            let preview = try await hospital.engine.previewSessions(
                from: Self.day(1), to: Self.day(6), templates: [template])
            #expect(preview.value.rows.contains { $0.session == byHand } == isNamed, "its pool is none of ‘w’")
        }
        let answer = try await generate(hospital, to: 6)
        #expect(answer.opened == 1 && answer.withdrawn == 1)
        #expect(answer.conflicts.count == 1 && answer.conflicts[0].contains("leave ‘2026-17’"), "\(answer.conflicts)")
        #expect(try await days(hospital) == [2, 4, 5].map { Self.day($0) })
        draft.leaves[0].isCancelled = true
        try await put(hospital, draft)
        #expect(try await generate(hospital, to: 6).opened == 2)
        try await hospital.restart()
        #expect(try await generate(hospital, to: 6).unchanged == 4)
    }

    @Test func `a preview says what a generation then does, and changes nothing`() async throws {
        let hospital = try await Hospital()
        var draft = try Self.draft()
        draft.templates.append(
            .init(
                code: "u", pool: "li", weekdays: 127, start: try #require(WallTime("08:30")), slotMinutes: 15, slots: 4,
                capacity: 2))
        try await put(hospital, draft)
        #expect(try await generate(hospital, to: 3).conflicts.count == 2)
        draft.templates[0].start = try #require(WallTime("13:00"))
        draft.templates[1].exceptions = [.init(date: Self.day(2), kind: .closed, reason: "")]
        try await put(hospital, draft)
        let before = try await days(hospital)
        let preview = try await preview(hospital, to: 9)
        #expect(try await days(hospital) == before)
        let done = try await generate(hospital, to: 9)
        #expect(preview.sum == done)
        func count(_ isCounted: (GenerationPreview.Fate) -> Bool) -> Int {
            preview.rows.count { isCounted($0.fate) }
        }
        #expect(count { $0 == .opens } == done.opened && done.opened > 0)
        #expect(count { $0 == .stands } == done.unchanged && done.unchanged > 0)
        #expect(count { $0 == .withdrawn } == done.withdrawn && done.withdrawn > 0)
        #expect(count { if case .unjudged = $0 { true } else { false } } == 3)
        #expect(count { if case .absent = $0 { true } else { false } } == 2)
        let again = try await self.preview(hospital, to: 9)
        #expect(again.sum.opened == 0 && again.sum.withdrawn == 0)
    }

    @Test func `a preview of templates that are not there is refused`() async throws {
        let hospital = try await Hospital()
        await #expect {
            try await hospital.engine.previewSessions(from: Self.day(0), to: Self.day(1), templates: ["x"])
        } throws: { "\($0)".contains("‘x’") }
    }
}
