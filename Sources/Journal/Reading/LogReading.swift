extension Journal {
    /// Reads durable records at and after `from`, checking every checksum and the chain between the chunks it touches.
    ///
    /// Stops after `maxRecords` records or once `maxBytes` bytes have been read, whichever comes first, but always
    /// returns at least one record if there is one. Read on from the position after the last one returned. An empty
    /// answer means that nothing at or after `from` is durable yet: ``durablePosition(after:)`` waits for it.
    /// - Throws: ``JournalError/positionTrimmed(oldest:)`` when `from` lies before the oldest record kept;
    ///   ``JournalError/corrupt(_:)`` naming the place; ``JournalError/closed``.
    package func read(
        from: Position, maxRecords: Int = 4_096, maxBytes: Int = 1 << 20
    ) throws(JournalError) -> [LogRecord] {
        precondition(maxRecords > 0 && maxBytes > 0, "A read asks for at least one record and one byte.")
        var records: [LogRecord] = []
        var bytes = 0
        // On disk there may be more than is durable, while confirmations are asked for.
        let end = durablePosition
        do {
            try scan(from: max(from, .first)) { position, record in
                guard position <= end else { return false }
                records.append(LogRecord(position: position, bytes: [UInt8](record)))
                bytes += record.count
                return records.count < maxRecords && bytes < maxBytes
            }
        } catch let error as JournalError {
            throw error
        } catch {
            preconditionFailure("Reading the log threw what it does not throw: \(error)")
        }
        return records
    }

    /// Hands every durable record at and after `from` to `body`, in order, without an allocation a record: recovery.
    ///
    /// Everything it passes is verified: checksums, chain, positions, and that the log ends where the meta table says.
    /// The pointer is good only during the call. `nil` begins at ``checkpoint``.
    /// - Parameter progress: Told now and then how far it has come.
    /// - Throws: A ``JournalError`` as ``read(from:maxRecords:maxBytes:)`` does, or whatever `body` throws.
    package func replay(
        from: Position? = nil, progress: (JournalProgress) -> Void = { _ in },
        _ body: (Position, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let start = from ?? checkpoint
        let begin = max(start, .first).rawValue
        let total = durablePosition.rawValue + 1 - min(begin, durablePosition.rawValue + 1)
        var reported: UInt64 = 0
        progress(JournalProgress(stage: .replaying, done: 0, total: total))
        try scan(from: Position(begin)) { position, record in
            try body(position, record)
            let done = position.rawValue - begin + 1
            if done - reported >= 65_536 {
                reported = done
                progress(JournalProgress(stage: .replaying, done: done, total: max(total, done)))
            }
            return true
        }
        progress(JournalProgress(stage: .replaying, done: total, total: total))
    }

    /// Visits records from `from` on until `visit` says no or the log, as it was at the beginning, ends. One snapshot a
    /// segment, so that a long replay does not keep the store from reusing what was trimmed meanwhile.
    private func scan(
        from: Position, _ visit: (Position, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let shape = currentShape
        guard from >= shape.oldest else { throw JournalError.positionTrimmed(oldest: shape.oldest) }
        guard from < shape.next, let first = shape.segment(holding: from) else { return }
        var scan = LogScan(from: from)
        for segment in shape.segments[first...] {
            let snapshot = try storage.snapshot()
            defer { snapshot.close() }
            guard let cursor = try snapshot.cursor(segment.name) else {
                let oldest = oldestPosition
                if segment.first < oldest { throw JournalError.positionTrimmed(oldest: oldest) }
                throw JournalError.corrupt(
                    CorruptionReport(
                        .segment, table: segment.name, position: segment.first, expected: "a segment of the log",
                        found: "no such table"))
            }
            defer { cursor.close() }
            if try !scan.visit(segment, ChunkReader(segment: segment.name, cursor: cursor), visit) { return }
        }
        if let report = scan.endFault(shape) { throw JournalError.corrupt(report) }
    }
}

/// One pass over the log from a position on, segment after segment.
private struct LogScan {
    private let from: Position
    private var check = ChainCheck()
    private var assembly = RecordAssembly()
    private var isFirstSegment = true
    private var goesOn = true

    init(from: Position) { self.from = from }

    /// Visits the records of a segment. `false` when the visitor has had enough.
    mutating func visit(
        _ segment: LogShape.Segment, _ reader: ChunkReader,
        _ visitor: (Position, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Bool {
        var entry = try begin(segment, reader)
        while let chunkEntry = entry {
            let chunk: ChunkView
            switch reader.read(chunkEntry) {
            case .success(let view): chunk = view
            case .failure(let report): throw JournalError.corrupt(report)
            }
            var fault = check.admit(chunk)
            if fault == nil {
                fault = try assembly.take(chunk) { position, record in
                    if position < from { return true }
                    goesOn = try visitor(position, record)
                    return goesOn
                }
            }
            if let fault {
                throw JournalError.corrupt(
                    reader.report(fault, key: chunk.first.rawValue, value: chunkEntry.value))
            }
            if !goesOn { return false }
            entry = try reader.cursor.next()
        }
        return true
    }

    /// The first chunk to look at: of the first segment the one that holds `from`, or the beginning of the record that
    /// does; of the others their first, which must follow what came before.
    private mutating func begin(_ segment: LogShape.Segment, _ reader: ChunkReader) throws -> StorageEntry? {
        guard isFirstSegment else { return try reader.cursor.first() }
        isFirstSegment = false
        var entry = try reader.cursor.seek(atOrBefore: from.rawValue)
        while let current = entry, case .success(let chunk) = reader.read(current),
            chunk.kind == .middleFragment || chunk.kind == .lastFragment
        {
            guard let before = try reader.cursor.previous() else {
                check = ChainCheck(at: segment)
                return try reader.cursor.first()
            }
            entry = before
        }
        if entry == nil || entry?.integerKey == segment.first.rawValue { check = ChainCheck(at: segment) }
        return try entry ?? reader.cursor.first()
    }

    /// What is missing at the end of the log, if anything is.
    func endFault(_ shape: LogShape) -> CorruptionReport? {
        let segment = shape.segments[shape.segments.count - 1]
        let reached = check.next ?? segment.first
        guard reached < shape.next else { return nil }
        return CorruptionReport(
            .gap, table: segment.name, position: reached, expected: "records up to \(shape.next.previous)",
            found: "the log ends before \(reached)")
    }
}
