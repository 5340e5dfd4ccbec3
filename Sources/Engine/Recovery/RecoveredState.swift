package import Journal
package import Scheduling

/// Everything a journal says, in memory: what an engine starts from, and what the offline verifier looks at. State
/// tables first, then the log's tail over them; facts that a table reflects already change nothing.
///
/// Pools, keys and patients are read independently of each other, each with the facts of the tail that are its own.
package struct RecoveredState {
    package let catalogue: Catalogue
    let registry: PatientRegistry
    package let pools: [PoolBook]
    package let patients: [PatientBook]
    let keys: KeyWindow
    /// Facts of the directory that no checkpoint has yet.
    let unsaved: [Fact]
    /// Named readers of the change feed.
    let readers: RecoveredReaders
    /// Sessions whose archiving is in the log and not yet in the history table.
    let unsavedArchives: [TableWrite]
    /// Number of the next value in the table of patients, and the numbers of those in the table of keys.
    let nextPatientValue: UInt64
    let keyValues: [UInt64]
    /// The latest moment that is told of: by a fact of the log, by a table, or by the last checkpoint, which knows of
    /// the facts that it let go. Time never goes back behind it.
    package let latest: Instant
    /// Facts that could not follow on what was there: damage that no checksum shows.
    package let faults: [Violation]
    package let records: Int
    private let threads: Int

    package var patientCount: UInt64 { registry.count }
    package var keyCount: Int { keys.count }

    private enum Part: Sendable {
        case pools(PoolRecovery)
        case keys(KeyRecovery)
        case patients(PatientRecovery)
    }

    /// Reads all of a journal.
    /// - Parameters:
    ///   - threads: on how many at once. What comes out is the same for any number.
    ///   - progress: called from any of them.
    /// - Throws: `JournalError.corrupt` where checksums or the chain do not hold, `CodingError` where they do but the
    ///   bytes mean nothing.
    package init(
        _ journal: Journal, poolShards: Int = 1, patientShards: Int = 1,
        keyWindowMilliseconds: Int64 = EngineLimits.keyWindowMilliseconds, seed: UInt64 = 0, threads: Int = 1,
        progress: @escaping @Sendable (RecoveryProgress) -> Void = { _ in }
    ) throws {
        let window = KeyWindow(windowMilliseconds: keyWindowMilliseconds, seed: seed)
        let moment = try Self.latestMoment(journal)
        // The longest first.
        let jobs: [@Sendable () throws -> Part] = [
            {
                .pools(
                    try PoolRecovery(journal, poolShards: poolShards, patientShards: patientShards, progress))
            },
            { .keys(try KeyRecovery(journal, into: window, progress)) },
            { .patients(try PatientRecovery(journal, progress)) },
        ]
        let parts = Concurrently.run(threads: threads, jobs.map { job in { Result { try job() } } })
        guard case .pools(let pools) = try parts[0].get(), case .keys(let keys) = try parts[1].get(),
            case .patients(let patients) = try parts[2].get()
        else { preconditionFailure("the outcomes stand in the order of the jobs") }
        catalogue = pools.catalogue
        self.pools = pools.pools
        self.patients = pools.patients
        registry = patients.registry
        self.keys = keys.keys
        unsaved = pools.unsaved + patients.unsaved
        readers = pools.readers
        unsavedArchives = pools.unsavedArchives
        nextPatientValue = patients.nextValue
        keyValues = keys.values
        latest = max(moment, pools.latest, keys.latest)
        faults = pools.faults
        records = pools.records
        self.threads = threads
    }

    private static func latestMoment(_ journal: Journal) throws -> Instant {
        guard let bytes = try journal.metadata(Checkpointer.latestMoment) else { return Instant(rawValue: 0) }
        guard let moment = Instant(encoded: bytes) else {
            throw CodingError("the latest moment has \(bytes.count) bytes, not 8")
        }
        return moment
    }

    /// What must always be true of it, and is not.
    package func violations() -> [Violation] {
        faults
            + Invariants.violations(
                catalogue: catalogue, pools: pools, patients: patients, parts: threads == 1 ? 1 : threads * 4
            ) { looks in Concurrently.run(threads: threads, looks) }
    }

    /// When every open session is.
    var timetable: Timetable {
        var timetable = Timetable()
        for book in pools {
            for id in book.allSessionIDs {
                if let session = book.session(id) { timetable.open(id, session.times) } else { timetable.close(id) }
            }
        }
        return timetable
    }
}
