/// Durations by size, four buckets to each doubling: a percentile is at most a quarter too high.
package struct LatencyHistogram: Hashable, Sendable {
    private static let bucketsPerDoubling = 4

    private var buckets = [UInt64](repeating: 0, count: 64 * bucketsPerDoubling)
    /// How many durations were added.
    package private(set) var count: UInt64 = 0
    /// The longest, in nanoseconds.
    package private(set) var longest: UInt64 = 0

    package init() {}

    /// Adds a duration in nanoseconds.
    package mutating func add(_ nanoseconds: UInt64) {
        buckets[Self.bucket(of: nanoseconds)] += 1
        count += 1
        longest = max(longest, nanoseconds)
    }

    /// Adds all that another histogram has.
    package mutating func add(_ other: LatencyHistogram) {
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        longest = max(longest, other.longest)
    }

    /// The duration, in nanoseconds, that `percent` (0 to 100) of those added did not exceed; 0 when there are none.
    package func percentile(_ percent: Double) -> UInt64 {
        precondition((0...100).contains(percent), "a percentile lies between 0 and 100")
        guard count > 0 else { return 0 }
        let wanted = max(1, UInt64((Double(count) * percent / 100).rounded(.up)))
        var seen: UInt64 = 0
        for (index, inBucket) in buckets.enumerated() {
            seen += inBucket
            if seen >= wanted { return min(longest, Self.upperEdge(of: index)) }
        }
        return longest
    }

    /// The buckets that are not empty, ascending: the longest duration, in nanoseconds, that falls into each, and how many did.
    package var filledBuckets: [(upTo: UInt64, count: UInt64)] {
        buckets.enumerated().filter { $0.element > 0 }.map { (Self.upperEdge(of: $0.offset), $0.element) }
    }

    private static func bucket(of nanoseconds: UInt64) -> Int {
        guard nanoseconds >= 4 else { return Int(nanoseconds) }
        let exponent = 63 - nanoseconds.leadingZeroBitCount
        return (exponent - 1) * bucketsPerDoubling + Int((nanoseconds >> UInt64(exponent - 2)) & 3)
    }

    private static func upperEdge(of bucket: Int) -> UInt64 {
        guard bucket >= 4 else { return UInt64(bucket) }
        let exponent = UInt64(bucket / bucketsPerDoubling + 1)
        let lower = (4 + UInt64(bucket % bucketsPerDoubling)) << (exponent - 2)
        return lower + (1 << (exponent - 2)) - 1
    }
}
