import Engine
import NIOConcurrencyHelpers
import Scheduling

/// The clocks of one machine. What passes is what passes in the whole world, and more where the machine is suspended;
/// the wall clock may be wrong, run too fast or too slow, stand still, and be put right or wrong at any moment.
final class NodeClock: EngineClock {
    private struct State {
        /// Milliseconds that the machine was suspended in a world that did not wait for it.
        var suspended: Int64 = 0
        /// By how many milliseconds the wall clock was ahead when its course was last changed, and when that was.
        var ahead: Int64 = 0
        var changed: Int64 = 0
        /// What the wall clock makes of a thousand milliseconds.
        var pace: Int64 = 1_000
        var isSynchronised = true
        var boots: UInt8 = 1

        func wall(_ passed: Int64) -> Int64 {
            World.beginning.rawValue + changed + ahead + (passed - changed) * pace / 1_000
        }
    }

    private let world: SimulatedClock
    private let state = NIOLockedValueBox(State())

    init(_ world: SimulatedClock) { self.world = world }

    /// Milliseconds since the world's beginning, as this machine lived them.
    var passed: Int64 {
        let passed = world.now().rawValue - World.beginning.rawValue
        return state.withLockedValue { passed + $0.suspended }
    }

    func reading() -> ClockReading {
        let passed = passed
        return state.withLockedValue {
            ClockReading(wall: $0.wall(passed) * 1_000_000, passed: passed * 1_000_000)
        }
    }

    func boot() -> [UInt8] { [state.withLockedValue(\.boots)] }
    func isSynchronised() -> Bool { state.withLockedValue(\.isSynchronised) }
    func monotonicNanoseconds() -> UInt64 { world.monotonicNanoseconds() }
    func sleep(milliseconds: Int64) async throws(CancellationError) {
        try await world.sleep(milliseconds: milliseconds)
    }

    // MARK: What goes wrong

    func setSynchronised(_ isSynchronised: Bool) { state.withLockedValue { $0.isSynchronised = isSynchronised } }

    /// The machine is started anew: what passed before is not counted with what passes now.
    func reboot() { state.withLockedValue { $0.boots &+= 1 } }

    /// Sets the wall clock on or back.
    func step(milliseconds: Int64) { state.withLockedValue { $0.ahead += milliseconds } }

    /// Puts the wall clock right, at its right pace.
    func mend() {
        let passed = passed
        state.withLockedValue { ($0.ahead, $0.changed, $0.pace) = (0, passed, 1_000) }
    }

    /// What the wall clock makes of a thousand milliseconds from now on: 0 stands still.
    func run(_ pace: Int64) {
        let passed = passed
        state.withLockedValue { state in
            state.ahead = state.wall(passed) - World.beginning.rawValue - passed
            (state.changed, state.pace) = (passed, pace)
        }
    }

    /// The machine sleeps for so long: nothing runs, and both of its clocks go on.
    func suspend(milliseconds: Int64) { state.withLockedValue { $0.suspended += milliseconds } }
}
