package import Scheduling

/// Where the engine's time comes from. The system's in production; a clock that somebody else moves in replays and in
/// the simulator.
package protocol EngineClock: Sendable {
    /// The wall clock.
    func now() -> Instant
    /// Nanoseconds since some fixed moment, never going back; deadlines are told in it.
    func monotonicNanoseconds() -> UInt64
    /// Returns when the wall clock has moved on by this much, or throws when the task is cancelled.
    func sleep(milliseconds: Int64) async throws(CancellationError)
}
