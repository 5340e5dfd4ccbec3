/// The writer as a machine without hands: pending work goes in, chunks and table writes come out into a transaction,
/// and when that has been committed or has failed it is told so. It knows no thread, no clock and no disk.
///
///             stage(work)                   adopt()
///     idle ───────────────▶ staged ───────────────────────▶ idle, with the new shape
///                              │ failed()
///                              └───────────────────────────▶ idle, as before; the same work can be staged again
struct LogWriter: ~Copyable {
    /// The log as the last commit left it.
    private(set) var committed: LogShape
    /// The log as it will be once the transaction at hand is durable.
    private var staged: LogShape?
    /// Where the log ends with the pieces that stand in its tail and are not committed; `nil` when there are none.
    private var ahead: LogTip?
    /// Bytes in the newest segment, as committed and as staged.
    private var segmentBytes: Int
    private var stagedSegmentBytes = 0
    /// Segments that are trimmed but whose tables are still there.
    private(set) var droppable: [String]
    private var stagedDroppable: [String] = []
    private var builder = ChunkBuilder()
    private var envelope: [UInt8] = []
    private let segmentBytesLimit: Int
    /// A further segment is begun only below this many: each one costs a table slot in every transaction.
    private let segmentCountLimit: Int
    private var knownTables: Set<String>

    /// A writer that continues a log. `droppable` are tables left over from an earlier trim.
    init(
        continuing shape: LogShape, segmentBytes: Int, droppable: [String], tables: Set<String>, segmentBytesLimit: Int,
        segmentCountLimit: Int
    ) {
        self.committed = shape
        self.segmentBytes = segmentBytes
        self.droppable = droppable
        self.knownTables = tables
        self.segmentBytesLimit = segmentBytesLimit
        self.segmentCountLimit = segmentCountLimit
    }

    /// Where the log ends, with what stands in its tail.
    var end: LogTip { ahead ?? LogTip(next: committed.next, chain: committed.chain) }

    /// Seals the records of `work` as the chunks they will be in the log, for its tail; chunks that another journal
    /// sealed stay as they are. Nothing else may be in it. When the tail has them the caller says ``adopt(ahead:)``;
    /// when not, it is as if nothing had been.
    mutating func seal(_ work: borrowing PendingWork) -> ShippedChunks {
        precondition(staged == nil && work.belongsToLogAlone, "Only the log goes to the tail, between two commits.")
        precondition(work.first == end.next, "Work for \(work.first) came where \(end.next) is due.")
        var chunks = ShippedChunks(from: work.first)
        var chain = end.chain
        for shipped in work.sealed {
            chunks.add(shipped)
            chain = shipped.end?.chain ?? chain
        }
        do throws(JournalError) {
            try sealRecords(work) { builder, kind throws(JournalError) in
                let count = builder.count
                let chunk = builder.seal(kind: kind, first: chunks.last.next, chain: chain)
                chunks.add(sealed: chunk.bytes, crc: chunk.crc, positions: count)
                chain = chunk.crc
            }
        } catch {
            preconditionFailure("Sealing in memory failed: \(error)")
        }
        precondition(chunks.last == work.last, "The piece ends at \(chunks.last), not at \(work.last).")
        return chunks
    }

    /// What was sealed stands in the tail.
    mutating func adopt(ahead chunks: ShippedChunks) { ahead = chunks.end }

    /// Writes `work` into `transaction`: tables of trimmed segments out, records in as chunks, then state values and
    /// metadata, then the log's new shape. On an error the caller aborts the transaction and calls ``failed()``.
    mutating func stage(_ work: borrowing PendingWork, into transaction: any StorageTransaction) throws(JournalError) {
        precondition(staged == nil, "The writer was given work before it was told how the last ended.")
        precondition(work.first == committed.next, "Work for \(work.first) came where \(committed.next) is due.")
        var run = StagingRun(transaction: transaction, shape: committed, segmentBytes: segmentBytes)
        stagedDroppable = []
        for name in droppable where try !transaction.drop(name) { stagedDroppable.append(name) }
        for chunks in work.sealed { try stageSealed(chunks, &run) }
        try stageRecords(work, &run)
        precondition(run.shape.next == work.last.next, "The log ends at \(run.shape.next), not after \(work.last).")
        try stageTables(work, &run)
        if let checkpoint = work.checkpoint { applyCheckpoint(checkpoint, keeping: work.kept, &run) }
        try stageMeta(work, &run)
        staged = run.shape
        stagedSegmentBytes = run.segmentBytes
    }

