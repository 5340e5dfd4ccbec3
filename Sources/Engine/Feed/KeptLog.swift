import Journal
import Scheduling

/// How much of the log is kept for readers that are away. Whole segments are let go, so a little more is kept.
package struct FeedKeep: Hashable, Sendable {
    /// Records older than this are not kept for them.
    package var milliseconds: Int64 = 14 * 86_400_000
    /// Of the log's end, so much.
    package var bytes = 8 << 30

    package init() {}

    /// From where on the log is kept, where the reader that is furthest behind has everything up to `floor`.
    func begin(behind floor: Position, in journal: Journal, now: Instant) -> Position {
        var kept = floor.next
        let segments = journal.segments
        var held = 0
        for place in segments.indices.reversed() {
            held += segments[place].bytes
            guard held > bytes else { continue }
            // The newest segment is never let go.
            kept = max(kept, segments[min(place + 1, segments.count - 1)].first)
            break
        }
        let horizon = now.advanced(milliseconds: -milliseconds)
        // What stands before a record is not younger than it.
        for segment in segments.dropFirst() {
            guard let record = try? journal.read(from: segment.first, maxRecords: 1).first,
                let event = try? record.event(), event.at < horizon
            else { break }
            kept = max(kept, segment.first)
        }
        return kept
    }
}
