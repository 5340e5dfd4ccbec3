import Engine
import Journal
import Scheduling
import Server
import Wire

/// Everything that a scrape shows, gathered from where it is counted. While there is no engine yet, or no more, it
/// shows the process alone.
struct MetricsPage {
    /// What of the configuration the numbers are to be seen against.
    struct Settings: Sendable {
        var dataFolder: String
        /// Bytes.
        var queueLimit: Int
        /// Seconds since 1970.
        var startedAt: Double
    }

    private var page = Exposition()
    private let settings: Settings

    /// While there is no engine that serves.
    static func text(_ settings: Settings) -> String {
        var page = MetricsPage(settings: settings)
        page.page.add(.ready, 0)
        page.page.add(.build, [(Version.number, 1)])
        page.addProcess()
        return page.page.text
    }

    static func text(_ settings: Settings, of running: RunningEngine) async -> String {
        let (status, counters) = (await running.engine.status(), await running.server.counters())
        var page = MetricsPage(settings: settings)
        page.addState(status, running.engine.replication)
        page.addRequests(counters, status)
        page.addJournal(status)
        page.addSizes(status)
        page.addProcess()
        return page.page.text
    }

    private init(settings: Settings) { self.settings = settings }

    // MARK: State

    private mutating func addState(_ status: EngineStatus, _ replication: ReplicationState) {
        page.add(.ready, Readiness.objection(status, replication) == nil ? 1 : 0)
        let state =
            switch status.journal.admission {
            case .open: "open"
            case .overloaded: "overloaded"
            case .storageFull: "storage_full"
            }
        page.add(.admission, ["open", "overloaded", "storage_full"].map { ($0, $0 == state ? 1 : 0) })
        let role =
            switch replication.role {
            case .primary: "primary"
            case .standby: "standby"
            case .deposed: "deposed"
            }
        page.add(.role, ["primary", "standby", "deposed"].map { ($0, $0 == role ? 1 : 0) })
        page.add(.epoch, status.epoch)
        page.add(.standbyExpected, replication.isStandbyExpected ? 1 : 0)
        page.add(.standbys, replication.standby == nil ? 0 : 1)
        page.add(.alone, replication.isStandbyExpected && replication.isAlone ? 1 : 0)
        // Without a standby nothing lags; that it is missing is told above.
        let isBehind = replication.standby != nil && status.position > replication.confirmed
        page.add(.replicationLag, isBehind ? status.position.rawValue - replication.confirmed.rawValue : 0)
        page.add(
            .standbyHeard, replication.standby == nil ? 0 : Double(replication.heardMillisecondsAgo) / 1_000)
        page.add(.clockAhead, Double(status.clock.aheadMilliseconds) / 1_000)
        page.add(.clockFault, status.clock.isFault ? 1 : 0)
        page.add(.clockSynchronised, status.clock.isSynchronised ? 1 : 0)
        page.add(.build, [(Version.number, 1)])
    }

    // MARK: Requests

