import CLMDB
import Glibc

/// A read transaction of LMDB. Used by one task or thread at a time.
final class LMDBSnapshot: StorageSnapshot {
    private let storage: LMDBStorage
    private var transaction: OpaquePointer?
    private var used: [String] = []

    init(_ storage: LMDBStorage) throws(JournalError) {
        guard storage.handles.enter() else { throw .closed }
        self.storage = storage
        let status = mdb_txn_begin(storage.environment, nil, UInt32(MDB_RDONLY), &transaction)
        guard status == MDB_SUCCESS else {
            storage.handles.leave([])
            throw LMDBStorage.error(status, "mdb_txn_begin")
        }
    }

    deinit { precondition(transaction == nil, "A snapshot was never closed.") }

    func cursor(_ table: String) throws(JournalError) -> (any StorageCursor)? {
        guard let handle = use(table) else { return nil }
        var cursor: OpaquePointer?
        try LMDBStorage.check(mdb_cursor_open(transaction, handle, &cursor), "mdb_cursor_open")
        guard let cursor else { throw .io(errno: EINVAL, call: "mdb_cursor_open") }
        return LMDBCursor(cursor)
    }

    func value(_ table: String, key: UnsafeRawBufferPointer) throws(JournalError) -> UnsafeRawBufferPointer? {
        guard let handle = use(table) else { return nil }
        var key = MDB_val(key)
        var value = MDB_val()
        let status = mdb_get(transaction, handle, &key, &value)
        if status == MDB_NOTFOUND { return nil }
        try LMDBStorage.check(status, "mdb_get")
        return UnsafeRawBufferPointer(value)
    }

    func footprint(_ table: String) throws(JournalError) -> TableFootprint? {
        guard let handle = use(table) else { return nil }
        var stat = MDB_stat()
        try LMDBStorage.check(mdb_stat(transaction, handle, &stat), "mdb_stat")
        let pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages
        return TableFootprint(entries: stat.ms_entries, bytes: pages * Int(stat.ms_psize))
    }

    func entries(_ table: String) throws(JournalError) -> Int { try footprint(table)?.entries ?? 0 }

    func close() {
        guard let ending = transaction else { preconditionFailure("A snapshot was closed twice.") }
        transaction = nil
        mdb_txn_abort(ending)
        storage.handles.leave(used)
    }

    /// A table's handle. One that was made by a commit after this snapshot began is not in it.
    private func use(_ table: String) -> MDB_dbi? {
        guard let handle = storage.handles.use(table) else { return nil }
        used.append(table)
        var flags: UInt32 = 0
        return mdb_dbi_flags(transaction, handle, &flags) == MDB_SUCCESS ? handle : nil
    }
}

/// A cursor of LMDB over one table of a snapshot.
final class LMDBCursor: StorageCursor {
    private let cursor: OpaquePointer

    init(_ cursor: OpaquePointer) { self.cursor = cursor }

    func seek(atOrAfter key: UnsafeRawBufferPointer) throws(JournalError) -> StorageEntry? {
        try move(MDB_SET_RANGE, MDB_val(key))
    }

    func first() throws(JournalError) -> StorageEntry? { try move(MDB_FIRST) }
    func last() throws(JournalError) -> StorageEntry? { try move(MDB_LAST) }
    func next() throws(JournalError) -> StorageEntry? { try move(MDB_NEXT) }
    func previous() throws(JournalError) -> StorageEntry? { try move(MDB_PREV) }

    private func move(_ operation: MDB_cursor_op, _ from: MDB_val = MDB_val()) throws(JournalError) -> StorageEntry? {
        var key = from
        var value = MDB_val()
        let status = mdb_cursor_get(cursor, &key, &value, operation)
        if status == MDB_NOTFOUND { return nil }
        try LMDBStorage.check(status, "mdb_cursor_get")
        return StorageEntry(key: UnsafeRawBufferPointer(key), value: UnsafeRawBufferPointer(value))
    }

    /// A page knows its own number (its first 8 bytes) and is as long as a page of memory, so the place of a value that
    /// lies inside a leaf page follows from its address.
    func fileOffset(of value: UnsafeRawBufferPointer) -> UInt64? {
        guard let base = value.baseAddress else { return nil }
        let pageBytes = UInt(getpagesize())
        let inside = UInt(bitPattern: base) % pageBytes
        let number = (base - Int(inside)).loadUnaligned(as: UInt64.self)
        return number * UInt64(pageBytes) + UInt64(inside)
    }

    func close() { mdb_cursor_close(cursor) }
}
