import NIOConcurrencyHelpers

/// Carries pending work to the disk: the hands of ``LogWriter``. Used by one thread (or by the caller that steps the
/// journal).
///
/// `@unchecked Sendable`: `writer` and `backlog` are touched only by the one committing thread (or, driven by hand, by
/// the one caller at a time that ``Journal/step()`` demands); everything others may look at lies in `shared`.
final class Committer: @unchecked Sendable {
    /// What became of an attempt.
    enum Outcome {
        /// Something was committed.
        case committed
        /// There was nothing to do.
        case idle
        /// There was no room; the work is kept and will be tried again.
        case refused(JournalError)
    }

    /// What readers of statistics and of the log see of the committer.
    struct Shared: Sendable {
        var statistics = JournalStatistics()
        /// The log.
        var shape: LogShape
        /// The pieces that stand in the tail and not in the log, in order.
        var standing: [ShippedChunks] = []
        /// Where the log ends with these.
        var end: LogTip
        /// Why no further writes are taken, if none are.
        var refusal: JournalError?
        /// When the commit at hand began, if there is one.
        var commitBegan: UInt64?
    }

    /// How long a piece stands in the tail before the log takes it up, unless more come than fit.
    static let tailNanoseconds: UInt64 = 30_000_000
    /// Bytes of the longest piece that goes to the tail: of a longer one the sync is not what takes the time.
    static let pieceBytes = 128 << 10

    /// How often room is looked for while there is none.
    static let probeNanoseconds: UInt64 = 1_000_000_000

    /// Room that is looked for at most before writes are taken again: a larger commit may be refused anew, smaller ones
    /// need not wait.
    private static let roomProbed = 1 << 20

    private let storage: any JournalStorage
    private let queue: CommitQueue
    private let now: @Sendable () -> UInt64
    private let syncsPerCommit: Int
    private let pass: (@Sendable (JournalPoint) -> Void)?
    private var writer: LogWriter
    /// Work that was taken and found no room, oldest first.
    private var backlog: [PendingWork] = []
    private var backlogStart = 0
    private var lastProbe: UInt64 = 0
    /// What the commit asked for that was the last to find too little room.
    private var roomRefused = 0
    private let tail: (any LogTail)?
    /// Since when something stands in the tail that the log does not have; `nil` while nothing does.
    private var inTailSince: UInt64?
    let shared: NIOLockedValueBox<Shared>

    init(
        writer: consuming LogWriter, storage: any JournalStorage, queue: CommitQueue,
        tail: (any LogTail)?, now: @escaping @Sendable () -> UInt64, pass: (@Sendable (JournalPoint) -> Void)? = nil
    ) {
        self.shared = NIOLockedValueBox(Shared(shape: writer.committed, end: writer.end))
        self.writer = writer
        self.storage = storage
        self.queue = queue
        self.tail = tail
        self.now = now
        self.pass = pass
        self.syncsPerCommit = storage.footprint().syncsPerCommit
    }

    /// Whether there is work that found no room.
    var hasBacklog: Bool { backlogStart < backlog.count }
    /// Whether something stands in the tail that the log does not have.
    var hasTail: Bool { inTailSince != nil }
    /// Seconds until the log is to take up what stands in the tail; `nil` when nothing does.
    var tailSeconds: Double? {
        guard let inTailSince else { return nil }
        let age = now() &- inTailSince
        return age >= Self.tailNanoseconds ? 0 : Double(Self.tailNanoseconds - age) / 1e9
    }
    /// Whether tables of trimmed segments wait to be removed.
    var hasHousekeeping: Bool { !writer.droppable.isEmpty }
    /// Whether writes are being refused.
    var isRefusing: Bool { shared.withLockedValue { $0.refusal != nil } }

    /// For how long the commit at hand has been under way; 0 while there is none.
    var underWayNanoseconds: UInt64 {
        guard let began = shared.withLockedValue({ $0.commitBegan }) else { return 0 }
        let time = now()
        return time > began ? time - began : 0
    }

    /// Commits the oldest backlog, or `work` when there is none; `work` joins the backlog otherwise, and `nil` stands
    /// for housekeeping alone.
    /// - Parameter work: taken over whole, for its memory is used again: what somebody else still holds would be
    ///   copied.
    /// - Throws: what nobody can go on from.
    func commit(_ work: consuming PendingWork?) throws(JournalError) -> Outcome {
        if let work {
            if mayGoToTail(work) {
                if try keep(work) { return .committed }
            }
            backlog.append(work)
        }
        guard hasBacklog else { return try hasTail ? commitTail() : commitHousekeeping() }
        let next = backlog[backlogStart]
        if let refusal = try attempt(next) { return .refused(refusal) }
        removeOldestBacklog()
        queue.publish(next)
        pass?(.published)
        return .committed
    }

    // MARK: The tail

    /// Lets go of the tail. Nothing is committed any more.
    func closeTail() { tail?.close() }

    private func mayGoToTail(_ work: PendingWork) -> Bool {
        tail != nil && work.belongsToLogAlone && work.byteCount <= Self.pieceBytes && !hasBacklog && !isRefusing
            && !queue.isLogAwaited
    }

