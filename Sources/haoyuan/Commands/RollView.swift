import HaoyuanClient
import Terminal

extension ServerStatus.Roll {
    /// For people: how far, when, and what the last one came to.
    var line: String {
        let rule = "\(days) days ahead, every day at \(at)"
        guard trouble.isEmpty else { return "\(rule); the last did not come off: \(trouble)" }
        guard let day, let through else { return "\(rule); not yet" }
        let left = conflictCount == 0 ? "" : ", \(Numbers.grouped(conflictCount)) not opened: \(conflicts.first ?? "")"
        return "\(rule); \(day): through \(through), \(Numbers.grouped(opened)) opened, "
            + "\(Numbers.grouped(withdrawn)) withdrawn\(left)"
    }

    var json: JSON {
        [
            "days": .count(days), "at": .text(at.description), "day": .optional(day) { .text($0.description) },
            "through": .optional(through) { .text($0.description) }, "opened": .count(opened),
            "withdrawn": .count(withdrawn), "conflicts": .list(conflicts.map { .text($0) }),
            "conflict_count": .count(conflictCount), "trouble": .text(trouble),
        ]
    }
}
