import Wire

/// How a server is doing.
public struct ServerStatus: Hashable, Sendable {
    /// Which side of a pair the server is.
    public enum Role: Hashable, Sendable {
        /// Takes writes.
        case primary
        /// Follows a primary.
        case standby
        /// Was primary until another took its place; serves nothing but status.
        case deposed
        /// A role this version does not know.
        case unknown(Int)

        init(_ wire: PBRole) {
            switch wire {
            case .primary: self = .primary
            case .standby: self = .standby
            case .deposed: self = .deposed
            case .unspecified, .UNRECOGNIZED: self = .unknown(wire.rawValue)
            }
        }
    }

    /// How many there are of each.
    public struct Counts: Hashable, Sendable {
        /// 科室.
        public var departments: UInt64
        /// 资源.
        public var resources: UInt64
        /// 服务项目.
        public var services: UInt64
        /// 号源池.
        public var pools: UInt64
        /// 排班模板.
        public var templates: UInt64
        /// Open sessions.
        public var sessions: UInt64
        /// Their slots.
        public var slots: UInt64
        /// Appointments in memory.
        public var appointments: UInt64
        /// Holds that wait for their confirmation.
        public var holds: UInt64
        /// Registered patients.
        public var patients: UInt64
        /// Idempotency keys remembered.
        public var keys: UInt64
    }

    /// The journal since the server's start.
    public struct Journal: Hashable, Sendable {
        /// Commits done.
        public var commits: UInt64
        /// Records committed.
        public var records: UInt64
        /// Bytes of those records.
        public var bytes: UInt64
        /// Half of the commits took no longer.
        public var commitMedian: Duration
        /// 99 of 100 commits took no longer.
        public var commitP99: Duration
        /// The longest commit.
        public var commitLongest: Duration
        /// Bytes of the file on disk.
        public var fileBytes: UInt64
        /// Bytes it may grow to.
        public var mapBytes: UInt64
        /// Bytes of the log in it.
        public var logBytes: UInt64
        /// Bytes accepted that are not on disk yet.
        public var pendingBytes: UInt64
        /// From where a restart would replay.
        public var checkpoint: Position
        /// When the last checkpoint was written; nil: none since the start.
        public var lastCheckpoint: Instant?
        /// One is being written at this moment.
        public var isCheckpointing: Bool
    }

    /// How a server stands with the other of its pair.
    public struct Replication: Hashable, Sendable {
        /// What a yes of the server means at this moment.
        public enum Acknowledgement: Hashable, Sendable {
            /// On its own disk.
            case local
            /// On its own disk and the standby's.
            case standby
            /// It gives none: it is no primary, or its standby is away.
            case none
            /// One that this version does not know.
            case unknown(Int)
        }

        /// What a yes means.
        public var acknowledgement: Acknowledgement
        /// Whether the settings say that there is a standby.
        public var isStandbyExpected: Bool
        /// The name of the standby that follows; nil: none does.
        public var standby: String?
        /// The last record that the standby has on its disk.
        public var confirmedPosition: Position
        /// How long ago the standby gave a sign of life.
        public var standbyHeard: Duration
        /// Whether a primary goes on without the standby that it expects.
        public var isAlone: Bool
        /// Of a standby: where its primary is.
        public var primary: String?
        /// Of a standby: the primary's last record, as last heard.
        public var primaryPosition: Position
        /// Of a standby: how long ago the primary gave a sign of life.
        public var primaryHeard: Duration

        /// Records by which the standby trails: of a primary that has one, and of a standby.
        func lag(at own: Position) -> UInt64? {
            if primary != nil { return primaryPosition.rawValue - min(primaryPosition.rawValue, own.rawValue) }
            if standby != nil { return own.rawValue - min(own.rawValue, confirmedPosition.rawValue) }
            return nil
        }
    }

