import NIOConcurrencyHelpers

/// The write-ahead log and the state tables, in one directory: bytes in, durable bytes out.
///
/// Appending gives records their positions and returns at once; one thread carries everything that is pending to disk
/// in one transaction, and begins the next as soon as that one has returned. Nothing that was not reported durable is
/// ever shown by the reading calls, and nothing that was is ever lost: a commit that finds no room is kept and tried
/// again, a commit that fails in any other way ends the process (``JournalOptions/onFatal``).
///
/// All calls may be made from any thread. None but ``close()`` and the reading ones touches the disk.
package final class Journal: Sendable {
    /// What the journal was opened with.
    package let options: JournalOptions
    /// The format that it is written in.
    package let format: UInt32
    /// The 16 bytes given to this journal when it was made.
    package let creationID: [UInt8]
    let storage: any JournalStorage
    let queue: CommitQueue
    /// `nil` for a journal opened only to look at.
    let committer: Committer?
    private let thread: NIOLockedValueBox<CommitThread?>
    private let directoryLock: DirectoryLock?
    private let openedShape: LogShape
    /// What the committing thread ended with when it could not bring everything to disk.
    private let unfinished = NIOLockedValueBox<JournalError?>(nil)

    init(
        options: JournalOptions, image: MetaImage, storage: any JournalStorage, queue: CommitQueue,
        committer: Committer?,
        directoryLock: DirectoryLock?
    ) {
        self.options = options
        self.format = image.format
        self.creationID = image.creationID
        self.openedShape = image.shape
        self.storage = storage
        self.queue = queue
        self.committer = committer
        self.directoryLock = directoryLock
        self.thread = NIOLockedValueBox(nil)
    }

    /// Opens the journal in `options.directory`, making it if there is none, and starts its thread.
    ///
    /// Checks the format, the meta table, that every segment is there and follows the one before, and that the log ends
    /// where it should. The chunks in between are checked by their readers: ``replay(from:progress:_:)`` at start.
    /// - Parameter progress: Told how far the page audit has come.
    /// - Throws: `directoryUnusable`, `inUse`, `newerFormat`, `corrupt`, `storageFull` (no room even to begin) or `io`.
    package static func open(
        _ options: JournalOptions, progress: (JournalProgress) -> Void = { _ in }
    ) throws(JournalError) -> Journal {
        let journal = try JournalOpening(options).open(progress: progress)
        try journal.start()
        return journal
    }

    // MARK: Writing

    /// Appends the records of `batch`, in order and next to each other, and hands over `tables`.
    ///
    /// The table writes become durable with these records or after them, never before. Copies the bytes once; never
    /// waits for the disk. Ask ``admission`` first: an append itself never refuses.
    /// - Parameter metadata: small facts (``setMetadata(_:_:)``) that become durable with the records, in the same
    ///   commit.
    /// - Returns: The position of the last record (of the last one ever appended, if the batch is empty).
    ///   ``RecordBatch/position(of:appendedAt:)`` tells those of the others.
    @discardableResult
    package func append(
        _ batch: borrowing RecordBatch, tables: [TableWrite] = [], metadata: [(name: String, value: [UInt8]?)] = []
    ) -> Position {
        requireWritable()
        return queue.add { pending in
            pending.add(batch)
            pending.add(tables)
            for (name, value) in metadata { pending.add(metadata: name, value) }
        }
    }

    /// Hands over table writes alone. They become durable after everything appended before.
    /// - Returns: The last position appended so far; once a commit *after* this call has made it durable, so are they.
    @discardableResult
    package func write(_ tables: [TableWrite]) -> Position {
        requireWritable()
        return queue.add { $0.add(tables) }
    }

    /// Declares that the state tables, by the writes handed over so far, reflect every record before `position`.
    ///
    /// Rides in the same commit as those writes or in a later one. Recovery replays from there, and log segments whose
    /// records all stand before it are dropped. A `position` before an earlier one changes nothing.
    /// - Parameter kept: where records are kept for readers although recovery needs them no more: segments that hold
    ///   any at or after it stay. `nil` keeps none.
    package func trim(before position: Position, keeping kept: Position? = nil) {
        requireWritable()
        _ = queue.add { $0.add(checkpoint: position, keeping: kept) }
    }

    /// Stores a small fact under a name of 1 to 60 bytes, with the next commit; `nil` forgets it.
    package func setMetadata(_ name: String, _ value: [UInt8]?) {
        requireWritable()
        precondition((1...60).contains(name.utf8.count), "A metadata name has 1 to 60 bytes: \(name)")
        precondition((value?.count ?? 0) <= JournalLimits.metadataBytes, "Metadata is for small facts: \(name)")
        _ = queue.add { $0.add(metadata: name, value) }
    }

    /// Whether to carry out a command that will append.
    package var admission: Admission {
        if let committer, committer.isRefusing { return .storageFull }
        let waiting = queue.pendingBytes
        guard waiting > options.queueBytesLimit else { return .open }
        let last = committer?.shared.withLockedValue { $0.statistics.lastCommitNanoseconds } ?? 0
        return .overloaded(retryAfterMilliseconds: min(1_000, max(1, Int(last / 1_000_000) * 2)))
    }

    /// Bytes accepted that are not on disk yet, those of the commit at hand included.
    package var pendingBytes: Int { queue.pendingBytes }

    /// Whether anything handed over is not in the log or the tables yet.
    package var hasPending: Bool { queue.hasPending || queue.pendingBytes > 0 }

    // MARK: Durability

    /// The last position handed out. A cheap atomic read.
    package var lastPosition: Position { queue.lastPosition }

    /// The last position that is durable: in the log on this disk and, while confirmations are asked for, confirmed. A
    /// cheap atomic read.
    package var durablePosition: Position { queue.durablePosition }

    /// The last position that may be told: durable, but perhaps not in the log yet, where
    /// ``read(from:maxRecords:maxBytes:)`` finds what is durable. A cheap atomic read.
    package var settledPosition: Position { queue.settledPosition }

    /// The last position that is on this disk, in the log or its tail: what is shipped to another journal, which
    /// confirms it. A cheap atomic read.
    package var diskPosition: Position { queue.diskPosition }

    /// The last position that is in the log on this disk. A cheap atomic read.
    package var logPosition: Position { queue.logPosition }

    /// From now on a position is durable only once ``confirm(_:)`` has named it or one after it: a second disk far
    /// away. What is durable already stays so. `nil` asks for no confirmations any more, and a caller that waited for
    /// one goes on.
    package func askForConfirmations(from position: Position?) { queue.askForConfirmations(from: position) }

    /// Nothing becomes durable any more: another journal has taken this one's place. Who waits for it, now or later, is
    /// told ``JournalError/closed``.
    package func renounce() { queue.renounce() }

    /// The standby that is asked has everything up to `position`.
    package func confirm(_ position: Position) { queue.confirm(position) }

    /// Returns once `position` is durable; at once when it is already.
    /// - Throws: ``JournalError/closed`` when the journal ended first, ``JournalError/cancelled`` when the task was.
    package func whenDurable(_ position: Position) async throws(JournalError) {
        if position <= durablePosition { return }
        precondition(position <= lastPosition, "Waiting for \(position), which was never appended.")
        _ = try await queue.wait(for: position, .durable)
    }

    /// Returns once `position` may be told, which no failure takes back; at once when it may already.
    /// - Parameter patiently: Whether it waits on while the standby that has to confirm it is away.
    /// - Throws: As ``whenDurable(_:)``; ``JournalError/unconfirmed`` when it does not wait for a standby.
    package func whenSettled(_ position: Position, patiently: Bool = false) async throws(JournalError) {
        if position <= settledPosition { return }
        precondition(position <= lastPosition, "Waiting for \(position), which was never appended.")
        _ = try await queue.wait(for: position, patiently ? .settled : .shown)
    }

    /// Whether the standby that is asked for confirmations is away: then ``whenSettled(_:patiently:)`` throws
    /// ``JournalError/unconfirmed`` to all that do not wait patiently, at once.
    package func setUnheard(_ isUnheard: Bool) { queue.setUnheard(isUnheard) }

    /// Returns once something after `position` is durable, with the position up to which everything is. Any number of
    /// tasks may wait; this is what the change feed stands on.
    /// - Throws: ``JournalError/closed`` when the journal ended first, ``JournalError/cancelled`` when the task was.
    package func durablePosition(after position: Position) async throws(JournalError) -> Position {
        try await queue.wait(for: position.next, .durable)
    }

    /// Returns once something after `position` is on this disk, in the log or its tail, with the position up to which
    /// everything is.
    /// - Throws: as ``durablePosition(after:)``.
    package func diskPosition(after position: Position) async throws(JournalError) -> Position {
        try await queue.wait(for: position.next, .onDisk)
    }

    /// Returns once everything handed over before the call is in the log and the tables, trims too; at once when it is.
    /// A journal that is driven by hand needs somebody who calls ``step()`` meanwhile.
    /// - Throws: ``JournalError/closed`` when the journal ended first, ``JournalError/cancelled`` when the task was.
    package func flushed() async throws(JournalError) { try await flushed(handedOver) }

    /// The same for what had been handed over at a moment.
    package func flushed(_ handover: Handover) async throws(JournalError) {
        try await queue.waitUntilFlushed(handover.pieces)
    }

    /// How much was handed over up to a moment.
    package struct Handover: Comparable, Sendable {
        fileprivate let pieces: UInt64

        /// Nothing yet.
        package static let nothing = Handover(pieces: 0)

        package static func < (a: Handover, b: Handover) -> Bool { a.pieces < b.pieces }
    }

    /// Everything handed over so far.
    package var handedOver: Handover { Handover(pieces: queue.piecesSoFar) }

    /// Ends all waits for the disk, those to come too: ``JournalError/closed``, for what is durable by now nobody
    /// waits. What was handed over stays, and is tried until ``close()``. For a caller that must stop in bounded time
    /// on a disk that is full.
    package func endWaits() { queue.endWaits() }

    /// Whether waits were ended (``endWaits()``): who waited was told that nobody knows.
    package var haveWaitsEnded: Bool { queue.haveWaitsEnded }

    /// What is on disk is not durable before it is confirmed, or ``askForConfirmations(from:)`` asks nobody any more.
    /// To be called right after opening, before anybody is told what is durable.
    package func withhold() { queue.withhold() }

    /// Whether so many bytes of table writes may be handed over that nobody waits for: always while writes are
    /// admitted; while there is no room, only as long as half of the reserve is left for what was promised, so that a
    /// checkpoint may still make room by trimming. (Pages that are free inside the file come on top; they are used
    /// first.)
    package func hasRoom(forTables bytes: Int) -> Bool {
        guard let committer, committer.isRefusing else { return true }
        let footprint = storage.footprint()
        return footprint.fileBytes - footprint.usedBytes - 4 * bytes >= options.reserveBytes / 2
    }

    // MARK: Life

    /// Commits what is pending now, driven by hand (``JournalOptions/Driving/manual``), one caller at a time.
    /// - Returns: Whether anything reached the disk. `false` when there was nothing, or no room for it.
    /// - Throws: What would have ended the process. The journal is dead then: waits fail, appends go nowhere.
    package func step() throws(JournalError) -> Bool {
        precondition(options.driving == .manual, "A journal with a thread of its own takes no steps.")
        guard let committer else { preconditionFailure("A journal opened read-only commits nothing.") }
        do throws(JournalError) {
            let outcome: Committer.Outcome
            if committer.tailSeconds == 0 {
                outcome = try committer.commit(nil)
            } else if case .work(let work) = queue.take(waitingAtMost: 0) {
                outcome = try committer.commit(work)
            } else {
                committer.probe()
                outcome = try committer.commit(nil)
            }
            if case .committed = outcome { return true }
            return false
        } catch {
            queue.finishClosing(dead: true)
            throw error
        }
    }

    /// Commits everything pending, ends the thread and lets go of the directory. Blocks for a commit or two: call it
    /// where blocking is allowed. A second call does nothing. Appending afterwards is a mistake of the caller's, and
    /// reading throws ``JournalError/closed``.
    /// - Throws: Why something pending could not be committed (``JournalError/storageFull``); it was never durable, and
    ///   those who waited for it were told ``JournalError/closed``.
    package func close() throws(JournalError) {
        guard queue.beginClosing() else { return }
        if let thread = thread.withLockedValue({ $0 }) {
            thread.join()
        } else if let committer {
            do throws(JournalError) {
                let reason = try committer.run(queue)
                unfinished.withLockedValue { $0 = reason }
            } catch {
                unfinished.withLockedValue { $0 = error }
            }
        }
        queue.finishClosing()
        storage.close()
        directoryLock?.release()
        committer?.closeTail()
        if let reason = unfinished.withLockedValue({ $0 }) { throw reason }
    }

    /// Lets go of everything and commits nothing more, as the death of the process would: for tests and the simulator,
    /// which open the same data again. Only for a journal that is driven by hand.
    package func abandon() {
        precondition(options.driving == .manual, "A journal with a thread of its own cannot be abandoned.")
        queue.finishClosing(dead: true)
        committer?.closeTail()
        storage.close()
        directoryLock?.release()
    }

    /// What it has done and how big it is.
    package var statistics: JournalStatistics {
        let shape = currentShape
        var statistics = committer?.shared.withLockedValue { $0.statistics } ?? JournalStatistics()
        statistics.recentCommits.roll(to: options.monotonicNanoseconds())
        statistics.commitUnderWayNanoseconds = committer?.underWayNanoseconds ?? 0
        statistics.pendingBytes = queue.pendingBytes
        statistics.lastPosition = lastPosition
        statistics.durablePosition = durablePosition
        statistics.oldestPosition = shape.oldest
        statistics.checkpoint = shape.checkpoint
        statistics.segments = shape.segments.count
        statistics.storage = storage.footprint()
        statistics.simulatedSyncDelayNanoseconds = options.simulatedSyncDelayNanoseconds
        statistics.admission = admission
        statistics.logBytes = segments.reduce(0) { $0 + $1.bytes }
        return statistics
    }

    /// From where recovery replays: what stands before is reflected by the state tables.
    package var checkpoint: Position { currentShape.checkpoint }

    /// The oldest position still in the log (the next one to be written, when there is none).
    package var oldestPosition: Position { currentShape.oldest }

    /// The log in pieces, oldest first: where each begins, and what it takes on disk. Whole pieces are let go.
    package var segments: [(first: Position, bytes: Int)] {
        // A segment that was trimmed since, or a journal that was closed since, counts nothing.
        currentShape.segments.map { ($0.first, (try? storage.tableFootprint($0.name))??.bytes ?? 0) }
    }

    /// Where the log on disk ends, with what stands in its tail.
    package var tip: LogTip { committer?.shared.withLockedValue { $0.end } ?? openedShape.tip }

    /// Whether something stands in the log's tail that the log does not have yet.
    package var hasTail: Bool { diskPosition > logPosition }

    /// The pieces that stand in the log's tail and not in the log, in order. A reader that goes on into the log asks
    /// for these first: what has left the tail by then is in the log.
    var standing: [ShippedChunks] { committer?.shared.withLockedValue { $0.standing } ?? [] }

    var currentShape: LogShape { committer?.shared.withLockedValue { $0.shape } ?? openedShape }

    private func requireWritable() {
        precondition(committer != nil, "A journal opened read-only was written to.")
    }

    private func start() throws(JournalError) {
        guard options.driving == .thread, let committer else { return }
        let queue = queue
        let unfinished = unfinished
        let onFatal = options.onFatal
        let started = try CommitThread.start {
            do throws(JournalError) {
                let reason = try committer.run(queue)
                unfinished.withLockedValue { $0 = reason }
            } catch {
                // Those who wait are told nothing: what became of their records is unknown until the next start.
                onFatal(error)
            }
        }
        thread.withLockedValue { $0 = started }
    }
}

/// How far a long piece of work has come.
package struct JournalProgress: Hashable, Sendable {
    /// What is being done.
    package enum Stage: String, Hashable, Sendable {
        /// Walking the pages of the file, counted in bytes.
        case auditingPages
        /// Replaying the log, counted in positions.
        case replaying
        /// Checking the log chunk by chunk, counted in positions.
        case verifyingLog
        /// Checking the values of the state tables, counted in values.
        case verifyingTables
    }

    /// What is being done.
    package var stage: Stage
    /// How much of it is done.
    package var done: UInt64
    /// How much there is to do.
    package var total: UInt64
}
