/// What the journal needs from a disk: sorted tables of bytes, one atomic and durable commit at a time, and snapshots
/// that see only what was committed.
///
/// ``LMDBStorage`` is the real one, `MemoryStorage` of the target MemoryJournal the one that fails on command. One
/// thread at a time writes; any number read meanwhile.
package protocol JournalStorage: AnyObject, Sendable {
    /// The names of all committed tables, sorted.
    func tableNames() throws(JournalError) -> [String]

    /// How many entries a committed table has and how many bytes its pages take; `nil` when there is no such table.
    func tableFootprint(_ name: String) throws(JournalError) -> TableFootprint?

    /// Sees to it that a transaction of about `bytes` bytes finds room without touching the reserve, growing the file
    /// when needed. Called before every commit, by the thread that commits.
    func makeRoom(for bytes: Int) -> StorageRoom

    /// Begins the one write transaction.
    func beginWrite() throws(JournalError) -> any StorageTransaction

    /// Everything committed up to now, unchanged for as long as the snapshot is open.
    func snapshot() throws(JournalError) -> any StorageSnapshot

    /// Sizes, for statistics.
    func footprint() -> StorageFootprint

    /// What stands before the log; `nil` where everything goes to the log at once.
    func tail() throws(JournalError) -> (any LogTail)?

    /// Lets go of everything. No transaction and no snapshot may be open.
    func close()
}

extension JournalStorage {
    package func tail() throws(JournalError) -> (any LogTail)? { nil }
}

/// How the keys of a table are ordered.
package enum StorageKeys: Sendable {
    /// Byte by byte, a prefix first.
    case bytes
    /// As unsigned 64-bit integers in the machine's byte order, always 8 bytes.
    case integers
}

/// Whether there is room for a commit.
package enum StorageRoom: Sendable {
    /// Room for it, and the reserve is whole.
    case ample
    /// Room for it, but only at the cost of the reserve: commit what was accepted, accept nothing more.
    case scarce(JournalError)
    /// No room at all. Trying is pointless until something changes.
    case none(JournalError)
}

/// Entries and bytes of one table.
package struct TableFootprint: Hashable, Sendable {
    /// Key-value pairs.
    package var entries: Int
    /// Bytes of the pages they take.
    package var bytes: Int

    package init(entries: Int, bytes: Int) {
        self.entries = entries
        self.bytes = bytes
    }
}

/// Sizes of the whole store.
package struct StorageFootprint: Hashable, Sendable {
    /// Bytes of the file on disk, the room already set aside included.
    package var fileBytes = 0
    /// Bytes of the address range the file is mapped into, which is also the file's limit.
    package var mapBytes = 0
    /// Bytes of the file that were ever in use; the rest of it is room set aside.
    package var usedBytes = 0
    /// How often a commit makes the disk sync.
    package var syncsPerCommit = 0

    package init() {}
}

/// A table within one transaction.
package struct StorageTable: Sendable {
    /// What the transaction knows it by.
    package let id: UInt32

    package init(id: UInt32) { self.id = id }
}

/// The one write transaction. After ``commit()`` or ``abort()``, and after any error, it is over.
///
/// Errors ``JournalError/storageFull`` and ``JournalError/mapFull(limitBytes:)`` mean that nothing of the transaction
/// happened and that it may be tried again; after any other error nothing is known.
package protocol StorageTransaction: AnyObject {
    /// The table of that name, made when there is none.
    func table(_ name: String, _ keys: StorageKeys) throws(JournalError) -> StorageTable
    /// Stores a value. `appending` promises that the key is greater than every other in the table.
    func put(
        _ table: StorageTable, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, appending: Bool
    ) throws(JournalError)
    /// Removes a key, if it is there.
    func delete(_ table: StorageTable, key: UnsafeRawBufferPointer) throws(JournalError)
    /// Removes a whole table. `false` when a snapshot still reads it: try in a later transaction.
    func drop(_ name: String) throws(JournalError) -> Bool
    /// Makes everything durable, all or nothing. Returns after the disk has said so.
    func commit() throws(JournalError)
    /// Forgets everything.
    func abort()
}

