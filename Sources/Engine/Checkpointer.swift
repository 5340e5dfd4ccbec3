import Journal
import NIOConcurrencyHelpers
import Scheduling

/// Writes what changed into the state tables while the engine serves, then lets the log before it go.
///
/// It writes in slices of `EngineLimits.checkpointSliceBytes` and waits for the disk after each, so that no write of a
/// caller waits behind more than one of them, and the queue before the disk is the callers'. Where there is no room it
/// stops, and a later one goes on with what is left: what was handed over is noted as written, and nothing is let go of
/// before all is. One that nobody waits for pauses after each slice, so that it takes no more than a quarter of a core
/// from those who are served; unless so much log is written meanwhile that the next one would be due.
///
/// Why the log may then be let go of: at the beginning the journal stood at `reached`, and a moment later the keys tell
/// `openSince`, where it stood when the oldest write that is still under way began. Take a fact at or before both.
/// - Its key's answer: its write is not under way, for then it would have begun at or after `openSince` and its fact
///   would stand behind it. So the key is answered, and lies before the first one under way in its stripe (whose later
///   keys began later, and so did their facts), where this checkpoint or one before takes it.
/// - Its change of one pool, or of the directory: put into the journal in the step in which it came true there, so
///   before that pool's shard, or the directory, is asked what changed, which comes later; it is in a table or among
///   what is written now. On a standby `reached` is up to where shards and directory have everything, so they had it
///   before they were asked.
/// - Its change of one patient's appeals: as of one pool, put into the journal in the step in which it came true at
///   the patient's shard, which is asked after that.
/// - Its change of several pools: its key is under way until the last pool has it, so all had it when they were asked.
/// Every other fact stays in the log. None of this asks for the writes to be one piece: a crash between two slices
/// leaves tables that reflect more than the log's beginning, which replaying it over them does not mind.
///
/// It writes no session whose pool the tables do not know: the shards are asked which sessions changed before the
/// directory is asked what it has. A pool is in the directory before a session is opened in it, here and on a standby,
/// so the pool of each of these sessions is in a table or goes there before the session does. A session that is opened
/// later is the next checkpoint's. Between a shard's word and a session's turn the session may change, and is written
/// as it is then, or go to the history table, and is passed over.
actor Checkpointer {
    private let journal: Journal
    private let keys: KeyWindow
    private let directory: Directory
    private let shards: Shards
    private let readers: FeedReaders
    private let feedKeep: FeedKeep
    private let time: EngineTime
    private let clock: any EngineClock
    /// Since when the slice at hand is being written; nil while nobody is to be spared.
    private var sliceBegan: UInt64?
    /// Bytes of records written in all at which nobody is spared any longer.
    private var sparesUntil = 0
    private let keyWindow: Int64
    private var nextKeyValue: UInt64
    /// Values of the key table and the latest moment in each, the oldest first: so the outlived ones can go.
    private var keyValues: [(number: UInt64, latest: Instant)] = []
    private let last: NIOLockedValueBox<(at: Instant?, position: Position)>
    private let underWay = NIOLockedValueBox(false)
    private var logBytesThen = 0
    private let pass: (@Sendable (CheckpointPoint) -> Void)?

    init(
        journal: Journal, keys: KeyWindow, directory: Directory, shards: Shards, readers: FeedReaders,
        feedKeep: FeedKeep, keyWindow: Int64, keyValues: [UInt64], time: EngineTime, clock: any EngineClock,
        pass: (@Sendable (CheckpointPoint) -> Void)?
    ) {
        self.time = time
        self.clock = clock
        self.journal = journal
        self.pass = pass
        self.keys = keys
        self.directory = directory
        self.shards = shards
        self.readers = readers
        self.feedKeep = feedKeep
        self.keyWindow = keyWindow
        nextKeyValue = (keyValues.last ?? 0) + 1
        // What earlier processes wrote may be kept one window longer than needed, never shorter.
        self.keyValues = keyValues.map { ($0, time.started) }
        last = NIOLockedValueBox((nil, journal.checkpoint))
        logBytesThen = journal.statistics.recordBytes
    }

    /// When the last checkpoint of this process ended, and what it reflects.
    nonisolated var lastCheckpoint: (at: Instant?, position: Position) { last.withLockedValue { $0 } }

    /// Whether one is being written at this moment.
    nonisolated var isRunning: Bool { underWay.withLockedValue { $0 } }

    /// Whether enough log has been written, or enough time has passed, since the last one.
    func isDue(now: Instant, afterBytes: Int, afterMilliseconds: Int64, startedAt: Instant) -> Bool {
        let since = lastCheckpoint.at ?? startedAt
        let written = journal.statistics.recordBytes - logBytesThen
        return written >= afterBytes || (written > 0 && now.rawValue - since.rawValue >= afterMilliseconds)
    }

    /// Writes a checkpoint, unless one is being written. Returns early, with the log as it was, when there is no room
    /// for it, when the task is cancelled, and when the journal has ended.
    /// - Parameters:
    ///   - reached: up to where every shard has everything, where that is not all the journal has: on a standby.
    ///   - sparing: bytes of log that may be written meanwhile while it spares those who are served; nil where it is to
    ///     be quick.
    func run(reached: Position? = nil, sparing: Int? = nil) async {
        guard !isRunning, journal.hasRoom(forTables: EngineLimits.checkpointSliceBytes) else { return }
        underWay.withLockedValue { $0 = true }
        defer { underWay.withLockedValue { $0 = false } }
        let bytes = journal.statistics.recordBytes
        sliceBegan = sparing.map { _ in clock.monotonicNanoseconds() }
        sparesUntil = bytes + (sparing ?? 0)
        let isStandby = reached != nil
        // What the standby has not confirmed stays, so that a start without it knows what may not be shown.
        let reached = min(reached ?? journal.lastPosition, journal.settledPosition)
        pass?(.begun)
        let openSince = keys.beginCheckpoint()
        do throws(JournalError) {
            try await writeKeys(isStandby: isStandby)
            pass?(.keysWritten)
            // Before the directory is asked: it has the pool of every session that a shard names.
            var changed: [[SessionID]] = []
            for shard in shards.pools { changed.append(await shard.dirtySessions()) }
            try await writeDirectory()
            pass?(.directoryWritten)
            for (shard, sessions) in zip(shards.pools, changed) { try await write(sessions, of: shard) }
            for shard in shards.patients { await shard.checkpoint() }
            try await untilWritten()
        } catch {
            // What was handed over is on its way and noted as written; the next one writes the rest.
            return
        }
        pass?(.sessionsWritten)
        let kept = min(reached, openSince ?? reached)
        let now = time.now()
        // The log that goes may hold the only trace of how late it was.
        let told = isStandby ? time.told : now
        journal.setMetadata(Self.latestMoment, told.encoded)
        // A restart may have to ask its standby again for what a checkpoint before has: recovery begins no earlier.
        let begin = max(kept.next, journal.checkpoint)
        journal.setMetadata(RecoveredReaders.metadataName, readers.saved(before: begin))
        // Where writes find no room, they go before readers, who can read the state anew.
        readers.trim(
            before: kept.next, keeping: journal.admission == .storageFull ? nil : feedKeep, now: told)
        pass?(.trimAsked)
        logBytesThen = bytes
        last.withLockedValue { $0 = (now, kept) }
    }

    /// Name of the fact up to which moment facts may have been let go of.
    static let latestMoment = "latest"

    private func writeKeys(isStandby: Bool) async throws(JournalError) {
        while true {
            let answers = keys.takeUnwritten(most: EngineLimits.checkpointSliceBytes / AnswerTables.pendingBytes)
            guard !answers.isEmpty else { break }
            let values = AnswerTables.writes(answers, from: nextKeyValue)
            for value in values {
                keyValues.append((nextKeyValue, value.latest))
                nextKeyValue += 1
            }
            journal.write(values.map(\.write))
            try await untilWritten()
        }
        // A standby's by its primary's time.
        let horizon = (isStandby ? time.told : time.now()).rawValue - keyWindow
        while true {
            let outlived = keyValues.prefix { $0.latest.rawValue < horizon }.prefix(EngineLimits.keyValuesDroppedAtOnce)
            guard !outlived.isEmpty else { return }
            let deletions = outlived.map { TableWrite.delete(EngineTables.keys, key: EngineTables.key($0.number)) }
            keyValues.removeFirst(outlived.count)
            journal.write(deletions)
            try await untilWritten()
        }
    }

    private func writeDirectory() async throws(JournalError) {
        // What comes meanwhile is the next checkpoint's: its facts stand behind `reached`.
        var left = await directory.unsaved
        while !left.isEmpty {
            left = await directory.checkpoint(left, bytes: EngineLimits.checkpointSliceBytes)
            try await untilWritten()
        }
    }

    private func write(_ sessions: [SessionID], of shard: PoolShard) async throws(JournalError) {
        var dirty = sessions[...]
        while !dirty.isEmpty {
            let slice = dirty.prefix(EngineLimits.sessionsWrittenPerTurn)
            dirty = dirty.dropFirst(await shard.checkpoint(slice, bytes: EngineLimits.checkpointSliceBytes))
            pass?(.sliceWritten)
            try await untilWritten()
        }
    }

    /// Returns when the slice that was handed over is on disk and there is room for another.
    private func untilWritten() async throws(JournalError) {
        try await journal.flushed()
        guard journal.hasRoom(forTables: EngineLimits.checkpointSliceBytes) else { throw .storageFull }
        guard let began = sliceBegan, journal.statistics.recordBytes < sparesUntil else { return }
        let took = clock.monotonicNanoseconds() - began
        let pause = Int64(took / 1_000_000) * 3
        if pause > 0 {
            do { try await clock.sleep(milliseconds: min(pause, EngineLimits.checkpointPauseMilliseconds)) } catch {
                throw .cancelled
            }
        }
        sliceBegan = clock.monotonicNanoseconds()
    }
}
