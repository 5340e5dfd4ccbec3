import Scheduling
import Terminal

/// A stretch of time that an event takes.
package struct BusyTime: Equatable, Sendable {
    /// That of its event.
    package var line: Int
    package var uid: String
    /// Which of a series it is: the moment at which the rule has it begin, in seconds since 1970; nil without a series.
    package var recurrence: Int64?
    /// Seconds since 1970; the end is not part of it.
    package var begin, end: Int64
    /// The event's own; empty where the event is private.
    package var title: String
    /// It has no times of day: its first day, and the one after its last.
    var days: Range<LocalDate>?
}

/// The days that are asked about.
package struct CalendarWindow: Equatable, Sendable {
    let first: LocalDate
    let last: LocalDate

    /// Nil where one of them is no day that sessions may have, the last is before the first, or there are too many.
    package init?(from first: String, to last: String) {
        guard let first = LocalDate(first), let last = LocalDate(last), LocalDate.range.contains(first),
            LocalDate.range.contains(last), first <= last,
            last.rawValue - first.rawValue < CalendarLimits.daysAtOnce
        else { return nil }
        self.first = first
        self.last = last
    }

    /// The earliest day of a session that may reach into these days: none is longer than two.
    package var early: String { max(LocalDate.range.lowerBound, first.advanced(days: -2)).description }

    /// In seconds since 1970, by the clock of the hospital.
    func seconds(_ zones: CalendarZones) -> Range<Int64> {
        let begin = zones.floating.moment(wallSecond: Int64(first.rawValue) * 86_400)
        return begin..<max(begin, zones.floating.moment(wallSecond: Int64(last.rawValue + 1) * 86_400))
    }
}

/// What the events of a calendar take of some days.
package struct BusyTimes: Equatable, Sendable {
    /// By begin.
    package private(set) var times: [BusyTime] = []
    /// Events that take no time: those that are cancelled, those that are marked as free, and those without a length.
    package private(set) var cancelled = 0
    package private(set) var transparent = 0
    package private(set) var timeless = 0
    /// Events that this hospital exported itself: its own sessions.
    package private(set) var own = 0

    /// - Parameter own: how the UIDs of the hospital's own sessions begin.
    package init(_ file: CalendarFile, in window: CalendarWindow, own: String) throws(CalendarFault) {
        var expansion = SeriesExpansion(zones: file.zones, window: window)
        let overrides = Dictionary(grouping: file.events.filter { $0.recurrence != nil }, by: \.uid)
        for event in file.events {
            guard !event.uid.hasPrefix(own) else {
                self.own += 1
                continue
            }
            if event.isCancelled {
                cancelled += 1
            } else if event.isTransparent {
                transparent += 1
            } else if event.length.isNothing, event.extras.allSatisfy({ $0.length == nil }) {
                timeless += 1
            } else {
                let replaced = event.recurrence == nil ? overrides[event.uid] ?? [] : []
                times += try expansion.times(of: event, without: replaced.compactMap(\.recurrence))
                guard times.count <= CalendarLimits.busyTimes else {
                    throw CalendarFault(
                        event.line, "VEVENT", "with it there are more than \(CalendarLimits.busyTimes) busy times",
                        remedy: "ask for fewer days")
                }
            }
        }
        times.sort { ($0.begin, $0.end, $0.line) < ($1.begin, $1.end, $1.line) }
    }
}

/// Makes busy times of series.
struct SeriesExpansion {
    private let zones: CalendarZones
    private let window: CalendarWindow
    private let seconds: Range<Int64>
    private var steps = CalendarLimits.recurrenceSteps

    init(zones: CalendarZones, window: CalendarWindow) {
        self.zones = zones
        self.window = window
        seconds = window.seconds(zones)
    }

    /// Those of an event that touch the window. One that begins before it or ends after it is not cut.
    /// - Parameter replaced: starts that events of their own stand for.
    mutating func times(
        of event: CalendarEvent, without replaced: [CalendarTime]
    ) throws(CalendarFault) -> [BusyTime] {
        if let recurrence = event.recurrence {
            return [time(event.start, event.length, event, zones.second(recurrence))].compactMap { $0 }
        }
        guard event.rule != nil || !event.extras.isEmpty else {
            let isExcluded = event.excluded.contains { zones.second($0) == zones.second(event.start) }
            return isExcluded ? [] : [time(event.start, event.length, event, nil)].compactMap { $0 }
        }
        let gone = Set((event.excluded + replaced).map(zones.second))
        var found: [Int64: BusyTime] = [:]
        for start in try starts(of: event) {
            let second = zones.second(start)
            if !gone.contains(second) { found[second] = time(start, event.length, event, second) }
        }
        for extra in event.extras {
            let second = zones.second(extra.start)
            guard !gone.contains(second), found[second] == nil else { continue }
            found[second] = time(extra.start, extra.length ?? event.length, event, second)
        }
        return found.values.sorted { $0.begin < $1.begin }
    }

    /// The first start, and those that the rule has up to the window's end.
    private mutating func starts(of event: CalendarEvent) throws(CalendarFault) -> [CalendarTime] {
        guard let rule = event.rule else { return [event.start] }
        // Wall clocks of two zones differ by a day at most; the event may have begun before the window.
        let lasts = Int32(clamping: (event.length.end(of: event.start, zones) - zones.second(event.start)) / 86_400 + 3)
        let last = window.last.advanced(days: 2)
        let dates: [LocalDate]
        do throws(RecurrenceRule.TooLong) {
            dates = try rule.days(
                from: event.start.date, through: last,
                leavingOutBefore: LocalDate(rawValue: max(-30_000, window.first.rawValue - lasts)), steps: &steps)
        } catch {
            throw CalendarFault(
                event.line, "RRULE", "the rules of this file have more than \(CalendarLimits.recurrenceSteps) days",
                remedy: "end series that are over with UNTIL, or write UNTIL where COUNT stands")
        }
        let starts = dates.map { event.start.on($0) }
        guard let until = rule.until else { return starts }
        // One that ends before it begins has not even its first: so programs write a series of which none is left.
        return Array(
            starts.prefix { start in
                start.isDay ? start.date <= until.date : zones.second(start) <= zones.second(until)
            })
    }

    /// Nil where it takes no time, or none in the window.
    private func time(
        _ start: CalendarTime, _ length: EventLength, _ event: CalendarEvent, _ recurrence: Int64?
    ) -> BusyTime? {
        let begin = zones.second(start)
        let end = length.end(of: start, zones)
        guard begin < end, begin < seconds.upperBound, end > seconds.lowerBound else { return nil }
        var days: Range<LocalDate>?
        if case .days(let count) = length { days = start.date..<start.date.advanced(days: count) }
        return BusyTime(
            line: event.line, uid: event.uid, recurrence: recurrence, begin: begin, end: end,
            title: event.isPrivate ? "" : event.title, days: days)
    }
}
