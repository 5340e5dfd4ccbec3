extension WallMoment {
    /// - Precondition: the day lies in `LocalDate.range`.
    package init(_ date: LocalDate, _ time: WallTime) { self.init(date: date, time: time) }

    /// The one so many minutes after the begin of 1970-01-01, as the journal counts them.
    init(minutes: UInt32) {
        self.init(
            date: LocalDate(rawValue: Int32(minutes / 1_440)), time: WallTime(rawValue: UInt16(minutes % 1_440)))
    }

    /// Minutes since the begin of 1970-01-01.
    var minutes: UInt32 { UInt32(date.rawValue) * 1_440 + UInt32(time.rawValue) }

    /// The end of the last day that `LocalDate.range` has.
    package static let end = WallMoment(minutes: 65_536 * 1_440)

    /// Reads `YYYY-MM-DD`, or `YYYY-MM-DD HH:MM`; nil for anything else. A day alone is its begin, or, where something
    /// ends with it, its end.
    package init?(_ text: String, asEnd: Bool) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let date = LocalDate(String(parts[0])), LocalDate.range.contains(date)
        else { return nil }
        guard parts.count == 2 else {
            self.init(date.advanced(days: asEnd ? 1 : 0), WallTime(rawValue: 0))
            return
        }
        guard let time = WallTime(String(parts[1])) else { return nil }
        self.init(date, time)
    }

    /// As `init(_:asEnd:)` reads it, the shorter way where there are two.
    package func words(asEnd: Bool) -> String {
        guard time.rawValue == 0 else { return "\(date) \(time)" }
        return (asEnd ? date.advanced(days: -1) : date).description
    }
}

/// 请假: a resource is away for a while. It ends nothing that is open; a generation opens nothing for a pool all of whose
/// resources are away.
package struct Leave: Hashable, Sendable {
    package var id: LeaveID
    package var code: String
    package var resource: ResourceID
    /// The first minute, and the one after the last.
    package var from, until: WallMoment
    package var reason: String
    /// It is not taken after all. An entity never leaves the catalogue.
    package var isCancelled: Bool

    package init(
        id: LeaveID, code: String, resource: ResourceID, from: WallMoment, until: WallMoment, reason: String,
        isCancelled: Bool
    ) {
        self.id = id
        self.code = code
        self.resource = resource
        self.from = from
        self.until = until
        self.reason = reason
        self.isCancelled = isCancelled
    }
}

/// The leaves that are taken, resource by resource, as moments: what a generation asks for each of its sessions.
package struct Leaves: Sendable {
    private var ofResource: [ResourceID: [(id: LeaveID, times: Range<Int64>)]] = [:]

    package init(_ catalogue: Catalogue) {
        let zone = catalogue.hospital.zone
        for leave in catalogue.leaves.all where !leave.isCancelled {
            let begin = zone.instant(of: leave.from.date, leave.from.time).rawValue
            let end = zone.instant(of: leave.until.date, leave.until.time).rawValue
            // What lies wholly in an hour that a clock change skips takes no time.
            guard begin < end else { continue }
            ofResource[leave.resource, default: []].append((leave.id, begin..<end))
        }
    }

    /// Whether none is taken.
    package var isEmpty: Bool { ofResource.isEmpty }

    /// The leave of the pool's first resource where each of its resources is away at some of these times; nil where one
    /// is there all the time, and for a pool without resources.
    package func closing(_ pool: Pool, _ times: SessionTimes) -> LeaveID? {
        guard !isEmpty else { return nil }
        var first: LeaveID?
        for resource in pool.resources {
            guard let leave = taken(by: resource, times) else { return nil }
            first = first ?? leave
        }
        return first
    }

    private func taken(by resource: ResourceID, _ times: SessionTimes) -> LeaveID? {
        ofResource[resource]?.first { $0.times.overlaps(times.start.rawValue..<times.end.rawValue) }?.id
    }
}
