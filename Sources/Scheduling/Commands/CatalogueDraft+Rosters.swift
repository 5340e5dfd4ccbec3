extension CatalogueDraft {
    /// A calendar by its code. Its days may come in any order.
    package struct Calendar: Sendable {
        package var code, name, source: String
        package var first, last: LocalDate
        package var days: [HolidayCalendar.Day]
        package init(
            code: String, name: String, source: String, first: LocalDate, last: LocalDate, days: [HolidayCalendar.Day]
        ) {
            self.code = code
            self.name = name
            self.source = source
            self.first = first
            self.last = last
            self.days = days
        }
    }

    /// A leave by its code, of a resource by its.
    package struct Leave: Sendable {
        package var code, resource: String
        package var from, until: WallMoment
        package var reason: String
        package var isCancelled: Bool
        package init(
            code: String, resource: String, from: WallMoment, until: WallMoment, reason: String,
            isCancelled: Bool = false
        ) {
            self.code = code
            self.resource = resource
            self.from = from
            self.until = until
            self.reason = reason
            self.isCancelled = isCancelled
        }
    }

    /// Nothing where there are none: what was put without them keeps its fingerprint.
    func mixRosters(into fingerprint: inout Fingerprint) {
        for entity in calendars {
            fingerprint.mix(texts: "calendar", entity.code, entity.name, entity.source)
            fingerprint.mix(entity.first.number, entity.last.number, UInt64(entity.days.count))
            for day in entity.days {
                switch day.kind {
                case .holiday: fingerprint.mix(day.date.number, 0)
                case .working(let weekday): fingerprint.mix(day.date.number, UInt64(weekday) + 1)
                }
            }
        }
        for entity in leaves {
            fingerprint.mix(texts: "leave", entity.code, entity.resource, entity.reason)
            fingerprint.mix(
                UInt64(entity.from.minutes), UInt64(entity.until.minutes), entity.isCancelled ? 1 : 0)
        }
    }
}

extension CatalogueDraft.Template {
    /// Nothing where it follows no calendar and has no exceptions.
    func mixRoster(into fingerprint: inout Fingerprint) {
        if !calendar.isEmpty { fingerprint.mix(texts: "calendar", calendar) }
        for exception in exceptions {
            fingerprint.mix(texts: "exception", exception.reason)
            switch exception.kind {
            case .closed: fingerprint.mix(exception.date.number, 1)
            case .changed(let shift): fingerprint.mix(exception.date.number, 2, shift.number)
            case .extra(let shift): fingerprint.mix(exception.date.number, 3, shift.number)
            }
        }
    }
}

extension LocalDate {
    fileprivate var number: UInt64 { UInt64(bitPattern: Int64(rawValue)) }
}

extension Shift {
    fileprivate var number: UInt64 {
        UInt64(start.rawValue) << 48 | UInt64(slotMinutes) << 32 | UInt64(slots) << 16 | UInt64(capacity)
    }
}
