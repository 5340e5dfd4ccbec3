package import HaoyuanClient
package import Terminal

import struct Scheduling.LocalDate
import struct Scheduling.WallMoment
import struct Scheduling.WallTime

/// What an import of a calendar does to the leaves of one resource.
package struct LeavePlan: Sendable {
    /// What becomes of one leave.
    package enum Fate: String, Sendable { case added, changed, cancelled, unchanged }

    /// One leave.
    package struct Row: Sendable {
        package var fate: Fate
        /// As it is to be.
        package var leave: Catalogue.Leave
        /// As it is; nil where it is new.
        package var before: Catalogue.Leave?
        /// The event behind it; nil where it is cancelled because there is none any more.
        package var busy: BusyTime?
    }

    /// By begin; what is cancelled last.
    package private(set) var rows: [Row] = []

    /// - Parameters:
    ///   - calendar: its name: leaves of an import are known again by it.
    ///   - reason: of each leave.
    ///   - known: the leaves of the hospital.
    package init(
        _ busy: BusyTimes, of calendar: String, resource: String, in window: CalendarWindow, clock: HospitalClock,
        known: [Catalogue.Leave], reason: (BusyTime) -> String
    ) {
        let mark = Self.mark(calendar: calendar, resource: resource)
        let known = Dictionary(
            known.filter { $0.code.hasPrefix(mark) && $0.resource == resource }.map { ($0.code, $0) }
        ) { first, _ in first }
        var codes: Set<String> = []
        for time in busy.times {
            let (from, until) = Self.words(time, clock)
            let leave = Catalogue.Leave(
                code: mark + Self.hash([time.uid, time.recurrence.map(String.init) ?? ""], digits: 16),
                resource: resource, from: from, until: until, reason: reason(time))
            let before = known[leave.code]
            codes.insert(leave.code)
            rows.append(
                Row(
                    fate: before == nil ? .added : before == leave ? .unchanged : .changed, leave: leave,
                    before: before,
                    busy: time))
        }
        // What lies outside these days is not judged: the calendar was not asked about it.
        let gone = known.values.filter { !codes.contains($0.code) && !$0.isCancelled && window.touches($0) }
        for leave in gone.sorted(by: { ($0.from, $0.code) < ($1.from, $1.code) }) {
            var cancelled = leave
            cancelled.isCancelled = true
            rows.append(Row(fate: .cancelled, leave: cancelled, before: leave))
        }
    }

    /// Those that are to be put.
    package var leaves: [Catalogue.Leave] { rows.filter { $0.fate != .unchanged }.map(\.leave) }

    package func count(_ fate: Fate) -> Int { rows.count { $0.fate == fate } }

    /// The busy times that are leaves after the import.
    package var taken: [BusyTime] { rows.compactMap(\.busy) }

    // MARK: Codes

    /// How the codes of a calendar's leaves begin.
    private static func mark(calendar: String, resource: String) -> String {
        "ics-\(hash([calendar, resource], digits: 8))-"
    }

    /// FNV-1a, which stays the same: codes are kept with the hospital.
    private static func hash(_ texts: [String], digits: Int) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for text in texts {
            for byte in Array(text.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        let text = String(hash, radix: 16)
        return String((String(repeating: "0", count: 16 - text.utf8.count) + text).suffix(digits))
    }

    // MARK: Times

    /// The begin and the end, as a leave says them: whole minutes of the hospital's clock that cover it.
    static func words(_ time: BusyTime, _ clock: HospitalClock) -> (from: String, until: String) {
        if let days = time.days {
            return (days.lowerBound.description, days.upperBound.advanced(days: -1).description)
        }
        let from = clock.wall(time.begin)
        var until = clock.wall(time.end + 59)
        // A time that the clocks show twice is read as the first: then it would end before the event does.
        while clock.second(of: until) < time.end { until = until.advancedByMinute }
        return (from.words(asEnd: false), until.words(asEnd: true))
    }
}

extension CalendarWindow {
    func touches(_ leave: Catalogue.Leave) -> Bool {
        guard let from = WallMoment(leave.from, asEnd: false), let until = WallMoment(leave.until, asEnd: true) else {
            return false
        }
        let midnight = WallTime(rawValue: 0)
        return from < WallMoment(last.advanced(days: 1), midnight) && until > WallMoment(first, midnight)
    }
}

extension HospitalClock {
    /// What it shows at a second since 1970, to the minute.
    fileprivate func wall(_ second: Int64) -> WallMoment {
        let milliseconds = second * 1_000
        guard let date = LocalDate(day(milliseconds)), let time = WallTime(time(milliseconds)) else {
            preconditionFailure("a clock's words are a day and a time")
        }
        return WallMoment(date, time)
    }

    fileprivate func second(of wall: WallMoment) -> Int64 {
        moment(wallSecond: Int64(wall.date.rawValue) * 86_400 + Int64(wall.time.rawValue) * 60)
    }
}

extension WallMoment {
    fileprivate var advancedByMinute: WallMoment {
        time.rawValue < 1_439
            ? WallMoment(date, WallTime(rawValue: time.rawValue + 1))
            : WallMoment(date.advanced(days: 1), WallTime(rawValue: 0))
    }
}
