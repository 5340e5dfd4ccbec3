import Terminal

@testable import Hosting

/// Calendar files of tests.
enum CalendarText {
    /// A calendar with these lines between its begin and its end.
    static func file(_ lines: String) -> [UInt8] {
        let text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n\(lines)\nEND:VCALENDAR\n"
        return Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8)
    }

    /// A calendar with one event.
    static func event(_ lines: String) -> [UInt8] { file("BEGIN:VEVENT\nUID:a\n\(lines)\nEND:VEVENT") }

    /// Reads a file of a hospital in a zone.
    static func read(_ bytes: [UInt8], zone: String = "Asia/Shanghai") throws -> CalendarFile {
        var isGB18030 = false
        return try CalendarFile(
            bytes, zones: CalendarZones(floating: try HospitalClock(zone: zone)), isGB18030: &isGB18030)
    }

    static func busy(
        _ bytes: [UInt8], zone: String = "Asia/Shanghai", from: String = "2026-12-01", to: String = "2026-12-31"
    ) throws -> BusyTimes {
        try BusyTimes(
            read(bytes, zone: zone), in: CalendarWindow(from: from, to: to)!,
            own: SessionCalendar.uidPrefix(cluster: [1]))
    }

    /// Begin and end of each, by the hospital's clock: `2026-12-01 09:00–2026-12-01 10:00`.
    static func words(
        _ bytes: [UInt8], zone: String = "Asia/Shanghai", from: String = "2026-12-01", to: String = "2026-12-31"
    ) throws -> [String] {
        let clock = try HospitalClock(zone: zone)
        return try busy(bytes, zone: zone, from: from, to: to).times.map {
            let (from, until) = LeavePlan.words($0, clock)
            return "\(from)–\(until)"
        }
    }
}
