// Calendars, leaves, and what makes a template more than a week.

extension PutDecision {
    mutating func calendar(_ draft: CatalogueDraft.Calendar) throws(InvalidCatalogue) {
        let what = "calendar \(quoted(draft.code))"
        try check(code: draft.code, name: draft.name, of: what)
        try once(what)
        guard !draft.source.isEmpty, draft.source.utf8.count <= Limits.sourceBytes else {
            throw InvalidCatalogue("\(what): source says who decided it, in 1 to \(Limits.sourceBytes) bytes")
        }
        for date in [draft.first, draft.last] where !LocalDate.range.contains(date) {
            throw InvalidCatalogue("\(what): \(date) is out of range")
        }
        guard draft.first <= draft.last else {
            throw InvalidCatalogue("\(what): its last day \(draft.last) is before its first, \(draft.first)")
        }
        guard draft.days.count <= Limits.daysPerCalendar else {
            throw InvalidCatalogue("\(what): \(draft.days.count) days, at most \(Limits.daysPerCalendar)")
        }
        let days = draft.days.sorted { $0.date < $1.date }
        for (day, next) in zip(days, days.dropFirst()) where day.date == next.date {
            throw InvalidCatalogue("\(what): \(day.date) is named twice; put it once")
        }
        for day in days where day.date < draft.first || day.date > draft.last {
            throw InvalidCatalogue(
                "\(what): \(day.date) is not between its first day \(draft.first) and its last, \(draft.last)")
        }
        let id = try catalogue.calendars.nextID(draft.code, what)
        let new = HolidayCalendar(
            id: CalendarID(rawValue: id), code: draft.code, name: draft.name, source: draft.source, first: draft.first,
            last: draft.last, days: days)
        let old = catalogue.calendars[id]
        record(.calendar(new), known: old != nil, same: old == new)
    }

    mutating func leave(_ draft: CatalogueDraft.Leave) throws(InvalidCatalogue) {
        let what = "leave \(quoted(draft.code))"
        try check(code: draft.code, name: draft.code, of: what)
        try once(what)
        guard let resource = catalogue.resources.id(code: draft.resource) else {
            throw InvalidCatalogue("\(what): there is no resource \(quoted(draft.resource)); put it first")
        }
        guard draft.from < draft.until, draft.until <= .end else {
            throw InvalidCatalogue(
                "\(what): it ends \(draft.until.words(asEnd: true)), which is before it begins, "
                    + draft.from.words(asEnd: false))
        }
        guard draft.reason.utf8.count <= Limits.reasonBytes else {
            throw InvalidCatalogue("\(what): its reason is longer than \(Limits.reasonBytes) bytes")
        }
        let id = try catalogue.leaves.nextID(draft.code, what)
        let new = Leave(
            id: LeaveID(rawValue: id), code: draft.code, resource: ResourceID(rawValue: resource), from: draft.from,
            until: draft.until, reason: draft.reason, isCancelled: draft.isCancelled)
        let old = catalogue.leaves[id]
        record(.leave(new), known: old != nil, same: old == new)
    }

    /// The calendar that a template names; nil where it follows none.
    func calendar(_ code: String, of what: String) throws(InvalidCatalogue) -> HolidayCalendar? {
        guard !code.isEmpty else { return nil }
        guard let calendar = catalogue.calendars[code: code] else {
            throw InvalidCatalogue("\(what): there is no calendar \(quoted(code)); put it first")
        }
        return calendar
    }

