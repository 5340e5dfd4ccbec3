import Scheduling

/// A moment as people and commands write it: `2026-03-09T08:15:00.000+08:00`, or a wall time `2026-03-09 08:15` or
/// `2026-03-09 08:15:07`.
package enum MomentText: Equatable, Sendable {
    /// Milliseconds since 1970.
    case absolute(Int64)
    /// Seconds since 1970, were the wall clock UTC's.
    case wall(second: Int64)

    package init?(_ text: String) {
        let pattern = #/([0-9-]{10})[T ]([0-9:]{5})(?::([0-9]{2})(?:\.([0-9]{3}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?/#
        guard let match = text.wholeMatch(of: pattern), let date = LocalDate(String(match.1)),
            let time = WallTime(String(match.2))
        else { return nil }
        let second = match.3.flatMap { Int64($0) } ?? 0
        guard second < 60 else { return nil }
        let wall = Int64(date.rawValue) * 86_400 + Int64(time.rawValue) * 60 + second
        switch match.5 {
        case nil where match.4 == nil: self = .wall(second: wall)
        case nil: return nil
        case let zone?:
            guard let offset = zone == "Z" ? WallTime(rawValue: 0) : WallTime(String(zone.dropFirst())) else {
                return nil
            }
            let ahead = Int64(offset.rawValue) * (zone.hasPrefix("-") ? -60 : 60)
            self = .absolute((wall - ahead) * 1_000 + (match.4.flatMap { Int64($0) } ?? 0))
        }
    }
}
