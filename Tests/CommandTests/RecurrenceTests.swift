import Scheduling
import Testing

@testable import Hosting

@Suite struct `Series of events` {
    /// The days on which a series of one-hour events at nine begins.
    private func days(
        _ start: String, _ lines: String, zone: String = "Asia/Shanghai", from: String = "2026-12-01",
        to: String = "2026-12-31"
    ) throws -> [String] {
        let event = "DTSTART:\(start)T090000\nDURATION:PT1H\n\(lines)"
        return try CalendarText.words(CalendarText.event(event), zone: zone, from: from, to: to).map {
            String($0.prefix(16).suffix(11)).hasSuffix("09:00") ? String($0.prefix(10)) : $0
        }
    }

    /// Those of RFC 5545, 3.8.5.3, that are read, moved to the days of its examples.
    @Test(arguments: [
        ("19970902", "FREQ=DAILY;COUNT=10", "1997-09-02", "1997-09-30", "02 03 04 05 06 07 08 09 10 11"),
        ("19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-01", "1997-10-31", "02 12 22 02 12"),
        ("19970902", "FREQ=WEEKLY;COUNT=10", "1997-09-01", "1997-10-10", "02 09 16 23 30 07"),
        ("19970902", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-01", "1997-10-31", "02 16 30 14 28"),
        (
            "19970902", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997-09-01", "1997-10-31",
            "02 04 09 11 16 18 23 25 30 02"
        ),
        (
            "19970901", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000;WKST=SU;BYDAY=MO,WE,FR", "1997-09-01",
            "1997-09-30",
            "01 03 05 15 17 19 29"
        ),
        ("19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-01", "1997-12-31", "05 03 07 05"),
        ("19970907", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-01", "1997-12-31", "07 28 02 30"),
        ("19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-01", "1998-02-28", "22 20 17 22 19 16"),
        ("19970928", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-01", "1998-02-28", "28 29 28 29 29 26"),
        ("19970902", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997-09-01", "1997-10-31", "02 15 02 15"),
        ("19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-01", "1997-12-31", "30 01 31 01 30 01 31"),
        ("19970610", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-01", "1998-06-30", "10 10 10"),
        ("19970519", "FREQ=YEARLY;BYDAY=20MO", "1997-05-01", "1998-05-31", "19 18"),
        ("19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-01", "1997-12-31", "13 20 27"),
        (
            "19971104", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "2000-11-01",
            "2001-11-30", "06"
        ),
        ("19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-01", "1997-12-31", "04 07 06"),
        ("19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-01", "1998-02-28", "29 30 27 30 29 26"),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-01", "1997-09-30", "05 10 19 24"),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-01", "1997-09-30", "05 17 19 31"),
        ("20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-01", "2007-12-31", "15 30 15 15 30"),
    ])
    func `the examples of RFC 5545`(
        _ start: String, _ rule: String, _ from: String, _ to: String, _ expected: String
    ) throws {
        let found = try days(start, "RRULE:\(rule)", from: from, to: to).map { $0.suffix(2) }.joined(separator: " ")
        #expect(found == expected)
    }

    @Test func `the first counts, also where the rule does not have it`() throws {
        #expect(
            try days("20261203", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3") == ["2026-12-03", "2026-12-07", "2026-12-14"])
        #expect(try days("20261203", "RRULE:FREQ=DAILY;UNTIL=20261201T000000") == [])
    }

    @Test func `a week's set is the whole week, also before the first`() throws {
        // The second of Monday, Wednesday and Friday is Wednesday, in the first week, too.
        let rule = "RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=3"
        #expect(try days("20261202", rule) == ["2026-12-02", "2026-12-09", "2026-12-16"])
    }

    @Test func `a day that a month or year does not have is left out`() throws {
        #expect(
            try days("20260131", "RRULE:FREQ=MONTHLY", from: "2026-01-01", to: "2026-06-30")
                == ["2026-01-31", "2026-03-31", "2026-05-31"])
        #expect(
            try days("20240229", "RRULE:FREQ=YEARLY", from: "2027-06-01", to: "2028-06-01") == ["2028-02-29"])
    }

    @Test func `days are added and taken out, and what is taken out counts`() throws {
        let lines =
            "RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261201T090000,20261203T010000Z\nRDATE:20261210T090000\n"
            + "RDATE;VALUE=PERIOD:20261212T010000Z/PT2H,20261213T090000/20261213T093000"
        #expect(
            try days("20261201", lines) == ["2026-12-02", "2026-12-10", "2026-12-12", "2026-12-13"])
        let whole = "DTSTART;VALUE=DATE:20261201\nRDATE;VALUE=DATE:20261208\nEXDATE;VALUE=DATE:20261201"
        #expect(try CalendarText.words(CalendarText.event(whole)) == ["2026-12-08–2026-12-08"])
    }

    @Test func `one of a series may be another time, another day, or none`() throws {
        let file = """
            BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20261201T090000\nDURATION:PT1H
            RRULE:FREQ=DAILY;COUNT=4\nEND:VEVENT
            BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261202T080000Z\nDTSTART:20261202T100000Z\nDURATION:PT30M\nEND:VEVENT
            BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20261203T090000\nDTSTART:20261203T080000Z
            STATUS:CANCELLED\nEND:VEVENT
            BEGIN:VEVENT\nUID:b\nRECURRENCE-ID:20261204T080000Z\nDTSTART:20261220T080000Z\nDURATION:PT1H\nEND:VEVENT
            """
        #expect(
            try CalendarText.words(CalendarText.file(file), zone: "UTC") == [
                "2026-12-01 08:00–2026-12-01 09:00", "2026-12-02 10:00–2026-12-02 10:30",
                "2026-12-04 08:00–2026-12-04 09:00", "2026-12-20 08:00–2026-12-20 09:00",
            ])
    }

    @Test func `a series keeps its time of day when clocks change`() throws {
        let event =
            "DTSTART;TZID=Europe/Berlin:20260327T023000\nDTEND;TZID=Europe/Berlin:20260327T033000\n"
            + "RRULE:FREQ=DAILY;COUNT=4"
        // On the 29th half past two is skipped: it is read with the offset before.
        #expect(
            try CalendarText.words(CalendarText.event(event), zone: "UTC", from: "2026-03-01", to: "2026-04-30") == [
                "2026-03-27 01:30–2026-03-27 02:30", "2026-03-28 01:30–2026-03-28 02:30",
                "2026-03-29 01:30–2026-03-29 02:30", "2026-03-30 00:30–2026-03-30 01:30",
            ])
    }

