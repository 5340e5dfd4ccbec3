import Glibc

/// Why the journal did not do what it was asked. Each case has a stable ``code`` for logs and messages, a sentence for
/// people (``description``), and what to do about it (``remedy``).
package enum JournalError: Error, Equatable, Sendable {
    /// The data directory cannot be made, read or written; `reason` is the system's own sentence.
    case directoryUnusable(path: String, reason: String)
    /// Another process (or another journal in this one) has the directory open.
    case inUse(pid: Int32)
    /// The data were written by a newer version of this program.
    case newerFormat(found: UInt32, supported: UInt32)
    /// What is on disk contradicts itself; the report names the place.
    case corrupt(CorruptionReport)
    /// The disk is full. Nothing was lost; writes go on by themselves once there is room.
    case storageFull
    /// The disk of `path` was full while a commit was being written, at a place after which LMDB writes no more before
    /// it is opened anew. What that commit left behind is for the next start to tell.
    case fullAtCommit(path: String, freeBytes: Int, neededBytes: Int)
    /// The file has reached `limitBytes`. Writes go on once the limit is raised or trimming has made room inside.
    case mapFull(limitBytes: Int)
    /// A sync or a write of already promised data failed. The outcome is unknown and only a restart can tell it.
    case syncFailed(errno: Int32)
    /// The log no longer holds that position; `oldest` is the first one it still has.
    case positionTrimmed(oldest: Position)
    /// The journal was closed, or died, before this could be done.
    case closed
    /// The task that waited was cancelled. The write it waited for goes on.
    case cancelled
    /// A system call or a call of LMDB failed in a way that none of the other cases names.
    case io(errno: Int32, call: String)
    /// The directory holds the beginning of a copy of another journal, and not its end.
    case unfinishedCopy(path: String)
    /// The standby that has to confirm it is away, and the caller does not wait for it to come back.
    case unconfirmed
    /// A record longer than ``JournalLimits/recordBytes``. It was not appended.
    case recordTooLarge(bytes: Int)
}

extension JournalError {
    /// A stable word for logs, metrics and messages; it never changes once released.
    package var code: String {
        switch self {
        case .directoryUnusable: "directory-unusable"
        case .inUse: "in-use"
        case .newerFormat: "newer-format"
        case .corrupt: "corrupt"
        case .storageFull: "storage-full"
        case .fullAtCommit: "full-at-commit"
        case .mapFull: "map-full"
        case .syncFailed: "sync-failed"
        case .positionTrimmed: "position-trimmed"
        case .closed: "closed"
        case .cancelled: "cancelled"
        case .io: "io"
        case .unfinishedCopy: "unfinished-copy"
        case .recordTooLarge: "record-too-large"
        case .unconfirmed: "unconfirmed"
        }
    }

    /// What the reader of the error can do now, in a sentence or two.
    package var remedy: String {
        switch self {
        case .directoryUnusable:
            "Give the process a directory it owns, on a local disk, and start again."
        case .inUse(let pid):
            "Stop process \(pid) first, or choose another data directory."
        case .newerFormat:
            "Start the program that wrote the data, or a newer one; this one will not touch them."
        case .corrupt:
            "Keep the directory as it is, run the offline verifier on a copy, and restore from the standby or a backup."
        case .storageFull:
            "Free space on the disk of the data directory; writes go on within a second or so."
        case .fullAtCommit(let path, _, let needed):
            "Make room of \(needed) bytes on the disk of \(path), then start again: what was acknowledged is there, and "
                + "retries are safe."
        case .mapFull:
            "Raise the limit of the data file and start again, or let a checkpoint trim the log."
        case .syncFailed:
            "Check the disk and the controller, then start again: recovery tells what was kept, and retries are safe."
        case .positionTrimmed(let oldest):
            "Take a fresh snapshot and read on from position \(oldest)."
        case .closed:
            "Connect to the process that took over and ask again."
        case .cancelled:
            "Nothing: the caller that cancelled no longer wants the answer."
        case .io:
            "Look up the system's error, check permissions and the disk, and start again."
        case .unfinishedCopy:
            "Remove the directory and take the copy again: follow the primary, or restore, once more."
        case .recordTooLarge:
            "Split what the record says into several, or make it smaller."
        case .unconfirmed:
            "Bring the standby back, or run haoyuan alone where it is sure that it was not promoted."
        }
    }
}

