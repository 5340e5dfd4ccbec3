extension Journal {
    /// Whether this log, on disk, has that tip: then everything before it is the same here and where the tip comes
    /// from.
    /// - Throws: ``JournalError/positionTrimmed(oldest:)`` when that is too long ago to be known.
    package func contains(_ tip: LogTip) throws(JournalError) -> Bool {
        let standing = standing
        if let first = standing.first, tip.next > first.first {
            return standing.contains { $0.passes(tip) }
        }
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        let shape = try MetaImage.read(snapshot).shape
        guard tip.next >= shape.oldest else { throw .positionTrimmed(oldest: shape.oldest) }
        if tip.next >= shape.next { return tip.next == shape.next && tip.chain == shape.chain }
        guard let index = shape.segment(holding: tip.next) else { return false }
        let segment = shape.segments[index]
        if segment.first == tip.next { return segment.chain == tip.chain }
        guard let cursor = try snapshot.cursor(segment.name) else { return false }
        defer { cursor.close() }
        guard let entry = try cursor.seek(atOrAfter: tip.next.rawValue), entry.integerKey == tip.next.rawValue else {
            return false
        }
        return try ChunkReader(segment: segment.name, cursor: cursor).read(entry).get(JournalError.corrupt).chain
            == tip.chain
    }

    /// The chunks on disk that follow `tip`, which this log must have (``contains(_:)``): up to about `maxBytes`, at
    /// least one if there is one, whether it stands in the log or in its tail.
    /// - Throws: ``JournalError/positionTrimmed(oldest:)``, ``JournalError/corrupt(_:)`` naming the place.
    package func chunks(after tip: LogTip, maxBytes: Int) throws(JournalError) -> ShippedChunks {
        if let chunks = try chunksInTail(after: tip, maxBytes: maxBytes) { return chunks }
        let snapshot = try storage.snapshot()
        defer { snapshot.close() }
        let shape = try MetaImage.read(snapshot).shape
        guard tip.next >= shape.oldest else { throw .positionTrimmed(oldest: shape.oldest) }
        return try Self.chunks(after: tip, maxBytes: maxBytes, shape, snapshot)
    }

    /// The same where they stand in the tail, without a look at the disk; `nil` where they do not.
    package func chunksInTail(after tip: LogTip, maxBytes: Int) throws(JournalError) -> ShippedChunks? {
        let standing = standing
        guard let first = standing.first, tip.next >= first.first else { return nil }
        return try ShippedChunks(after: tip, maxBytes: maxBytes, of: standing)
    }

    static func chunks(
        after tip: LogTip, maxBytes: Int, _ shape: LogShape, _ snapshot: any StorageSnapshot
    ) throws(JournalError) -> ShippedChunks {
        var chunks = ShippedChunks(from: tip.next)
        guard tip.next < shape.next, let index = shape.segment(holding: tip.next) else { return chunks }
        var check = ChainCheck(next: tip.next, chain: tip.chain)
        for segment in shape.segments[index...] {
            guard let cursor = try snapshot.cursor(segment.name) else {
                // The last may have no table yet; from another a trim has taken it since the snapshot was made.
                if let next = shape.segments.first(where: { $0.first > segment.first }) {
                    throw .positionTrimmed(oldest: next.first)
                }
                continue
            }
            defer { cursor.close() }
            let reader = ChunkReader(segment: segment.name, cursor: cursor)
            var entry = try cursor.seek(atOrAfter: max(tip.next, segment.first).rawValue)
            while let current = entry {
                let chunk = try reader.read(current).get(JournalError.corrupt)
                if let fault = check.admit(chunk) {
                    throw .corrupt(reader.report(fault, key: chunk.first.rawValue, value: current.value))
                }
                chunks.add(chunk, current.value)
                // A piece never ends inside a record.
                if chunks.bytes.count >= maxBytes, !check.isInsideRecord { return chunks }
                entry = try cursor.next()
            }
        }
        return chunks
    }

    /// Appends chunks that another journal of the same origin sent, exactly as they are. Hold them against this log
    /// with a ``ChunkReceiver`` first; nothing of this journal's own may be waiting for the disk.
    /// - Returns: The position of the last record in them.
    @discardableResult
    package func append(_ chunks: ShippedChunks) -> Position {
        precondition(committer != nil, "A journal opened read-only was written to.")
        return queue.add { $0.add(chunks) }
    }
}

extension Result {
    /// The value, or the failure made into another error.
    func get<Other: Error>(_ other: (Failure) -> Other) throws(Other) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let failure): throw other(failure)
        }
    }
}
