import MemoryJournal
import Testing

@testable import Journal

@Suite struct `Durations in buckets` {
    @Test func `a duration at a bound lies below it, one nanosecond more lies above`() {
        for (place, bound) in DurationBuckets.bounds.enumerated() {
            var buckets = DurationBuckets()
            buckets.add(bound)
            buckets.add(bound + 1, times: 3)
            #expect(buckets.counts[place] == 1 && buckets.counts[place + 1] == 3)
            #expect(buckets.count == 4 && buckets.nanoseconds == bound * 4 + 3)
        }
    }

    @Test func `sums are those of their parts`() {
        var (a, b) = (DurationBuckets(), DurationBuckets())
        a.add(50_000, times: 2)
        b.add(7_000_000_000)
        a.add(b)
        #expect(a.counts.first == 2 && a.counts.last == 1 && a.count == 3 && a.nanoseconds == 7_000_100_000)
    }

    @Test func `a percentile of late forgets a bad hour, and shows a slow disk within a window`() {
        let window = RecentDurations.windowNanoseconds
        var recent = RecentDurations()
        #expect(recent.percentile(99) == 0 && recent.count == 0)
        for step in 0..<100 as Range<UInt64> { recent.add(1_000_000, at: 5 + step) }
        #expect((1_000_000...1_250_000).contains(recent.percentile(99)))
        // The next window: both count.
        for step in 0..<100 as Range<UInt64> { recent.add(90_000_000, at: 5 + window + step) }
        #expect(recent.count == 200 && recent.percentile(99) == 90_000_000)
        // One more: the first has gone.
        recent.roll(to: 5 + 2 * window)
        #expect(recent.count == 100 && recent.percentile(1) == 90_000_000)
        // After a long silence nothing is left.
        recent.roll(to: 5 + 9 * window)
        #expect(recent.count == 0 && recent.percentile(99) == 0)
    }

    @Test func `a journal counts its commits in the buckets too`() throws {
        let journal = try Journal.open(JournalOptions(storage: MemoryDisk().attach()))
        defer { journal.abandon() }
        for _ in 0..<3 {
            var batch = RecordBatch()
            try batch.append([1, 2, 3])
            journal.append(batch)
            #expect(try journal.step())
        }
        let statistics = journal.statistics
        #expect(statistics.commits == 3)
        #expect(statistics.commitBuckets.count == 3 && statistics.recentCommits.count == 3)
    }
}
