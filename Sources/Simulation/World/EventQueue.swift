/// What is going to happen, by its moment; what has the same moment happens in the order in which it was put in.
struct EventQueue<Event> {
    private struct Entry {
        var at: Int64
        var sequence: Int
        var event: Event
    }

    /// The next one last.
    private var entries: [Entry] = []
    private var sequence = 0

    var nextMoment: Int64? { entries.last?.at }

    mutating func put(_ event: Event, at moment: Int64) {
        sequence += 1
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].at > moment { low = middle + 1 } else { high = middle }
        }
        entries.insert(Entry(at: moment, sequence: sequence, event: event), at: low)
    }

    mutating func take() -> (at: Int64, event: Event)? { entries.popLast().map { ($0.at, $0.event) } }

    mutating func removeAll(where isGone: (Event) -> Bool) { entries.removeAll { isGone($0.event) } }
}
