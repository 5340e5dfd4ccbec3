import Glibc

/// Writes a journal anew from its log: the same id, the same records at the same positions, and of the state tables
/// those values alone that no replay writes. The next start replays it from the first record, and a checkpoint writes
/// the other tables again.
package enum JournalRebuild {
    /// Records handed over between two waits for the disk.
    private static let batchBytes = 1 << 20

    /// Puts a journal written anew in the place of a damaged one, which is kept beside it.
    /// - Parameters:
    ///   - directory: of the damaged journal; no process may have it open.
    ///   - tables: Told of each record in turn; gives the table writes that went with it.
    ///   - backup: where the damaged one goes, as it is; must not exist yet, in the same file system.
    /// - Throws: as ``write(_:to:tables:progress:)``, and `inUse`, and `directoryUnusable` where it was written to
    ///   since `salvage` was made. Until the very end nothing of the old one is touched.
    package static func replace(
        _ directory: String, keepingItAs backup: String, with salvage: LogSalvage,
        tables: (UnsafeRawBufferPointer) throws -> [TableWrite], progress: (JournalProgress) -> Void
    ) throws {
        let lock = try DirectoryLock.take(in: directory)
        defer { lock.release() }
        // A process may have had it between the look and the lock.
        guard try salvage.isOfToday() else {
            throw JournalError.directoryUnusable(
                path: directory, reason: "it was written to since it was looked through; begin again")
        }
        let new = directory + ".rebuilding"
        for path in [new, backup] where access(path, F_OK) == 0 {
            throw JournalError.directoryUnusable(path: path, reason: "it is there already")
        }
        try write(salvage, to: new, tables: tables, progress: progress)
        for (from, to) in [(directory, backup), (new, directory)] where rename(from, to) != 0 {
            throw JournalError.io(errno: errno, call: "rename \(from) to \(to)")
        }
        let parent = open(directory + "/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw JournalError.io(errno: errno, call: "open of \(directory)/..") }
        defer { close(parent) }
        guard fsync(parent) == 0 else { throw JournalError.syncFailed(errno: errno) }
    }

    /// Writes what `salvage` found into `directory`, which must not exist yet.
    /// - Throws: `corrupt` where a record does not get the position it had, `io`, `storageFull`.
    package static func write(
        _ salvage: LogSalvage, to directory: String, tables: (UnsafeRawBufferPointer) throws -> [TableWrite],
        progress: (JournalProgress) -> Void
    ) throws {
        precondition(salvage.isWhole, "A log with a part missing says nothing of the state before it.")
        var options = JournalOptions(directory: directory)
        options.creationID = salvage.creationID
        options.driving = .manual
        let journal = try Journal.open(options)
        do {
            for (name, value) in salvage.metadata { journal.setMetadata(name, value) }
            var batch = RecordBatch()
            var writes: [TableWrite] = []
            var bytes = 0
            let total = salvage.next.rawValue
            try salvage.forEachRecord { position, record in
                try batch.append(record)
                writes += try tables(record)
                bytes += record.count
                guard bytes >= batchBytes else { return }
                try commit(&batch, &writes, in: journal, upTo: position)
                bytes = 0
                progress(JournalProgress(stage: .replaying, done: position.rawValue, total: total))
            }
            try commit(&batch, &writes, in: journal, upTo: salvage.next.previous)
            try journal.close()
        } catch {
            journal.abandon()
            throw error
        }
    }

    private static func commit(
        _ batch: inout RecordBatch, _ writes: inout [TableWrite], in journal: Journal, upTo position: Position
    ) throws {
        let last = journal.append(batch, tables: writes)
        batch.removeAll()
        writes = []
        guard last == position else {
            throw JournalError.corrupt(
                .init(
                    .misplaced, table: "the log", position: position, expected: "the record that stood there",
                    found: "it came to \(last)"))
        }
        while journal.durablePosition < last {
            guard try journal.step() else { throw JournalError.storageFull }
        }
    }
}
