import Journal
import Scheduling

/// Events on their way into the journal together, as its records. It keeps its memory from one batch to the next.
struct EventBatch: Sendable {
    private(set) var records = RecordBatch()
    private var writer = ByteWriter()

    /// - Precondition: the event is within the limits, so that it fits a record.
    mutating func append(_ event: borrowing Event) {
        writer.removeAll()
        event.encode(into: &writer)
        do throws(JournalError) {
            try records.append(writer.bytes)
        } catch {
            preconditionFailure("an event within the limits fits a record: \(error)")
        }
    }

    /// Whether one of them is so long that it takes several positions of the log.
    var hasLong: Bool { records.span != records.count }

    mutating func removeAll() { records.removeAll() }
}
