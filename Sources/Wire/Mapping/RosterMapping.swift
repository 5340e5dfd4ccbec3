import Scheduling

// Calendars, leaves and a template's exceptions, both ways.

extension PBCalendar {
    func draft(field: String) throws(ProtocolError) -> CatalogueDraft.Calendar {
        var days: [HolidayCalendar.Day] = []
        for (index, day) in self.days.enumerated() {
            let field = "\(field).days[\(index)]"
            let kind: HolidayCalendar.Day.Kind
            switch day.kind {
            case .holiday:
                guard day.asWeekday == 0 else {
                    throw ProtocolError.invalid("\(field).as_weekday", "a holiday stands for no weekday; leave it out")
                }
                kind = .holiday
            case .working:
                guard (1...7).contains(day.asWeekday) else {
                    throw ProtocolError.invalid(
                        "\(field).as_weekday",
                        "\(day.asWeekday); a working day names the weekday that it is in place of, 1 Monday to 7 Sunday"
                    )
                }
                kind = .working(as: UInt8(day.asWeekday - 1))
            default:
                throw ProtocolError.invalid("\(field).kind", "\(day.kind.rawValue) is no kind of this version")
            }
            days.append(.init(date: try LocalDate(day.date, field: "\(field).date"), kind: kind))
        }
        return CatalogueDraft.Calendar(
            code: code, name: name, source: source, first: try LocalDate(first, field: "\(field).first"),
            last: try LocalDate(last, field: "\(field).last"), days: days)
    }

    init(_ calendar: HolidayCalendar) {
        self.init()
        id = calendar.id.rawValue
        code = calendar.code
        name = calendar.name
        source = calendar.source
        first = calendar.first.description
        last = calendar.last.description
        days = calendar.days.map { day in
            var wire = PBCalendarDay()
            wire.date = day.date.description
            switch day.kind {
            case .holiday: wire.kind = .holiday
            case .working(let weekday): (wire.kind, wire.asWeekday) = (.working, UInt32(weekday) + 1)
            }
            return wire
        }
    }
}

extension PBLeave {
    func draft(field: String) throws(ProtocolError) -> CatalogueDraft.Leave {
        CatalogueDraft.Leave(
            code: code, resource: resource, from: try minute(from, asEnd: false, "\(field).from"),
            until: try minute(until, asEnd: true, "\(field).until"), reason: reason, isCancelled: cancelled)
    }

    private func minute(_ text: String, asEnd: Bool, _ field: String) throws(ProtocolError) -> WallMoment {
        guard let minute = WallMoment(text, asEnd: asEnd) else {
            throw ProtocolError.invalid(field, "‘\(text.prefix(32))’, it must be YYYY-MM-DD or YYYY-MM-DD HH:MM")
        }
        return minute
    }

    init(_ leave: Scheduling.Leave, in catalogue: Scheduling.Catalogue) {
        self.init()
        id = leave.id.rawValue
        code = leave.code
        resource = catalogue.resources[leave.resource.rawValue]?.code ?? ""
        from = leave.from.words(asEnd: false)
        until = leave.until.words(asEnd: true)
        reason = leave.reason
        cancelled = leave.isCancelled
    }
}

extension PBTemplateException {
    func draft(field: String) throws(ProtocolError) -> TemplateException {
        let kind: TemplateException.Kind
        switch self.kind {
        case .closed:
            guard start.isEmpty, slotMinutes == 0, slots == 0, capacity == 0 else {
                throw ProtocolError.invalid(
                    field, "a day that is closed has no hours; leave them out, or say that they are changed")
            }
            kind = .closed
        case .changed: kind = .changed(try shift(field))
        case .extra: kind = .extra(try shift(field))
        default: throw ProtocolError.invalid("\(field).kind", "\(self.kind.rawValue) is no kind of this version")
        }
        return TemplateException(date: try LocalDate(date, field: "\(field).date"), kind: kind, reason: reason)
    }

    private func shift(_ field: String) throws(ProtocolError) -> Shift {
        func small(_ number: UInt32, _ name: String) throws(ProtocolError) -> UInt16 {
            guard let small = UInt16(exactly: number) else {
                throw ProtocolError.invalid("\(field).\(name)", "\(number), which is too many")
            }
            return small
        }
        return Shift(
            start: try WallTime(start, field: "\(field).start"), slotMinutes: try small(slotMinutes, "slot_minutes"),
            slots: try small(slots, "slots"), capacity: try small(capacity, "capacity"))
    }

    init(_ exception: TemplateException) {
        self.init()
        date = exception.date.description
        reason = exception.reason
        switch exception.kind {
        case .closed: kind = .closed
        case .changed(let shift):
            kind = .changed
            put(shift)
        case .extra(let shift):
            kind = .extra
            put(shift)
        }
    }

    private mutating func put(_ shift: Shift) {
        start = shift.start.description
        slotMinutes = UInt32(shift.slotMinutes)
        slots = UInt32(shift.slots)
        capacity = UInt32(shift.capacity)
    }
}
