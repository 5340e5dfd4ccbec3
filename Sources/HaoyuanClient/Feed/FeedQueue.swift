import NIOConcurrencyHelpers
import Wire

/// Pushes on their way from a connection to the one who reads the feed. When it has enough, the connection stops
/// reading.
final class FeedQueue: Sendable {
    /// Pushes kept before the connection is asked to stop, each of up to a thousand events.
    static let mostPushes = 8

    typealias Waiter = CheckedContinuation<Result<PBFeedPush, HaoyuanError>, Never>

    private struct State {
        var pushes: [PBFeedPush] = []
        var end: HaoyuanError?
        var waiter: Waiter?
        var isPaused = false
    }

    private let state = NIOLockedValueBox(State())

    /// - Returns: Whether there is room for more.
    func push(_ push: PBFeedPush) -> Bool {
        let (waiter, hasRoom): (Waiter?, Bool) = state.withLockedValue { state in
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, true)
            }
            state.pushes.append(push)
            state.isPaused = state.pushes.count >= Self.mostPushes
            return (nil, !state.isPaused)
        }
        waiter?.resume(returning: .success(push))
        return hasRoom
    }

    /// No more pushes will come. The first reason stays; pushes that are waiting are still handed out before it.
    func finish(_ error: HaoyuanError) {
        let waiter: Waiter? = state.withLockedValue { state in
            guard state.end == nil else { return nil }
            state.end = error
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: .failure(error))
    }

    /// The next push, or why there is none.
    ///
    /// - Parameter resumeReading: called when a connection that was asked to stop may read again.
    func next(resumeReading: () -> Void) async throws(HaoyuanError) -> PBFeedPush {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                var wasPaused = false
                let ready: Result<PBFeedPush, HaoyuanError>? = state.withLockedValue { state in
                    if !state.pushes.isEmpty {
                        let push = state.pushes.removeFirst()
                        if state.isPaused, state.pushes.count <= Self.mostPushes / 2 {
                            state.isPaused = false
                            wasPaused = true
                        }
                        return .success(push)
                    }
                    if let end = state.end { return .failure(end) }
                    precondition(state.waiter == nil, "a feed is read by one task at a time")
                    state.waiter = continuation
                    return nil
                }
                if wasPaused { resumeReading() }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            finish(HaoyuanError(.cancelled, "the task was cancelled"))
        }
        return try result.get()
    }
}
