package import Terminal
package import ZoneTables

/// The zones that a calendar file names, by the machine's zone tables. What its `VTIMEZONE` says of clock changes is
/// not read: the tables are kept up to date, a file is as old as the program that wrote it.
package struct CalendarZones {
    /// The hospital's clock: for times without a zone, and for days.
    let floating: HospitalClock
    /// IANA names by `TZID`, as the command line says them.
    private let given: [String: String]
    private let tables: ZoneTables
    /// IANA names by `TZID`, as `X-LIC-LOCATION` in the file says them.
    private var said: [String: String] = [:]
    private var clocks: [String: HospitalClock] = [:]

    package init(floating: HospitalClock, given: [String: String] = [:], tables: ZoneTables = .machine) {
        self.floating = floating
        self.given = given
        self.tables = tables
    }

    mutating func note(_ zone: CalendarComponent) throws(CalendarFault) {
        guard let tzid = try zone.property("TZID")?.value, let place = try zone.property("X-LIC-LOCATION")?.value
        else { return }
        said[tzid] = place
    }

    /// Finds the zone of a time.
    mutating func know(_ time: CalendarTime, _ property: ContentLine) throws(CalendarFault) {
        guard case .named(let tzid) = time.zone, clocks[tzid] == nil else { return }
        for name in names(tzid) {
            do throws(ZoneTableError) {
                clocks[tzid] = HospitalClock(try tables.rules(of: name))
                return
            } catch .unknownZone {
                continue
            } catch {
                throw property.fault("\(error)")
            }
        }
        throw property.fault(
            "TZID ‘\(tzid)’ is no IANA zone, such as Asia/Shanghai",
            remedy: "say which it is: --tzid '\(tzid)=Asia/Shanghai'")
    }

    /// What it may be called in the tables, best first. Some programs put their own name before it, as
    /// `/mozilla.org/20050126_1/Europe/Berlin`.
    private func names(_ tzid: String) -> [String] {
        if let name = given[tzid] { return [name] }
        let parts = tzid.split(separator: "/")
        let endings = (1..<max(parts.count, 1)).map { parts[$0...].joined(separator: "/") }
        return [tzid] + (said[tzid].map { [$0] } ?? []) + (tzid.hasPrefix("/") ? endings : [])
    }

    /// Seconds since 1970. What a clock change skips is read with the offset before it, what it shows twice is the
    /// first (RFC 5545, 3.3.5).
    func second(_ time: CalendarTime) -> Int64 {
        switch time.zone {
        case .floating: return floating.moment(wallSecond: time.wallSecond)
        case .utc: return time.wallSecond
        case .named(let tzid):
            guard let clock = clocks[tzid] else { preconditionFailure("a time's zone is found when the time is read") }
            return clock.moment(wallSecond: time.wallSecond)
        }
    }
}
