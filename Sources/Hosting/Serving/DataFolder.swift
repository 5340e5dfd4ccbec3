import Glibc
import Journal
import Terminal

/// The data folder of a standby, while nobody has it open: looked into, made room in, and never emptied of what
/// somebody may still want.
struct DataFolder {
    let options: JournalOptions
    /// Milliseconds since 1970, for the names of what is kept.
    let now: @Sendable () -> Int64

    func contents() throws(CommandFailure) -> Journal.Contents {
        do throws(JournalError) { return try Journal.contents(of: options) } catch { throw CommandFailure(error) }
    }

    /// Removes a copy that was broken off.
    func removeUnfinished() throws(CommandFailure) {
        // The tail first, so that it never is another journal's.
        for name in ["tail", "data.mdb", "lock.mdb"] { try remove(name) }
    }

    /// Moves the data aside, so that a copy can be taken; gives its new name.
    func moveAside() throws(CommandFailure) -> String {
        let kept = path("data-before-copy-\(stamp).mdb")
        // First, so that it never is the copy's. The log has what stands in it, unless nobody opened it after a crash.
        guard rename(path("tail"), path("data-before-copy-\(stamp).tail")) == 0 || errno == ENOENT else {
            throw failure("cannot be moved aside", "tail")
        }
        guard rename(path("data.mdb"), kept) == 0 else { throw failure("cannot be moved aside", "data.mdb") }
        try remove("lock.mdb")
        return kept
    }

    /// Takes back what follows on `tip`, which the primary's log does not have: into a file first.
    /// - Returns: The file with how many records it has, and whether the log now ends with `tip`. Where it does not,
    ///   only a copy helps.
    func takeBack(to tip: LogTip) throws(CommandFailure) -> (kept: (file: String, records: UInt64)?, isDone: Bool) {
        do throws(JournalError) {
            guard let kept = try save(after: tip) else { return (nil, false) }
            return (kept, try Journal.cutBack(options, to: tip))
        } catch {
            throw CommandFailure(error)
        }
    }

    private func save(after tip: LogTip) throws(JournalError) -> (file: String, records: UInt64)? {
        var reading = options
        reading.readOnly = true
        let journal = try Journal.open(reading)
        let file = path("taken-back-\(tip.last)-\(stamp).chunks")
        do throws(JournalError) {
            var isKnown = false
            do throws(JournalError) { isKnown = try journal.contains(tip) } catch {
                guard case .positionTrimmed = error else { throw error }
            }
            let records = try isKnown ? TakenBackFile.save(journal.copy(after: tip), to: file) : nil
            try journal.close()
            return records.map { (file, $0) }
        } catch {
            try? journal.close()
            throw error
        }
    }

    private var stamp: String {
        HospitalClock.utc.iso(now()).filter { $0.isNumber || $0 == "T" }
    }

    private func path(_ name: String) -> String { "\(options.directory)/\(name)" }

    private func remove(_ name: String) throws(CommandFailure) {
        guard unlink(path(name)) == 0 || errno == ENOENT else { throw failure("cannot be removed", name) }
    }

    private func failure(_ what: String, _ name: String) -> CommandFailure {
        CommandFailure(.inputOutput, "\(path(name)) \(what): \(String(cString: strerror(errno)))")
    }
}