    /// Puts `work` into the tail and tells those who wait for no more; lets the log take the tail up when it is time.
    /// - Returns: `false`, and nobody was told, when there is no place for it, or no room on the disk.
    private func keep(_ work: PendingWork) throws(JournalError) -> Bool {
        guard let tail else { return false }
        let start = now()
        shared.withLockedValue { $0.commitBegan = start }
        defer { shared.withLockedValue { $0.commitBegan = nil } }
        pass?(.workTaken)
        let chunks = writer.seal(work)
        do throws(JournalError) {
            guard try tail.append(chunks.bytes) else { return false }
        } catch {
            // Where an overwrite takes new blocks. Nobody is told, and the log gets the same chunks: should they stand
            // in the tail all the same, they stand there as what the log has, or, if it never gets them, as work in
            // doubt. Nothing else can get their positions, for whatever comes later waits behind them.
            guard error.isLackOfRoom else { throw error }
            return false
        }
        writer.adopt(ahead: chunks)
        pass?(.kept)
        if inTailSince == nil { inTailSince = start }
        shared.withLockedValue { shared in
            shared.standing.append(chunks)
            shared.end = writer.end
        }
        record(work, syncs: 1, from: start, to: now())
        queue.settle(work)
        pass?(.published)
        return true
    }

    /// The log takes up what stands in the tail.
    private func commitTail() throws(JournalError) -> Outcome {
        let last = writer.end.last
        if let refusal = try attempt(PendingWork(after: last)) { return .refused(refusal) }
        queue.publishTail(last)
        return .committed
    }

    /// Looks for room again when a second has gone by since the last time, so that writes are taken again soon after
    /// there is some, even when nobody writes.
    func probe() {
        guard isRefusing, !hasBacklog else { return }
        let time = now()
        guard time &- lastProbe >= Self.probeNanoseconds else { return }
        lastProbe = time
        note(storage.makeRoom(for: min(roomRefused, Self.roomProbed)))
    }

    private func commitHousekeeping() throws(JournalError) -> Outcome {
        guard hasHousekeeping else { return .idle }
        let before = writer.droppable.count
        if let refusal = try attempt(PendingWork(after: writer.committed.next.previous)) { return .refused(refusal) }
        return writer.droppable.count < before ? .committed : .idle
    }

    private func removeOldestBacklog() {
        backlogStart += 1
        guard backlogStart == backlog.count else { return }
        backlog.removeAll(keepingCapacity: true)
        backlogStart = 0
    }

    /// One transaction. Returns why it could not be, when the reason is room; nothing happened then.
    private func attempt(_ ownWork: PendingWork) throws(JournalError) -> JournalError? {
        var work = ownWork
        let start = now()
        let standing = shared.withLockedValue { shared in
            shared.commitBegan = start
            return shared.standing
        }
        work.precede(standing)
        defer { shared.withLockedValue { $0.commitBegan = nil } }
        let room = storage.makeRoom(for: work.roomNeeded)
        note(room)
        if case .ample = room {} else { roomRefused = work.roomNeeded }
        if case .none(let reason) = room { return refuse(reason) }
        let (trims, drops) = (work.checkpoint != nil, hasHousekeeping)
        pass?(.workTaken)
        do throws(JournalError) {
            let transaction = try storage.beginWrite()
            do throws(JournalError) {
                try writer.stage(work, into: transaction)
                passed(.staged, trims ? .trimStaged : nil, drops ? .dropStaged : nil)
            } catch {
                transaction.abort()
                throw error
            }
            try transaction.commit()
        } catch {
            writer.failed()
            guard error.isLackOfRoom else { throw error }
            roomRefused = work.roomNeeded
            return refuse(error)
        }
        passed(.synced, trims ? .trimSynced : nil, drops ? .dropSynced : nil)
        let shape = writer.adopt()
        shared.withLockedValue { shared in
            shared.shape = shape
            shared.standing = []
            shared.end = shape.tip
        }
        if inTailSince != nil {
            inTailSince = nil
            tail?.restart()
        }
        record(ownWork, syncs: syncsPerCommit, from: start, to: now())
        return nil
    }

    private func passed(_ points: JournalPoint?...) {
        guard let pass else { return }
        for case let point? in points { pass(point) }
    }

    private func note(_ room: StorageRoom) {
        shared.withLockedValue { shared in
            switch room {
            case .ample: shared.refusal = nil
            case .scarce(let reason), .none(let reason):
                shared.refusal = reason
                shared.statistics.lastError = reason.description
            }
        }
    }

    private func refuse(_ reason: JournalError) -> JournalError {
        shared.withLockedValue { shared in
            shared.refusal = reason
            shared.statistics.refusedCommits += 1
            shared.statistics.lastError = reason.description
        }
        return reason
    }

    private func record(_ work: PendingWork, syncs: Int, from start: UInt64, to end: UInt64) {
        let nanoseconds = end &- start
        shared.withLockedValue { shared in
            shared.statistics.commits += 1
            shared.statistics.syncs += syncs
            shared.statistics.records += work.lengths.count + work.sealed.reduce(0) { $0 + $1.positions }
            shared.statistics.recordBytes += work.bytes.count + work.sealed.reduce(0) { $0 + $1.bytes.count }
            shared.statistics.tableWrites += work.tables.count
            shared.statistics.lastCommitNanoseconds = nanoseconds
            shared.statistics.commitDurations.add(nanoseconds)
            shared.statistics.commitBuckets.add(nanoseconds)
            shared.statistics.recentCommits.add(nanoseconds, at: end)
        }
    }
}

extension JournalError {
    /// Whether it only says that there is no room: then nothing happened, and trying again is right.
    var isLackOfRoom: Bool {
        switch self {
        case .storageFull, .mapFull: true
        default: false
        }
    }
}