/// A committed state of the store. Pointers that it gives out are good until it is closed.
package protocol StorageSnapshot: AnyObject {
    /// A cursor over a table, or `nil` when there is no such table.
    func cursor(_ table: String) throws(JournalError) -> (any StorageCursor)?
    /// The value under a key, or `nil` when there is none, or no such table.
    func value(_ table: String, key: UnsafeRawBufferPointer) throws(JournalError) -> UnsafeRawBufferPointer?
    /// How many entries a table has; 0 when there is no such table.
    func entries(_ table: String) throws(JournalError) -> Int
    /// Ends it. Must be called once, after its cursors were closed.
    func close()
}

/// A key and its value, where they stand in the store.
package struct StorageEntry {
    /// The key's bytes.
    package let key: UnsafeRawBufferPointer
    /// The value's bytes.
    package let value: UnsafeRawBufferPointer

    package init(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        self.key = key
        self.value = value
    }
}

/// A place in a table of a snapshot.
package protocol StorageCursor: AnyObject {
    /// Moves to the first entry whose key is not less than `key`.
    func seek(atOrAfter key: UnsafeRawBufferPointer) throws(JournalError) -> StorageEntry?
    /// Moves to the first entry.
    func first() throws(JournalError) -> StorageEntry?
    /// Moves to the last entry.
    func last() throws(JournalError) -> StorageEntry?
    /// Moves on by one.
    func next() throws(JournalError) -> StorageEntry?
    /// Moves back by one.
    func previous() throws(JournalError) -> StorageEntry?
    /// Where in the file a value stands that this cursor gave out, if the store has a file.
    func fileOffset(of value: UnsafeRawBufferPointer) -> UInt64?
    /// Ends it. Must be called once.
    func close()
}

extension StorageTransaction {
    /// Stores a value under an integer key greater than all others.
    func append(_ table: StorageTable, key: UInt64, value: UnsafeRawBufferPointer) throws(JournalError) {
        var key = key
        let outcome = withUnsafeBytes(of: &key) { key in
            Result { () throws(JournalError) in try put(table, key: key, value: value, appending: true) }
        }
        try outcome.get()
    }

    /// Stores a value under the bytes of an array. `appending` promises that the key is greater than every other.
    func put(
        _ table: StorageTable, key: [UInt8], value: [UInt8], appending: Bool = false
    ) throws(JournalError) {
        let outcome = key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                Result { () throws(JournalError) in try put(table, key: key, value: value, appending: appending) }
            }
        }
        try outcome.get()
    }

    /// Removes the key given as an array, if it is there.
    func delete(_ table: StorageTable, key: [UInt8]) throws(JournalError) {
        let outcome = key.withUnsafeBytes { key in
            Result { () throws(JournalError) in try delete(table, key: key) }
        }
        try outcome.get()
    }
}

extension StorageCursor {
    /// Moves to the first entry whose integer key is not less than `key`.
    func seek(atOrAfter key: UInt64) throws(JournalError) -> StorageEntry? {
        var key = key
        let outcome = withUnsafeBytes(of: &key) { key in
            Result { () throws(JournalError) in try seek(atOrAfter: key) }
        }
        return try outcome.get()
    }

    /// Moves to the last entry whose integer key is not greater than `key`.
    func seek(atOrBefore key: UInt64) throws(JournalError) -> StorageEntry? {
        guard let entry = try seek(atOrAfter: key) else { return try last() }
        return entry.integerKey == key ? entry : try previous()
    }
}

extension StorageEntry {
    /// The key as an integer; `nil` when it does not have 8 bytes.
    var integerKey: UInt64? { key.count == 8 ? key.loadUnaligned(as: UInt64.self) : nil }
}
