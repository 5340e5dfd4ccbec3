import CLMDB
import Glibc

/// The write transaction of LMDB. Lives on the committing thread only.
final class LMDBTransaction: StorageTransaction {
    /// A disk with less free than this has cut a write short rather than failed.
    private static let scarceBytes = 1 << 20

    private let storage: LMDBStorage
    private var transaction: OpaquePointer?
    private var opened: [String: MDB_dbi] = [:]

    init(_ storage: LMDBStorage) throws(JournalError) {
        self.storage = storage
        let status = mdb_txn_begin(storage.environment, nil, 0, &transaction)
        // A commit whose very last page found no room leaves LMDB unwilling to go on, and it does not say why.
        if status == MDB_PANIC, storage.wasFull { throw storage.fullAtCommit }
        try LMDBStorage.check(status, "mdb_txn_begin")
    }

    deinit { precondition(transaction == nil, "A write transaction was neither committed nor aborted.") }

    func table(_ name: String, _ keys: StorageKeys) throws(JournalError) -> StorageTable {
        if let handle = storage.handles.find(name) ?? opened[name] { return StorageTable(id: handle) }
        var handle = MDB_dbi()
        let flags = UInt32(MDB_CREATE) | (keys == .integers ? UInt32(MDB_INTEGERKEY) : 0)
        try check(mdb_dbi_open(transaction, name, flags, &handle), "mdb_dbi_open")
        opened[name] = handle
        return StorageTable(id: handle)
    }

    func put(
        _ table: StorageTable, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, appending: Bool
    ) throws(JournalError) {
        var key = MDB_val(key)
        var value = MDB_val(value)
        let flags = appending ? UInt32(MDB_APPEND) : 0
        try check(mdb_put(transaction, table.id, &key, &value, flags), "mdb_put")
    }

    func delete(_ table: StorageTable, key: UnsafeRawBufferPointer) throws(JournalError) {
        var key = MDB_val(key)
        let status = mdb_del(transaction, table.id, &key, nil)
        if status != MDB_NOTFOUND { try check(status, "mdb_del") }
    }

    func drop(_ name: String) throws(JournalError) -> Bool {
        // From here on no snapshot can begin to use the table. LMDB closes the handle at once, so if this transaction
        // comes to nothing, the next one finds the table still there and opens it anew.
        guard let handle = storage.handles.remove(name) else {
            if storage.handles.find(name) != nil { return false }
            return try dropUnopened(name)
        }
        try check(mdb_drop(transaction, handle, 1), "mdb_drop")
        return true
    }

    private func dropUnopened(_ name: String) throws(JournalError) -> Bool {
        var handle = MDB_dbi()
        let status = mdb_dbi_open(transaction, name, UInt32(MDB_INTEGERKEY), &handle)
        if status == MDB_NOTFOUND { return true }
        try check(status, "mdb_dbi_open")
        try check(mdb_drop(transaction, handle, 1), "mdb_drop")
        return true
    }

    func commit() throws(JournalError) {
        guard let ending = transaction else { preconditionFailure("A write transaction was ended twice.") }
        transaction = nil
        let status = mdb_txn_commit(ending)
        guard status != MDB_SUCCESS else {
            storage.handles.insert(opened)
            return
        }
        let error = storage.writeError(status, "mdb_txn_commit")
        if error.isLackOfRoom {
            storage.wasFull = true
            throw error
        }
        // A write that a full disk cut short is EIO to LMDB, as one that failed.
        if status == EIO, storage.freeBytes < Self.scarceBytes { throw storage.fullAtCommit }
        throw status > 0 ? .syncFailed(errno: status) : error
    }

    private func check(_ status: Int32, _ call: String) throws(JournalError) {
        guard status == MDB_SUCCESS else { throw storage.writeError(status, call) }
    }

    func abort() {
        guard let ending = transaction else { preconditionFailure("A write transaction was ended twice.") }
        transaction = nil
        mdb_txn_abort(ending)
    }
}
