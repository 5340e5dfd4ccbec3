import Synchronization

/// The meeting place of those who append and the one who commits, and of those who wait for a commit.
///
/// `@unchecked Sendable`: every stored `var` is read and written only between `lock.lock()` and `lock.unlock()`, and
/// the rest are constants or atomics. The lock's flag says whether there is anything for the committer to do.
final class CommitQueue: @unchecked Sendable {
    /// What the committer finds when it asks for work.
    enum Taking {
        case work(PendingWork)
        /// Nothing came in the time given.
        case nothing
        /// Nothing is left and nothing will come.
        case closing
    }

    private enum Phase {
        case open, closing, closed
        /// The disk failed and the process is about to end (or the simulator's is): what is added goes nowhere.
        case dead
    }

    /// What somebody waits for.
    enum Milestone: Sendable {
        /// On this journal's own disk, in the log or its tail, and, while confirmations are asked for, confirmed: it
        /// may be told.
        case settled
        /// The same, for one that does not wait for a standby that is away.
        case shown
        /// On this journal's own disk, in the log or its tail.
        case onDisk
        /// In the log on this journal's own disk.
        case inLog
        /// Durable as agreed: in the log on this disk and, while confirmations are asked for, confirmed.
        case durable

        var needsConfirmation: Bool {
            switch self {
            case .settled, .shown, .durable: true
            case .onDisk, .inLog: false
            }
        }
    }

    /// One task that waits. `@unchecked Sendable`: its variables are touched only under the queue's lock.
    private final class Waiter: @unchecked Sendable {
        let position: Position
        let milestone: Milestone
        /// How many pieces of work must be in the log as well, or in the tables.
        let pieces: UInt64
        var continuation: CheckedContinuation<Result<Position, JournalError>, Never>?
        var isCancelled = false

        init(_ position: Position, _ milestone: Milestone, pieces: UInt64 = 0) {
            self.position = position
            self.milestone = milestone
            self.pieces = pieces
        }
    }

    private let lock = FlagLock()
    private var phase = Phase.open
    private var pending: PendingWork
    private var spare: PendingWork
    private var waiters: [Waiter] = []
    /// How many pieces of work were taken by the committer, and how many of these are in the log and the tables: they
    /// get there in order.
    private var taken: UInt64 = 0
    private var published: UInt64 = 0
    /// How many pieces of work stand in the tail alone. They were taken and are not published.
    private var inTail: UInt64 = 0
    /// Nobody is to wait any more for what is not durable.
    private var waitsEnded = false

    private let last: Synchronization.Atomic<UInt64>
    private let onDisk: Synchronization.Atomic<UInt64>
    private let inLog: Synchronization.Atomic<UInt64>
    private let durable: Synchronization.Atomic<UInt64>
    private let settled: Synchronization.Atomic<UInt64>
    /// Up to where somebody else has confirmed; the greatest number while nobody is asked.
    private var confirmed = UInt64.max
    private var isRenounced = false
    /// Confirmations are asked for, and the one that is asked is away.
    private var isUnheard = false
    private let waitingBytes = Synchronization.Atomic<Int>(0)

    /// - Parameter unconfirmed: whether nothing is durable before it is confirmed, what is on disk already included.
    init(after last: Position, unconfirmed: Bool = false) {
        pending = PendingWork(after: last)
        spare = PendingWork(after: last)
        self.last = Synchronization.Atomic(last.rawValue)
        self.onDisk = Synchronization.Atomic(last.rawValue)
        self.inLog = Synchronization.Atomic(last.rawValue)
        self.durable = Synchronization.Atomic(unconfirmed ? 0 : last.rawValue)
        self.settled = Synchronization.Atomic(unconfirmed ? 0 : last.rawValue)
        if unconfirmed { confirmed = 0 }
    }

    /// The last position handed out.
    var lastPosition: Position { Position(last.load(ordering: .acquiring)) }
    /// The last position that is on this disk, in the log or its tail.
    var diskPosition: Position { Position(onDisk.load(ordering: .acquiring)) }
    /// The last position that is in the log on this disk.
    var logPosition: Position { Position(inLog.load(ordering: .acquiring)) }
    /// The last position that is in the log on this disk and, while confirmations are asked for, confirmed.
    var durablePosition: Position { Position(durable.load(ordering: .acquiring)) }
    /// The last position that may be told: on this disk and, while confirmations are asked for, confirmed.
    var settledPosition: Position { Position(settled.load(ordering: .acquiring)) }
    /// Whether something waits for a commit that has not been taken, or stands in the tail alone.
    var hasPending: Bool {
        lock.lock()
        defer { lock.unlock() }
        return !pending.isEmpty || inTail > 0
    }
    /// Whether somebody waits until what was handed over is in the log: then it goes there at once.
    var isLogAwaited: Bool {
        lock.lock()
        defer { lock.unlock() }
        return waiters.contains { $0.milestone == .inLog }
    }
    /// Bytes accepted and not yet committed, those in the commit at hand included.
    var pendingBytes: Int { waitingBytes.load(ordering: .relaxed) }

