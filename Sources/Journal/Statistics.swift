/// What the journal has done since it was opened, and how big it is now. All durations in nanoseconds.
package struct JournalStatistics: Sendable {
    /// Transactions that reached the disk.
    package var commits = 0
    /// Syncs those transactions asked of the disk.
    package var syncs = 0
    /// Records made durable.
    package var records = 0
    /// Bytes of those records, before chunks and pages.
    package var recordBytes = 0
    /// State values put or deleted.
    package var tableWrites = 0
    /// Commits that found no room and were, or will be, tried again.
    package var refusedCommits = 0
    /// How long commits took: making room, building, writing and syncing.
    package var commitDurations = DurationHistogram()
    /// The same, by fixed buckets.
    package var commitBuckets = DurationBuckets()
    /// The same, of the last minute or two.
    package var recentCommits = RecentDurations()
    /// How long the last one took.
    package var lastCommitNanoseconds: UInt64 = 0
    /// For how long the commit at hand has been under way; 0 while there is none.
    package var commitUnderWayNanoseconds: UInt64 = 0
    /// Bytes accepted that are not on disk yet.
    package var pendingBytes = 0
    /// The last position handed out.
    package var lastPosition = Position.zero
    /// The last position on disk.
    package var durablePosition = Position.zero
    /// The oldest position still in the log.
    package var oldestPosition = Position.first
    /// From where recovery would replay.
    package var checkpoint = Position.first
    /// Log segments kept.
    package var segments = 0
    /// Bytes of pages that the kept log takes.
    package var logBytes = 0
    /// Sizes of the store.
    package var storage = StorageFootprint()
    /// By how much each sync is made slower than the disk is; 0 in service.
    package var simulatedSyncDelayNanoseconds: UInt64 = 0
    /// Whether writes are taken.
    package var admission = Admission.open
    /// What went wrong last, in a sentence; `nil` while nothing has.
    package var lastError: String?

    package init() {}
}

/// Whether the journal takes writes. Ask before carrying a command out: an append itself never refuses.
package enum Admission: Hashable, Sendable {
    /// Yes.
    case open
    /// Too much is waiting for the disk; try again after that long.
    case overloaded(retryAfterMilliseconds: Int)
    /// There is no room on disk. Reads go on, and writes will once there is room.
    case storageFull
}

/// Durations by their size: four buckets to each doubling, so a percentile is at most a quarter too high.
package struct DurationHistogram: Hashable, Sendable {
    private static let bucketsPerDoubling = 4
    private var counts = [UInt64](repeating: 0, count: 64 * bucketsPerDoubling)
    /// How many durations were added.
    package private(set) var count: UInt64 = 0
    /// The longest, in nanoseconds.
    package private(set) var longest: UInt64 = 0

    /// A histogram without durations.
    package init() {}

    /// Adds a duration in nanoseconds.
    package mutating func add(_ nanoseconds: UInt64) {
        counts[Self.bucket(nanoseconds)] += 1
        count += 1
        longest = max(longest, nanoseconds)
    }

    /// Adds all that another histogram has.
    package mutating func add(_ other: DurationHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        longest = max(longest, other.longest)
    }

    /// The duration, in nanoseconds, that a share of `percent` (0 to 100) of those added did not exceed; 0 when none
    /// was added. It is the upper edge of a bucket, but never more than ``longest``.
    package func percentile(_ percent: Double) -> UInt64 {
        precondition((0...100).contains(percent), "A percentile lies between 0 and 100.")
        let wanted = max(1, UInt64((Double(count) * percent / 100).rounded(.up)))
        var seen: UInt64 = 0
        for (index, inBucket) in counts.enumerated() {
            seen += inBucket
            if seen >= wanted { return min(longest, Self.upperEdge(index)) }
        }
        return longest
    }

    static func bucket(_ nanoseconds: UInt64) -> Int {
        guard nanoseconds >= 4 else { return Int(nanoseconds) }
        let exponent = 63 - nanoseconds.leadingZeroBitCount
        return (exponent - 1) * bucketsPerDoubling + Int((nanoseconds >> UInt64(exponent - 2)) & 3)
    }

    static func upperEdge(_ bucket: Int) -> UInt64 {
        guard bucket >= 4 else { return UInt64(bucket) }
        let exponent = bucket / bucketsPerDoubling + 1
        let quarter = UInt64(bucket % bucketsPerDoubling)
        let lower = (4 + quarter) << UInt64(exponent - 2)
        return lower + ((1 << UInt64(exponent - 2)) - 1)
    }
}
