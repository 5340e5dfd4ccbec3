import Glibc

/// How a journal is opened. Everything that comes from outside (disk, clock, the thread, the end of the process) has
/// its seam here.
package struct JournalOptions: Sendable {
    /// Who carries out commits.
    package enum Driving: Sendable {
        /// A dedicated operating-system thread of the journal's own: production.
        case thread
        /// The caller of ``Journal/step()``: tests and the simulator, which decide when the disk is reached.
        case manual
    }

    /// The data directory. Made when it does not exist (its parent must).
    package var directory: String
    /// How many bytes `data.mdb` is given on disk when it is made.
    package var initialFileBytes = 256 << 20
    /// How many bytes `data.mdb` may ever have; also the size of the address range it is mapped into.
    package var fileBytesLimit = 64 << 30
    /// By how much `data.mdb` grows when its free space goes below ``reserveBytes`` and what a commit needs.
    package var growthStepBytes = 256 << 20
    /// A new log segment begins once the newest has this many bytes; trimming drops whole segments.
    package var segmentBytes = 64 << 20
    /// Beyond this many bytes waiting for a commit, ``Journal/admission`` says overloaded.
    package var queueBytesLimit = 64 << 20
    /// Room kept free in `data.mdb` so that everything already accepted can still be committed when the disk fills up:
    /// what ``queueBytesLimit`` lets in, and one slice of a checkpoint beside it.
    package var reserveBytes = 80 << 20
    /// Bytes of the log's tail, to which small pieces of work go first, with one sync (``LogTail``); a multiple of
    /// 4,096. 0 for none: then every commit goes to the log at once. What stands in a tail is taken up in either case.
    package var tailBytes = 0
    /// The 16 bytes that a new journal is named by for ever; drawn at random when `nil`. An existing one keeps its own.
    package var creationID: [UInt8]?
    /// The state tables that there may be: any other name is a damaged one. `nil` stands for any.
    package var tables: [Table]?
    /// Whether the owner writes what only programs of the newest format read: an older journal gets that format before
    /// anything is written to it, or is not opened.
    package var needsNewestFormat = false
    /// Opens an existing journal only to look at it: no lock is taken, no thread is started, nothing is written.
    package var readOnly = false
    /// Whether nothing, not even what is on disk already, is durable before it is confirmed (``Journal/confirm(_:)``)
    /// or nobody is asked any more: for one of two journals, of which the other may have gone on without it.
    package var asksForConfirmations = false
    /// Makes a new journal the continuation of another: for ``JournalImport``.
    var origin: CopyHeader?
    /// Whether a copy that has not been finished may be opened: for ``JournalImport``.
    var opensUnfinishedCopy = false
    /// Whether opening first walks every page of `data.mdb` with bounds checked, before LMDB, which trusts its pages
    /// blindly, is let loose on them. Costs one sequential read of the pages in use.
    package var auditsPages = true
    /// Who carries out commits.
    package var driving = Driving.thread
    /// Nanoseconds since some fixed moment, never going back; durations and the once-a-second probes come from it.
    package var monotonicNanoseconds: @Sendable () -> UInt64 = JournalOptions.systemMonotonicNanoseconds
    /// Called once, on the journal's thread, when what is on disk can no longer be known. Must not return.
    package var onFatal: @Sendable (JournalError) -> Never = JournalOptions.endProcess
    /// Called on the journal's thread at each point of a commit: drills and tests that end the process there. `nil` in
    /// service.
    package var probe: (@Sendable (JournalPoint) -> Void)?
    /// By how much each sync is made slower than the disk is, to measure how it is on a slow one; 0 in service.
    package var simulatedSyncDelayNanoseconds: UInt64 = 0
    /// The disk. `nil` stands for LMDB in ``directory``.
    package var storage: (any JournalStorage)?

    /// Options with production defaults for the directory at `directory`.
    package init(directory: String) { self.directory = directory }

    /// Options for a journal that lives in `storage` alone and is driven by hand.
    package init(storage: any JournalStorage, driving: Driving = .manual) {
        self.directory = ""
        self.storage = storage
        self.driving = driving
    }

    /// The system's monotonic clock.
    package static let systemMonotonicNanoseconds: @Sendable () -> UInt64 = {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Says why on standard error and ends the process at once, with status 70 (`EX_SOFTWARE`), running nothing else:
    /// whatever is still in memory was never promised to anyone.
    package static let endProcess: @Sendable (JournalError) -> Never = { error in
        let text = "haoyuan: \(error.description) \(error.remedy)\n"
        _ = text.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
        _exit(70)
    }
}