    /// Changes what is pending, under the lock, and wakes the committer. Returns the last position handed out.
    func add(_ change: (inout PendingWork) -> Void) -> Position {
        lock.lock()
        if phase == .dead {
            defer { lock.unlock() }
            change(&pending)
            pending.reset(after: pending.last)
            // A waiting caller is told that the journal has ended, not that it never existed.
            last.store(pending.last.rawValue, ordering: .releasing)
            return pending.last
        }
        guard phase == .open else {
            lock.unlock()
            preconditionFailure("The journal was written to after it was closed.")
        }
        let before = pending.byteCount
        change(&pending)
        let position = pending.last
        last.store(position.rawValue, ordering: .releasing)
        waitingBytes.wrappingAdd(pending.byteCount - before, ordering: .relaxed)
        lock.unlock(raising: !pending.isEmpty)
        return position
    }

    /// Takes everything pending, in one exchange of buffers. `seconds` bounds the wait when nothing is; `nil` waits for
    /// ever, 0 not at all.
    func take(waitingAtMost seconds: Double?) -> Taking {
        lock.lock()
        if seconds != 0, !lock.waitUntilRaised(atMost: seconds) {
            lock.unlock()
            return .nothing
        }
        guard !pending.isEmpty else {
            let isOver = phase != .open
            lock.unlock()
            return isOver ? .closing : .nothing
        }
        taken += 1
        swap(&pending, &spare)
        pending.reset(after: spare.last)
        let work = spare
        spare = PendingWork(after: .zero)
        lock.unlock(raising: phase != .open)
        return .work(work)
    }

    /// Tells everyone that `work` is in the log, and all before it, and keeps its memory for later work.
    func publish(_ work: consuming PendingWork) {
        let position = work.last
        let bytes = work.byteCount
        work.reset(after: position)
        lock.lock()
        onDisk.store(position.rawValue, ordering: .releasing)
        inLog.store(position.rawValue, ordering: .releasing)
        waitingBytes.wrappingSubtract(bytes, ordering: .relaxed)
        published += 1 + inTail
        inTail = 0
        let ready = removeReady()
        spare = work
        lock.unlock()
        for (continuation, position) in ready { continuation.resume(returning: .success(position)) }
    }

    /// Tells everyone that all that stood in the tail is in the log, up to a position.
    func publishTail(_ position: Position) {
        lock.lock()
        inLog.store(position.rawValue, ordering: .releasing)
        published += inTail
        inTail = 0
        let ready = removeReady()
        lock.unlock()
        for (continuation, position) in ready { continuation.resume(returning: .success(position)) }
    }

    /// Tells those who wait for no more than that that `work` is in the log's tail, and keeps its memory for later
    /// work.
    func settle(_ work: consuming PendingWork) {
        let position = work.last
        let bytes = work.byteCount
        work.reset(after: position)
        lock.lock()
        onDisk.store(position.rawValue, ordering: .releasing)
        waitingBytes.wrappingSubtract(bytes, ordering: .relaxed)
        inTail += 1
        let ready = removeReady()
        spare = work
        lock.unlock()
        for (continuation, position) in ready { continuation.resume(returning: .success(position)) }
    }

    /// From now on nothing becomes durable before ``confirm(_:)`` has named it; `nil` asks nobody any more.
    func askForConfirmations(from position: Position?) {
        lock.lock()
        if !isRenounced { confirmed = position?.rawValue ?? .max }
        let ready = removeReady()
        lock.unlock()
        for (continuation, position) in ready { continuation.resume(returning: .success(position)) }
    }

    /// Somebody else has everything up to `position`. Without effect while nobody is asked.
    func confirm(_ position: Position) {
        lock.lock()
        var ready: [(CheckedContinuation<Result<Position, JournalError>, Never>, Position)] = []
        if confirmed != .max, !isRenounced, position.rawValue > confirmed {
            confirmed = position.rawValue
            ready = removeReady()
        }
        lock.unlock()
        for (continuation, position) in ready { continuation.resume(returning: .success(position)) }
    }

    /// Whether the one that is asked for confirmations is away: then what is to be shown is not waited for.
    func setUnheard(_ isUnheard: Bool) {
        lock.lock()
        self.isUnheard = isUnheard
        let left = isUnheard ? removeWaiters { $0.milestone == .shown } : []
        lock.unlock()
        for continuation in left { continuation.resume(returning: .failure(.unconfirmed)) }
    }

    /// Nothing becomes durable any more, and nobody waits for it any more.
    func renounce() {
        lock.lock()
        isRenounced = true
        confirmed = settled.load(ordering: .relaxed)
        let left = removeWaiters { $0.milestone.needsConfirmation }
        lock.unlock()
        for continuation in left { continuation.resume(returning: .failure(.closed)) }
    }

