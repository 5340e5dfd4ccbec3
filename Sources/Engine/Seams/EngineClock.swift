package import Scheduling

/// Where the engine's time comes from. The system's in production; a clock that somebody else moves in replays and in
/// the simulator.
package protocol EngineClock: Sendable {
    /// The wall clock, and what has passed whatever the wall clock says.
    func reading() -> ClockReading
    /// Whether the kernel says that the wall clock is synchronised with another.
    func isSynchronised() -> Bool
    /// Names the run of the machine, from its boot to its end, that what has passed is counted in; empty where that is
    /// not known.
    func boot() -> [UInt8]
    /// Nanoseconds since some fixed moment, never going back; deadlines are told in it.
    func monotonicNanoseconds() -> UInt64
    /// Returns when this much has passed, or throws when the task is cancelled.
    func sleep(milliseconds: Int64) async throws(CancellationError)
}

extension EngineClock {
    package func boot() -> [UInt8] { [] }

    /// The wall clock.
    package func now() -> Instant { Instant(rawValue: reading().wall / 1_000_000) }
}