    /// Judges a template that is new or changed: its exceptions lie in its roster, and it does not overlap itself. One
    /// that stood before, perhaps in a folder of an earlier version, is left alone.
    func checkRoster(
        _ template: Template, _ calendar: HolidayCalendar?, of what: String
    ) throws(InvalidCatalogue) {
        guard template.exceptions.count <= Limits.exceptionsPerTemplate else {
            throw InvalidCatalogue(
                "\(what): \(template.exceptions.count) exceptions, at most \(Limits.exceptionsPerTemplate)")
        }
        for (one, next) in zip(template.exceptions, template.exceptions.dropFirst()) where one.date == next.date {
            throw InvalidCatalogue("\(what): an exception on \(one.date) is named twice; put it once")
        }
        for exception in template.exceptions {
            try judge(exception, of: template, calendar, "\(what): exception on \(exception.date)")
        }
        if template.shift.minutes > 1_440, template.hasNeighbouringDays {
            throw InvalidCatalogue(
                "\(what): it overlaps itself: \(template.shift.minutes) minutes go on into its session of the next day; "
                    + "make it shorter, or leave a day out between two")
        }
        for exception in template.exceptions {
            guard let other = template.neighbour(overlapping: exception.date, calendar) else { continue }
            throw InvalidCatalogue(
                "\(what): exception on \(exception.date): it overlaps the template's own session of \(other); "
                    + "change its hours, or close the other day")
        }
    }

    private func judge(
        _ exception: TemplateException, of template: Template, _ calendar: HolidayCalendar?, _ what: String
    ) throws(InvalidCatalogue) {
        guard LocalDate.range.contains(exception.date), template.isValid(on: exception.date) else {
            throw InvalidCatalogue("\(what): outside its roster: the template is not valid on that day; take it out")
        }
        guard exception.reason.utf8.count <= Limits.exceptionReasonBytes else {
            throw InvalidCatalogue("\(what): its reason is longer than \(Limits.exceptionReasonBytes) bytes")
        }
        let week = template.week(on: exception.date, calendar)
        switch (exception.kind, week) {
        case (.extra, .session):
            throw InvalidCatalogue("\(what): there is a session on that day already; say ‘changed’ for other hours")
        case (.closed, .none(let absence)), (.changed, .none(let absence)):
            let why =
                if case .holiday = absence { "it is a holiday of calendar \(quoted(calendar?.code ?? ""))" } else {
                    "it is no weekday of the template"
                }
            throw InvalidCatalogue(
                "\(what): outside its roster: there is no session on that day anyway, \(why); say ‘extra’ for one more, "
                    + "or take it out")
        default: break
        }
        switch exception.kind {
        case .closed: break
        case .changed(let shift), .extra(let shift): try check(shift, of: what)
        }
    }
}

extension Template {
    /// Whether its week has a session on two days that follow on each other.
    fileprivate var hasNeighbouringDays: Bool {
        if let from = validFrom, from == validUntil { return false }
        return (0..<7).contains { weekdays & (1 << UInt8($0)) != 0 && weekdays & (1 << UInt8(($0 + 1) % 7)) != 0 }
    }

    /// Another day of the template whose session overlaps that of this one, by the wall clock.
    fileprivate func neighbour(overlapping date: LocalDate, _ calendar: HolidayCalendar?) -> LocalDate? {
        // No session is longer than two days, so it reaches into the second day after its own at most.
        guard let own = wallMinutes(on: date, calendar) else { return nil }
        return [-2, -1, 1, 2].map { date.advanced(days: $0) }.first {
            wallMinutes(on: $0, calendar)?.overlaps(own) ?? false
        }
    }

    private func wallMinutes(on date: LocalDate, _ calendar: HolidayCalendar?) -> Range<Int>? {
        roster(on: date, calendar).shift.map { shift in
            let begin = Int(date.rawValue) * 1_440 + Int(shift.start.rawValue)
            return begin..<begin + shift.minutes
        }
    }
}

/// Hours that a session can have.
private func check(_ shift: Shift, of what: String) throws(InvalidCatalogue) {
    try check(UInt32(shift.slotMinutes), in: 1...UInt32(Limits.slotMinutes), "slot_minutes", of: what)
    try check(UInt32(shift.slots), in: 1...UInt32(Limits.slotsPerSession), "slots", of: what)
    try check(UInt32(shift.capacity), in: 1...UInt32(Limits.capacityPerSlot), "capacity", of: what)
    guard shift.minutes <= Limits.sessionMinutes else {
        throw InvalidCatalogue("\(what): longer than \(Limits.sessionMinutes) minutes")
    }
    guard shift.start.rawValue < 1_440 else { throw InvalidCatalogue("\(what): start must be 00:00 to 23:59") }
}
