/// Durations by size in the layout of HdrHistogram: each doubling is cut into equal buckets, so that the error is a
/// share of the duration, however short or long it is.
///
/// Written here rather than taken from a package: adding is one shift and one increment that the compiler sees whole, a
/// generic type of another module would be looked up at run time, and the rest of such a package is not needed.
struct LatencyHistogram: Hashable, Sendable {
    /// How many bits of a duration below its first count: 2 to the power of this are the buckets of a doubling.
    private let fineness: UInt64
    private var buckets: [UInt64]
    /// How many durations were added.
    private(set) var count: UInt64 = 0
    /// The longest, in nanoseconds.
    private(set) var longest: UInt64 = 0

    /// Four buckets to each doubling, 2 KiB: a percentile is at most a quarter too high.
    init() { self.init(fineness: 2) }

    /// 128 buckets to each doubling, 58 KiB: a percentile is at most 0.8 % too high.
    static func fine() -> LatencyHistogram { LatencyHistogram(fineness: 7) }

    private init(fineness: UInt64) {
        self.fineness = fineness
        buckets = [UInt64](repeating: 0, count: Int((65 - fineness) << fineness))
    }

    /// Adds a duration in nanoseconds.
    mutating func add(_ nanoseconds: UInt64) {
        buckets[bucket(of: nanoseconds)] += 1
        count += 1
        longest = max(longest, nanoseconds)
    }

    /// Adds all that another histogram has, which is as fine as this one.
    mutating func add(_ other: LatencyHistogram) {
        precondition(fineness == other.fineness, "histograms that are added have the same buckets")
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        longest = max(longest, other.longest)
    }

    /// The duration, in nanoseconds, that `percent` (0 to 100) of those added did not exceed; 0 when there are none.
    func percentile(_ percent: Double) -> UInt64 {
        precondition((0...100).contains(percent), "a percentile lies between 0 and 100")
        guard count > 0 else { return 0 }
        let wanted = max(1, UInt64((Double(count) * percent / 100).rounded(.up)))
        var seen: UInt64 = 0
        for (index, inBucket) in buckets.enumerated() {
            seen += inBucket
            if seen >= wanted { return min(longest, upperEdge(of: index)) }
        }
        return longest
    }

    /// The buckets that are not empty, ascending: the longest duration, in nanoseconds, that falls into each, and how
    /// many did.
    var filledBuckets: [(upTo: UInt64, count: UInt64)] {
        buckets.enumerated().filter { $0.element > 0 }.map { (upperEdge(of: $0.offset), $0.element) }
    }

    /// Durations below 2 to the power of `fineness` each have their own.
    private func bucket(of nanoseconds: UInt64) -> Int {
        guard nanoseconds >> fineness != 0 else { return Int(nanoseconds) }
        let shift = UInt64(63 - nanoseconds.leadingZeroBitCount) - fineness
        return Int((shift + 1) << fineness + (nanoseconds >> shift) & (1 << fineness - 1))
    }

    private func upperEdge(of bucket: Int) -> UInt64 {
        let bucket = UInt64(bucket)
        guard bucket >> fineness != 0 else { return bucket }
        let shift = bucket >> fineness - 1
        // One less first: the edge of the very last bucket is the largest number there is.
        return ((1 << fineness + bucket & (1 << fineness - 1)) << shift) + ((1 << shift) - 1)
    }
}