    /// Moves the durable position on and takes off the list the waiters that have what they waited for; only with the
    /// lock held.
    private func removeReady() -> [(CheckedContinuation<Result<Position, JournalError>, Never>, Position)] {
        let (disk, log) = (onDisk.load(ordering: .relaxed), inLog.load(ordering: .relaxed))
        // What was reported durable stays so, whichever standby is asked later.
        let durable = max(self.durable.load(ordering: .relaxed), min(log, confirmed))
        self.durable.store(durable, ordering: .releasing)
        let settled = max(self.settled.load(ordering: .relaxed), min(disk, confirmed))
        self.settled.store(settled, ordering: .releasing)
        var ready: [(CheckedContinuation<Result<Position, JournalError>, Never>, Position)] = []
        waiters.removeAll { waiter in
            let reached =
                switch waiter.milestone {
                case .settled, .shown: Position(settled)
                case .onDisk: Position(disk)
                case .inLog: Position(log)
                case .durable: Position(durable)
                }
            guard waiter.position <= reached, waiter.pieces <= published else { return false }
            if let continuation = waiter.continuation { ready.append((continuation, reached)) }
            return true
        }
        return ready
    }

    private func reached(_ milestone: Milestone) -> Position {
        switch milestone {
        case .settled, .shown: settledPosition
        case .onDisk: diskPosition
        case .inLog: logPosition
        case .durable: durablePosition
        }
    }

    /// Lets the committer finish what is pending and then see ``Taking/closing``. `false` when that was said before.
    func beginClosing() -> Bool {
        lock.lock()
        guard phase == .open else {
            lock.unlock()
            return false
        }
        phase = .closing
        lock.unlock(raising: true)
        return true
    }

    /// Ends all waits: what is not durable by now never will be.
    func finishClosing(dead: Bool = false) {
        lock.lock()
        phase = dead ? .dead : .closed
        let left = removeWaiters { _ in true }
        lock.unlock()
        for continuation in left { continuation.resume(returning: .failure(.closed)) }
    }

    /// Waits until `position` has reached the milestone; answers at once when it has. Answers how far that is reached.
    func wait(for position: Position, _ milestone: Milestone) async throws(JournalError) -> Position {
        let now = reached(milestone)
        if now >= position { return now }
        return try await wait(Waiter(position, milestone))
    }

    /// Waits until so many pieces of work are in the log, table writes too; answers at once when they are.
    func waitUntilFlushed(_ pieces: UInt64) async throws(JournalError) {
        _ = try await wait(Waiter(.zero, .inLog, pieces: pieces))
    }

    /// How many pieces of work must be in the log and the tables so that everything added so far is.
    var piecesSoFar: UInt64 {
        lock.lock()
        defer { lock.unlock() }
        // What a dead journal was given went nowhere and never will be on disk.
        return phase == .dead ? .max : taken + (pending.isEmpty ? 0 : 1)
    }

    /// Whether ``endWaits()`` was called.
    var haveWaitsEnded: Bool {
        lock.lock()
        defer { lock.unlock() }
        return waitsEnded
    }

    /// Takes back that what is on disk is durable: it is when somebody else confirms it. Before anybody has seen this
    /// queue.
    func withhold() {
        lock.lock()
        defer { lock.unlock() }
        confirmed = 0
        durable.store(0, ordering: .releasing)
        settled.store(0, ordering: .releasing)
    }

    /// Lets nobody wait any more: those who do are told ``JournalError/closed``. The work itself stays, and the
    /// committer goes on trying.
    func endWaits() {
        lock.lock()
        waitsEnded = true
        let left = removeWaiters { _ in true }
        lock.unlock()
        for continuation in left { continuation.resume(returning: .failure(.closed)) }
    }

    private func wait(_ waiter: Waiter) async throws(JournalError) -> Position {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let outcome = enlist(waiter, continuation) { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            cancel(waiter)
        }
        return try outcome.get()
    }

    /// Puts the waiter on the list, or says what it would be told.
    private func enlist(
        _ waiter: Waiter, _ continuation: CheckedContinuation<Result<Position, JournalError>, Never>
    ) -> Result<Position, JournalError>? {
        lock.lock()
        defer { lock.unlock() }
        let now = reached(waiter.milestone)
        if now >= waiter.position && published >= waiter.pieces { return .success(now) }
        if waitsEnded || phase == .closed || phase == .dead { return .failure(.closed) }
        if isRenounced, waiter.milestone.needsConfirmation { return .failure(.closed) }
        if isUnheard, waiter.milestone == .shown { return .failure(.unconfirmed) }
        if waiter.isCancelled { return .failure(.cancelled) }
        waiter.continuation = continuation
        waiters.append(waiter)
        return nil
    }

    private func cancel(_ waiter: Waiter) {
        lock.lock()
        waiter.isCancelled = true
        let continuation = removeWaiters { $0 === waiter }
        lock.unlock()
        for continuation in continuation { continuation.resume(returning: .failure(.cancelled)) }
    }

    /// Takes waiters off the list; only with the lock held.
    private func removeWaiters(
        _ isChosen: (Waiter) -> Bool
    ) -> [CheckedContinuation<Result<Position, JournalError>, Never>] {
        var chosen: [CheckedContinuation<Result<Position, JournalError>, Never>] = []
        waiters.removeAll { waiter in
            guard isChosen(waiter) else { return false }
            if let continuation = waiter.continuation { chosen.append(continuation) }
            return true
        }
        return chosen
    }
}
