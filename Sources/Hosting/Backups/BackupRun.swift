import Foundation
package import Journal
package import Terminal

/// Takes one backup of a data folder, beside the process that has it open.
package struct BackupRun {
    /// What was written; no path where nothing was new.
    package struct Outcome {
        package var path: String?
        package var isWhole: Bool
        package var from: Position
        package var through: Position
        package var values: UInt64
        package var bytes: Int
    }

    let data: String
    let folder: String
    let whole: Bool
    let now: Int64

    package init(data: String, folder: String, whole: Bool, now: Int64) {
        self.data = data
        self.folder = folder
        self.whole = whole
        self.now = now
    }

    /// Bytes of one piece.
    private static let pieceBytes = 1 << 20

    /// - Parameters:
    ///   - tell: told how far it has come.
    ///   - warn: told of files in the folder that are no sound backups; they are left alone.
    package func run(
        _ tell: (String) -> Void, warn: (String) -> Void = { _ in }
    ) throws(CommandFailure) -> Outcome {
        try checkApart()
        var options = JournalOptions(directory: data)
        options.readOnly = true
        let journal: Journal
        do throws(JournalError) { journal = try Journal.open(options) } catch { throw CommandFailure(error) }
        do throws(CommandFailure) {
            let outcome = try run(journal, tell, warn)
            do throws(JournalError) { try journal.close() } catch { throw CommandFailure(error) }
            return outcome
        } catch {
            try? journal.close()
            throw error
        }
    }

    private func run(
        _ journal: Journal, _ tell: (String) -> Void, _ warn: (String) -> Void
    ) throws(CommandFailure) -> Outcome {
        let made = try MadeFolders(folder)
        do throws(CommandFailure) {
            let set = BackupSet(folder)
            for (name, why) in set.unreadable { warn("\(name) in \(folder) is passed over: \(why)") }
            let owner = try owner(of: journal)
            try checkOwner(owner, set)
            let outcome = try take(journal, set, tell)
            if let path = outcome.path { try check(path, tell) }
            return outcome
        } catch {
            made.remove()
            throw error
        }
    }

    // MARK: Where it goes

    /// On one disk with the data, and one day restored over them, a backup is none.
    private func checkApart() throws(CommandFailure) {
        let data = URL(fileURLWithPath: data).resolvingSymlinksInPath().standardizedFileURL.pathComponents
        let folder = URL(fileURLWithPath: folder).resolvingSymlinksInPath().standardizedFileURL.pathComponents
        guard folder.starts(with: data) else { return }
        throw .usage(
            "\(self.folder) lies in the data folder \(self.data)", remedy: "name a folder elsewhere, on another disk")
    }

    /// Backups of two hospitals in one folder are taken for each other's sooner or later. Where people have put them
    /// together, each goes on, and a restoration asks whose.
    private func checkOwner(_ owner: BackupOwner, _ set: BackupSet) throws(CommandFailure) {
        let owners = set.owners
        guard let other = owners.first, !owners.contains(where: { $0.cluster == owner.cluster }) else { return }
        throw .usage(
            "\(folder) has backups of \(other), and \(data) is of \(owner)",
            remedy: "name a folder of its own for these")
    }

    private func owner(of journal: Journal) throws(CommandFailure) -> BackupOwner {
        do throws(JournalError) {
            let copy = try journal.copy(after: journal.tip)
            defer { copy.close() }
            return BackupOwner(copy.header)
        } catch {
            throw CommandFailure(error)
        }
    }

    // MARK: Taking it

    private func take(
        _ journal: Journal, _ set: BackupSet, _ tell: (String) -> Void
    ) throws(CommandFailure) -> Outcome {
        let after: LogTip?
        let copy: JournalCopy
        do throws(JournalError) {
            after = whole ? nil : try begin(journal, set)
            copy = try journal.copy(after: after)
        } catch {
            throw CommandFailure(error)
        }
        defer { copy.close() }
        var header = copy.header
        let (from, through) = (header.begin.next, header.end.last)
        let nothing = Outcome(path: nil, isWhole: false, from: from, through: through, values: 0, bytes: 0)
        guard after == nil || through >= from else { return nothing }
        let same = set.items.contains {
            $0.isWhole && $0.header.creationID == header.creationID && $0.header.end == header.end
        }
        if after == nil, same { return nothing }
        let used = journal.statistics.storage.usedBytes
        header.metadata[BackupSet.takenName] = BackupSet.bytes(now)
        header.metadata[BackupSet.sizeName] = BackupSet.bytes(Int64(used))
        if after == nil { header.metadata[BackupSet.wholeName] = [1] }
        let path = freePath(after == nil ? "whole-\(through)" : "log-\(from)-\(through)")
        let writing = BackupWriting(folder: folder, path: path, mostBytes: used)
        let writer = try writing.begin(header)
        var values: UInt64 = 0
        while let part = try next(of: copy) {
            try writing.add(part, to: writer)
            switch part {
            case .chunks(let chunks):
                tell("log: \(Numbers.grouped(chunks.last.rawValue)) of \(Numbers.grouped(through.rawValue))")
            case .values(let table, let some):
                values += UInt64(some.count)
                tell("\(table): \(Numbers.grouped(values)) of \(Numbers.grouped(header.values)) values")
            }
        }
        try writing.finish(writer)
        return Outcome(
            path: path, isWhole: after == nil, from: from, through: through, values: values,
            bytes: writer.bytesWritten)
    }

    /// Where what follows begins; nil where only a whole copy will do.
    private func begin(_ journal: Journal, _ set: BackupSet) throws(JournalError) -> LogTip? {
        for tip in set.ends(of: journal.creationID) {
            do throws(JournalError) {
                if try journal.contains(tip) { return tip }
            } catch {
                guard case .positionTrimmed = error else { throw error }
            }
        }
        return nil
    }

    private func next(of copy: JournalCopy) throws(CommandFailure) -> CopyPart? {
        do throws(JournalError) { return try copy.next(maxBytes: Self.pieceBytes) } catch {
            throw CommandFailure(error)
        }
    }

    /// Another history of the same hospital, or a file that cannot be read, may have the name already.
    private func freePath(_ name: String) -> String {
        var path = "\(folder)/\(name).hyb"
        var number = 2
        while FileManager.default.fileExists(atPath: path) {
            path = "\(folder)/\(name)-\(number).hyb"
            number += 1
        }
        return path
    }

    /// A backup that was never read is none. One that cannot be is taken away again.
    private func check(_ path: String, _ tell: (String) -> Void) throws(CommandFailure) {
        do throws(JournalError) {
            let reader = try BackupReader(path)
            while try reader.next() != nil {
                tell("checking: \(Numbers.bytes(reader.bytesRead)) of \(Numbers.bytes(reader.fileBytes))")
            }
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw CommandFailure(
                .inputOutput,
                "what was written to \(path) does not read back: \(CommandFailure(reading: error).problem)",
                remedy: "check that disk; the file was removed")
        }
    }
}

