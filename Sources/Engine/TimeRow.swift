import Scheduling

/// What lies in one line of time and never overlaps there, as the sessions of a pool: in the order of the starts, which
/// is also that of the ends.
struct TimeRow<Holder: Sendable>: Sendable {
    struct Entry: Sendable {
        let times: SessionTimes
        let holder: Holder
    }

    private(set) var entries: [Entry] = []

    init() {}

    /// - Parameter entries: in any order.
    init(_ entries: [Entry]) { self.entries = entries.sorted { $0.times.startMinute < $1.times.startMinute } }

    mutating func insert(_ times: SessionTimes, _ holder: Holder) {
        entries.insert(Entry(times: times, holder: holder), at: entries.place { $0.times.start < times.start })
    }

    mutating func removeAll(where isGone: (Holder) -> Bool) { entries.removeAll { isGone($0.holder) } }

    /// Those that have some time after this moment in common with these times, in their order.
    func overlapping(_ times: SessionTimes, after now: Instant = Instant(minute: 0)) -> ArraySlice<Entry> {
        guard times.end > now else { return [] }
        let first = entries.place { $0.times.end <= max(times.start, now) }
        return entries[first..<max(first, entries.place { $0.times.start < times.end })]
    }
}
