import Scheduling
import Testing

@testable import Engine

/// Sessions are opened two days ahead at 02:00 of the hospital's day. Today is Monday, 08:00.
@Suite struct `The horizon rolls by itself` {
    private static let policy = RollPolicy(days: 2, at: WallTime(rawValue: 120))

    private func hospital(_ policy: RollPolicy? = policy) async throws -> Hospital {
        let hospital = try await Hospital { $0.roll = policy }
        var draft = CatalogueDraft()
        draft.templates = [
            .init(
                code: "t", pool: "li", weekdays: 127, start: try #require(WallTime("14:00")), slotMinutes: 15, slots: 4,
                capacity: 1)
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        return hospital
    }

    private func days(_ hospital: Hospital) async throws -> [Int32] {
        try await hospital.engine.sessions(
            department: nil, pool: nil, from: Hospital.today, to: Hospital.today.advanced(days: 30)
        ).value.map { $0.times.date.rawValue - Hospital.today.rawValue }
    }

    private func advance(_ hospital: Hospital, hours: Int64, minutes: Int64 = 0) {
        hospital.clock.advance(
            to: Hospital.morning.advanced(milliseconds: (hours * 60 + minutes) * 60_000))
    }

    @Test func `each night it goes a day further, once, over a restart too`() async throws {
        let hospital = try await hospital()
        await hospital.engine.rollRosters()
        #expect(try await days(hospital) == [0, 1, 2])
        let report = try #require(await hospital.engine.status().roll)
        #expect(report.day == Hospital.today && report.through == Hospital.today.advanced(days: 2))
        #expect(report.trouble.isEmpty && report.conflicts.isEmpty)
        advance(hospital, hours: 17, minutes: 59)
        await hospital.engine.rollRosters()
        #expect(try await days(hospital) == [0, 1, 2])
        advance(hospital, hours: 18)
        await hospital.engine.rollRosters()
        #expect(try await days(hospital) == [0, 1, 2, 3])
        try await hospital.restart { $0.roll = Self.policy }
        #expect(hospital.engine.roll?.report.day == Hospital.today.advanced(days: 1))
        await hospital.engine.rollRosters()
        #expect(try await days(hospital) == [0, 1, 2, 3])
        await hospital.expectSound()
    }

    @Test func `what was missed while no server was up is made good`() async throws {
        let hospital = try await hospital()
        await hospital.engine.rollRosters()
        await hospital.engine.stop()
        advance(hospital, hours: 24 * 3 + 1)
        try hospital.start { $0.roll = Self.policy }
        await hospital.engine.rollRosters()
        #expect(try await days(hospital) == [0, 1, 2, 3, 4, 5])
    }

    @Test func `hours that now run into the next day hold on all days from the next roll on`() async throws {
        let hospital = try await hospital()
        await hospital.engine.rollRosters()
        var draft = CatalogueDraft()
        draft.templates = [
            .init(
                code: "t", pool: "li", weekdays: 127, start: try #require(WallTime("23:30")), slotMinutes: 240,
                slots: 4,
                capacity: 1)
        ]
        _ = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        advance(hospital, hours: 18)
        await hospital.engine.rollRosters()
        let report = try #require(await hospital.engine.status().roll)
        #expect(report.conflicts == [])
        let sessions = try await hospital.engine.sessions(
            department: nil, pool: nil, from: Hospital.today.advanced(days: 1), to: Hospital.today.advanced(days: 9)
        ).value
        #expect(sessions.map(\.times.slotMinutes) == [240, 240, 240])
        await hospital.expectSound()
    }

    @Test func `a longer horizon is opened at once, and status says what is open until then`() async throws {
        let hospital = try await hospital()
        await hospital.engine.rollRosters()
        try await hospital.restart { $0.roll = RollPolicy(days: 4, at: WallTime(rawValue: 120)) }
        #expect(await hospital.engine.status().roll?.through == Hospital.today.advanced(days: 2))
        await hospital.engine.rollRosters()
        #expect(try await days(hospital) == [0, 1, 2, 3, 4])
        #expect(await hospital.engine.status().roll?.through == Hospital.today.advanced(days: 4))
        // A shorter one closes nothing.
        try await hospital.restart { $0.roll = Self.policy }
        await hospital.engine.rollRosters()
        #expect(await hospital.engine.status().roll?.through == Hospital.today.advanced(days: 4))
        #expect(try await days(hospital) == [0, 1, 2, 3, 4])
    }

    @Test(
        arguments: [
            ([], []), ([0], [0...1]), ([3], [3...3]), ([0, 1, 2], [0...3]), ([0, 2], [2...3, 0...1]),
            ([0, 1, 2, 3], [1...3, 0...1]),
        ] as [([Int32], [ClosedRange<Int32>])])
    func `days are looked at again with what stands behind them`(days: [Int32], stretches: [ClosedRange<Int32>]) {
        let most = days.count == 4 ? 3 : 9
        let found = RosterRoll.stretches(
            of: days.map { LocalDate(rawValue: $0) }, through: LocalDate(rawValue: 3), atMost: most)
        #expect(found.map { $0.lowerBound.rawValue...$0.upperBound.rawValue } == stretches)
    }

    @Test func `without a policy nothing is opened`() async throws {
        let hospital = try await hospital(nil)
        await hospital.engine.rollRosters()
        #expect(try await days(hospital).isEmpty)
        #expect(await hospital.engine.status().roll == nil)
    }

    @Test func `days that cannot be opened are told, and the others are opened`() async throws {
        let hospital = try await hospital()
        _ = try await hospital.open("li", day: 1, at: "14:30", capacities: [1])
        await hospital.engine.rollRosters()
        #expect(try await days(hospital) == [0, 1, 2])
        let report = try #require(await hospital.engine.status().roll)
        #expect(report.opened == 2 && report.conflicts.count == 1)
    }

    @Test(arguments: [("02:00", 0), ("01:59", -1), ("23:59", 0), ("00:00", -1)] as [(String, Int32)])
    func `a day's time has come or not`(time: String, days: Int32) throws {
        let roll = RosterRoll(Self.policy, metadata: nil)
        let wall = WallMoment(date: Hospital.today, time: try #require(WallTime(time)))
        #expect(roll.due(at: wall) == Hospital.today.advanced(days: days))
        let done = RosterRoll(Self.policy, metadata: RosterRoll.encode(Hospital.today.advanced(days: days), days: 2))
        #expect(done.due(at: wall) == nil)
        // As a version wrote it that did not say how far it went.
        let before = RosterRoll(
            Self.policy, metadata: Array(RosterRoll.encode(Hospital.today.advanced(days: days), days: 2).prefix(4)))
        #expect(before.due(at: wall) == Hospital.today.advanced(days: days))
    }
}
