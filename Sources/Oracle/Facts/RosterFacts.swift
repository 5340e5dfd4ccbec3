package import Scheduling

// On which days a template has a session, and when its resources are away: said a second time, day by day.

/// What a template says of a day.
package enum NaiveRosterDay: Hashable, Sendable {
    case session(start: WallTime, slotMinutes: Int, slots: Int, capacity: Int)
    case nothing
    /// Its calendar does not know the day, so all is left as it is.
    case unknown
}

extension NaiveModel {
    /// What this version of a template says of a day, with each version of its calendar.
    /// - Parameter positions: where the calendar's versions are in force; nil for all there were.
    package func says(
        _ template: Template, on date: LocalDate, in positions: ClosedRange<UInt64>? = nil
    ) -> [NaiveRosterDay] {
        guard let id = template.calendar, let versions = Self.versions(id.rawValue, of: calendars) else {
            return [Self.says(template, on: date, nil)]
        }
        let known = positions.map { versions.inForce($0) } ?? versions.all.map(\.value)
        return known.map { Self.says(template, on: date, $0) }
    }

    private static func says(
        _ template: Template, on date: LocalDate, _ calendar: HolidayCalendar?
    ) -> NaiveRosterDay {
        if let from = template.validFrom, date < from { return .nothing }
        if let until = template.validUntil, until < date { return .nothing }
        for exception in template.exceptions where exception.date == date {
            switch exception.kind {
            case .closed: return .nothing
            case .changed(let shift), .extra(let shift):
                return .session(
                    start: shift.start, slotMinutes: Int(shift.slotMinutes), slots: Int(shift.slots),
                    capacity: Int(shift.capacity))
            }
        }
        // 1970-01-05 was a Monday.
        var weekday = (Int(date.rawValue) - 4) % 7
        if let calendar {
            if date < calendar.first || calendar.last < date { return .unknown }
            for day in calendar.days where day.date == date {
                switch day.kind {
                case .holiday: return .nothing
                case .working(let other): weekday = Int(other)
                }
            }
        }
        guard (Int(template.weekdays) >> weekday) % 2 == 1 else { return .nothing }
        return .session(
            start: template.start, slotMinutes: Int(template.slotMinutes), slots: Int(template.slots),
            capacity: Int(template.capacity))
    }

    /// Whether a session is just what a template's day says, and of its pool.
    package static func isSaid(
        _ day: NaiveRosterDay, of template: Template, _ times: SessionTimes, _ capacities: [Int], in pool: PoolID,
        _ zone: TimeZoneRules
    ) -> Bool {
        guard case .session(let start, let slotMinutes, let slots, let capacity) = day else { return false }
        return template.pool == pool && zone.instant(of: times.date, start) == times.start
            && Int(times.slotMinutes) == slotMinutes && capacities == Array(repeating: capacity, count: slots)
    }
}

extension Situation {
    /// Whether each resource of a pool is away at some of these times: perhaps, and for sure.
    func allAway(_ pool: PoolID, _ times: SessionTimes) -> (perhaps: Bool, surely: Bool) {
        let pools = NaiveModel.versions(pool.rawValue, of: model.pools)?.inForce(catalogue) ?? []
        var (perhaps, surely) = (false, !pools.isEmpty)
        for pool in pools {
            let away = pool.resources.map { isAway($0, times) }
            if !away.isEmpty, away.allSatisfy(\.perhaps) { perhaps = true }
            if away.isEmpty || !away.allSatisfy(\.surely) { surely = false }
        }
        return (perhaps, surely)
    }

    private func isAway(_ resource: ResourceID, _ times: SessionTimes) -> (perhaps: Bool, surely: Bool) {
        let zones = model.hospital.inForce(catalogue).map(\.zone)
        var (perhaps, surely) = (false, false)
        for leave in model.leaves {
            guard let made = leave.all.first?.position, made <= catalogue.upperBound else { continue }
            let takes = leave.inForce(catalogue).flatMap { version in
                zones.map { zone in
                    let begin = zone.instant(of: version.from.date, version.from.time)
                    let end = zone.instant(of: version.until.date, version.until.time)
                    return version.resource == resource && !version.isCancelled && begin < times.end
                        && times.start < end
                }
            }
            if takes.contains(true) { perhaps = true }
            if made <= catalogue.lowerBound, !takes.isEmpty, takes.allSatisfy({ $0 }) { surely = true }
        }
        return (perhaps, surely)
    }
}
