/// Everything that waits for one commit, in the order it was handed over.
struct PendingWork: Sendable {
    /// The records' bytes, one after the other.
    private(set) var bytes: [UInt8] = []
    /// The records' lengths.
    private(set) var lengths: [UInt32] = []
    /// The position of the last record in it, or of the last one before it.
    private(set) var last: Position
    /// The position that its first record (or first fragment) takes.
    private(set) var first: Position
    private(set) var tables: [TableWrite] = []
    private(set) var metadata: [(name: String, value: [UInt8]?)] = []
    private(set) var checkpoint: Position?
    /// What it holds in memory, roughly; what the admission limit counts.
    private(set) var byteCount = 0

    /// Nothing yet, after `last`.
    init(after last: Position) {
        self.last = last
        self.first = last.next
    }

    var isEmpty: Bool { lengths.isEmpty && tables.isEmpty && metadata.isEmpty && checkpoint == nil }

    mutating func add(_ batch: borrowing RecordBatch) {
        bytes.append(contentsOf: batch.bytes)
        lengths.append(contentsOf: batch.lengths)
        last = last.advanced(by: batch.span)
        byteCount += batch.byteCount + batch.count * MemoryLayout<UInt32>.size
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
            case .delete:
                tables.append(write)
            }
        }
    }

    mutating func add(metadata name: String, _ value: [UInt8]?) {
        metadata.append((name, value))
        byteCount += name.utf8.count + (value?.count ?? 0) + 64
    }

    mutating func add(checkpoint position: Position) {
        precondition(position <= last.next, "A checkpoint at \(position) lies beyond the end of the log, \(last).")
        checkpoint = max(checkpoint ?? .zero, position)
    }

    /// Begins anew after `last`, keeping the memory unless it has grown far beyond what is usual.
    mutating func reset(after last: Position) {
        let keep = bytes.capacity <= 32 << 20
        bytes.removeAll(keepingCapacity: keep)
        lengths.removeAll(keepingCapacity: keep)
        tables.removeAll(keepingCapacity: keep)
        metadata.removeAll()
        checkpoint = nil
        byteCount = 0
        self.last = last
        self.first = last.next
    }

    /// What its transaction will take on disk, generously: records with what chunks add, every state value with a copied
    /// leaf and its share of branches, and the fixed cost of the meta table, roots and free list.
    var roomNeeded: Int {
        let records = bytes.count * 2 + lengths.count * 3
        let fragmentsAndTails = 64 << 10
        let values = byteCount * 2 + tables.count * (3 * 4096)
        return records + fragmentsAndTails + (tables.isEmpty ? 0 : values) + 256 << 10
    }
}
