/// What a copy begins with: whose it is, and where its log starts and ends.
package struct CopyHeader: Sendable, Hashable {
    /// The 16 bytes the original was given when it was made, and the copy shares.
    package var creationID: [UInt8]
    /// Where the copied log begins.
    package var begin: LogTip
    /// Where it ends.
    package var end: LogTip
    /// From where recovery replays.
    package var checkpoint: Position
    /// Values in all state tables, for progress.
    package var values: UInt64
    /// Small facts by name.
    package var metadata: [String: [UInt8]]

    /// A header that came from a message or a file.
    package init(
        creationID: [UInt8], begin: LogTip, end: LogTip, checkpoint: Position, values: UInt64,
        metadata: [String: [UInt8]]
    ) {
        self.creationID = creationID
        self.begin = begin
        self.end = end
        self.checkpoint = checkpoint
        self.values = values
        self.metadata = metadata
    }

    /// The shape of a log in which nothing of the copy stands yet.
    var emptyShape: LogShape {
        LogShape(
            next: begin.next, chain: begin.chain, segments: [.init(first: begin.next, chain: begin.chain)],
            checkpoint: begin.next)
    }
}

/// A piece of a copy: some of the log, or some values of one state table.
package enum CopyPart: Sendable, Hashable {
    case chunks(ShippedChunks)
    /// Values of `table` in their envelopes, by ascending keys.
    case values(table: String, [Value])

    /// A value as it is stored.
    package struct Value: Sendable, Hashable {
        package var key: [UInt8]
        /// Checksum, flags, position and the value itself.
        package var envelope: [UInt8]

        /// A value that came from a message or a file; the taker of the copy checks it.
        package init(key: [UInt8], envelope: [UInt8]) {
            self.key = key
            self.envelope = envelope
        }
    }
}

/// One moment of a journal, read piece by piece while the journal goes on: a full transfer, or a backup.
///
/// Everything is verified as it is read: what is damaged here is not handed on. While it is open, pages freed meanwhile
/// cannot be reused: read it without long pauses, and close it.
///
/// `@unchecked Sendable`: used by one task at a time, which is the caller's promise; nothing in it is shared.
package final class JournalCopy: @unchecked Sendable {
    /// What the copy begins with.
    package let header: CopyHeader
    private let shape: LogShape
    private let snapshot: any StorageSnapshot
    private var tip: LogTip
    private var tables: [String]
    private var cursor: (any StorageCursor)?
    private var entry: StorageEntry?
    private var isOpen = true

    init(_ storage: any JournalStorage, from begin: LogTip?) throws(JournalError) {
        let names = try storage.tableNames()
        let (snapshot, image) = try Self.moment(of: storage, from: begin?.next)
        do throws(JournalError) {
            let shape = image.shape
            let oldest = LogTip(next: shape.segments[0].first, chain: shape.segments[0].chain)
            let tables = begin == nil ? names.compactMap { StateTable.table(of: $0) } : []
            var values: UInt64 = 0
            for table in tables { values += UInt64(try snapshot.entries(StateTable.name(table))) }
            header = CopyHeader(
                creationID: image.creationID, begin: begin ?? oldest,
                end: LogTip(next: shape.next, chain: shape.chain), checkpoint: shape.checkpoint, values: values,
                metadata: try MetaImage.metadata(in: snapshot))
            self.shape = shape
            self.tables = tables.reversed()
            tip = header.begin
        } catch {
            snapshot.close()
            throw error
        }
        self.snapshot = snapshot
    }

    /// A moment all of whose log can be read for as long as it is open. A trim takes a segment from a snapshot that
    /// has not used it yet, so all are used at once; where one has just gone, the next moment knows no more of it.
    private static func moment(
        of storage: any JournalStorage, from begin: Position?
    ) throws(JournalError) -> (any StorageSnapshot, MetaImage) {
        for attempt in 1... {
            let snapshot = try storage.snapshot()
            do throws(JournalError) {
                let image = try MetaImage.read(snapshot)
                let segments = image.shape.segments
                let first = image.shape.segment(holding: begin ?? segments[0].first) ?? 0
                var isWhole = true
                // The last may have no table yet.
                for segment in segments[first...].dropLast() {
                    guard let cursor = try snapshot.cursor(segment.name) else {
                        isWhole = false
                        break
                    }
                    cursor.close()
                }
                // So many trims in a row there are not: then it is damage, which the reading names.
                if isWhole || attempt == 16 { return (snapshot, image) }
            } catch {
                snapshot.close()
                throw error
            }
            snapshot.close()
        }
        preconditionFailure("The last attempt returns.")
    }

    deinit { precondition(!isOpen, "A copy was never closed.") }

    /// The next piece of about `maxBytes`: first the log, then the state tables; `nil` at the end.
    /// - Throws: ``JournalError/corrupt(_:)`` naming the place.
    package func next(maxBytes: Int) throws(JournalError) -> CopyPart? {
        if tip.next < shape.next {
            let chunks = try Journal.chunks(after: tip, maxBytes: maxBytes, shape, snapshot)
            guard let end = chunks.end else {
                throw .corrupt(
                    CorruptionReport(
                        .gap, table: "log", position: tip.next, expected: "records up to \(shape.next.previous)",
                        found: "none"))
            }
            tip = end
            return .chunks(chunks)
        }
        while let table = tables.last {
            if cursor == nil {
                cursor = try snapshot.cursor(StateTable.name(table))
                entry = try cursor?.first()
            }
            let values = try values(of: table, maxBytes: maxBytes)
            if !values.isEmpty { return .values(table: table, values) }
            cursor?.close()
            cursor = nil
            tables.removeLast()
        }
        return nil
    }

    /// Ends it. Must be called once.
    package func close() {
        precondition(isOpen, "A copy was closed twice.")
        isOpen = false
        cursor?.close()
        snapshot.close()
    }

    private func values(of table: String, maxBytes: Int) throws(JournalError) -> [CopyPart.Value] {
        var values: [CopyPart.Value] = []
        var bytes = 0
        while let current = entry, bytes < maxBytes {
            if case .failure(let fault) = ValueEnvelope.read(current.value, table: table, key: current.key) {
                throw .corrupt(StateTable.report(fault, table: table, key: current.key))
            }
            values.append(.init(key: [UInt8](current.key), envelope: [UInt8](current.value)))
            bytes += current.key.count + current.value.count
            entry = try cursor?.next()
        }
        return values
    }
}

extension Journal {
    /// A copy of everything, as it is on disk at this moment; of the log alone what follows `tip`, which this log must
    /// have.
    package func copy(after tip: LogTip? = nil) throws(JournalError) -> JournalCopy {
        try JournalCopy(storage, from: tip)
    }
}
