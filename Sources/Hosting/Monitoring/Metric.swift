/// One metric as it is exported: its name, what kind it is, what it means, and what its series are told apart by. A
/// series that no ``Metric`` describes cannot be written, and a test holds the documentation to ``all``.
struct Metric: Hashable, Sendable {
    /// The kinds of Prometheus' text format that are used here.
    enum Kind: String, Sendable { case counter, gauge, histogram }

    let name: String
    let kind: Kind
    let help: String
    let labels: [String]

    private init(_ kind: Kind, _ name: String, by labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }
}

// MARK: Requests

extension Metric {
    static let requests = Metric(
        .counter, "haoyuan_requests_total", by: ["method", "outcome"],
        "Requests that have ended: done, refused, failed, or unheard when nobody waited any more.")
    static let requestDurations = Metric(
        .histogram, "haoyuan_request_duration_seconds", by: ["method"],
        "From reading the frame to its answer in the socket's buffer.")
    static let writes = Metric(
        .counter, "haoyuan_writes_total", by: ["outcome"],
        "Writes that reached the engine, alone or in batches: done, refused, failed.")
    static let repeatedWrites = Metric(
        .counter, "haoyuan_repeated_writes_total", "Writes answered from the memory of their key.")
    static let refusals = Metric(.counter, "haoyuan_refusals_total", by: ["rule"], "Lawful noes, by the rule.")
    static let errors = Metric(
        .counter, "haoyuan_errors_total", by: ["code"], "Errors told to callers, elements of batches included.")
    static let inFlight = Metric(.gauge, "haoyuan_requests_in_flight", "Requests taken and not answered yet.")
    static let connections = Metric(.gauge, "haoyuan_connections", "Connections that have said hello.")
    static let connectionLimit = Metric(.gauge, "haoyuan_connections_limit", "Most connections that are taken.")
    static let vanishedPeers = Metric(
        .counter, "haoyuan_connections_vanished_total", "Connections that ended because the other side had vanished.")
    static let receivedBytes = Metric(.counter, "haoyuan_received_bytes_total", "Bytes read from connections.")
    static let sentBytes = Metric(.counter, "haoyuan_sent_bytes_total", "Bytes given to connections.")
    static let feeds = Metric(.gauge, "haoyuan_feeds", "Live subscriptions to the change feed.")
    static let feedLag = Metric(
        .gauge, "haoyuan_feed_lag_records", "Durable records that the slowest subscription has not been given.")
    static let readers = Metric(.gauge, "haoyuan_feed_readers", "Named readers of the change feed.")
    static let readerSubscriptions = Metric(
        .gauge, "haoyuan_feed_reader_subscriptions", by: ["reader"], "Live subscriptions of a named reader.")
    static let readerLag = Metric(
        .gauge, "haoyuan_feed_reader_lag_records", by: ["reader"],
        "Records that a named reader has not confirmed; 0 where the feed shows none of them.")
    static let readerAge = Metric(
        .gauge, "haoyuan_feed_reader_lag_seconds", by: ["reader"],
        "Since the first event that a named reader has not confirmed happened.")
    static let readerTrimmed = Metric(
        .gauge, "haoyuan_feed_reader_trimmed", by: ["reader"],
        "1 where the log that a named reader needs is not kept any more.")
    static let expiredHolds = Metric(.counter, "haoyuan_expired_holds_total", "Holds that ran out unconfirmed.")
}

// MARK: The journal

extension Metric {
    static let commits = Metric(.counter, "haoyuan_journal_commits_total", "Transactions that reached the disk.")
    static let syncs = Metric(.counter, "haoyuan_journal_syncs_total", "Syncs those transactions asked of the disk.")
    static let records = Metric(.counter, "haoyuan_journal_records_total", "Records made durable.")
    static let recordBytes = Metric(.counter, "haoyuan_journal_record_bytes_total", "Bytes of those records.")
    static let refusedCommits = Metric(
        .counter, "haoyuan_journal_refused_commits_total", "Commits that found no room and are tried again.")
    static let commitDurations = Metric(
        .histogram, "haoyuan_journal_commit_duration_seconds", "Making room, building, writing and syncing.")
    static let commitP99 = Metric(
        .gauge, "haoyuan_journal_commit_p99_seconds", "99th percentile of the commits of the last minute or two.")
    static let pendingBytes = Metric(
        .gauge, "haoyuan_journal_pending_bytes", "Bytes accepted that are not on disk yet: the queue.")
    static let pendingLimit = Metric(
        .gauge, "haoyuan_journal_pending_bytes_limit", "Bytes in the queue beyond which callers are told to come back.")
    static let lastPosition = Metric(.gauge, "haoyuan_last_position", "Last position handed out.")
    static let durablePosition = Metric(.gauge, "haoyuan_durable_position", "Last position on disk.")
    static let checkpointPosition = Metric(
        .gauge, "haoyuan_checkpoint_position", "Position after which recovery replays the log.")
    static let oldestPosition = Metric(.gauge, "haoyuan_oldest_position", "Oldest position still in the log.")
    static let checkpointAge = Metric(
        .gauge, "haoyuan_checkpoint_age_seconds", "Since the last checkpoint, or since the start when there was none.")
}

