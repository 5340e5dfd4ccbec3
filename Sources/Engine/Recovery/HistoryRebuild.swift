package import Journal
import Scheduling

/// The tables of history from the log alone, and the notes that a session is archived. They are written in the commit
/// that archives it, and no start writes them again; so whoever writes a journal anew from its log follows the facts
/// with this, and writes what it says. The catalogue goes with them: a start reads it before anything that names a
/// pool.
package struct HistoryRebuild {
    private var book = PoolBook()

    package init() {}

    /// Takes the record that comes next, from the first one on.
    /// - Returns: the table writes that went with it.
    /// - Throws: `CodingError` when the record is no fact.
    package mutating func evolve(_ record: UnsafeRawBufferPointer) throws -> [TableWrite] {
        let event = try Event(decoding: record)
        var writes: [TableWrite] = []
        switch event.fact {
        case .catalogueChanged(let entity): writes = [entity.tableWrite]
        case .sessionArchived(let id): if let session = book.session(id) { writes = SessionTables.archive(session) }
        default: break
        }
        _ = book.evolve(event)
        return writes
    }
}
