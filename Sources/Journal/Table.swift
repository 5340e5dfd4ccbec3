/// A state table: a sorted map from key bytes to value bytes, of whose meaning the journal knows nothing.
///
/// A table comes into being with the first value put into it. There may be ``JournalLimits/tables`` of them.
package struct Table: Hashable, Sendable {
    /// The table's name, 1 to 64 UTF-8 bytes. Part of every value's checksum: a value cannot pass for another table's.
    package let name: String
    /// Whether values are compressed with Snappy when that saves at least a tenth. Readers need not know.
    package let compressed: Bool
    /// Whether keys are put only at the table's end and deleted only from its front. Its values then fill pages as the
    /// log does, and need a fraction of the room.
    package let isGrowing: Bool

    /// Names a table. `compressed` concerns only values put from now on and may change from one start to the next.
    /// `isGrowing` is a promise: a put that breaks it fails and ends the process.
    package init(_ name: String, compressed: Bool = false, isGrowing: Bool = false) {
        precondition(
            (1...JournalLimits.nameBytes).contains(name.utf8.count), "A table's name has 1 to 64 bytes: \(name)")
        self.name = name
        self.compressed = compressed
        self.isGrowing = isGrowing
    }
}

/// One change of a state table, carried out by a later commit in the order given.
package enum TableWrite: Sendable {
    /// Stores `value` under `key` (1 to 511 bytes), replacing what was there. `reflects` says up to which position the
    /// value tells the truth; `nil` means up to the last position appended when the write is handed over.
    case put(Table, key: [UInt8], value: [UInt8], reflects: Position? = nil)
    /// Removes `key`; nothing happens when it is not there.
    case delete(Table, key: [UInt8])
    /// Stores a value in the envelope in which another journal had it.
    case sealed(Table, key: [UInt8], envelope: [UInt8])

    /// The table it changes.
    package var table: Table {
        switch self {
        case .put(let table, _, _, _), .delete(let table, _), .sealed(let table, _, _): table
        }
    }

    /// The key it changes.
    package var key: [UInt8] {
        switch self {
        case .put(_, let key, _, _), .delete(_, let key), .sealed(_, let key, _): key
        }
    }

    /// What it holds in memory until it is committed, roughly: key and value and what an array costs.
    package var pendingBytes: Int {
        switch self {
        case .put(_, let key, let value, _): key.count + value.count + 96
        case .delete(_, let key): key.count + 64
        case .sealed(_, let key, let envelope): key.count + envelope.count + 96
        }
    }
}

/// A state value as it was stored.
package struct StoredValue: Hashable, Sendable {
    /// The position up to which the value tells the truth.
    package let reflects: Position
    /// The value itself, decompressed.
    package let bytes: [UInt8]
}

/// One record of the log, read back.
package struct LogRecord: Hashable, Sendable {
    /// Where it stands.
    package let position: Position
    /// What the appender wrote, byte for byte.
    package let bytes: [UInt8]
}