    /// How the machine's wall clock stands to the engine's time.
    public struct Clock: Hashable, Sendable {
        /// By how much the wall clock is ahead; negative where it is behind.
        public var ahead: Duration
        /// Whether that is more than is made up: the engine's time goes on without the wall clock.
        public var isFault: Bool
        /// Whether a wall clock that is behind was accepted: the engine's time passes at half its speed until that
        /// clock has caught up.
        public var isSlowed: Bool
        /// Whether the kernel says that the wall clock is synchronised.
        public var isSynchronised: Bool
        /// Whether it is a trial's: it stands still until ``HaoyuanClient/advanceClock(by:options:)`` moves it.
        public var isSimulated: Bool

        init(_ wire: PBClockStatus) {
            ahead = .milliseconds(wire.aheadMs)
            isFault = wire.fault
            isSlowed = wire.slowed
            isSynchronised = wire.synchronised
            isSimulated = wire.simulated
        }
    }

    /// How the clock changes that the hospital goes by stand to the zone tables of the server's machine.
    public struct Zones: Hashable, Sendable {
        /// An open session with slots to come that the tables would show at another time of day.
        public struct MovedSession: Hashable, Sendable {
            /// Which session it is.
            public var session: SessionID
            /// When the first of these slots begins.
            public var from: Instant
            /// Seconds ahead of UTC at that moment, by the hospital's rules.
            public var keptOffset: Int32
            /// Seconds ahead of UTC at that moment, by the tables.
            public var tableOffset: Int32
        }

        /// The hospital's zone.
        public var zone: String
        /// The edition of the tables, as `2025b`; nil where they do not say.
        public var tables: String?
        /// The edition that the hospital's rules were taken from; nil where that is not known.
        public var kept: String?
        /// Why the tables say nothing of the zone; nil where they do.
        public var trouble: String?
        /// The first moment to come at which both show another time; nil where there is none.
        public var differsFrom: Instant?
        /// The day of that moment, by the hospital's rules.
        public var differsOn: LocalDate?
        /// How many open sessions have slots to come that the tables would show at another time.
        public var movedSessions: UInt64
        /// The first hundred of them.
        public var moved: [MovedSession]
    }

    /// The server's name and version.
    public var server: String
    /// 16 bytes, the same for the life of the data.
    public var cluster: [UInt8]
    /// The primary's term.
    public var epoch: UInt32
    /// Which side of a pair it is.
    public var role: Role
    /// The engine's time: what every moment of the server is told in.
    public var now: Instant
    /// Since its start.
    public var uptime: Duration
    /// The last record taken.
    public var position: Position
    /// The last record on disk.
    public var durablePosition: Position
    /// The oldest record the change feed can still give.
    public var oldestPosition: Position
    /// How many there are of each.
    public var counts: Counts
    /// The journal since the server's start.
    public var journal: Journal
    /// Connections that have said hello.
    public var connections: UInt32
    /// Live subscriptions over all connections.
    public var subscriptions: UInt32
    /// Whether it takes writes.
    public var isAcceptingWrites: Bool
    /// Empty when all is well; else one sentence that says what to do.
    public var trouble: String
    /// How it stands with the other server of its pair.
    public var replication: Replication
    /// How the machine's wall clock stands to ``now``.
    public var clock: Clock
    /// The named readers of the change feed, by name.
    public var readers: [NamedReader]
    /// Clock changes; nil where there is no hospital, or the server is of a version that does not say.
    public var zones: Zones?
    /// How far ahead the server opens sessions by itself; nil: it does not.
    public var roll: Roll?
    /// A sentence each: two open sessions that a resource is in at one time; the later takes nothing more. Empty when
    /// all is well. At most 100; then one that says how many more there are.
    public var clashes: [String]
    /// Records by which the standby trails; nil where there is none.
    public var lag: UInt64? { replication.lag(at: position) }

