import CLMDB
import Glibc
import NIOConcurrencyHelpers

/// The table handles of an LMDB environment, and who is using them.
///
/// `@unchecked Sendable`: all variables are guarded by `lock`, whose value is the number of open snapshots.
final class LMDBHandles: @unchecked Sendable {
    private struct Handle {
        var number: MDB_dbi
        var users = 0
    }

    private let lock = ConditionLock(value: 0)
    private var handles: [String: Handle] = [:]
    private var snapshots = 0
    private var isClosed = false

    /// The names of all committed tables, sorted.
    var names: [String] {
        lock.lock()
        defer { lock.unlock() }
        return handles.keys.sorted()
    }

    /// A snapshot begins. `false` when the store is closed, or about to be.
    func enter() -> Bool {
        lock.lock()
        guard !isClosed else {
            lock.unlock()
            return false
        }
        snapshots += 1
        lock.unlock(withValue: snapshots)
        return true
    }

    /// A snapshot ends, which used these tables.
    func leave(_ used: [String]) {
        lock.lock()
        for name in used { handles[name]?.users -= 1 }
        snapshots -= 1
        lock.unlock(withValue: snapshots)
    }

    /// The handle of a table for a snapshot, which counts as its user until it leaves.
    func use(_ name: String) -> MDB_dbi? {
        lock.lock()
        defer { lock.unlock() }
        guard let handle = handles[name] else { return nil }
        handles[name]?.users += 1
        return handle.number
    }

    /// The handle of a table for the writing thread.
    func find(_ name: String) -> MDB_dbi? {
        lock.lock()
        defer { lock.unlock() }
        return handles[name]?.number
    }

    /// Tables whose making has just been committed.
    func insert(_ new: [String: MDB_dbi]) {
        guard !new.isEmpty else { return }
        lock.lock()
        defer { lock.unlock() }
        for (name, number) in new { handles[name] = Handle(number: number) }
    }

    /// Takes a table off the list so that its handle can be closed; `nil` while a snapshot uses it.
    func remove(_ name: String) -> MDB_dbi? {
        lock.lock()
        defer { lock.unlock() }
        guard let handle = handles[name], handle.users == 0 else { return nil }
        handles[name] = nil
        return handle.number
    }

    /// Lets no more snapshots in and waits for the last to end. `false` when that was done before.
    func closeWhenUnused() -> Bool {
        lock.lock()
        let wasClosed = isClosed
        isClosed = true
        lock.unlock()
        guard !wasClosed else { return false }
        lock.lock(whenValue: 0)
        lock.unlock()
        return true
    }
}

/// The data directories that this process has open. LMDB forbids opening one twice in a process: closing the second
/// would silently let go of the first one's locks.
struct DataPath: Sendable {
    private static let claimed = NIOLockedValueBox<Set<String>>([])
    private let path: String

    /// Claims a directory for one store.
    static func claim(_ directory: String) throws(JournalError) -> DataPath {
        guard let resolved = realpath(directory, nil) else {
            throw .directoryUnusable(path: directory, reason: JournalError.sentence(errno))
        }
        defer { free(resolved) }
        let path = String(cString: resolved)
        guard claimed.withLockedValue({ $0.insert(path).inserted }) else { throw .inUse(pid: getpid()) }
        return DataPath(path: path)
    }

    func release() { Self.claimed.withLockedValue { _ = $0.remove(path) } }
}
