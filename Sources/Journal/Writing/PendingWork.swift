/// Everything that waits for one commit, in the order it was handed over.
struct PendingWork: Sendable {
    /// The records' bytes, one after the other.
    private(set) var bytes: [UInt8] = []
    /// The records' lengths.
    private(set) var lengths: [UInt32] = []
    /// Chunks that another journal sealed, as they came; they stand before the records.
    private(set) var sealed: [ShippedChunks] = []
    /// The position of the last record in it, or of the last one before it.
    private(set) var last: Position
    /// The position that its first record (or first fragment) takes.
    private(set) var first: Position
    private(set) var tables: [TableWrite] = []
    private(set) var metadata: [(name: String, value: [UInt8]?)] = []
    private(set) var checkpoint: Position?
    /// From where on the log is kept for readers, though it stands before the checkpoint.
    private(set) var kept: Position?
    /// Whether the journal stops being the beginning of a copy.
    private(set) var finishesCopy = false
    /// What it holds in memory, roughly; what the admission limit counts.
    private(set) var byteCount = 0

    /// Nothing yet, after `last`.
    init(after last: Position) {
        self.last = last
        self.first = last.next
    }

    var isEmpty: Bool {
        lengths.isEmpty && sealed.isEmpty && tables.isEmpty && metadata.isEmpty && checkpoint == nil && !finishesCopy
    }

    /// Whether there is nothing in it but records and chunks, so that it may go to the log's tail.
    var belongsToLogAlone: Bool {
        !(lengths.isEmpty && sealed.isEmpty) && tables.isEmpty && metadata.isEmpty && checkpoint == nil && !finishesCopy
    }

    /// Lets pieces of a tail precede everything that is in it.
    mutating func precede(_ pieces: [ShippedChunks]) {
        guard let earliest = pieces.first, let latest = pieces.last else { return }
        precondition(latest.last.next == first, "Chunks up to \(latest.last) came before \(first).")
        sealed.insert(contentsOf: pieces, at: 0)
        first = earliest.first
    }

    mutating func add(_ batch: borrowing RecordBatch) {
        bytes.append(contentsOf: batch.bytes)
        lengths.append(contentsOf: batch.lengths)
        last = last.advanced(by: batch.span)
        byteCount += batch.byteCount + batch.count * MemoryLayout<UInt32>.size
    }

    mutating func add(_ chunks: ShippedChunks) {
        precondition(lengths.isEmpty, "Sealed chunks came after records of this journal's own.")
        precondition(chunks.first == last.next, "Chunks from \(chunks.first) came where \(last.next) is due.")
        guard !chunks.isEmpty else { return }
        sealed.append(chunks)
        last = chunks.last
        byteCount += chunks.bytes.count
    }

    mutating func add(_ writes: [TableWrite]) {
        for write in writes {
            precondition(
                (1...JournalLimits.keyBytes).contains(write.key.count), "A state key has 1 to 511 bytes.")
            byteCount += write.pendingBytes
            switch write {
            case .put(let table, let key, let value, nil):
                tables.append(.put(table, key: key, value: value, reflects: last))
            case .put(_, _, _, let reflects?):
                precondition(reflects <= last, "A state value cannot reflect \(reflects), which is not written yet.")
                tables.append(write)
            case .delete, .sealed:
                tables.append(write)
            }
        }
    }

    mutating func add(metadata name: String, _ value: [UInt8]?) {
        metadata.append((name, value))
        byteCount += name.utf8.count + (value?.count ?? 0) + 64
    }

    mutating func add(checkpoint position: Position, keeping kept: Position? = nil) {
        precondition(position <= last.next, "A checkpoint at \(position) lies beyond the end of the log, \(last).")
        checkpoint = max(checkpoint ?? .zero, position)
        self.kept = kept
    }

    mutating func addEndOfCopy() { finishesCopy = true }

    /// Begins anew after `last`, keeping the memory unless it has grown far beyond what is usual.
    mutating func reset(after last: Position) {
        let keep = bytes.capacity <= 32 << 20
        bytes.removeAll(keepingCapacity: keep)
        lengths.removeAll(keepingCapacity: keep)
        sealed.removeAll()
        tables.removeAll(keepingCapacity: keep)
        metadata.removeAll()
        checkpoint = nil
        kept = nil
        finishesCopy = false
        byteCount = 0
        self.last = last
        self.first = last.next
    }

    /// What its transaction will take on disk, in bytes, never less than it does: the leaves its chunks fill and their
    /// share of branches; what its table writes take; and a fixed sum for the meta table, the roots and the free list.
    var roomNeeded: Int {
        let leaves = leavesNeeded
        let pages = leaves + leaves / 64 + TableRoom(tables).pages
        // Of every page that is replaced the free list keeps the number, 8 bytes.
        return (pages + pages / 256 + 64) * Self.pageBytes
    }

    private static let pageBytes = TableRoom.pageBytes
    private static let leafBytes = TableRoom.leafBytes

    /// How many leaf pages the records fill, packed as ``LogWriter`` and LMDB will pack them.
    private var leavesNeeded: Int {
        var leaves = 0
        var page = Self.leafBytes
        var chunk = 0
        func seal(_ bytes: Int) {
            let node = bytes + Chunk.pageOverheadBytes + 1
            if page + node > Self.leafBytes {
                leaves += 1
                page = 0
            }
            page += node
        }
        for length in lengths {
            let stored = Int(length) + (length < 0x80 ? 1 : 2)
            if Int(length) > Chunk.wholeRecordBytes {
                for _ in 0..<Chunk.span(ofRecordLength: Int(length)) { seal(Chunk.maximumBytes) }
            } else if chunk + stored > Chunk.maximumBytes - Chunk.headerBytes {
                seal(chunk + Chunk.headerBytes)
                chunk = stored
            } else {
                chunk += stored
            }
        }
        if chunk > 0 { seal(chunk + Chunk.headerBytes) }
        // Of sealed chunks only the number and the sum are known here: no leaf holds less than one, and two neighbours
        // together hold more than fits one.
        let count = sealed.reduce(0) { $0 + $1.count }
        let bytes = sealed.reduce(0) { $0 + $1.bytes.count } + count * Chunk.pageOverheadBytes
        return leaves + 2 + min(count, 2 * bytes / Self.leafBytes + 1)
    }
}
