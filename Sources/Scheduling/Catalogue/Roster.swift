/// The hours of a session as a roster has them.
package struct Shift: Hashable, Sendable {
    package var start: WallTime
    package var slotMinutes: UInt16
    package var slots: UInt16
    /// Units in each slot.
    package var capacity: UInt16

    package init(start: WallTime, slotMinutes: UInt16, slots: UInt16, capacity: UInt16) {
        self.start = start
        self.slotMinutes = slotMinutes
        self.slots = slots
        self.capacity = capacity
    }

    /// How long it is, in minutes.
    package var minutes: Int { Int(slotMinutes) * Int(slots) }
}

/// A day on which a template does not go by its week. It stands above the calendar, too.
package struct TemplateException: Hashable, Sendable {
    /// What becomes of the day.
    package enum Kind: Hashable, Sendable {
        /// 停诊 by roster: there would be a session, and there is none.
        case closed
        /// There would be a session, and it has these hours.
        case changed(Shift)
        /// 加班: there would be none, and there is this one.
        case extra(Shift)
    }

    package var date: LocalDate
    package var kind: Kind
    /// At most `Limits.exceptionReasonBytes`.
    package var reason: String

    package init(date: LocalDate, kind: Kind, reason: String) {
        self.date = date
        self.kind = kind
        self.reason = reason
    }
}

/// What a template says of one day.
package enum RosterDay: Hashable, Sendable {
    case session(Shift)
    case none(Absence)
    /// Its calendar cannot judge the day, so nothing is opened and nothing withdrawn.
    case unjudged(CalendarID)

    /// Why a template has no session on a day.
    package enum Absence: Hashable, Sendable {
        /// It is not valid yet, or not any more.
        case validity
        /// Its week has none on that day.
        case weekday
        case holiday(CalendarID)
        /// An exception says so, for this reason.
        case closed(String)
    }

    /// The hours of its session; nil where it has none.
    package var shift: Shift? { if case .session(let shift) = self { shift } else { nil } }
}

extension Template {
    /// The hours that its week has.
    package var shift: Shift { Shift(start: start, slotMinutes: slotMinutes, slots: slots, capacity: capacity) }

    package func isValid(on date: LocalDate) -> Bool {
        validFrom.map { date >= $0 } ?? true && validUntil.map { date <= $0 } ?? true
    }

    /// What it says of a day, by its exceptions, then by its calendar, then by its week.
    /// - Parameter calendar: the one that it follows; nil where it follows none.
    package func roster(on date: LocalDate, _ calendar: HolidayCalendar?) -> RosterDay {
        guard isValid(on: date) else { return .none(.validity) }
        if let exception = exceptions.first(of: date, \.date) {
            switch exception.kind {
            case .closed: return .none(.closed(exception.reason))
            case .changed(let shift), .extra(let shift): return .session(shift)
            }
        }
        return week(on: date, calendar)
    }

    /// The same without its exceptions.
    func week(on date: LocalDate, _ calendar: HolidayCalendar?) -> RosterDay {
        var weekday = date.weekday
        if let calendar {
            switch calendar.verdict(on: date) {
            case .holiday: return .none(.holiday(calendar.id))
            case .unjudged: return .unjudged(calendar.id)
            case .weekday(let day): weekday = day
            }
        }
        return weekdays & (1 << UInt8(weekday)) != 0 ? .session(shift) : .none(.weekday)
    }
}
