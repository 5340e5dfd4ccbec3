import Journal
import NIOConcurrencyHelpers
import Scheduling

/// Writes what changed into the state tables while the engine serves, then lets the log before it go.
///
/// The order makes it safe: first the keys tell since when a write has been under way, then directory and pools write what they
/// have. A fact that is older than both is in some table; every other fact stays in the log.
actor Checkpointer {
    private let journal: Journal
    private let keys: KeyWindow
    private let directory: Directory
    private let shards: Shards
    private let keyWindow: Int64
    private var nextKeyValue: UInt64
    /// Values of the key table and the latest moment in each, the oldest first: so the outlived ones can go.
    private var keyValues: [(number: UInt64, latest: Instant)] = []
    private let last: NIOLockedValueBox<(at: Instant?, position: Position)>
    private var logBytesThen = 0
    private var isRunning = false

    /// Sessions written between two turns of a shard: about a millisecond of its time.
    private static let sessionsPerSlice = 256

    init(
        journal: Journal, keys: KeyWindow, directory: Directory, shards: Shards, keyWindow: Int64, keyValues: [UInt64],
        now: Instant
    ) {
        self.journal = journal
        self.keys = keys
        self.directory = directory
        self.shards = shards
        self.keyWindow = keyWindow
        nextKeyValue = (keyValues.last ?? 0) + 1
        // What earlier processes wrote may be kept one window longer than needed, never shorter.
        self.keyValues = keyValues.map { ($0, now) }
        last = NIOLockedValueBox((nil, journal.checkpoint))
        logBytesThen = journal.statistics.recordBytes
    }

    /// When the last checkpoint of this process ended, and what it reflects.
    nonisolated var lastCheckpoint: (at: Instant?, position: Position) { last.withLockedValue { $0 } }

    /// Whether enough log has been written, or enough time has passed, since the last one.
    func isDue(now: Instant, afterBytes: Int, afterMilliseconds: Int64, startedAt: Instant) -> Bool {
        let since = lastCheckpoint.at ?? startedAt
        let written = journal.statistics.recordBytes - logBytesThen
        return written >= afterBytes || (written > 0 && now.rawValue - since.rawValue >= afterMilliseconds)
    }

    /// - Parameter reached: up to where every shard has everything, where that is not all the journal has: on a standby.
    func run(now: Instant, reached: Position? = nil) async {
        guard !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        let bytes = journal.statistics.recordBytes
        let reached = reached ?? journal.lastPosition
        let openSince = writeKeys(now: now)
        await directory.checkpoint()
        for shard in shards.pools {
            let dirty = await shard.dirtySessions()
            for start in stride(from: 0, to: dirty.count, by: Self.sessionsPerSlice) {
                await shard.checkpoint(dirty[start..<min(start + Self.sessionsPerSlice, dirty.count)])
            }
        }
        let kept = min(reached, openSince ?? reached)
        journal.trim(before: kept.next)
        logBytesThen = bytes
        last.withLockedValue { $0 = (now, kept) }
    }

    private func writeKeys(now: Instant) -> Position? {
        let (answers, openSince) = keys.takeUnwritten()
        let values = AnswerTables.writes(answers, from: nextKeyValue)
        var writes = values.map(\.write)
        for value in values {
            keyValues.append((nextKeyValue, value.latest))
            nextKeyValue += 1
        }
        let outlived = keyValues.prefix { $0.latest.rawValue < now.rawValue - keyWindow }.count
        if outlived > 0 {
            writes += keyValues[..<outlived].map { .delete(EngineTables.keys, key: EngineTables.key($0.number)) }
            keyValues.removeFirst(outlived)
        }
        if !writes.isEmpty { journal.write(writes) }
        return openSince
    }
}
