import Engine
import NIOConcurrencyHelpers
import Scheduling

/// The clocks of one machine: time runs as in the whole world, but the wall clock may be wrong, and be put right or
/// wrong by any amount at any moment.
final class NodeClock: EngineClock {
    private let world: SimulatedClock
    private let offset = NIOLockedValueBox<Int64>(0)

    init(_ world: SimulatedClock) { self.world = world }

    /// By how many milliseconds the wall clock is ahead.
    var offsetMilliseconds: Int64 {
        get { offset.withLockedValue { $0 } }
        set { offset.withLockedValue { $0 = newValue } }
    }

    func now() -> Instant { world.now().advanced(milliseconds: offsetMilliseconds) }
    func monotonicNanoseconds() -> UInt64 { world.monotonicNanoseconds() }
    func sleep(milliseconds: Int64) async throws(CancellationError) {
        try await world.sleep(milliseconds: milliseconds)
    }
}
