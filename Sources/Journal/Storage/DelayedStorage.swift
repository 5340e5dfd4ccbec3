import Glibc

/// A real store on a pretended disk: every sync takes so much longer, as on a spinning disk without a cache. For
/// measuring only; whatever it reports as durable is.
package final class DelayedStorage: JournalStorage {
    private let storage: any JournalStorage
    private let delayNanoseconds: UInt64

    /// - Parameters:
    ///   - storage: What really keeps the bytes.
    ///   - delayNanoseconds: How much longer each sync takes; a commit syncs as often as the store's footprint says.
    package init(_ storage: any JournalStorage, delayNanoseconds: UInt64) {
        self.storage = storage
        self.delayNanoseconds = delayNanoseconds
    }

    package func beginWrite() throws(JournalError) -> any StorageTransaction {
        let syncs = UInt64(max(1, storage.footprint().syncsPerCommit))
        return DelayedTransaction(try storage.beginWrite(), delayNanoseconds: delayNanoseconds * syncs)
    }

    package func tableNames() throws(JournalError) -> [String] { try storage.tableNames() }
    package func tableFootprint(_ name: String) throws(JournalError) -> TableFootprint? {
        try storage.tableFootprint(name)
    }
    package func makeRoom(for bytes: Int) -> StorageRoom { storage.makeRoom(for: bytes) }
    package func snapshot() throws(JournalError) -> any StorageSnapshot { try storage.snapshot() }
    package func footprint() -> StorageFootprint { storage.footprint() }
    package func close() { storage.close() }
}

/// Waits after its commit, on the committing thread: nobody is told before.
private final class DelayedTransaction: StorageTransaction {
    private let transaction: any StorageTransaction
    private let delayNanoseconds: UInt64

    init(_ transaction: any StorageTransaction, delayNanoseconds: UInt64) {
        self.transaction = transaction
        self.delayNanoseconds = delayNanoseconds
    }

    func commit() throws(JournalError) {
        try transaction.commit()
        wait(nanoseconds: delayNanoseconds)
    }

    func table(_ name: String, _ keys: StorageKeys) throws(JournalError) -> StorageTable {
        try transaction.table(name, keys)
    }

    func put(
        _ table: StorageTable, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, appending: Bool
    ) throws(JournalError) {
        try transaction.put(table, key: key, value: value, appending: appending)
    }

    func delete(_ table: StorageTable, key: UnsafeRawBufferPointer) throws(JournalError) {
        try transaction.delete(table, key: key)
    }

    func drop(_ name: String) throws(JournalError) -> Bool { try transaction.drop(name) }
    func abort() { transaction.abort() }
}

/// A real tail on a pretended disk.
final class DelayedTail: LogTail {
    private let tail: any LogTail
    private let delayNanoseconds: UInt64

    init(_ tail: any LogTail, delayNanoseconds: UInt64) {
        self.tail = tail
        self.delayNanoseconds = delayNanoseconds
    }

    func append(_ piece: [UInt8]) throws(JournalError) -> Bool {
        guard try tail.append(piece) else { return false }
        wait(nanoseconds: delayNanoseconds)
        return true
    }

    func restart() { tail.restart() }
    func contents() throws(JournalError) -> TailContents { try tail.contents() }
    func clear() throws(JournalError) { try tail.clear() }
    func close() { tail.close() }
}

private func wait(nanoseconds: UInt64) {
    var left = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
}