    @Test func `days of a duration are the calendar's, an end is so many seconds away`() throws {
        let begin = "DTSTART;TZID=Europe/Berlin:20261024T120000\n"
        func words(_ lines: String) throws -> [String] {
            try CalendarText.words(CalendarText.event(begin + lines), zone: "UTC", from: "2026-10-01", to: "2026-11-30")
        }
        // The night between has 25 hours.
        #expect(try words("DURATION:P1D") == ["2026-10-24 10:00–2026-10-25 11:00"])
        #expect(try words("DURATION:PT24H") == ["2026-10-24 10:00–2026-10-25 10:00"])
        #expect(
            try words("DTEND;TZID=Europe/Berlin:20261025T120000\nRRULE:FREQ=DAILY;COUNT=2") == [
                "2026-10-24 10:00–2026-10-25 11:00", "2026-10-25 11:00–2026-10-26 12:00",
            ])
    }

    @Test(arguments: [
        // Half an hour comes twice in Lord Howe, an hour in Berlin: a leave begins with the first and ends after the
        // second.
        ("Australia/Lord_Howe", "20260404T151500Z/PT10M", "2026-04-05 01:45–2026-04-05 02:00"),
        ("Australia/Lord_Howe", "20260404T144500Z/PT10M", "2026-04-05 01:45–2026-04-05 01:55"),
        ("Australia/Lord_Howe", "20261003T151500Z/PT30M", "2026-10-04 01:45–2026-10-04 02:45"),
        ("Europe/Berlin", "20261025T003000Z/PT40M", "2026-10-25 02:30–2026-10-25 03:00"),
        ("Europe/Berlin", "20260329T003000Z/PT1H", "2026-03-29 01:30–2026-03-29 03:30"),
        ("Asia/Shanghai", "20261130T163000Z/PT30M", "2026-12-01 00:30–2026-12-01 01:00"),
    ])
    func `a leave covers what it is for, also where clocks show a time twice`(
        _ zone: String, _ period: String, _ expected: String
    ) throws {
        let file = CalendarText.event("DTSTART:19990101T000000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:\(period)")
        #expect(try CalendarText.words(file, zone: zone, from: "2026-03-01", to: "2026-12-31") == [expected])
    }

    @Test func `a series of long ago is found as one of today, and one too long to count is refused`() throws {
        #expect(
            try days("19500101", "RRULE:FREQ=DAILY;INTERVAL=400", from: "2026-01-01", to: "2026-12-31") == [
                "2026-08-30"
            ])
        let old = (0..<200).map {
            "BEGIN:VEVENT\nUID:\($0)\nDTSTART:19000101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=99999\nEND:VEVENT"
        }
        #expect(throws: CalendarFault.self) {
            try CalendarText.busy(CalendarText.file(old.joined(separator: "\n")), from: "2026-12-01", to: "2026-12-02")
        }
    }

    @Test func `an event that began before the days asked about, or ends after them, is whole`() throws {
        let event = "DTSTART:20261120T090000\nDURATION:P12D\nRRULE:FREQ=MONTHLY;COUNT=2"
        #expect(
            try CalendarText.words(CalendarText.event(event)) == [
                "2026-11-20 09:00–2026-12-02 09:00", "2026-12-20 09:00–2027-01-01 09:00",
            ])
    }
}
