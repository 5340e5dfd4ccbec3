import Scheduling
import Testing

@Suite struct `Zones and clock changes` {
    private func instant(_ date: String, _ time: String, _ zone: TimeZoneRules) throws -> Instant {
        zone.instant(of: try #require(LocalDate(date)), try #require(WallTime(time)))
    }

    @Test(
        arguments: [
            ("2025-03-30", "01:59", 1_743_296_340),  // the last minute of winter
            ("2025-03-30", "02:00", 1_743_296_400),  // skipped: as long after the gap's begin as it was meant to be
            ("2025-03-30", "02:30", 1_743_298_200),
            ("2025-03-30", "03:00", 1_743_296_400),  // the first minute of summer
            ("2025-10-26", "01:59", 1_761_436_740),
            ("2025-10-26", "02:00", 1_761_436_800),  // comes twice: the first
            ("2025-10-26", "02:59", 1_761_440_340),
            ("2025-10-26", "03:00", 1_761_444_000),
            ("2025-01-01", "00:00", 1_735_686_000), ("2025-07-01", "00:00", 1_751_320_800),
        ] as [(String, String, Int64)])
    func `a wall time in Berlin is one moment, also where clocks change`(date: String, time: String, second: Int64)
        throws
    {
        #expect(try instant(date, time, .berlin) == Instant(rawValue: second * 1_000))
    }

    @Test(
        arguments: [
            (1_743_296_399, "2025-03-30", "01:59"), (1_743_296_400, "2025-03-30", "03:00"),
            (1_761_440_399, "2025-10-26", "02:59"), (1_761_440_400, "2025-10-26", "02:00"), (-1, "1970-01-01", "00:59"),
            (-3_601, "1969-12-31", "23:59"),
        ] as [(Int64, String, String)])
    func `a moment is one wall time in Berlin`(second: Int64, date: String, time: String) {
        for millisecond in [0, 999] as [Int64] {
            let wall = TimeZoneRules.berlin.wall(at: Instant(rawValue: second * 1_000 + millisecond))
            #expect(wall.date.description == date)
            #expect(wall.time.description == time)
        }
    }

    @Test(arguments: [TimeZoneRules.utc, .shanghai, .berlin])
    func `every wall time that a clock shows leads back to a moment that shows it`(zone: TimeZoneRules) {
        for minute in stride(from: UInt32(28_929_600), to: 28_929_600 + 600 * 1_440, by: 17) {
            let wall = zone.wall(at: Instant(minute: minute))
            let back = zone.instant(of: wall.date, wall.time)
            let again = zone.wall(at: back)
            #expect(again == wall && back <= Instant(minute: minute))
        }
    }

    @Test(arguments: [("2025-03-30", 30), ("2025-10-26", 30), ("2025-07-01", 10)] as [(String, UInt16)])
    func `a session across midnight or a clock change neither shifts nor doubles a slot`(
        date: String, minutes: UInt16
    ) throws {
        let night = try #require(LocalDate(date)).advanced(days: -1)
        let start = TimeZoneRules.berlin.instant(of: night, try #require(WallTime("22:00")))
        let times = SessionTimes(date: night, start: start, slotMinutes: minutes, slots: 16)
        #expect(times.date == night)
        for slot in UInt16(0)..<16 {
            let length = times.end(ofSlot: slot, span: 1).rawValue - times.start(ofSlot: slot).rawValue
            #expect(length == Int64(minutes) * 60_000)
            #expect(slot == 0 || times.start(ofSlot: slot) == times.end(ofSlot: slot - 1, span: 1))
        }
        #expect(times.end == times.end(ofSlot: 0, span: 16))
        #expect(times.end.rawValue - times.start.rawValue == 16 * Int64(minutes) * 60_000)
    }

    @Test func `sessions overlap when they share a minute, not when they touch`() throws {
        let date = try #require(LocalDate("2025-07-01"))
        func session(_ minute: UInt32, _ slots: UInt16) -> SessionTimes {
            SessionTimes(date: date, start: Instant(minute: 29_000_000 + minute), slotMinutes: 10, slots: slots)
        }
        #expect(session(0, 3).overlaps(session(29, 1)))
        #expect(session(29, 1).overlaps(session(0, 3)))
        #expect(session(0, 9).overlaps(session(30, 1)) && session(30, 1).overlaps(session(0, 9)))
        #expect(!session(0, 3).overlaps(session(30, 1)) && !session(30, 1).overlaps(session(0, 3)))
    }
}
