import NIOConcurrencyHelpers
package import Scheduling

/// A clock that stands still until somebody moves it. Sleepers wake when it passes their moment, in that order.
package final class SimulatedClock: EngineClock {
    private struct Sleeper {
        let wake: Instant
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now: Instant
        var monotonic: UInt64 = 0
        var nextID: UInt64 = 0
        var sleepers: [Sleeper] = []
        /// Sleeps that were cancelled before they could lie down.
        var cancelled: Set<UInt64> = []
    }

    private let state: NIOLockedValueBox<State>

    package init(now: Instant) { state = NIOLockedValueBox(State(now: now)) }

    package func now() -> Instant { state.withLockedValue { $0.now } }

    package func monotonicNanoseconds() -> UInt64 { state.withLockedValue { $0.monotonic } }

    /// Moves the clock to a moment, never back, and wakes who waited for it.
    package func advance(to moment: Instant) {
        let woken = state.withLockedValue { state -> [Sleeper] in
            guard moment > state.now else { return [] }
            state.monotonic += UInt64(moment.rawValue - state.now.rawValue) * 1_000_000
            state.now = moment
            let woken = state.sleepers.filter { $0.wake <= moment }
            state.sleepers.removeAll { $0.wake <= moment }
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
                    let wake = state.now.advanced(milliseconds: milliseconds)
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
