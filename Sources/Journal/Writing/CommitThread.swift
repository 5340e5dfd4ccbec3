import Glibc
import NIOConcurrencyHelpers

/// The operating-system thread that owns the write transaction. It sleeps only while nothing is pending.
///
/// `@unchecked Sendable`: `handle` is written once in ``start(_:)`` before anyone else has the thread, and read by the
/// one caller of ``join()``.
final class CommitThread: @unchecked Sendable {
    private var handle = pthread_t()

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread that runs `body` to its end.
    static func start(_ body: @escaping @Sendable () -> Void) throws(JournalError) -> CommitThread {
        let thread = CommitThread()
        let argument = Unmanaged.passRetained(Body(body))
        let status = pthread_create(
            &thread.handle, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            throw .io(errno: status, call: "pthread_create")
        }
        return thread
    }

    /// Waits until the thread has ended. Once only.
    func join() {
        let status = pthread_join(handle, nil)
        precondition(status == 0, "The journal's thread could not be joined: \(status).")
    }
}

extension Committer {
    /// The life of the thread: take everything pending, commit it, at once look again. Returns when the queue is closed
    /// and all is on disk, or with the reason why the rest will never be.
    func run(_ queue: CommitQueue) throws(JournalError) -> JournalError? {
        var wait: Double? = nil
        while true {
            // What has stood in the tail for long goes first: new work would go on to stand behind it.
            if wait == 0, hasTail, !hasBacklog {
                wait = try after(commit(nil))
                continue
            }
            switch queue.take(waitingAtMost: wait) {
            case .work(let work):
                wait = try after(commit(work))
            case .nothing:
                probe()
                wait = try after(commit(nil))
            case .closing:
                guard hasBacklog || hasTail else { return nil }
                if case .refused(let reason) = try commit(nil) { return reason }
            }
        }
    }

    /// How long to wait for new work after a commit ended so.
    private func after(_ outcome: Outcome) -> Double? {
        switch outcome {
        case .refused: 1
        case .committed where hasBacklog || hasHousekeeping: 0
        case .committed, .idle: tailSeconds ?? (hasHousekeeping || isRefusing ? 1 : nil)
        }
    }
}
