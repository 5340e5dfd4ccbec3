/// Durations counted into fixed buckets, the same in every process and version, so that a monitoring system can add
/// them up over time and over machines. ``DurationHistogram`` is finer and is for people.
package struct DurationBuckets: Hashable, Sendable {
    /// Upper bounds in nanoseconds, ascending: 100 µs to 5 s. What is longer falls into one more bucket without a
    /// bound.
    package static let bounds: [UInt64] = [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000,
    ]

    /// How many durations fell into each bucket alone, the one without a bound last.
    package private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    /// The sum of all durations, in nanoseconds.
    package private(set) var nanoseconds: UInt64 = 0

    /// Buckets without durations.
    package init() {}

    /// How many durations were added.
    package var count: UInt64 { counts.reduce(0, +) }

    /// Adds a duration in nanoseconds, as often as it occurred.
    package mutating func add(_ duration: UInt64, times: UInt64 = 1) {
        counts[Self.bounds.firstIndex { duration <= $0 } ?? Self.bounds.count] += times
        nanoseconds &+= duration &* times
    }

    /// Adds all that others have.
    package mutating func add(_ other: DurationBuckets) {
        for index in counts.indices { counts[index] += other.counts[index] }
        nanoseconds &+= other.nanoseconds
    }
}

/// Durations of the last minute or two, for a percentile that tells how it is now and not how it was on average since
/// the start: a disk that became slow must show within a minute, even after a year of good days.
package struct RecentDurations: Hashable, Sendable {
    /// The length of a window; the durations of the current one and of the one before count.
    package static let windowNanoseconds: UInt64 = 60_000_000_000

    private var current = DurationHistogram()
    private var previous = DurationHistogram()
    private var windowStart: UInt64?

    /// Nothing has happened yet.
    package init() {}

    /// Adds a duration that ended `now`; both in nanoseconds, `now` of any clock that never goes back.
    package mutating func add(_ duration: UInt64, at now: UInt64) {
        roll(to: now)
        current.add(duration)
    }

    /// Lets go of what is too long ago.
    package mutating func roll(to now: UInt64) {
        let start = windowStart ?? now
        let windows = (now &- start) / Self.windowNanoseconds
        windowStart = start &+ windows &* Self.windowNanoseconds
        guard windows > 0 else { return }
        previous = windows == 1 ? current : DurationHistogram()
        current = DurationHistogram()
    }

    /// How many durations count now.
    package var count: UInt64 { current.count + previous.count }

    /// What ``DurationHistogram/percentile(_:)`` says of the durations that count; 0 when there are none.
    package func percentile(_ percent: Double) -> UInt64 {
        var both = current
        both.add(previous)
        return both.percentile(percent)
    }
}
