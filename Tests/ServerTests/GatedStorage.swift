import Journal
import NIOConcurrencyHelpers

/// A real store whose commits a test can hold back: a disk that takes as long as the test wants.
final class GatedStorage: JournalStorage {
    private let storage: LMDBStorage
    private let gate = ConditionLock(value: true)

    init(_ options: JournalOptions) throws { storage = try LMDBStorage.open(options) }

    /// No commit begins until ``open()``.
    func shut() {
        gate.lock()
        gate.unlock(withValue: false)
    }

    func open() {
        gate.lock()
        gate.unlock(withValue: true)
    }

    func beginWrite() throws(JournalError) -> any StorageTransaction {
        gate.lock(whenValue: true)
        gate.unlock()
        return try storage.beginWrite()
    }

    func tableNames() throws(JournalError) -> [String] { try storage.tableNames() }
    func tableFootprint(_ name: String) throws(JournalError) -> TableFootprint? { try storage.tableFootprint(name) }
    func makeRoom(for bytes: Int) -> StorageRoom { storage.makeRoom(for: bytes) }
    func snapshot() throws(JournalError) -> any StorageSnapshot { try storage.snapshot() }
    func footprint() -> StorageFootprint { storage.footprint() }
    func close() { storage.close() }
}
