import Engine
import Foundation
import Journal
import Scheduling
import Wire

extension PBStatusReply {
    init(
        _ status: EngineStatus, zones: ZoneStanding?, clashes: [String], server: String, connections: Int,
        subscriptions: Int, followed: FollowedPrimary?
    ) {
        self.init()
        self.server = server
        cluster = Data(status.cluster)
        epoch = status.epoch
        role = PBRole(status.replication.role)
        replication = PBReplicationStatus(status.replication, followed)
        nowMs = status.now.rawValue
        uptimeMs = status.uptimeMilliseconds
        position = status.position.rawValue
        durablePosition = status.settledPosition.rawValue
        oldestPosition = status.journal.oldestPosition.rawValue
        counts = PBCounts(status)
        journal = PBJournalStatus(status)
        self.connections = UInt32(clamping: connections)
        self.subscriptions = UInt32(clamping: subscriptions)
        acceptingWrites = status.acceptingWrites
        trouble = status.trouble
        clock = PBClockStatus(status.clock)
        readers = status.readers.map { PBFeedReader($0) }
        self.clashes = clashes
        if let zones { self.zones = PBZoneStatus(zones) }
        if let roll = status.roll { self.roll = PBRollStatus(roll) }
    }
}

extension PBRollStatus {
    init(_ report: RollReport) {
        self.init()
        days = UInt32(clamping: report.policy.days)
        at = report.policy.at.description
        day = report.day?.description ?? ""
        through = report.through?.description ?? ""
        opened = UInt64(report.opened)
        withdrawn = UInt64(report.withdrawn)
        conflicts = Array(report.conflicts.prefix(EngineLimits.clashesListed))
        conflictCount = UInt64(report.conflicts.count)
        trouble = report.trouble
    }
}

extension PBClockStatus {
    init(_ state: ClockState) {
        self.init()
        aheadMs = state.aheadMilliseconds
        fault = state.isFault
        slowed = state.isSlowed
        synchronised = state.isSynchronised
        simulated = state.isSimulated
    }
}

extension PBFeedReader {
    init(_ reader: FeedReaderStatus) {
        self.init()
        name = reader.name
        confirmed = reader.confirmed.rawValue
        behindRecords = reader.behindRecords
        behindMs = UInt64(max(0, reader.behindMilliseconds))
        subscriptions = UInt32(clamping: reader.subscriptions)
        trimmed = reader.isTrimmed
    }
}

extension PBClockChange {
    init(_ change: TimeZoneRules.Change) {
        self.init()
        fromS = change.fromSecond
        offsetS = change.offsetSeconds
    }
}

extension PBZoneStatus {
    init(_ standing: ZoneStanding) {
        self.init()
        zone = standing.zone
        tables = standing.tables ?? ""
        kept = standing.kept ?? ""
        trouble = standing.trouble ?? ""
        differsFromMs = standing.differsFrom?.rawValue ?? 0
        differsOn = standing.differsOn?.description ?? ""
        movedSessions = UInt64(standing.movedCount)
        moved = standing.moved.map { session in
            var moved = PBMovedSession()
            moved.session = session.session.rawValue
            moved.fromMs = session.from.rawValue
            moved.keptOffsetS = session.keptOffset
            moved.tableOffsetS = session.tableOffset
            return moved
        }
    }
}

extension PBCounts {
    init(_ status: EngineStatus) {
        self.init()
        departments = UInt64(status.catalogue.departments)
        resources = UInt64(status.catalogue.resources)
        services = UInt64(status.catalogue.services)
        pools = UInt64(status.catalogue.pools)
        templates = UInt64(status.catalogue.templates)
        sessions = UInt64(status.counts.sessions)
        slots = UInt64(status.counts.slots)
        appointments = UInt64(status.counts.appointments)
        holds = UInt64(status.counts.holds)
        patients = status.patients
        keys = UInt64(status.keys)
    }
}

extension PBJournalStatus {
    init(_ status: EngineStatus) {
        let journal = status.journal
        self.init()
        commits = UInt64(journal.commits)
        records = UInt64(journal.records)
        bytes = UInt64(journal.recordBytes)
        commitP50Us = journal.commitDurations.percentile(50) / 1_000
        commitP99Us = journal.commitDurations.percentile(99) / 1_000
        commitMaxUs = journal.commitDurations.longest / 1_000
        fileBytes = UInt64(journal.storage.fileBytes)
        mapBytes = UInt64(journal.storage.mapBytes)
        logBytes = UInt64(journal.logBytes)
        pendingBytes = UInt64(journal.pendingBytes)
        checkpointPosition = status.checkpointPosition.rawValue
        checkpointing = status.isCheckpointing
        lastCheckpointMs = UInt64(max(0, status.lastCheckpoint?.rawValue ?? 0))
    }
}