    /// The transaction is durable.
    mutating func adopt() -> LogShape {
        guard let shape = staged else { preconditionFailure("A commit was reported that was never staged.") }
        committed = shape
        precondition((ahead?.next ?? .zero) <= shape.next, "A commit left out what stands in the tail.")
        ahead = nil
        staged = nil
        segmentBytes = stagedSegmentBytes
        droppable = stagedDroppable
        return shape
    }

    /// The transaction was aborted; nothing of it happened.
    mutating func failed() {
        staged = nil
        stagedDroppable = []
        builder.discard()
    }
}

/// What changes while one transaction is being written.
private struct StagingRun {
    let transaction: any StorageTransaction
    var shape: LogShape
    var segmentBytes: Int
    var segmentTable: StorageTable?
    var segmentsChanged = false
}

extension LogWriter {
    private mutating func stageRecords(
        _ work: borrowing PendingWork, _ run: inout StagingRun
    ) throws(JournalError) {
        guard !work.lengths.isEmpty else { return }
        var builder = ChunkBuilder()
        swap(&builder, &self.builder)
        defer { swap(&builder, &self.builder) }
        try Self.cut(work, &builder) { builder, kind throws(JournalError) in
            let count = builder.count
            let chunk = builder.seal(kind: kind, first: run.shape.next, chain: run.shape.chain)
            try put(chunk.bytes, kind, crc: chunk.crc, positions: count, &run)
        }
    }

    private mutating func sealRecords(
        _ work: borrowing PendingWork, _ seal: (inout ChunkBuilder, Chunk.Kind) throws(JournalError) -> Void
    ) throws(JournalError) {
        try Self.cut(work, &builder, seal)
    }

    /// Fills chunks with records; `seal` is called for each that is full, and for the last.
    private static func cut(
        _ work: borrowing PendingWork, _ builder: inout ChunkBuilder,
        _ seal: (inout ChunkBuilder, Chunk.Kind) throws(JournalError) -> Void
    ) throws(JournalError) {
        let lengths = work.lengths
        let bytes = work.bytes
        // Borrowed through the arrays' own spans: the closure forms of the standard library do not carry typed throws.
        var offset = 0
        for length in lengths {
            let record = bytes.span.extracting(offset..<offset + Int(length)).bytes
            offset += Int(length)
            if Int(length) > Chunk.wholeRecordBytes {
                if builder.count > 0 { try seal(&builder, .whole) }
                try cutFragments(record, &builder, seal)
            } else {
                if !builder.fits(Int(length)) { try seal(&builder, .whole) }
                record.withUnsafeBytes { builder.add($0) }
            }
        }
        if builder.count > 0 { try seal(&builder, .whole) }
        precondition(offset == bytes.count, "The lengths of pending records do not add up to their bytes.")
    }

    private static func cutFragments(
        _ record: RawSpan, _ builder: inout ChunkBuilder,
        _ seal: (inout ChunkBuilder, Chunk.Kind) throws(JournalError) -> Void
    ) throws(JournalError) {
        let count = Chunk.span(ofRecordLength: record.byteCount)
        for index in 0..<count {
            let start = index * Chunk.wholeRecordBytes
            let end = min(start + Chunk.wholeRecordBytes, record.byteCount)
            record.extracting(start..<end).withUnsafeBytes { builder.add($0) }
            try seal(&builder, Chunk.fragmentKind(index, of: count))
        }
    }

    /// Puts chunks of another journal at the end of the log as they are: they go on where it ends, or the caller has
    /// not checked them.
    private mutating func stageSealed(_ chunks: ShippedChunks, _ run: inout StagingRun) throws(JournalError) {
        var failure: JournalError?
        _ = chunks.forEachChunk { chunk, stored in
            precondition(
                chunk.first == run.shape.next && chunk.chain == run.shape.chain,
                "The chunk of \(chunk.first) does not follow on \(run.shape.next.previous).")
            do throws(JournalError) {
                try put(stored, chunk.kind, crc: chunk.crc, positions: chunk.count, &run)
                return nil
            } catch {
                failure = error
                return ChunkFault(.malformed, expected: "room", found: "none")
            }
        }
        if let failure { throw failure }
    }

