import Scheduling
import Testing

@Suite struct `Dates and wall times` {
    @Test(arguments: [
        ("1970-01-01", 0, 3), ("1970-01-02", 1, 4), ("1972-02-29", 789, 1), ("2000-02-29", 11_016, 1),
        ("2000-03-01", 11_017, 2), ("2024-02-29", 19_782, 3), ("2025-06-01", 20_240, 6), ("2100-02-28", 47_540, 6),
        ("2100-03-01", 47_541, 0), ("2149-06-06", 65_535, 4),
    ])
    func `a date is a number of days, and the number is the date`(text: String, day: Int32, weekday: Int) throws {
        let date = try #require(LocalDate(text))
        #expect(date.rawValue == day)
        #expect(date.weekday == weekday)
        #expect(date.description == text)
        let (year, month, dayOfMonth) = date.civil
        #expect(LocalDate(year: year, month: month, day: dayOfMonth) == date)
    }

    @Test func `every day of the range follows the one before, in a calendar that counts for itself`() {
        let range = LocalDate.range.lowerBound.rawValue...LocalDate.range.upperBound.rawValue
        var (year, month, day) = (1970, 1, 1)
        for number in range {
            let date = LocalDate(rawValue: number)
            guard date.civil == (year, month, day), LocalDate(year: year, month: month, day: day) == date,
                LocalDate(date.description) == date, date.weekday == Int((number + 3) % 7)
            else {
                Issue.record("day \(number) is \(date), not \(year)-\(month)-\(day)")
                return
            }
            day += 1
            if day > Self.length(of: month, year) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect((year, month, day) == (2149, 6, 7))
    }

    private static func length(of month: Int, _ year: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    @Test(arguments: ["1969-12-31", "0001-01-01", "0400-02-29", "9999-12-31"])
    func `days outside the engine's range are still days`(text: String) throws {
        let date = try #require(LocalDate(text))
        #expect(date.description == text)
        #expect(!LocalDate.range.contains(date))
    }

    @Test(arguments: [
        "", "2025", "2025-06", "2025-6-1", "2025-06-01 ", " 2025-06-01", "2025/06/01", "20250601", "2025-06-01-01",
        "2025-13-01", "2025-00-01", "2025-06-00", "2025-06-31", "2025-02-29", "2100-02-29", "0000-01-01", "-025-06-01",
        "+025-06-01", "２０２５-06-01", "2025-06-0a",
    ])
    func `what is no day of the calendar is no date`(text: String) {
        #expect(LocalDate(text) == nil)
    }

    @Test(arguments: [("00:00", 0), ("08:05", 485), ("12:00", 720), ("23:59", 1_439)] as [(String, UInt16)])
    func `a wall time is minutes since midnight`(text: String, minutes: UInt16) throws {
        let time = try #require(WallTime(text))
        #expect(time.rawValue == minutes)
        #expect(time.description == text)
    }

    @Test(arguments: ["", "8:00", "08:60", "24:00", "08-00", "08:0", "08:000", "ab:cd", "+8:00", "０8:00"])
    func `what no clock shows is no wall time`(text: String) {
        #expect(WallTime(text) == nil)
    }
}
