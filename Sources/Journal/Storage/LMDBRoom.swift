import CLMDB
import Glibc

/// Sees to it that LMDB never writes where the disk has set nothing aside.
///
/// LMDB cannot tell a full disk from a failing one once it writes: a short write comes back as `EIO`, on which the
/// process must end. So the file is given its blocks ahead, with `posix_fallocate`, always
/// ``JournalOptions/reserveBytes`` more than the next commit needs; the refusal then comes while nothing is at stake.
/// The map is as large as the file may ever become, from the beginning: an address range costs nothing, and so it never
/// has to be moved under a reader.
///
/// Belongs to the committing thread.
final class LMDBRoom {
    private let environment: OpaquePointer
    private let descriptor: Int32
    private let pageBytes: Int
    private let limit: Int
    private let growthStep: Int
    private let reserve: Int
    private let now: @Sendable () -> UInt64
    /// How many bytes of the file have blocks.
    private var allocated: Int
    /// When growing was refused last, and what for; asked again after a second.
    private var refused: (at: UInt64, wanted: Int, reason: JournalError)?

    init(environment: OpaquePointer, options: JournalOptions) throws(JournalError) {
        var stat = MDB_stat()
        var info = MDB_envinfo()
        var descriptor: Int32 = -1
        var file = Glibc.stat()
        try LMDBStorage.check(mdb_env_stat(environment, &stat), "mdb_env_stat")
        try LMDBStorage.check(mdb_env_info(environment, &info), "mdb_env_info")
        try LMDBStorage.check(mdb_env_get_fd(environment, &descriptor), "mdb_env_get_fd")
        guard fstat(descriptor, &file) == 0 else { throw .io(errno: errno, call: "fstat") }
        self.environment = environment
        self.descriptor = descriptor
        self.pageBytes = Int(stat.ms_psize)
        self.limit = info.me_mapsize
        self.growthStep = options.growthStepBytes
        self.reserve = options.reserveBytes
        self.now = options.monotonicNanoseconds
        let used = (info.me_last_pgno + 1) * Int(stat.ms_psize)
        self.allocated = used
        // A file that was copied may have holes: fill them all, or rely on nothing beyond what is in use.
        let wanted = min(max(Int(file.st_size), options.initialFileBytes, used), limit)
        if Self.allocate(descriptor, from: 0, to: wanted) == nil { allocated = wanted }
    }

    /// Makes room for a commit of about `needed` bytes.
    func make(for needed: Int) -> StorageRoom {
        let wanted = needed + reserve
        if tail >= wanted { return ample() }
        let reason = grow(toHave: wanted)
        guard let reason else { return ample() }
        // No more from the disk, but trimming may have left free pages inside, which LMDB takes before it takes the
        // tail.
        let free = freeList()
        if free.next + tail >= needed, free.after + tail >= wanted, tail >= min(reserve / 4, needed) { return ample() }
        // At the limit of the map every page has blocks, and LMDB refuses by itself, cleanly, when there are too few.
        if case .mapFull = reason { return .scarce(reason) }
        return free.next + tail >= needed ? .scarce(reason) : .none(reason)
    }

    private func ample() -> StorageRoom {
        refused = nil
        return .ample
    }

    /// Bytes with blocks behind them that LMDB has never used.
    private var tail: Int {
        var info = MDB_envinfo()
        guard mdb_env_info(environment, &info) == MDB_SUCCESS else { return 0 }
        // The very last page of the map is one that LMDB does not use.
        return allocated - (info.me_last_pgno + 2) * pageBytes
    }

    /// Gives the file more blocks, a whole step if possible, what is needed if not. Answers why that failed, if it did.
    private func grow(toHave wanted: Int) -> JournalError? {
        let time = now()
        if let refused, wanted >= refused.wanted, time &- refused.at < Committer.probeNanoseconds {
            return refused.reason
        }
        let shortfall = roundedUp(wanted - tail)
        var reason = JournalError.storageFull
        for step in [max(shortfall, growthStep), shortfall] {
            let target = min(allocated + roundedUp(step), limit)
            guard let number = Self.allocate(descriptor, from: allocated, to: target) else {
                allocated = target
                if tail >= wanted { return nil }
                reason = .mapFull(limitBytes: limit)
                break
            }
            reason = number == ENOSPC || number == EDQUOT ? .storageFull : .io(errno: number, call: "posix_fallocate")
        }
        refused = (time, wanted, reason)
        return reason
    }

    private func roundedUp(_ bytes: Int) -> Int { (bytes + pageBytes - 1) / pageBytes * pageBytes }

    /// Sets blocks aside for a stretch of the file, which is not being written at this moment. Answers the error number
    /// if the system refuses.
    private static func allocate(_ descriptor: Int32, from start: Int, to end: Int) -> Int32? {
        guard end > start else { return nil }
        while true {
            let status = posix_fallocate(descriptor, start, end - start)
            if status == 0 { return nil }
            if status != EINTR { return status }
        }
    }

    /// Bytes of pages that LMDB may take again: in the next transaction, and in those after it. Pages that a reader
    /// still sees are neither; those that the very last transaction freed are the latter only, for the one before it
    /// still has them. Read from LMDB's own free list (its table 0, under the number of the transaction that freed
    /// them), only when the tail does not suffice.
    private func freeList() -> (next: Int, after: Int) {
        _ = mdb_reader_check(environment, nil)
        let visible = oldestVisible()
        var transaction: OpaquePointer?
        guard mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction) == MDB_SUCCESS else { return (0, 0) }
        defer { mdb_txn_abort(transaction) }
        var cursor: OpaquePointer?
        guard mdb_cursor_open(transaction, 0, &cursor) == MDB_SUCCESS else { return (0, 0) }
        defer { mdb_cursor_close(cursor) }
        var pages = (next: 0, after: 0)
        var key = MDB_val()
        var value = MDB_val()
        while mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS {
            guard key.mv_size >= 8, let number = key.mv_data, value.mv_size >= 8, let list = value.mv_data else {
                continue
            }
            let freedBy = number.loadUnaligned(as: UInt64.self)
            guard freedBy < visible.toReaders else { break }
            let count = Int(list.loadUnaligned(as: UInt64.self))
            pages.after += count
            if freedBy < visible.toLast { pages.next += count }
        }
        return (pages.next * pageBytes, pages.after * pageBytes)
    }

    /// The last transaction, and the oldest one that a reader of any process has open (the greatest number when there
    /// is none). LMDB tells of its readers only in text, one line each: process, thread, transaction (or `-`).
    private func oldestVisible() -> (toLast: UInt64, toReaders: UInt64) {
        var info = MDB_envinfo()
        guard mdb_env_info(environment, &info) == MDB_SUCCESS else { return (0, 0) }
        var oldest = UInt64.max
        withUnsafeMutablePointer(to: &oldest) { oldest in
            _ = mdb_reader_list(
                environment,
                { line, oldest in
                    guard let line, let oldest = oldest?.assumingMemoryBound(to: UInt64.self) else { return 0 }
                    let words = String(cString: line).split(whereSeparator: \.isWhitespace)
                    if let last = words.last, let number = UInt64(last) { oldest.pointee = min(oldest.pointee, number) }
                    return 0
                }, oldest)
        }
        return (UInt64(info.me_last_txnid), oldest)
    }
}