    private mutating func addRequests(_ counters: ServerCounters, _ status: EngineStatus) {
        let totals = counters.totals
        let methods = Method.allCases.filter(\.isRequest)
        page.add(
            .requests,
            methods.flatMap { method in
                RequestOutcome.allCases.map { outcome in
                    ([Self.label(method), "\(outcome)"], totals[method].outcomes[outcome.rawValue])
                }
            })
        page.add(.requestDurations, methods.map { (Self.label($0), totals[$0].durations) })
        let writes = totals.writes
        page.add(.writes, [("done", writes.done), ("refused", writes.refused), ("failed", writes.failed)])
        page.add(.repeatedWrites, writes.repeated)
        page.add(.refusals, Rule.allCases.map { (Self.label($0).uppercased(), writes[$0]) })
        page.add(.errors, ErrorCode.allCases.map { (Self.label($0).uppercased(), totals[$0]) })
        page.add(.inFlight, counters.inFlight)
        page.add(.connections, counters.connections)
        page.add(.connectionLimit, counters.connectionLimit)
        page.add(.vanishedPeers, totals.vanishedPeers)
        page.add(.receivedBytes, totals.receivedBytes)
        page.add(.sentBytes, totals.sentBytes)
        page.add(.feeds, counters.subscriptions)
        // The status was asked first: a feed may be ahead of it by now, and then has no lag.
        let slowest = counters.slowestFeed ?? status.settledPosition
        page.add(.feedLag, slowest < status.settledPosition ? status.settledPosition.rawValue - slowest.rawValue : 0)
        page.add(.readers, status.readers.count)
        page.add(.readerSubscriptions, status.readers.map { ($0.name, UInt64($0.subscriptions)) })
        page.add(.readerLag, status.readers.map { ($0.name, $0.behindRecords) })
        page.add(.readerAge, status.readers.map { ($0.name, UInt64($0.behindMilliseconds) / 1_000) })
        page.add(.readerTrimmed, status.readers.map { ($0.name, $0.isTrimmed ? 1 : 0) })
        page.add(.expiredHolds, status.expiredHolds)
    }

    /// `perDayDepartment` is `per_day_department`: the protocol's own names, in the writing that labels have.
    static func label(_ value: some Any) -> String {
        "\(value)".reduce(into: "") { text, character in
            text += character.isUppercase ? "_\(character.lowercased())" : String(character)
        }
    }

    // MARK: The journal

    private mutating func addJournal(_ status: EngineStatus) {
        let journal = status.journal
        page.add(.commits, journal.commits)
        page.add(.syncs, journal.syncs)
        page.add(.records, journal.records)
        page.add(.recordBytes, journal.recordBytes)
        page.add(.refusedCommits, journal.refusedCommits)
        page.add(.commitDurations, journal.commitBuckets)
        page.add(.commitP99, Double(journal.recentCommits.percentile(99)) / 1e9)
        page.add(.pendingBytes, journal.pendingBytes)
        page.add(.pendingLimit, settings.queueLimit)
        page.add(.lastPosition, status.position.rawValue)
        page.add(.durablePosition, status.settledPosition.rawValue)
        page.add(.checkpointPosition, journal.checkpoint.previous.rawValue)
        page.add(.oldestPosition, journal.oldestPosition.rawValue)
        let since = status.lastCheckpoint?.rawValue ?? status.now.rawValue - Int64(status.uptimeMilliseconds)
        page.add(.checkpointAge, Double(max(0, status.now.rawValue - since)) / 1_000)
    }

    // MARK: Sizes

    private mutating func addSizes(_ status: EngineStatus) {
        page.add(.sessions, status.counts.sessions)
        page.add(.slots, status.counts.slots)
        page.add(.appointments, status.counts.appointments)
        page.add(.holds, status.counts.holds)
        page.add(.patients, status.patients)
        page.add(.keys, status.keys)
        page.add(.fileBytes, status.journal.storage.fileBytes)
        page.add(.usedFileBytes, status.journal.storage.usedBytes)
        page.add(.fileLimit, status.journal.storage.mapBytes)
        page.add(.logBytes, status.journal.logBytes)
        if let room = DiskRoom(folder: settings.dataFolder) {
            page.add(.diskFree, room.freeBytes)
            page.add(.diskSize, room.sizeBytes)
        }
    }

    private mutating func addProcess() {
        let usage = ProcessUsage.now()
        if let bytes = usage.residentBytes { page.add(.residentMemory, bytes) }
        page.add(.processorTime, usage.processorSeconds)
        if let count = usage.openDescriptors { page.add(.openDescriptors, count) }
        if let limit = usage.descriptorLimit { page.add(.descriptorLimit, limit) }
        page.add(.droppedLogLines, LogWriter.standardError.dropped)
        page.add(.startTime, settings.startedAt)
    }
}
