import Foundation
import Scheduling

/// Turns a zone's name into its rules, once, when the hospital is put; afterwards only the rules are used.
enum TimeZones {
    /// Clock changes from 2000 to 2100 as this machine's tables have them, and the offset before them.
    /// Nil when the name is not an IANA zone.
    static func rules(of name: String) -> TimeZoneRules? {
        guard let zone = TimeZone(identifier: name) else { return nil }
        var moment = Date(timeIntervalSince1970: 946_684_800)
        let end = Date(timeIntervalSince1970: 4_102_444_800)
        var changes = [
            TimeZoneRules.Change(fromSecond: 0, offsetSeconds: Int32(zone.secondsFromGMT(for: moment)))
        ]
        while let next = zone.nextDaylightSavingTimeTransition(after: moment), next > moment, next < end {
            let offset = Int32(zone.secondsFromGMT(for: next))
            if offset != changes[changes.count - 1].offsetSeconds {
                changes.append(.init(fromSecond: Int64(next.timeIntervalSince1970), offsetSeconds: offset))
            }
            moment = next
        }
        return TimeZoneRules(name: name, changes: changes)
    }
}
