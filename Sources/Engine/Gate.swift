import NIOConcurrencyHelpers

/// Counts the work inside, and once closed lets nothing more in and waits until what is inside has left.
final class Gate: Sendable {
    private struct State {
        var inside = 0
        var isClosed = false
        var isFinished = false
        /// Who closes waits until nothing is inside; who closes after it, until it has finished.
        var closer: CheckedContinuation<Void, Never>?
        var others: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    /// False when the gate is closed. Every true is followed by one `leave`.
    func enter() -> Bool {
        state.withLockedValue { state in
            guard !state.isClosed else { return false }
            state.inside += 1
            return true
        }
    }

    func leave() {
        let closer = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            precondition(state.inside > 0, "who leaves has entered")
            state.inside -= 1
            guard state.inside == 0 else { return nil }
            defer { state.closer = nil }
            return state.closer
        }
        closer?.resume()
    }

    var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    /// True for the first who closes, once everybody has left; false for others, once the first has finished.
    func close() async -> Bool {
        let isFirst = state.withLockedValue { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLockedValue { state -> Bool in
                if isFirst {
                    if state.inside == 0 { return true }
                    state.closer = continuation
                } else {
                    if state.isFinished { return true }
                    state.others.append(continuation)
                }
                return false
            }
            if isOver { continuation.resume() }
        }
        return isFirst
    }

    func finishClosing() {
        let others = state.withLockedValue { state in
            state.isFinished = true
            defer { state.others = [] }
            return state.others
        }
        for other in others { other.resume() }
    }
}
