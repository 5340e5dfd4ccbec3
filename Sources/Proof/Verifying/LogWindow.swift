import Engine
import Hosting
package import Journal
import Scheduling
package import Terminal

/// A stretch of the log of a data folder, read without disturbing its writer.
package struct LogWindow {
    private let journal: Journal
    private var catalogue = Catalogue()

    /// Records read at one time.
    private static let atOnce = 1_024

    package init(directory: String) throws(CommandFailure) {
        var options = JournalOptions(directory: directory)
        options.readOnly = true
        do throws(JournalError) { journal = try Journal.open(options) } catch { throw CommandFailure(error) }
    }

    package func close() { try? journal.close() }

    package var oldest: Position { journal.oldestPosition }
    package var last: Position { journal.durablePosition }

    package func listing() throws(CommandFailure) -> JournalListing {
        do throws(JournalError) { return try journal.listing() } catch { throw CommandFailure(error) }
    }

    /// Hands out the records from a position on, at most so many, in order.
    package mutating func forEach(from: Position, limit: Int, _ body: (RecordView) -> Void) throws(CommandFailure) {
        do {
            try readCatalogue(before: from)
            var next = max(from, .first)
            var left = limit
            while left > 0 {
                let records = try journal.read(from: next, maxRecords: min(left, Self.atOnce))
                guard let end = records.last?.position else { return }
                for record in records {
                    let event = try record.event()
                    evolve(event, at: record.position)
                    body(RecordView(position: record.position, event: event, catalogue: catalogue))
                }
                left -= records.count
                next = end.next
            }
        } catch let error as JournalError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.inputOutput, "\(error)", remedy: "run haoyuan verify to see what else is wrong")
        }
    }

    /// Codes for the ids: what the last checkpoint knew, and what was put between it and the stretch.
    private mutating func readCatalogue(before from: Position) throws {
        var read = Catalogue()
        try journal.forEach(.init("catalogue")) { _, _, value in
            var reader = ByteReader(value)
            read.evolve(try CatalogueEntity(from: &reader))
            return true
        }
        catalogue = read
        var next = max(journal.checkpoint, journal.oldestPosition)
        while next < from {
            let records = try journal.read(from: next, maxRecords: Self.atOnce)
            guard let end = records.last?.position else { return }
            for record in records where record.position < from { evolve(try record.event(), at: record.position) }
            next = end.next
        }
    }

    /// What a checkpoint already knows in a newer form stays as it is.
    private mutating func evolve(_ event: Event, at position: Position) {
        guard position >= journal.checkpoint, case .catalogueChanged(let entity) = event.fact else { return }
        catalogue.evolve(entity)
    }
}
