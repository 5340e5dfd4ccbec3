import Scheduling

/// One `VEVENT`: an event, a series of them, or one of a series that differs from the rest.
struct CalendarEvent: Equatable {
    /// A start beside those of the rule (`RDATE`), with a length of its own where it is a period.
    struct Extra: Equatable {
        var start: CalendarTime
        var length: EventLength?
    }

    /// That of `BEGIN`.
    var line: Int
    var uid: String
    var sequence: Int
    var title: String
    /// `CLASS` says that others are not to read it.
    var isPrivate: Bool
    var isCancelled: Bool
    /// `TRANSP:TRANSPARENT`: it takes no time of anybody's.
    var isTransparent: Bool
    var start: CalendarTime
    var length: EventLength
    var rule: RecurrenceRule?
    var extras: [Extra] = []
    var excluded: [CalendarTime] = []
    /// Which of the series it stands for.
    var recurrence: CalendarTime?
}

/// Reads one event, and finds the zones of its times.
struct EventReader {
    private let component: CalendarComponent
    private(set) var zones: CalendarZones

    init(_ component: CalendarComponent, _ zones: CalendarZones) {
        self.component = component
        self.zones = zones
    }

    mutating func event() throws(CalendarFault) -> CalendarEvent {
        if let old = try component.property("EXRULE") {
            throw old.fault("it is not read: RFC 5545 has it no more", remedy: "name the days with EXDATE")
        }
        guard let uid = try component.property("UID"), !uid.value.isEmpty else {
            throw CalendarFault(component.line, "VEVENT", "it has no UID", remedy: "give each event a UID of its own")
        }
        guard let begin = try component.property("DTSTART") else {
            throw CalendarFault(component.line, "VEVENT", "it has no DTSTART", remedy: "say when it begins")
        }
        let start = try known(begin.time(), begin)
        let status = try component.property("STATUS")?.value.uppercased()
        let privacy = try component.property("CLASS")?.value.uppercased() ?? "PUBLIC"
        var event = CalendarEvent(
            line: component.line, uid: uid.value, sequence: try sequence(),
            title: Self.cut(try component.property("SUMMARY")?.text ?? ""), isPrivate: privacy != "PUBLIC",
            isCancelled: status == "CANCELLED",
            isTransparent: try component.property("TRANSP")?.value.uppercased() == "TRANSPARENT", start: start,
            length: try length(from: start))
        try readSeries(&event)
        return event
    }

    private mutating func readSeries(_ event: inout CalendarEvent) throws(CalendarFault) {
        if let property = try component.property("RECURRENCE-ID") {
            if let range = property.parameter("RANGE") {
                throw property.fault(
                    "RANGE=\(range) is not read",
                    remedy: "end the series with UNTIL and begin another, or write an event for each day that differs")
            }
            event.recurrence = try likeStart(property.time(), event.start, property)
        }
        if let property = try component.property("RRULE") {
            guard event.recurrence == nil else {
                throw property.fault("one of a series has no rule of its own", remedy: "take it, or RECURRENCE-ID, out")
            }
            event.rule = try rule(property, from: event.start)
        }
        for property in component.properties where property.name == "RDATE" {
            event.extras += try extras(property, event.start)
        }
        for property in component.properties where property.name == "EXDATE" {
            for time in try property.times() { event.excluded.append(try likeStart(time, event.start, property)) }
        }
    }

    private mutating func known(
        _ time: CalendarTime, _ property: ContentLine
    ) throws(CalendarFault) -> CalendarTime {
        try zones.know(time, property)
        return time
    }

    /// A time that stands for one of a series is of the same kind as `DTSTART`.
    private mutating func likeStart(
        _ time: CalendarTime, _ start: CalendarTime, _ property: ContentLine
    ) throws(CalendarFault) -> CalendarTime {
        guard time.isDay == start.isDay else {
            throw property.fault(
                start.isDay ? "it has a time, and DTSTART is a day" : "it is a day, and DTSTART has a time",
                remedy: start.isDay
                    ? "write \(property.name);VALUE=DATE:YYYYMMDD" : "write the time at which it would begin")
        }
        return try known(time, property)
    }

