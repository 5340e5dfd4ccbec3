/// Holds each chunk against the one before it: no position left out, none twice, the chain unbroken, fragments in
/// order.
struct ChainCheck {
    /// The position that the next chunk must begin with; `nil` when any will do.
    private(set) var next: Position?
    /// The crc that the next chunk must be chained to; `nil` when any will do.
    private(set) var chain: UInt32?
    /// Whether the next chunk must continue a record.
    private(set) var isInsideRecord = false

    /// Begins anywhere: the first chunk is taken as it comes.
    init() {}

    /// Begins where a segment does.
    init(at segment: LogShape.Segment) {
        next = segment.first
        chain = segment.chain
    }

    /// Begins where the one before is known.
    init(next: Position, chain: UInt32) {
        self.next = next
        self.chain = chain
    }

    /// Takes the next chunk; answers what is wrong with its place, if anything is. Goes on from it in either case.
    mutating func admit(_ chunk: ChunkView) -> ChunkFault? {
        defer {
            next = chunk.last.next
            chain = chunk.crc
            isInsideRecord = chunk.kind == .firstFragment || chunk.kind == .middleFragment
        }
        if let next, chunk.first != next {
            return ChunkFault(.gap, expected: "the chunk of \(next)", found: "the chunk of \(chunk.first)")
        }
        if let chain, chunk.chain != chain {
            return ChunkFault(
                .chain, expected: "a predecessor with \(Checksum.text(chain))", found: Checksum.text(chunk.chain))
        }
        let continues = chunk.kind == .middleFragment || chunk.kind == .lastFragment
        if next != nil, continues != isInsideRecord {
            return ChunkFault(
                .malformed, expected: isInsideRecord ? "the next fragment of a record" : "the beginning of a record",
                found: "\(chunk.kind)")
        }
        return nil
    }

    /// After a chunk that could not be read: nothing is known of the next one.
    mutating func lose() {
        next = nil
        chain = nil
        isInsideRecord = false
    }
}

/// Puts the fragments of large records together again.
struct RecordAssembly {
    private var bytes: [UInt8] = []

    /// Hands every record that ends in `chunk` to `visit`, which may stop by returning `false`. Answers what is wrong
    /// with the chunk's inside, if anything is.
    @inline(__always)
    mutating func take(
        _ chunk: ChunkView, _ visit: (Position, UnsafeRawBufferPointer) throws -> Bool
    ) rethrows -> ChunkFault? {
        if chunk.kind == .whole { return try chunk.forEachRecord(visit) }
        if chunk.kind == .firstFragment { bytes.removeAll(keepingCapacity: true) }
        let fault = chunk.forEachRecord { _, fragment in
            bytes.append(contentsOf: fragment)
            return true
        }
        if let fault { return fault }
        if bytes.count > JournalLimits.recordBytes {
            return ChunkFault(.malformed, expected: "a record of at most 1 MiB", found: "\(bytes.count) bytes")
        }
        guard chunk.kind == .lastFragment else { return nil }
        _ = try bytes.withUnsafeBytes { try visit(chunk.first, $0) }
        return nil
    }
}