    init(_ wire: PBStatusReply) {
        server = wire.server
        cluster = Array(wire.cluster)
        epoch = wire.epoch
        role = Role(wire.role)
        now = Instant(milliseconds: wire.nowMs)
        uptime = .milliseconds(Int64(clamping: wire.uptimeMs))
        position = Position(rawValue: wire.position)
        durablePosition = Position(rawValue: wire.durablePosition)
        oldestPosition = Position(rawValue: wire.oldestPosition)
        counts = Counts(wire.counts)
        journal = Journal(wire.journal)
        connections = wire.connections
        subscriptions = wire.subscriptions
        isAcceptingWrites = wire.acceptingWrites
        trouble = wire.trouble
        replication = Replication(wire.replication)
        clock = Clock(wire.clock)
        readers = wire.readers.map(NamedReader.init)
        clashes = wire.clashes
        zones = wire.hasZones ? Zones(wire.zones) : nil
        roll = wire.hasRoll ? Roll(wire.roll) : nil
    }
}

extension ServerStatus.Zones {
    fileprivate init(_ wire: PBZoneStatus) {
        zone = wire.zone
        tables = wire.tables.isEmpty ? nil : wire.tables
        kept = wire.kept.isEmpty ? nil : wire.kept
        trouble = wire.trouble.isEmpty ? nil : wire.trouble
        differsFrom = wire.differsFromMs == 0 ? nil : Instant(milliseconds: wire.differsFromMs)
        differsOn = wire.differsOn.isEmpty ? nil : LocalDate(wire.differsOn)
        movedSessions = wire.movedSessions
        moved = wire.moved.map {
            MovedSession(
                session: SessionID(rawValue: $0.session), from: Instant(milliseconds: $0.fromMs),
                keptOffset: $0.keptOffsetS, tableOffset: $0.tableOffsetS)
        }
    }
}

extension ServerStatus.Replication {
    fileprivate init(_ wire: PBReplicationStatus) {
        switch wire.acknowledgement {
        case .local: acknowledgement = .local
        case .standby: acknowledgement = .standby
        case .none: acknowledgement = .none
        case .unspecified, .UNRECOGNIZED: acknowledgement = .unknown(wire.acknowledgement.rawValue)
        }
        isStandbyExpected = wire.standbyExpected
        standby = wire.standbyConnected ? wire.standby : nil
        confirmedPosition = Position(rawValue: wire.confirmedPosition)
        standbyHeard = .milliseconds(Int64(clamping: wire.standbyHeardMs))
        isAlone = wire.alone
        primary = wire.primary.isEmpty ? nil : wire.primary
        primaryPosition = Position(rawValue: wire.primaryPosition)
        primaryHeard = .milliseconds(Int64(clamping: wire.primaryHeardMs))
    }
}

extension ServerStatus.Counts {
    fileprivate init(_ wire: PBCounts) {
        departments = wire.departments
        resources = wire.resources
        services = wire.services
        pools = wire.pools
        templates = wire.templates
        sessions = wire.sessions
        slots = wire.slots
        appointments = wire.appointments
        holds = wire.holds
        patients = wire.patients
        keys = wire.keys
    }
}

extension ServerStatus.Journal {
    fileprivate init(_ wire: PBJournalStatus) {
        commits = wire.commits
        records = wire.records
        bytes = wire.bytes
        commitMedian = .microseconds(Int64(clamping: wire.commitP50Us))
        commitP99 = .microseconds(Int64(clamping: wire.commitP99Us))
        commitLongest = .microseconds(Int64(clamping: wire.commitMaxUs))
        fileBytes = wire.fileBytes
        mapBytes = wire.mapBytes
        logBytes = wire.logBytes
        pendingBytes = wire.pendingBytes
        checkpoint = Position(rawValue: wire.checkpointPosition)
        isCheckpointing = wire.checkpointing
        lastCheckpoint = Instant(wire: Int64(clamping: wire.lastCheckpointMs))
    }
}
