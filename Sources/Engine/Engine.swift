import Foundation
package import Journal
import NIOConcurrencyHelpers
package import Scheduling

/// The slot engine: everything bookable of one hospital, in memory, and every yes on disk before it is spoken.
///
/// Give it writes in batches, as large as they come: a batch takes each hop once. Answers and readings are durable when
/// they return. All methods may be called from anywhere, at once.
package final class Engine: Sendable {
    let configuration: EngineConfiguration
    /// Where the facts go. A caller that drives it by hand (`JournalOptions.Driving.manual`) commits through it.
    package let journal: Journal
    let keys: KeyWindow
    let view: EngineView
    let directory: Directory
    let shards: Shards
    let history: History
    let time: EngineTime
    let clockWatch: NIOLockedValueBox<ClockWatch>
    let checkpointer: Checkpointer
    package let standing: Standing
    let register: StandbyRegister
    let zones: ZoneWatch
    let replica: Replica
    let spreading: SpreadingFacts
    let readers: FeedReaders
    /// Nil where the engine opens no sessions by itself.
    let roll: RosterRoll?
    private let gate = Gate()
    /// The confirmed position that is kept on disk.
    let keptConfirmed: NIOLockedValueBox<Position>
    let keptFollowed: NIOLockedValueBox<UInt64?>
    private let background = NIOLockedValueBox<[Task<Void, Never>]>([])

    /// Opens the journal, brings back what it says, checks it, and begins to serve.
    /// - Throws: `JournalError` when the folder cannot be used; `DamagedState` when what it says cannot be true.
    package static func start(_ configuration: EngineConfiguration) throws -> Engine {
        var options = configuration.journal
        options.tables = EngineTables.all
        options.needsNewestFormat = true
        options.asksForConfirmations =
            configuration.role == .primary && configuration.standby?.acknowledgement == .standby
        let journal = try Journal.open(options)
        do {
            try Standing.check(journal, as: configuration.role)
            try TrialClock.check(journal, isTrial: configuration.trial != nil)
            let isWithheld = try configuration.role == .standby && Standing.mayHaveMore(journal)
            let state = try RecoveredState(
                journal, poolShards: configuration.poolShards, patientShards: configuration.patientShards,
                keyWindowMilliseconds: configuration.keyWindowMilliseconds, seed: configuration.seed,
                threads: configuration.recoveryThreads, progress: configuration.progress)
            let violations = state.violations()
            guard violations.isEmpty else { throw DamagedState(violations: violations) }
            try configuration.trial?.set(latest: state.latest)
            var epochs = try Epochs(decoding: try journal.metadata(Epochs.metadataName))
            let confirmed = try Standing.confirmed(journal, in: epochs.current)
            let followed = try Standing.followed(journal, in: epochs.current)
            if options.asksForConfirmations { journal.askForConfirmations(from: confirmed) }
            // What a deposed primary took back may have been the beginning of an epoch of its own.
            if configuration.role == .standby { epochs.forget(from: journal.tip.next) }
            let engine = Engine(
                configuration, journal: journal, state: state, epochs: epochs, confirmed: confirmed,
                followed: configuration.role == .primary ? followed : nil,
                unsettled: try UnsettledRecovery(journal), isWithheld: isWithheld, heard: try Standing.heard(journal),
                note: try journal.metadata(ClockNote.metadataName).flatMap { ClockNote(encoded: $0) },
                mark: try journal.metadata(ClockMark.metadataName).flatMap { ClockMark(encoded: $0) },
                zoneEdition: try HospitalMetadata.edition(in: journal),
                rolled: try journal.metadata(RosterRoll.metadataName))
            try engine.history.completeDays()
            engine.startBackground()
            return engine
        } catch {
            try? journal.close()
            throw error
        }
    }

    private init(
        _ configuration: EngineConfiguration, journal: Journal, state: consuming RecoveredState, epochs: Epochs,
        confirmed: Position, followed: Position?, unsettled: UnsettledRecovery, isWithheld: Bool, heard: UInt32,
        note: ClockNote?, mark: ClockMark?, zoneEdition: String?, rolled: [UInt8]?
    ) {
        self.configuration = configuration
        self.journal = journal
        keys = state.keys
        let time = EngineTime(
            configuration.clock, latest: state.latest, note: note, mark: mark, follows: configuration.role != .primary)
        self.time = time
        clockWatch = NIOLockedValueBox(ClockWatch(note: note, moment: state.latest))
        view = EngineView(
            EngineView.Snapshot(
                catalogue: CatalogueSnapshot(state.catalogue), changes: unsettled.changes,
                timetable: state.timetable, patients: state.registry.count, registrations: unsettled.registrations))
        zones = ZoneWatch(configuration.zoneTables, kept: zoneEdition)
        directory = Directory(
            catalogue: state.catalogue, registry: state.registry, unsaved: state.unsaved,
            nextPatientValue: state.nextPatientValue, journal: journal, view: view, zones: zones, unsettled: unsettled)
        history = History(journal: journal)
        spreading = SpreadingFacts(journal: journal)
        shards = Shards(
            pools: state.pools.map { [view, history] in
                PoolShard($0, journal: journal, view: view, history: history, unsettled: unsettled.appointments)
            },
            patients: state.patients.map { PatientShard($0, journal: journal, unsettled: unsettled.patients) })
        readers = FeedReaders(state.readers, journal: journal)
        roll = configuration.roll.map { RosterRoll($0, metadata: rolled) }
        checkpointer = Checkpointer(
            journal: journal, keys: keys, directory: directory, shards: shards, readers: readers,
            feedKeep: configuration.feedKeep,
            keyWindow: configuration.keyWindowMilliseconds, keyValues: state.keyValues, time: time,
            clock: configuration.clock, pass: configuration.checkpointProbe)
        standing = Standing(configuration.role, epochs, isWithheld: isWithheld, heard: heard)
        // A standby has none of its own: nobody confirms what it takes in.
        register = StandbyRegister(
            configuration.standby, isAlone: configuration.role != .primary, followed: followed, journal: journal,
            clock: configuration.clock, news: configuration.news)
        if isWithheld { journal.withhold() }
        keptConfirmed = NIOLockedValueBox(confirmed)
        keptFollowed = NIOLockedValueBox(followed?.rawValue)
        replica = Replica(
            journal: journal, keys: keys, directory: directory, shards: shards, view: view, time: time,
            standing: standing, readers: readers)
        journal.setMetadata(Standing.metadataName, Standing.encode(configuration.role))
        if configuration.trial != nil { journal.setMetadata(TrialClock.metadataName, [1]) }
        HospitalMetadata.write(state.catalogue.hospital, to: journal)
        if !state.catalogue.hospital.name.isEmpty {
            zones.look(state.catalogue.hospital.zone.name)
            if let edition = zones.editionToAdopt(for: state.catalogue.hospital, at: time.now()) {
                HospitalMetadata.write(edition: edition, to: journal)
                zones.adopt(edition)
            }
        }
        if isWithheld { journal.setMetadata(Standing.withheldName, [1]) }
        if configuration.role == .standby { journal.setMetadata(Epochs.metadataName, epochs.encoded) }
        if !state.unsavedArchives.isEmpty { history.write(state.unsavedArchives) }
    }

    // MARK: Writing

    /// Carries out independent writes; the answers come in the order of the writes, each durable.
    package func execute(_ writes: [Write]) async -> [Answer] {
        guard gate.enter() else { return writes.map { _ in Answer(.failed(.draining)) } }
        defer { gate.leave() }
        return await pipeline.execute(writes, now: time.now(), monotonic: configuration.clock.monotonicNanoseconds())
    }

    var pipeline: WritePipeline {
        WritePipeline(
            journal: journal, keys: keys, view: view, directory: directory, shards: shards, history: history,
            standing: standing, register: register, spreading: spreading)
    }

    /// Puts departments, resources, services, pools, policies and templates: all of them, or none and the first fault
    /// is named.
    /// - Parameters:
    ///   - hospital: name and IANA zone; nil leaves them as they are.
    ///   - fromTables: whether the zone's clock changes are taken from the tables also where the hospital has the zone.
    package func putCatalogue(
        _ draft: CatalogueDraft, hospital: (name: String, zone: String)?, fromTables: Bool = false, by origin: Origin,
        key: IdempotencyKey = .none
    ) async throws(EngineError) -> Reading<CatalogueCounts> {
        let named = hospital.map { Command.HospitalName(name: $0.name, zone: $0.zone, fromTables: fromTables) }
        return try await report(Write(key: key, by: origin, command: .putCatalogue(draft, hospital: named))) {
            if case .catalogue(let counts) = $0 { counts } else { nil }
        }
    }

    /// Gives each patient an id, the old one where an identifier is known. At most `Limits.itemsPerRequest`.
    package func registerPatients(
        _ patients: [[Identifier]], by origin: Origin, key: IdempotencyKey = .none
    ) async throws(EngineError) -> Reading<[PatientOutcome]> {
        try await report(Write(key: key, by: origin, command: .registerPatients(patients))) {
            if case .patients(let outcomes) = $0 { outcomes } else { nil }
        }
    }

    /// Opens what the templates say for these days and is not open yet.
    /// - Parameter templates: codes; empty for all.
    package func generateSessions(
        from: LocalDate, to: LocalDate, templates: [String], by origin: Origin, key: IdempotencyKey = .none
    ) async throws(EngineError) -> Reading<SessionsOpened> {
        let command = Command.generateSessions(from: from, to: to, templates: templates)
        return try await opened(Write(key: key, by: origin, command: command))
    }

    /// Opens sessions that no template describes. At most `Limits.itemsPerRequest`.
    package func openSessions(
        _ drafts: [SessionDraft], by origin: Origin, key: IdempotencyKey = .none
    ) async throws(EngineError) -> Reading<SessionsOpened> {
        try await opened(Write(key: key, by: origin, command: .openSessions(drafts)))
    }

    private func opened(_ write: Write) async throws(EngineError) -> Reading<SessionsOpened> {
        try await report(write) { if case .sessions(let sessions) = $0 { sessions } else { nil } }
    }

    /// Carries out one write whose answer is a report.
    private func report<Value: Sendable>(
        _ write: Write, _ value: (Report) -> Value?
    ) async throws(EngineError) -> Reading<Value> {
        let answer = await execute([write])[0]
        switch answer.outcome {
        case .failed(let error): throw error
        case .told(.answered(let report)):
            guard let value = value(report) else { preconditionFailure("a key of one kind answers that kind") }
            return Reading(value, at: answer.position)
        case .done, .refused, .told: preconditionFailure("this write is answered with a report")
        }
    }

    // MARK: Time and tables

    /// Lets become true what is due by now: holds that have run out end. The engine does so by itself; a test that
    /// drives the clock asks for it.
    package func runTimers() async {
        guard standing.role == .primary else { return }
        for shard in shards.pools {
            while true {
                let mark = spreading.begin(.patients)
                let (facts, position) = await shard.runTimers(now: time.now(), limit: EngineLimits.timersPerTurn)
                await shards.settle(facts.flatMap { PatientShard.Settlement.ended(by: $0, at: position) })
                spreading.end(mark)
                if facts.isEmpty { break }
            }
        }
    }

    /// Sends sessions that are long over to the history table. The engine does so by itself.
    package func archiveSessions() async {
        guard standing.role == .primary else { return }
        let now = time.now()
        let horizon = now.advanced(milliseconds: -configuration.archiveAfterMilliseconds)
        for shard in shards.pools {
            while true {
                let left = await shard.archive(before: horizon, now: now)
                // Until the history table has them for good, their patients still have them.
                do { try await journal.whenDurable(left.position) } catch { return }
                await shards.settle(left.gone)
                if left.isAll { break }
            }
        }
    }

    /// Writes a checkpoint now. The engine does so by itself.
    package func checkpoint() async { await checkpoint(sparing: nil) }

    private func checkpoint(sparing bytes: Int?) async {
        // What was never acknowledged is to be taken back; no table may reflect it.
        if case .deposed = standing.role { return }
        await checkpointer.run(reached: standing.role == .standby ? replica.applied : nil, sparing: bytes)
    }

    private func startBackground() {
        let started = time.now()
        let tasks = [
            repeating(every: EngineLimits.timerTickMilliseconds) { engine in await engine.runTimers() },
            repeating(every: configuration.checkpointTickMilliseconds) { engine in
                let configuration = engine.configuration
                let isDue = await engine.checkpointer.isDue(
                    now: engine.time.now(), afterBytes: configuration.checkpointAfterBytes,
                    afterMilliseconds: configuration.checkpointAfterMilliseconds, startedAt: started)
                if isDue { await engine.checkpoint(sparing: configuration.checkpointAfterBytes) }
            },
            repeating(every: EngineLimits.zoneTickMilliseconds) { engine in await engine.lookAtZone() },
            repeating(every: configuration.archiveTickMilliseconds) { engine in await engine.archiveSessions() },
            repeating(every: configuration.rollTickMilliseconds) { engine in await engine.rollRosters() },
            repeating(every: EngineLimits.readerTickMilliseconds) { engine in engine.recordConfirmations() },
            repeating(every: EngineLimits.standbyTickMilliseconds) { engine in
                guard engine.standing.role == .primary else { return }
                if engine.register.tick() { engine.configuration.news(.wentAlone) }
            },
            repeating(every: EngineLimits.confirmedTickMilliseconds) { engine in
                if engine.configuration.standby?.acknowledgement == .standby { engine.keepConfirmed() }
                engine.keepFollowed()
            },
            repeating(every: EngineLimits.clockTickMilliseconds) { engine in engine.lookAtClock() },
        ]
        background.withLockedValue { $0 = tasks }
    }

    private func repeating(every milliseconds: Int64, _ body: @escaping @Sendable (Engine) async -> Void) -> Task<
        Void, Never
    > {
        let clock = configuration.clock
        return Task(executorPreference: configuration.executor) { [weak self] in
            while !Task.isCancelled {
                do { try await clock.sleep(milliseconds: milliseconds) } catch { return }
                guard let self, gate.enter() else { return }
                await body(self)
                gate.leave()
            }
        }
    }

    // MARK: The end

    /// Takes nothing more, answers what it took, writes a checkpoint and closes the journal. Repeating it waits for the
    /// first.
    ///
    /// It waits for the disk at most `EngineLimits.stopMilliseconds`. A caller that still waits then is told that the
    /// outcome is unknown; a checkpoint that is not done is left, which costs the next start some replaying and nothing
    /// else. What cannot be committed for lack of room ends in `JournalOptions.onFatal`.
    /// - Parameter writingCheckpoint: false where some of the log is about to be taken back: no table may reflect it.
    package func stop(writingCheckpoint: Bool = true) async {
        let tasks = background.withLockedValue { $0 }
        // At once: one of them may be waiting for the disk inside the gate.
        for task in tasks { task.cancel() }
        let journal = journal
        let clock = configuration.clock
        let patience = Task(executorPreference: configuration.executor) {
            do { try await clock.sleep(milliseconds: EngineLimits.stopMilliseconds) } catch { return }
            journal.endWaits()
        }
        defer { patience.cancel() }
        guard await gate.close() else { return }
        if journal.admission == .open {
            keepConfirmed()
            keepFollowed()
        }
        if writingCheckpoint { recordConfirmations() }
        for task in tasks { await task.value }
        lookAtClockForTheLastTime()
        // A write with an unknown outcome has no answer in the key tables; the log has it, and must keep it.
        if writingCheckpoint, !journal.haveWaitsEnded { await checkpoint() }
        do { try await closeJournal() } catch { configuration.journal.onFatal(error) }
        gate.finishClosing()
    }

    /// Closing blocks until the last commit is done and the last snapshot let go: on a thread of its own, for those who
    /// have one (a copy on its way to a standby, say) need this one to let go of it.
    private func closeJournal() async throws(JournalError) {
        guard journal.options.driving == .thread else { return try journal.close() }
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Void, JournalError>, Never>) in
            Thread.detachNewThread { [journal] in
                continuation.resume(returning: Result { () throws(JournalError) in try journal.close() })
            }
        }
        try result.get()
    }

    // MARK: Inside

    func untilDurable(_ position: Position) async throws(EngineError) {
        if standing.isWithheld { throw .withheld }
        do { try await journal.whenSettled(position) } catch { throw EngineError(error) }
    }

    func checkCount(_ count: Int, _ what: String) throws(EngineError) {
        guard count <= Limits.itemsPerRequest else {
            throw EngineError(
                .invalidArgument, "\(what): \(count), at most \(Limits.itemsPerRequest) in one request")
        }
    }
}

/// What a journal says cannot be true; the sentences say where.
package struct DamagedState: Error, CustomStringConvertible {
    package let violations: [Violation]

    package var description: String {
        "the data folder contradicts itself: \(violations[0])"
            + (violations.count > 1 ? ", and \(violations.count - 1) more; haoyuan verify lists them" : "")
    }
}
