// Calendars, leaves and exceptions as bytes: what is new in the catalogue since templates are more than a week.

extension HolidayCalendar {
    func encode(into writer: inout ByteWriter) {
        writer.varint(id.rawValue)
        for text in [code, name, source] { writer.string(text) }
        writer.day(first)
        writer.day(last)
        writer.varint(UInt64(days.count))
        for day in days {
            writer.day(day.date)
            switch day.kind {
            case .holiday: writer.byte(0)
            case .working(let weekday): writer.byte(weekday + 1)
            }
        }
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        let id = CalendarID(rawValue: try reader.number())
        let (code, name, source) = (try reader.string(), try reader.string(), try reader.string())
        let (first, last) = (try reader.day(), try reader.day())
        var days: [Day] = []
        for _ in 0..<(try reader.varint()) {
            let date = try reader.day()
            let kind = try reader.byte()
            guard kind <= 7 else { throw CodingError("unknown kind of day") }
            days.append(Day(date: date, kind: kind == 0 ? .holiday : .working(as: kind - 1)))
        }
        self.init(id: id, code: code, name: name, source: source, first: first, last: last, days: days)
    }
}

extension Leave {
    func encode(into writer: inout ByteWriter) {
        writer.varint(id.rawValue)
        writer.string(code)
        writer.varint(resource.rawValue)
        writer.varint(from.minutes)
        writer.varint(until.minutes)
        writer.string(reason)
        writer.byte(isCancelled ? 1 : 0)
    }

    init(from reader: inout ByteReader) throws(CodingError) {
        self.init(
            id: LeaveID(rawValue: try reader.number()), code: try reader.string(),
            resource: ResourceID(rawValue: try reader.number()), from: try reader.minute(), until: try reader.minute(),
            reason: try reader.string(), isCancelled: try reader.byte() != 0)
    }
}

extension Template {
    /// What a template has that is more than a week, behind what it always had.
    func encodeRoster(into writer: inout ByteWriter) {
        writer.varint(calendar?.rawValue ?? 0)
        writer.varint(UInt64(exceptions.count))
        for exception in exceptions {
            writer.day(exception.date)
            writer.string(exception.reason)
            switch exception.kind {
            case .closed: writer.byte(1)
            case .changed(let shift):
                writer.byte(2)
                shift.encode(into: &writer)
            case .extra(let shift):
                writer.byte(3)
                shift.encode(into: &writer)
            }
        }
    }

    /// Whether it is no more than a week, and is written as it was before there was more.
    var isPlain: Bool { calendar == nil && exceptions.isEmpty }

    mutating func decodeRoster(from reader: inout ByteReader) throws(CodingError) {
        let number: UInt32 = try reader.number()
        calendar = number == 0 ? nil : CalendarID(rawValue: number)
        for _ in 0..<(try reader.varint()) {
            let date = try reader.day()
            let reason = try reader.string()
            let kind: TemplateException.Kind
            switch try reader.byte() {
            case 1: kind = .closed
            case 2: kind = .changed(try Shift(from: &reader))
            case 3: kind = .extra(try Shift(from: &reader))
            default: throw CodingError("unknown kind of exception")
            }
            exceptions.append(TemplateException(date: date, kind: kind, reason: reason))
        }
        guard !isPlain else { throw CodingError("a template of more than a week that has no more") }
    }
}

extension Shift {
    fileprivate func encode(into writer: inout ByteWriter) {
        for number in [start.rawValue, slotMinutes, slots, capacity] { writer.varint(number) }
    }

    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        self.init(
            start: WallTime(rawValue: try reader.number()), slotMinutes: try reader.number(),
            slots: try reader.number(), capacity: try reader.number())
    }
}

extension ByteWriter {
    fileprivate mutating func day(_ date: LocalDate) { varint(UInt64(max(0, date.rawValue))) }
}

extension ByteReader {
    fileprivate mutating func day() throws(CodingError) -> LocalDate {
        let value: UInt32 = try number()
        guard value <= 65_535 else { throw CodingError("a day is too late") }
        return LocalDate(rawValue: Int32(value))
    }

    fileprivate mutating func minute() throws(CodingError) -> WallMoment {
        let minute = WallMoment(minutes: try number())
        guard minute <= .end else { throw CodingError("a day is too late") }
        return minute
    }
}
