import NIOCore

/// Where the client gets time and randomness from, so that tests can live through a year of failures at once.
package struct TimeSource: Sendable {
    /// Nanoseconds of a monotonic clock.
    package var now: @Sendable () -> UInt64
    package var sleep: @Sendable (Duration) async throws -> Void
    /// 0 to 1.
    package var random: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> UInt64, sleep: @escaping @Sendable (Duration) async throws -> Void,
        random: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
    }

    /// The machine's own.
    package static let system = TimeSource(
        now: { NIODeadline.now().uptimeNanoseconds }, sleep: { try await Task.sleep(for: $0) },
        random: { Double.random(in: 0...1) })
}