    /// Puts a chunk at the end of the log. A segment never begins inside a record.
    private mutating func put(
        _ chunk: UnsafeRawBufferPointer, _ kind: Chunk.Kind, crc: UInt32, positions: Int, _ run: inout StagingRun
    ) throws(JournalError) {
        if kind == .whole || kind == .firstFragment { rotateIfDue(&run) }
        let segment = run.shape.segments[run.shape.segments.count - 1]
        let table: StorageTable
        if let open = run.segmentTable {
            table = open
        } else {
            table = try run.transaction.table(segment.name, .integers)
            run.segmentTable = table
        }
        let first = run.shape.next
        try run.transaction.append(table, key: first.rawValue, value: chunk)
        run.shape.next = first.advanced(by: positions)
        run.shape.chain = crc
        run.segmentBytes += chunk.count + Chunk.pageOverheadBytes
    }

    private func rotateIfDue(_ run: inout StagingRun) {
        guard run.segmentBytes >= segmentBytesLimit, run.shape.segments.count < segmentCountLimit else { return }
        run.shape.segments.append(.init(first: run.shape.next, chain: run.shape.chain))
        run.segmentTable = nil
        run.segmentBytes = 0
        run.segmentsChanged = true
    }

    /// Moves the checkpoint, and lets go of every segment that stands wholly before it and before what is kept for
    /// readers. Their tables are removed by the transaction after: by then no reader finds them any more.
    private mutating func applyCheckpoint(_ position: Position, keeping kept: Position?, _ run: inout StagingRun) {
        run.shape.checkpoint = max(run.shape.checkpoint, position)
        let count = run.shape.segments(before: min(kept ?? run.shape.checkpoint, run.shape.checkpoint))
        guard count > 0 else { return }
        stagedDroppable += run.shape.segments[..<count].map(\.name)
        run.shape.segments.removeFirst(count)
        run.segmentsChanged = true
    }

    private mutating func stageTables(_ work: borrowing PendingWork, _ run: inout StagingRun) throws(JournalError) {
        var handles: [String: StorageTable] = [:]
        for write in work.tables {
            let table = write.table
            let handle: StorageTable
            if let known = handles[table.name] {
                handle = known
            } else {
                knownTables.insert(table.name)
                precondition(knownTables.count <= JournalLimits.tables, "There may be at most 16 state tables.")
                handle = try run.transaction.table(StateTable.name(table.name), .bytes)
                handles[table.name] = handle
            }
            switch write {
            case .put(_, let key, let value, let reflects):
                guard let reflects else { preconditionFailure("A state value was queued without its position.") }
                ValueEnvelope.write(
                    value, table: table.name, key: key, reflects: reflects, compress: table.compressed, into: &envelope)
                try run.transaction.put(handle, key: key, value: envelope, appending: table.isGrowing)
            case .sealed(_, let key, let envelope):
                try run.transaction.put(handle, key: key, value: envelope)
            case .delete(_, let key):
                try run.transaction.delete(handle, key: key)
            }
        }
    }

    private mutating func stageMeta(_ work: borrowing PendingWork, _ run: inout StagingRun) throws(JournalError) {
        let meta = try run.transaction.table(MetaEntry.table, .bytes)
        if run.segmentsChanged {
            // The newest segment's table must exist even while it is empty, or it would look as if it were missing.
            _ = try run.transaction.table(run.shape.segments[run.shape.segments.count - 1].name, .integers)
            try putMeta(MetaEntry.segmentsKey, MetaEntry.encodeSegments(run.shape.segments), meta, run)
        }
        for (name, value) in work.metadata {
            let key = MetaEntry.applicationPrefix + name
            if let value {
                try putMeta(key, value, meta, run)
            } else {
                try run.transaction.delete(meta, key: Array(key.utf8))
            }
        }
        if work.finishesCopy { try run.transaction.delete(meta, key: Array(MetaEntry.copyKey.utf8)) }
        try putMeta(MetaEntry.logKey, MetaEntry.encodeLog(run.shape), meta, run)
    }

    private mutating func putMeta(
        _ key: String, _ value: [UInt8], _ meta: StorageTable, _ run: StagingRun
    ) throws(JournalError) {
        let key = Array(key.utf8)
        ValueEnvelope.write(
            value, table: MetaEntry.table, key: key, reflects: run.shape.next.previous, compress: false, into: &envelope
        )
        try run.transaction.put(meta, key: key, value: envelope)
    }
}

/// How the tables of the journal's users are called in the store, apart from its own.
enum StateTable {
    static let prefix = "state."

    static func name(_ table: String) -> String { prefix + table }

    /// The table's own name, or `nil` when it is none of the users'.
    static func table(of name: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}
