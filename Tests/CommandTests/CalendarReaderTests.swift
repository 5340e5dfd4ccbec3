import Foundation
import Terminal
import Testing

@testable import Hosting

@Suite struct `Reading a calendar file` {
    private func fault(_ bytes: [UInt8]) -> CalendarFault? {
        do {
            _ = try CalendarText.busy(bytes)
            return nil
        } catch {
            return error as? CalendarFault
        }
    }

    @Test func `lines are unfolded before they are read as text, so that a fold may cut a character`() throws {
        var bytes = Array("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:会".utf8)
        let meeting = Array("议".utf8)
        bytes += meeting[..<1] + Array("\r\n ".utf8) + meeting[1...]
        bytes += Array("\\, A\\;B\\nC\\\\D\r\nDTSTART:20261201T010000Z\r\nDTE\r\n\tND:20261201T020000Z\r\n".utf8)
        bytes += Array("END:VEVENT\r\nEND:VCALENDAR\r\n".utf8)
        let times = try CalendarText.busy(bytes).times
        #expect(times.map(\.title) == ["会议, A;B\nC\\D"])
        #expect(times.map { $0.end - $0.begin } == [3_600])
    }

    @Test func `times of day are the hospital's, UTC's or of the zone that is named`() throws {
        let events = [
            "DTSTART:20261201T090000\nDTEND:20261201T100000", "DTSTART:20261201T010000Z\nDURATION:PT1H",
            "DTSTART;TZID=Europe/Berlin:20261201T020000\nDTEND;TZID=Asia/Tokyo:20261201T110000",
            "DTSTART;TZID=\"Asia/Shanghai\":20261201T090000\nDURATION:PT60M",
            "DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20261201T020000\nDURATION:PT3600S",
        ]
        for event in events {
            #expect(
                try CalendarText.words(CalendarText.event(event)) == ["2026-12-01 09:00–2026-12-01 10:00"], "\(event)")
        }
    }

    @Test func `what a file calls a zone is known by X-LIC-LOCATION or by the command line`() throws {
        let event = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=China Standard Time:20261201T090000\nDURATION:PT1H\nEND:VEVENT"
        let found = try #require(fault(CalendarText.file(event)))
        #expect(found.line == 6 && found.property == "DTSTART", "\(found)")
        #expect(found.remedy?.contains("--tzid 'China Standard Time=Asia/Shanghai'") ?? false)
        // It may stand behind the events that name it.
        let zone = "BEGIN:VTIMEZONE\nTZID:China Standard Time\nX-LIC-LOCATION:Asia/Shanghai\nEND:VTIMEZONE"
        #expect(
            try CalendarText.words(CalendarText.file("\(event)\n\(zone)")) == ["2026-12-01 09:00–2026-12-01 10:00"])
    }

    @Test func `whole days are the hospital's, and the end is not one of them`() throws {
        let words = try CalendarText.words(CalendarText.event("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261204"))
        #expect(words == ["2026-12-01–2026-12-03"])
        #expect(try CalendarText.words(CalendarText.event("DTSTART;VALUE=DATE:20261224")) == ["2026-12-24–2026-12-24"])
        #expect(
            try CalendarText.words(CalendarText.event("DTSTART;VALUE=DATE:20261224\nDURATION:P1W"))
                == ["2026-12-24–2026-12-30"])
    }

    @Test func `seconds are rounded so that a leave covers them`() throws {
        let words = try CalendarText.words(CalendarText.event("DTSTART:20261201T090030\nDTEND:20261201T100001"))
        #expect(words == ["2026-12-01 09:00–2026-12-01 10:01"])
    }

    @Test func `what is cancelled, free, without a length or the hospital's own takes no time`() throws {
        let end = "DTSTART:20261201T090000\nDURATION:PT1H\nEND:VEVENT"
        let busy = try CalendarText.busy(
            CalendarText.file(
                """
                BEGIN:VEVENT\nUID:1\nSTATUS:CANCELLED\n\(end)
                BEGIN:VEVENT\nUID:2\nTRANSP:TRANSPARENT\n\(end)
                BEGIN:VEVENT\nUID:3\nDTSTART:20261201T090000\nEND:VEVENT
                BEGIN:VEVENT\nUID:haoyuan-01-session-17\n\(end)
                BEGIN:VEVENT\nUID:haoyuan-02-session-17\nSTATUS:TENTATIVE\nCLASS:PRIVATE\nSUMMARY:secret\n\(end)
                BEGIN:VTODO\nUID:5\nEND:VTODO
                """))
        let passedOver: [Int] = [busy.cancelled, busy.transparent, busy.timeless, busy.own]
        #expect(passedOver == [1, 1, 1, 1])
        #expect(busy.times.map(\.uid) == ["haoyuan-02-session-17"])
        #expect(busy.times.map(\.title) == [""])
    }

    @Test func `of two versions the one that was changed last counts`() throws {
        func event(_ sequence: Int, _ hour: Int) -> String {
            "BEGIN:VEVENT\nUID:a\nSEQUENCE:\(sequence)\nDTSTART:20261201T\(hour)0000\nDURATION:PT1H\nEND:VEVENT"
        }
        let words = try CalendarText.words(CalendarText.file("\(event(1, 11))\n\(event(3, 13))\n\(event(2, 12))"))
        #expect(words == ["2026-12-01 13:00–2026-12-01 14:00"])
        let found = try #require(fault(CalendarText.file("\(event(1, 11))\n\(event(1, 12))")))
        #expect(found.line == 10 && found.property == "UID" && found.problem.contains("first in line 4"), "\(found)")
    }

    @Test(arguments: [
        ("DTSTART:20261201", "DTSTART", "VALUE=DATE:20261201"),
        ("DTSTART:20261301T000000", "DTSTART", "YYYYMMDDTHHMMSS"),
        ("DTSTART:20261201T250000", "DTSTART", "YYYYMMDDTHHMMSS"),
        ("DTSTART:20261201T090000+0800", "DTSTART", "with Z"),
        ("DTSTART;VALUE=DATE:20260230", "DTSTART", "YYYYMMDD"), ("DTSTART:00261201T090000", "DTSTART", "year"),
        ("DTSTART;TZID=Mars/Olympus:20261201T090000", "DTSTART", "--tzid"),
        ("DTSTART;TZID=Europe/Berlin:20261201T090000Z", "DTSTART", "take the Z"),
        ("DTSTART:20261201T090000\nDTEND:20261201T080000", "DTEND", "later"),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261201", "DTEND", "the day after"),
        ("DTSTART;VALUE=DATE:20261201\nDTEND:20261201T080000", "DTEND", "VALUE=DATE"),
        ("DTSTART:20261201T090000\nDURATION:1H", "DURATION", "PT45M"),
        ("DTSTART:20261201T090000\nDURATION:-PT1H", "DURATION", "take the -"),
        ("DTSTART;VALUE=DATE:20261201\nDURATION:PT1H", "DURATION", "P1D"),
        ("DTSTART:20261201T090000\nDURATION:PT1H\nDTEND:20261201T100000", "DTEND", "keep one"),
        ("DTSTART:20261201T090000\nDTSTART:20261202T090000", "DTSTART", "once"),
        ("DTSTART:20261201T090000\nEXRULE:FREQ=DAILY", "EXRULE", "EXDATE"),
        ("DTSTART:20261201T090000\nEXDATE;VALUE=DATE:20261201", "EXDATE", "the time"),
        ("DTSTART:20261201T090000\nRDATE;VALUE=PERIOD:20261202T090000", "RDATE", "its begin / its end"),
        ("DTSTART:20261201T090000\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261201T090000", "RECURRENCE-ID", "UNTIL"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=HOURLY", "RRULE", "FREQ=DAILY"),
        ("DTSTART:20261201T090000\nRRULE:INTERVAL=2", "RRULE", "DAILY, WEEKLY"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=YEARLY;BYWEEKNO=3", "RRULE", "RDATE"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=WEEKLY;BYDAY=2MO", "RRULE", "FREQ=MONTHLY"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=WEEKLY;BYMONTHDAY=2", "RRULE", "FREQ=MONTHLY"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=MONTHLY;BYSETPOS=1", "RRULE", "add BYDAY"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=MONTHLY;BYDAY=0MO", "RRULE", "2TU"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=32", "RRULE", "-31"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;COUNT=0", "RRULE", "99999"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;INTERVAL=0", "RRULE", "99999"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20261231T000000Z", "RRULE", "keep one"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;UNTIL=20261231T000000Z", "RRULE", "as DTSTART is"),
        ("DTSTART:20261201T010000Z\nRRULE:FREQ=DAILY;UNTIL=20261231", "RRULE", "in UTC"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;RSCALE=CHINESE", "RRULE", "RDATE"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;FREQ=WEEKLY", "RRULE", "once"),
        ("DTSTART:20261201T090000\nRRULE:FREQ=DAILY;", "RRULE", "FREQ=WEEKLY;BYDAY=MO"),
        ("DTSTART:20261201T090000\nSEQUENCE:many", "SEQUENCE", "0"),
    ])
    func `what is wrong or not read is refused by line and property, with what to write`(
        _ lines: String, _ property: String, _ remedy: String
    ) throws {
        let found = try #require(fault(CalendarText.event(lines)))
        #expect(found.property == property, "\(found)")
        // The calendar's head and the event's first two lines stand before.
        let place = lines.split(separator: "\n").lastIndex { $0.hasPrefix(property) }
        #expect(found.line == 6 + (place ?? 0), "\(found)")
        #expect(found.remedy?.contains(remedy) ?? false, "\(found)")
        #expect(found.failure(in: "x.ics").description.hasPrefix("x.ics line \(found.line): \(property): "))
    }

    @Test func `a file that is no calendar, cut short or of another kind is refused`() throws {
        let cases: [(String, Int, String)] = [
            ("", 1, "BEGIN:VCALENDAR"), (" BEGIN:VCALENDAR", 1, "BEGIN:VCALENDAR"), ("hello", 1, "HELLO:value"),
            ("BEGIN:VCALENDAR\nVERSION:2.0", 1, "END:VCALENDAR"), ("BEGIN:VCALENDAR\nEND:VCALENDAR", 1, "VERSION:2.0"),
            ("BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR", 2, "2.0"), ("VERSION:2.0", 1, "BEGIN:VCALENDAR"),
            ("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VEVENT", 3, "BEGIN:VEVENT"),
            ("BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:CANCEL\nEND:VCALENDAR", 3, "export the calendar itself"),
            ("BEGIN:VCALENDAR\nVERSION:2.0\nCALSCALE:JULIAN\nEND:VCALENDAR", 3, "GREGORIAN"),
            ("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VFREEBUSY\nEND:VFREEBUSY\nEND:VCALENDAR", 3, "events themselves"),
            (
                "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nDTSTART:20261201T090000\nEND:VEVENT\nEND:VCALENDAR", 3,
                "UID"
            ),
            ("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:a\nEND:VEVENT\nEND:VCALENDAR", 3, "begins"),
            ("BEGIN:VCALENDAR\nX;A=\"b:c\nEND:VCALENDAR", 2, "second \""),
        ]
        for (text, line, remedy) in cases {
            let found = try #require(fault(Array(text.utf8)), "\(text)")
            #expect(found.line == line && found.remedy?.contains(remedy) ?? false, "\(text): \(found)")
        }
    }

    @Test func `a line that is no text is named as it stands in the file`() throws {
        var bytes = CalendarText.event("SUMMARY:folded\n  and more\nDTSTART:20261201T090000\nX:会议会议")
        bytes.insert(0xFF, at: try #require(bytes.lastIndex(of: UInt8(ascii: "X"))) + 4)
        let found = try #require(fault(bytes))
        #expect(found.line == 9 && found.remedy == "save the file as UTF-8", "\(found)")
    }
}
