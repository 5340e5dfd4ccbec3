package import HaoyuanClient
import Terminal

/// The sessions of one resource as a calendar. No patient is named or counted in it.
package struct SessionCalendar {
    private let resource: Catalogue.Resource
    private let names: HospitalNames
    private let uidPrefix: String
    private let now: Instant

    /// - Parameters:
    ///   - cluster: the id of the hospital's data, in hexadecimal digits.
    ///   - now: the server's clock.
    package init(_ resource: Catalogue.Resource, names: HospitalNames, cluster: [UInt8], now: Instant) {
        self.resource = resource
        self.names = names
        uidPrefix = Self.uidPrefix(cluster: cluster)
        self.now = now
    }

    /// How the UIDs of a hospital's sessions begin: those of another hospital are events like any other.
    package static func uidPrefix(cluster: [UInt8]) -> String {
        let digits = cluster.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "haoyuan-\(digits)-"
    }

    /// The file.
    package func text(_ sessions: [Session]) -> String {
        var writer = CalendarWriter()
        writer.line("BEGIN", "VCALENDAR")
        writer.line("VERSION", "2.0")
        writer.line("PRODID", "-//Haoyuan//haoyuan calendar export//EN")
        writer.line("CALSCALE", "GREGORIAN")
        writer.line("METHOD", "PUBLISH")
        writer.text("X-WR-CALNAME", resource.name)
        for session in sessions.sorted(by: { ($0.start, $0.id.rawValue) < ($1.start, $1.id.rawValue) }) {
            add(session, to: &writer)
        }
        writer.line("END", "VCALENDAR")
        return writer.text
    }

    private func add(_ session: Session, to writer: inout CalendarWriter) {
        let pool = names.pool(session.pool)
        let isStopped = session.stop?.fromSlot == 0
        // Stopped in part it ends where the stop begins.
        let slots = isStopped ? session.capacities.count : session.stop?.fromSlot ?? session.capacities.count
        let end = session.start.milliseconds + Int64(slots) * Int64(session.slotMinutes) * 60_000
        writer.line("BEGIN", "VEVENT")
        writer.line("UID", "\(uidPrefix)session-\(session.id.rawValue)")
        writer.line("DTSTAMP", Self.utc(now.milliseconds))
        writer.line("SEQUENCE", String(sequence))
        writer.line("DTSTART", Self.utc(session.start.milliseconds))
        writer.line("DTEND", Self.utc(end))
        writer.text("SUMMARY", (isStopped ? "停诊 " : "") + names.poolName(session.pool))
        if let pool { writer.text("LOCATION", names.departmentName(pool.department)) }
        writer.text("DESCRIPTION", description(session))
        writer.line("STATUS", isStopped ? "CANCELLED" : "CONFIRMED")
        writer.line("TRANSP", isStopped ? "TRANSPARENT" : "OPAQUE")
        writer.line("END", "VEVENT")
    }

    private func description(_ session: Session) -> String {
        let units = Numbers.counted(session.capacities.reduce(0, +), "unit")
        let stop = session.stop.map { "\n停诊 stopped from slot \($0.fromSlot): \($0.reason)" } ?? ""
        return "\(session.id.place), \(units) 号源\(stop)"
    }

    /// Higher with each export. How often a session was stopped is told only while it is; a number made of that would
    /// fall back when it is sold again, and calendars would keep it as cancelled.
    private var sequence: Int64 { min(max(now.milliseconds / 1_000 - Self.sequenceBegin, 0), Int64(Int32.max)) }

    /// 2020-01-01.
    private static let sequenceBegin: Int64 = 1_577_836_800

    /// `20260309T001500Z`: so no zone has to be described.
    private static func utc(_ milliseconds: Int64) -> String {
        let digits = HospitalClock.utc.iso(milliseconds).prefix(19).filter { $0 != "-" && $0 != ":" }
        return "\(digits)Z"
    }
}