/// A file of a backup on its way to its disk: says which disk it is that fails, which is not that of the data.
private struct BackupWriting {
    let folder: String
    let path: String
    /// What it takes at most.
    let mostBytes: Int

    func begin(_ header: CopyHeader) throws(CommandFailure) -> BackupWriter {
        do throws(JournalError) { return try BackupWriter(path, header) } catch { throw failure(error, 0) }
    }

    func add(_ part: CopyPart, to writer: BackupWriter) throws(CommandFailure) {
        do throws(JournalError) { try writer.add(part) } catch { throw failure(error, writer.bytesWritten) }
    }

    func finish(_ writer: BackupWriter) throws(CommandFailure) {
        do throws(JournalError) { try writer.finish() } catch { throw failure(error, writer.bytesWritten) }
    }

    private func failure(_ error: JournalError, _ written: Int) -> CommandFailure {
        switch error {
        case .storageFull:
            DiskSpace(of: folder).isFull(
                "the backups are",
                need: "the file had \(Numbers.bytes(written)), takes up to \(Numbers.bytes(mostBytes)), and was removed"
            )
        case .directoryUnusable where access(path, F_OK) == 0:
            CommandFailure(
                .temporary, "another backup got the name \(path) meanwhile", remedy: "give the command again")
        case .directoryUnusable(let path, let reason):
            CommandFailure(
                .inputOutput, "\(path) cannot be written to: \(reason)",
                remedy: "name a folder that can, on another disk")
        case .io, .syncFailed:
            CommandFailure(
                .inputOutput, "\(path) cannot be written: \(error.description)", remedy: "check the disk of \(folder)")
        default: CommandFailure(error)
        }
    }
}

/// Folders that were made for a backup, and go again where it fails.
private struct MadeFolders {
    private var paths: [String] = []

    init(_ path: String) throws(CommandFailure) {
        var missing: [String] = []
        var place: String? = path
        while let folder = place, access(folder, F_OK) != 0, errno == ENOENT {
            missing.append(folder)
            place = DiskSpace.folder(of: folder)
        }
        for folder in missing.reversed() {
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw failure(path, errno) }
            paths.append(folder)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw failure(path, ENOTDIR) }
    }

    /// Only what is empty.
    func remove() { for path in paths.reversed() { rmdir(path) } }

    private func failure(_ path: String, _ number: Int32) -> CommandFailure {
        remove()
        if number == ENOSPC || number == EDQUOT {
            return DiskSpace(of: path).isFull("the backups are to be", need: "not even the folder fits")
        }
        return CommandFailure(
            .inputOutput, "the folder \(path) cannot be used: \(String(cString: strerror(number)))",
            remedy: "name one that can, on another disk")
    }
}