extension JournalError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .directoryUnusable(let path, let reason):
            "The data directory \(path) cannot be used: \(reason)."
        case .inUse(let pid):
            "The data directory is in use by process \(pid)."
        case .newerFormat(let found, let supported):
            "The data have format \(found); this program reads formats up to \(supported)."
        case .corrupt(let report):
            report.description
        case .storageFull:
            "The disk of the data directory is full."
        case .fullAtCommit(let path, let free, _):
            "The disk of \(path) was full while a commit was being written (\(free) bytes are free now)."
        case .mapFull(let limit):
            "The data file has reached its limit of \(limit) bytes."
        case .syncFailed(let number):
            "Writing to the disk failed (\(Self.sentence(number))); what the last commit left behind is unknown."
        case .positionTrimmed(let oldest):
            "That position is no longer in the log; the oldest kept is \(oldest)."
        case .closed:
            "The journal is closed."
        case .cancelled:
            "The wait was cancelled."
        case .io(let number, let call):
            "\(call) failed: \(Self.sentence(number))."
        case .unfinishedCopy(let path):
            "The data directory \(path) holds a copy that was never finished."
        case .recordTooLarge(let bytes):
            "A record of \(bytes) bytes is longer than the limit of \(JournalLimits.recordBytes)."
        case .unconfirmed:
            "The standby has not confirmed it, and is away."
        }
    }

    /// The system's sentence for an error number, or LMDB's for its own negative ones.
    static func sentence(_ number: Int32) -> String {
        if number < 0 { return "LMDB error \(number)" }
        guard let text = strerror(number) else { return "error \(number)" }
        return "\(String(cString: text)), errno \(number)"
    }
}

/// One contradiction found on disk: where it is, what should be there, and what is.
package struct CorruptionReport: Hashable, Sendable, CustomStringConvertible {
    /// What kind of contradiction it is; stable words, one for each way of being wrong.
    package enum Kind: String, Hashable, Sendable {
        /// A checksum does not match the bytes beside it: torn or flipped.
        case checksum
        /// A chunk names another predecessor than the one that stands before it: reordered or replaced.
        case chain
        /// Positions are absent between two chunks, or after the last.
        case gap
        /// The value under a key says that it belongs under another.
        case misplaced
        /// A segment or a table that the meta table lists is not there, or one is there that it does not list.
        case segment
        /// The bytes cannot be read as what they should be (lengths, flags, order of fragments).
        case malformed
        /// A state value reflects a position that the log never reached.
        case future
        /// A page of the file contradicts the tree that points to it.
        case page
    }

    /// What kind of contradiction it is.
    package var kind: Kind
    /// The table (or log segment) it was found in, by its name on disk; `"data.mdb"` for a page.
    package var table: String
    /// The key it was found under, readable: a position for a chunk, text or hexadecimal for a state value.
    package var key: String?
    /// The position it concerns, where it concerns one.
    package var position: Position?
    /// Where in `data.mdb` the value stands, in bytes from the beginning, where that is known.
    package var fileOffset: UInt64?
    /// What should have been there.
    package var expected: String
    /// What was there.
    package var found: String

    package init(
        _ kind: Kind, table: String, key: String? = nil, position: Position? = nil, fileOffset: UInt64? = nil,
        expected: String, found: String
    ) {
        self.kind = kind
        self.table = table
        self.key = key
        self.position = position
        self.fileOffset = fileOffset
        self.expected = expected
        self.found = found
    }

    package var description: String {
        var place = table
        if let key { place += ", key \(key)" }
        if let position { place += ", position \(position)" }
        if let fileOffset { place += ", data.mdb offset \(fileOffset)" }
        return "Corrupt (\(kind.rawValue)) at \(place): expected \(expected), found \(found)."
    }
}