    private func sequence() throws(CalendarFault) -> Int {
        guard let property = try component.property("SEQUENCE") else { return 0 }
        guard let number = Int(property.value), number >= 0 else {
            throw property.fault("‘\(property.value)’ is no number", remedy: "write 0, or how often it was changed")
        }
        return number
    }

    private mutating func length(from start: CalendarTime) throws(CalendarFault) -> EventLength {
        let duration = try component.property("DURATION")
        if let property = try component.property("DTEND") {
            guard duration == nil else {
                throw property.fault("DURATION says the end, too", remedy: "keep one of them")
            }
            // The zone of the end must be known before the length is asked for.
            let end = try likeStart(property.time(), start, property)
            return try length(from: start, to: end, property)
        }
        guard let duration else { return start.isDay ? .days(1) : .exact(0) }
        let length = try EventLength(duration: duration.value, duration)
        guard start.isDay else { return length }
        guard case .nominal(let days, seconds: 0) = length, days > 0 else {
            throw duration.fault("an event of whole days lasts whole days", remedy: "write P1D, or P1W")
        }
        return .days(days)
    }

    private func length(
        from start: CalendarTime, to end: CalendarTime, _ property: ContentLine
    ) throws(CalendarFault) -> EventLength {
        let length: EventLength =
            start.isDay
            ? .days(end.date.rawValue - start.date.rawValue) : .exact(zones.second(end) - zones.second(start))
        switch length {
        case .days(...0):
            throw property.fault(
                "it is not after DTSTART", remedy: "write the day after the last one, or take it out for one day")
        case .exact(..<0): throw property.fault("it is before DTSTART", remedy: "write a later time")
        default: return length
        }
    }

    private mutating func rule(
        _ property: ContentLine, from start: CalendarTime
    ) throws(CalendarFault) -> RecurrenceRule {
        let rule = try RecurrenceRule(property)
        guard let until = rule.until else { return rule }
        let (isRight, form) =
            switch (start.isDay, start.zone) {
            case (true, _): (until.isDay, "as a day, such as UNTIL=20261231")
            case (_, .floating):
                (!until.isDay && until.zone == .floating, "as DTSTART is, such as UNTIL=20261231T235959")
            default: (!until.isDay && until.zone == .utc, "in UTC, such as UNTIL=20261231T155959Z")
            }
        guard isRight else { throw property.fault("UNTIL is of another kind than DTSTART", remedy: "write it \(form)") }
        return rule
    }

    private mutating func extras(
        _ property: ContentLine, _ start: CalendarTime
    ) throws(CalendarFault) -> [CalendarEvent.Extra] {
        guard property.parameter("VALUE")?.uppercased() == "PERIOD" else {
            var extras: [CalendarEvent.Extra] = []
            for time in try property.times() { extras.append(.init(start: try likeStart(time, start, property))) }
            return extras
        }
        var extras: [CalendarEvent.Extra] = []
        for part in property.value.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "/", omittingEmptySubsequences: false)
            guard ends.count == 2 else {
                throw property.fault("‘\(part)’ is no period", remedy: "write its begin / its end, or its duration")
            }
            let tzid = property.parameter("TZID")
            let begin = try CalendarTime(ends[0], isDay: false, tzid: tzid, property)
            let from = try likeStart(begin, start, property)
            guard ends[1].hasPrefix("P") || ends[1].hasPrefix("+P") else {
                let end = try known(CalendarTime(ends[1], isDay: false, tzid: tzid, property), property)
                extras.append(.init(start: from, length: try length(from: from, to: end, property)))
                continue
            }
            extras.append(.init(start: from, length: try EventLength(duration: String(ends[1]), property)))
        }
        return extras
    }

    /// At most so many bytes, whole characters of them.
    private static func cut(_ title: String) -> String {
        var title = title
        while title.utf8.count > CalendarLimits.titleBytes { title.removeLast() }
        return title
    }
}