// MARK: Sizes

extension Metric {
    static let sessions = Metric(.gauge, "haoyuan_sessions", "Sessions in memory.")
    static let slots = Metric(.gauge, "haoyuan_slots", "Slots of those sessions.")
    static let appointments = Metric(.gauge, "haoyuan_appointments", "Appointments in memory.")
    static let holds = Metric(.gauge, "haoyuan_holds", "Holds that wait for their confirmation.")
    static let patients = Metric(.gauge, "haoyuan_patients", "Registered patients.")
    static let keys = Metric(.gauge, "haoyuan_keys", "Idempotency keys remembered.")
    static let fileBytes = Metric(.gauge, "haoyuan_data_file_bytes", "Bytes of the data file on disk.")
    static let usedFileBytes = Metric(
        .gauge, "haoyuan_data_file_used_bytes", "Bytes of the data file that were ever in use.")
    static let fileLimit = Metric(.gauge, "haoyuan_data_file_limit_bytes", "Bytes that the data file may grow to.")
    static let logBytes = Metric(.gauge, "haoyuan_log_bytes", "Bytes of the kept log in the data file.")
    static let diskFree = Metric(
        .gauge, "haoyuan_disk_free_bytes", "Bytes free to this process in the data folder's file system.")
    static let diskSize = Metric(.gauge, "haoyuan_disk_size_bytes", "Bytes of the data folder's file system.")
}

// MARK: State

extension Metric {
    static let build = Metric(.gauge, "haoyuan_build_info", by: ["version"], "1, with the version as its label.")
    static let ready = Metric(.gauge, "haoyuan_ready", "1 when bookings should be sent here; what /ready says.")
    static let admission = Metric(
        .gauge, "haoyuan_admission", by: ["state"], "1 for the state that writes meet: open, overloaded, storage_full.")
    static let role = Metric(
        .gauge, "haoyuan_role", by: ["role"], "1 for the role of this server: primary, standby, deposed.")
    static let epoch = Metric(.gauge, "haoyuan_epoch", "The primary's term.")
    static let standbyExpected = Metric(.gauge, "haoyuan_standby_expected", "1 when a standby is configured.")
    static let standbys = Metric(.gauge, "haoyuan_standbys", "Standbys that follow this server.")
    static let alone = Metric(
        .gauge, "haoyuan_standby_alone", "1 when it goes on without the standby that is configured.")
    static let replicationLag = Metric(
        .gauge, "haoyuan_replication_lag_records", "Records handed out that the standby has not confirmed.")
    static let standbyHeard = Metric(
        .gauge, "haoyuan_standby_heard_seconds", "Since the standby that follows was last heard of.")
    static let clockAhead = Metric(
        .gauge, "haoyuan_clock_ahead_seconds", "The machine's wall clock less the engine's time.")
    static let clockFault = Metric(
        .gauge, "haoyuan_clock_fault", "1 when that is more than is made up, and time goes on without the wall clock.")
    static let clockSynchronised = Metric(
        .gauge, "haoyuan_clock_synchronised", "1 when the kernel says that the wall clock is synchronised.")

    static let residentMemory = Metric(.gauge, "process_resident_memory_bytes", "Resident memory.")
    static let processorTime = Metric(.counter, "process_cpu_seconds_total", "Processor time, user and system.")
    static let openDescriptors = Metric(.gauge, "process_open_fds", "Open file descriptors.")
    static let descriptorLimit = Metric(.gauge, "process_max_fds", "Most file descriptors that may be open.")
    static let droppedLogLines = Metric(
        .counter, "haoyuan_log_lines_dropped_total", "Lines of the log that were dropped, for its reader stood still.")
    static let startTime = Metric(
        .gauge, "process_start_time_seconds", "When the process started, in seconds since 1970.")

    /// Every metric, in the order of the exposition and of the documentation.
    static let all: [Metric] = [
        ready, admission, role, epoch, standbyExpected, standbys, alone, replicationLag, standbyHeard,
        clockAhead, clockFault, clockSynchronised, build,
        requests, requestDurations, writes, repeatedWrites, refusals, errors, inFlight, connections, connectionLimit,
        vanishedPeers, receivedBytes, sentBytes, feeds, feedLag, readers, readerSubscriptions, readerLag, readerAge,
        readerTrimmed, expiredHolds,
        commits, syncs, records, recordBytes, refusedCommits, commitDurations, commitP99, pendingBytes, pendingLimit,
        lastPosition, durablePosition, checkpointPosition, oldestPosition, checkpointAge,
        sessions, slots, appointments, holds, patients, keys,
        fileBytes, usedFileBytes, fileLimit, logBytes, diskFree, diskSize,
        residentMemory, processorTime, openDescriptors, descriptorLimit, droppedLogLines, startTime,
    ]
}
