import NIOConcurrencyHelpers
package import Scheduling

/// Clocks that stand still until somebody moves them. Sleepers wake when their time has passed, in that order; what the
/// wall clock says meanwhile is its own affair.
package final class SimulatedClock: EngineClock {
    private struct Sleeper {
        /// In milliseconds of what has passed.
        let wake: Int64
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// Milliseconds.
        var passed: Int64 = 0
        var wall: Int64
        var isSynchronised = true
        var nextID: UInt64 = 0
        var sleepers: [Sleeper] = []
        /// Sleeps that were cancelled before they could lie down.
        var cancelled: Set<UInt64> = []
    }

    private let state: NIOLockedValueBox<State>
    private let deadlines: SystemClock?

    /// - Parameter deadlines: what deadlines are told by; nil for these clocks, which stand still.
    package init(now: Instant, deadlines: SystemClock? = nil) {
        state = NIOLockedValueBox(State(wall: now.rawValue))
        self.deadlines = deadlines
    }

    package func reading() -> ClockReading {
        state.withLockedValue { ClockReading(wall: $0.wall * 1_000_000, passed: $0.passed * 1_000_000) }
    }

    package func isSynchronised() -> Bool { state.withLockedValue { $0.isSynchronised } }

    package func monotonicNanoseconds() -> UInt64 {
        deadlines?.monotonicNanoseconds() ?? state.withLockedValue { UInt64($0.passed) * 1_000_000 }
    }

    /// What the kernel says of the wall clock from now on.
    package func setSynchronised(_ isSynchronised: Bool) {
        state.withLockedValue { $0.isSynchronised = isSynchronised }
    }

    /// Sets the wall clock on or back. Nothing passes.
    package func step(milliseconds: Int64) { state.withLockedValue { $0.wall += milliseconds } }

    /// Lets time pass until the wall clock shows a moment, never back.
    package func advance(to moment: Instant) { pass { moment.rawValue - $0.wall } }

    /// Lets time pass, and wakes the sleepers whose time has come.
    package func pass(milliseconds: Int64) { pass { _ in milliseconds } }

    private func pass(_ difference: (State) -> Int64) {
        let woken = state.withLockedValue { state -> [Sleeper] in
            let milliseconds = difference(state)
            guard milliseconds > 0 else { return [] }
            state.passed += milliseconds
            state.wall += milliseconds
            let passed = state.passed
            let woken = state.sleepers.filter { $0.wake <= passed }
            state.sleepers.removeAll { $0.wake <= passed }
            return woken.sorted { ($0.wake, $0.id) < ($1.wake, $1.id) }
        }
        for sleeper in woken { sleeper.continuation.resume(returning: true) }
    }

    package func sleep(milliseconds: Int64) async throws(CancellationError) {
        let id = state.withLockedValue { state -> UInt64 in
            state.nextID += 1
            return state.nextID
        }
        let finished = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let cancelled = state.withLockedValue { state -> Bool in
                    guard state.cancelled.remove(id) == nil else { return true }
                    let wake = state.passed + milliseconds
                    state.sleepers.append(Sleeper(wake: wake, id: id, continuation: continuation))
                    return false
                }
                if cancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            let sleeper = state.withLockedValue { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(returning: false)
        }
        if !finished { throw CancellationError() }
    }
}
