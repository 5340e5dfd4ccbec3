import CLMDB
import Glibc
import NIOConcurrencyHelpers

/// The store on disk: one LMDB environment, synced twice a commit (its data, then its meta page), never written through
/// the map.
///
/// Table handles are the delicate part of LMDB: they may be opened only by the one writing thread, and must not be
/// closed under a reader. So all of them live in ``LMDBHandles``; readers count themselves in and out there, and a
/// table is removed only when nobody is in.
///
/// `@unchecked Sendable`: `environment` is LMDB's own thread-safe object and constant; `handles` guards itself; `room`
/// and the write transaction belong to the committing thread.
package final class LMDBStorage: JournalStorage, @unchecked Sendable {
    /// At most this many log segments, so that the number of table slots, which every transaction pays for, is bounded.
    /// Where it is reached, segments grow instead of becoming more.
    static let segmentLimit = 1_024
    /// Segments, those waiting to be removed, state tables, the meta table.
    private static let slots = UInt32(segmentLimit * 2 + JournalLimits.tables + 8)
    /// How many snapshots may be open at once.
    private static let readers: UInt32 = 512

    let environment: OpaquePointer
    let handles = LMDBHandles()
    private let room: LMDBRoom?
    private let isReadOnly: Bool
    private let path: DataPath
    private let directory: String
    private let reserve: Int
    /// A commit was refused for lack of room while it was being written. The committing thread's, as `room` is.
    var wasFull = false

    private init(environment: OpaquePointer, room: LMDBRoom?, options: JournalOptions, path: DataPath) {
        self.environment = environment
        self.room = room
        self.isReadOnly = options.readOnly
        self.path = path
        directory = options.directory
        reserve = options.reserveBytes
    }

    deinit { close() }

    /// Opens (or makes) the environment in `options.directory`.
    package static func open(_ options: JournalOptions) throws(JournalError) -> LMDBStorage {
        let storage = try unread(options)
        do throws(JournalError) {
            try storage.openAllTables()
            return storage
        } catch {
            storage.close()
            throw error
        }
    }

    /// The environment without its tables.
    private static func unread(_ options: JournalOptions) throws(JournalError) -> LMDBStorage {
        let path = try DataPath.claim(options.directory)
        do throws(JournalError) {
            let environment = try openEnvironment(options)
            do throws(JournalError) {
                let room = options.readOnly ? nil : try LMDBRoom(environment: environment, options: options)
                return LMDBStorage(environment: environment, room: room, options: options, path: path)
            } catch {
                mdb_env_close(environment)
                throw error
            }
        } catch {
            path.release()
            throw error
        }
    }

    private static func openEnvironment(_ options: JournalOptions) throws(JournalError) -> OpaquePointer {
        var created: OpaquePointer?
        try check(mdb_env_create(&created), "mdb_env_create")
        guard let environment = created else { throw .io(errno: ENOMEM, call: "mdb_env_create") }
        do throws(JournalError) {
            try check(mdb_env_set_maxdbs(environment, slots), "mdb_env_set_maxdbs")
            try check(mdb_env_set_maxreaders(environment, readers), "mdb_env_set_maxreaders")
            var flags = UInt32(MDB_NOTLS)
            if options.readOnly {
                flags |= UInt32(MDB_RDONLY)
            } else {
                try check(mdb_env_set_mapsize(environment, options.fileBytesLimit), "mdb_env_set_mapsize")
            }
            let status = mdb_env_open(environment, options.directory, flags, 0o644)
            guard status == MDB_SUCCESS else { throw openError(status, options.directory) }
            if !options.readOnly {
                // Readers that were killed would otherwise keep pages from being reused for ever.
                try check(mdb_reader_check(environment, nil), "mdb_reader_check")
            }
            return environment
        } catch {
            mdb_env_close(environment)
            throw error
        }
    }

    private static func openError(_ status: Int32, _ directory: String) -> JournalError {
        switch status {
        case ENOENT, EACCES, EPERM, EROFS, ENOTDIR:
            .directoryUnusable(path: directory, reason: JournalError.sentence(status))
        case MDB_INVALID, MDB_CORRUPTED, MDB_VERSION_MISMATCH:
            .corrupt(
                CorruptionReport(
                    .page, table: "data.mdb", key: "meta pages", fileOffset: 0, expected: "an LMDB 0.9 file",
                    found: String(cString: mdb_strerror(status))))
        default: LMDBStorage.error(status, "mdb_env_open")
        }
    }

    /// Opens a handle for every table there is, so that no reader ever has to.
    private func openAllTables() throws(JournalError) {
        var begun: OpaquePointer?
        try Self.check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &begun), "mdb_txn_begin")
        guard let transaction = begun else { throw .io(errno: EINVAL, call: "mdb_txn_begin") }
        do throws(JournalError) {
            for name in try Self.names(in: transaction) {
                var handle = MDB_dbi()
                let flags = LogShape.Segment.first(of: name) == nil ? 0 : UInt32(MDB_INTEGERKEY)
                try Self.check(mdb_dbi_open(transaction, name, flags, &handle), "mdb_dbi_open")
                handles.insert([name: handle])
            }
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        // Committing a read transaction keeps the handles it opened; aborting it would close them.
        try Self.check(mdb_txn_commit(transaction), "mdb_txn_commit")
    }

    /// The names in the environment's main table, which holds nothing but tables.
    private static func names(in transaction: OpaquePointer) throws(JournalError) -> [String] {
        var main = MDB_dbi()
        try check(mdb_dbi_open(transaction, nil, 0, &main), "mdb_dbi_open")
        var opened: OpaquePointer?
        try check(mdb_cursor_open(transaction, main, &opened), "mdb_cursor_open")
        guard let cursor = opened else { throw .io(errno: EINVAL, call: "mdb_cursor_open") }
        defer { mdb_cursor_close(cursor) }
        var names: [String] = []
        var key = MDB_val()
        var value = MDB_val()
        var status = mdb_cursor_get(cursor, &key, &value, MDB_FIRST)
        while status == MDB_SUCCESS {
            let bytes = UnsafeRawBufferPointer(key)
            guard let name = String(validating: bytes, as: UTF8.self), !name.utf8.contains(0) else {
                throw .corrupt(TableCheck.damagedName(StateTable.readable(bytes)))
            }
            names.append(name)
            status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        guard status == MDB_NOTFOUND else { throw error(status, "mdb_cursor_get") }
        return names
    }

    // MARK: JournalStorage

    package func tableNames() throws(JournalError) -> [String] { handles.names }

    package func tableFootprint(_ name: String) throws(JournalError) -> TableFootprint? {
        let snapshot = try LMDBSnapshot(self)
        defer { snapshot.close() }
        return try snapshot.footprint(name)
    }

    package func makeRoom(for bytes: Int) -> StorageRoom {
        guard let room else { preconditionFailure("A read-only store was asked to make room.") }
        return room.make(for: bytes)
    }

    package func beginWrite() throws(JournalError) -> any StorageTransaction {
        precondition(!isReadOnly, "A read-only store was asked to write.")
        return try LMDBTransaction(self)
    }

    package func snapshot() throws(JournalError) -> any StorageSnapshot { try LMDBSnapshot(self) }

    package func footprint() -> StorageFootprint {
        var footprint = StorageFootprint()
        footprint.syncsPerCommit = 2
        guard handles.enter() else { return footprint }
        defer { handles.leave([]) }
        var info = MDB_envinfo()
        var stat = MDB_stat()
        guard mdb_env_info(environment, &info) == MDB_SUCCESS, mdb_env_stat(environment, &stat) == MDB_SUCCESS else {
            return footprint
        }
        footprint.mapBytes = info.me_mapsize
        footprint.usedBytes = (info.me_last_pgno + 1) * Int(stat.ms_psize)
        var descriptor: Int32 = -1
        var file = Glibc.stat()
        if mdb_env_get_fd(environment, &descriptor) == MDB_SUCCESS, fstat(descriptor, &file) == 0 {
            footprint.fileBytes = Int(file.st_size)
        }
        return footprint
    }

    /// Waits for open snapshots to end, then closes the environment. A second call does nothing.
    package func close() {
        guard handles.closeWhenUnused() else { return }
        mdb_env_close(environment)
        path.release()
    }

    // MARK: Errors

    /// The error of a write that found the map full, with the limit it ran into.
    func writeError(_ status: Int32, _ call: String) -> JournalError {
        guard status == MDB_MAP_FULL else { return Self.error(status, call) }
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        return .mapFull(limitBytes: info.me_mapsize)
    }

    /// What is free for this process on the disk of the data.
    var freeBytes: Int {
        var disk = statvfs()
        return statvfs(directory, &disk) == 0 ? DiskBlocks.bytes(disk.f_bavail, of: disk.f_frsize) : .max
    }

    var fullAtCommit: JournalError {
        .fullAtCommit(path: directory, freeBytes: freeBytes, neededBytes: reserve)
    }

    static func check(_ status: Int32, _ call: String) throws(JournalError) {
        guard status == MDB_SUCCESS else { throw error(status, call) }
    }

    /// What an LMDB or system error number means for the journal. Lack of room is told apart because it alone leaves
    /// everything as it was; what a commit returns otherwise is a sync that failed.
    static func error(_ status: Int32, _ call: String) -> JournalError {
        switch status {
        case ENOSPC, EDQUOT: .storageFull
        case MDB_MAP_FULL: .mapFull(limitBytes: 0)
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND:
            .corrupt(
                CorruptionReport(
                    .page, table: "data.mdb", expected: "a sound tree of pages",
                    found: "\(call): \(String(cString: mdb_strerror(status)))"))
        default: .io(errno: status, call: call)
        }
    }
}

extension UnsafeRawBufferPointer {
    init(_ value: MDB_val) { self.init(start: value.mv_data, count: value.mv_size) }
}

extension MDB_val {
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}
