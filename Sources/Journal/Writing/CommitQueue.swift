import NIOConcurrencyHelpers
import Synchronization

/// The meeting place of those who append and the one who commits, and of those who wait for a commit.
///
/// `@unchecked Sendable`: every stored `var` is read and written only between `lock.lock()` and `lock.unlock()`, and the
/// rest are constants or atomics. The lock's value says whether there is anything for the committer to do.
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

    /// One task that waits. `@unchecked Sendable`: its variables are touched only under the queue's lock.
    private final class Waiter: @unchecked Sendable {
        let position: Position
        var continuation: CheckedContinuation<Result<Position, JournalError>, Never>?
        var isCancelled = false

        init(_ position: Position) { self.position = position }
    }

    private let lock = ConditionLock(value: false)
    private var phase = Phase.open
    private var pending: PendingWork
    private var spare: PendingWork
    private var waiters: [Waiter] = []

    private let last: Synchronization.Atomic<UInt64>
    private let durable: Synchronization.Atomic<UInt64>
    private let waitingBytes = Synchronization.Atomic<Int>(0)

    init(after last: Position) {
        pending = PendingWork(after: last)
        spare = PendingWork(after: last)
        self.last = Synchronization.Atomic(last.rawValue)
        self.durable = Synchronization.Atomic(last.rawValue)
    }

    /// The last position handed out.
    var lastPosition: Position { Position(last.load(ordering: .acquiring)) }
    /// The last position that is on disk.
    var durablePosition: Position { Position(durable.load(ordering: .acquiring)) }
    /// Bytes accepted and not yet committed, those in the commit at hand included.
    var pendingBytes: Int { waitingBytes.load(ordering: .relaxed) }

    /// Changes what is pending, under the lock, and wakes the committer. Returns the last position handed out.
    func add(_ change: (inout PendingWork) -> Void) -> Position {
        lock.lock()
        if phase == .dead {
            defer { lock.unlock() }
            change(&pending)
            pending.reset(after: pending.last)
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
        lock.unlock(withValue: !pending.isEmpty)
        return position
    }

    /// Takes everything pending, in one exchange of buffers. `seconds` bounds the wait when nothing is; `nil` waits for
    /// ever, 0 not at all.
    func take(waitingAtMost seconds: Double?) -> Taking {
        switch seconds {
        case nil: lock.lock(whenValue: true)
        case .some(let seconds) where seconds > 0:
            guard lock.lock(whenValue: true, timeoutSeconds: seconds) else { return .nothing }
        default: lock.lock()
        }
        guard !pending.isEmpty else {
            let isOver = phase != .open
            lock.unlock()
            return isOver ? .closing : .nothing
        }
        swap(&pending, &spare)
        pending.reset(after: spare.last)
        let work = spare
        spare = PendingWork(after: .zero)
        lock.unlock(withValue: phase != .open)
        return .work(work)
    }

    /// Tells everyone that `work` is on disk, and keeps its memory for later work.
    func publish(_ work: consuming PendingWork) {
        let position = work.last
        let bytes = work.byteCount
        work.reset(after: position)
        lock.lock()
        durable.store(position.rawValue, ordering: .releasing)
        waitingBytes.wrappingSubtract(bytes, ordering: .relaxed)
        let ready = removeWaiters { $0.position <= position }
        spare = work
        lock.unlock()
        for continuation in ready { continuation.resume(returning: .success(position)) }
    }

    /// Lets the committer finish what is pending and then see ``Taking/closing``. `false` when that was said before.
    func beginClosing() -> Bool {
        lock.lock()
        guard phase == .open else {
            lock.unlock()
            return false
        }
        phase = .closing
        lock.unlock(withValue: true)
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

    /// Waits until `position` is durable; answers at once when it is. Answers the durable position.
    func waitUntilDurable(_ position: Position) async throws(JournalError) -> Position {
        let now = durablePosition
        if now >= position { return now }
        let waiter = Waiter(position)
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
        let now = durablePosition
        if now >= waiter.position { return .success(now) }
        if phase == .closed || phase == .dead { return .failure(.closed) }
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
