package import Journal
package import Scheduling

// Readings answer from memory with the position up to which they have everything, and return once all that they show is
// settled: nothing that a crash could undo is ever shown, and nothing else is waited for.
extension Engine {
    package func catalogue() async throws(EngineError) -> Reading<Catalogue> { try await datedCatalogue().reading }

    /// The catalogue, and where its last change stands.
    package func datedCatalogue() async throws(EngineError) -> (reading: Reading<Catalogue>, changed: Position) {
        let position = await included(.anything)
        let (catalogue, shown) = await directory.read()
        try await untilDurable(shown)
        // Its changes follow on each other, so it has all up to the last one.
        return (Reading(catalogue, at: max(position, shown)), shown)
    }

    /// Ids in the order of the identifiers; nil for unknown ones. At most `Limits.itemsPerRequest`.
    package func findPatients(_ identifiers: [Identifier]) async throws(EngineError) -> Reading<[PatientID?]> {
        try checkCount(identifiers.count, "identifiers")
        let position = await included(.anything)
        let (patients, shown) = await directory.find(identifiers)
        try await untilDurable(shown)
        return Reading(patients, at: position)
    }

    /// Sessions of a department or of one pool, by pool, then by start.
    /// - Parameters:
    ///   - after: to continue: start and id of the last session seen.
    ///   - limit: at most `EngineLimits.sessionsPerListing`.
    package func sessions(
        department: DepartmentID?, pool: PoolID?, from: LocalDate, to: LocalDate,
        after: (start: Instant, session: SessionID)? = nil, limit: Int = EngineLimits.sessionsPerListing
    ) async throws(EngineError) -> Reading<[SessionSummary]> {
        try checkDays(from, to, most: EngineLimits.daysPerSearch)
        let position = await included(.anything)
        let snapshot = view.current
        let catalogue = snapshot.catalogue.catalogue
        try checkKnown(department?.rawValue, in: catalogue.departments, "department")
        try checkKnown(pool?.rawValue, in: catalogue.pools, "pool")
        let chosen = snapshot.catalogue.pools(of: department, service: nil, resource: nil)
            .filter { (pool == nil || $0 == pool) && $0.rawValue >= (after?.session.pool.rawValue ?? 0) }
        var found: [SessionSummary] = []
        var shown = snapshot.changes.last(
            after: journal.settledPosition, for: .init(department: department, pool: pool, isJudged: false),
            in: snapshot.catalogue)
        // Each shard has pools of everywhere in the order, so each is asked for a whole page and tells of one more.
        for (shard, part) in parts(chosen, snapshot) {
            let (some, last) = await shards.pools[shard].sessions(
                of: part, from: from, to: to, after: after, limit: limit + 1)
            found += some
            shown = max(shown, last)
        }
        found.sort { ($0.id.pool.rawValue, $0.times.startMinute) < ($1.id.pool.rawValue, $1.times.startMinute) }
        try await untilDurable(shown)
        return Reading(Array(found.prefix(limit)), at: position, more: found.count > limit)
    }

    /// Appointments by id, in the order asked; unknown ones are left out. At most `Limits.itemsPerRequest`.
    package func appointments(_ ids: [AppointmentID]) async throws(EngineError) -> Reading<[FoundAppointment]> {
        try checkCount(ids.count, "ids")
        return try await appointments(ids, at: await included(.anything))
    }

    /// - Parameters:
    ///   - position: up to where everything was there before the shards are asked.
    ///   - shown: what else the reading shows.
    private func appointments(
        _ ids: [AppointmentID], at position: Position, shown: Position = .zero
    ) async throws(EngineError) -> Reading<[FoundAppointment]> {
        let snapshot = view.current
        var parts = [[AppointmentID]](repeating: [], count: shards.pools.count)
        for id in ids {
            if let shard = shards.index(of: id.pool, in: snapshot) { parts[shard].append(id) }
        }
        var found: [AppointmentID: FoundAppointment] = [:]
        var shown = shown
        for (shard, part) in parts.enumerated() where !part.isEmpty {
            let (some, last) = await shards.pools[shard].appointments(part)
            for appointment in some { found[appointment.id] = FoundAppointment(appointment, isArchived: false) }
            shown = max(shown, last)
        }
        try await untilDurable(shown)
        let missing = ids.filter { found[$0] == nil && snapshot.timetable.knows($0.session) && $0.number >= 1 }
        if !missing.isEmpty { try await history.written() }
        for id in missing {
            if let archived = try history.appointment(id) {
                found[id] = FoundAppointment(archived, isArchived: true)
            }
        }
        return Reading(ids.compactMap { found[$0] }, at: position)
    }

    /// A patient's appointments, by start, then by id; with `history` the archived ones too.
    /// - Parameters:
    ///   - after: to continue: start and id of the last appointment seen.
    ///   - limit: nil for all.
    package func appointments(
        of patient: PatientID, history: Bool, after: (start: Instant, id: AppointmentID)? = nil, limit: Int? = nil
    ) async throws(EngineError) -> Reading<[FoundAppointment]> {
        let position = await included(.patients)
        let shown = try registration(of: patient, in: view.current)
        let ids = await shards.patients[shards.index(of: patient)].appointments(of: patient)
        var reading = try await appointments(ids, at: position, shown: shown)
        if history {
            let known = Set(ids)
            let limit = EngineLimits.appointmentsPerReading - reading.value.count
            try await self.history.written()
            for appointment in try self.history.appointments(of: patient, limit: limit)
            where !known.contains(appointment.id) {
                reading.value.append(FoundAppointment(appointment, isArchived: true))
            }
        } else {
            // Its patient may learn a moment later that a session went to the history table.
            reading.value.removeAll(where: \.isArchived)
        }
        reading.value.sort {
            ($0.appointment.start, $0.appointment.id.rawValue) < ($1.appointment.start, $1.appointment.id.rawValue)
        }
        if let after {
            reading.value.removeAll {
                ($0.appointment.start, $0.appointment.id.rawValue) <= (after.start, after.id.rawValue)
            }
        }
        return reading.cut(to: limit)
    }

    /// A session's appointments by number, archived or not.
    /// - Parameters:
    ///   - after: to continue: the last appointment seen, of this session.
    ///   - limit: nil for all.
    package func appointments(
        in session: SessionID, after: AppointmentID? = nil, limit: Int? = nil
    ) async throws(EngineError) -> Reading<[FoundAppointment]> {
        let position = await included(.anything)
        let snapshot = view.current
        // The upper bits are not part of any session's id; without this they would be cut off and another session
        // answer.
        guard session.isWhole, snapshot.timetable.knows(session),
            let shard = shards.index(of: session.pool, in: snapshot)
        else {
            throw EngineError(.notFound, "there is no session \(session.rawValue)")
        }
        let first = after.map { $0.number + 1 } ?? 1
        let (found, shown) = await shards.pools[shard].appointments(
            in: session, from: first, limit: limit.map { $0 + 1 })
        try await untilDurable(shown)
        if let found {
            return Reading(found.map { FoundAppointment($0, isArchived: false) }, at: position).cut(to: limit)
        }
        try await history.written()
        let archived = (try history.appointments(in: session, from: first) ?? []).filter { $0.id.number >= first }
        return Reading(archived.map { FoundAppointment($0, isArchived: true) }, at: position).cut(to: limit)
    }

    // MARK: The change feed

    package var settledPosition: Position { journal.settledPosition }

    /// The last position handed out, durable or not.
    package var lastPosition: Position { journal.lastPosition }

    /// Durable events after a position, in order; waits until there is one. `through` is how far this reading came.
    package func events(
        after: Position, limit: Int
    ) async throws(EngineError) -> (events: [PositionedEvent], through: Position) {
        do {
            _ = try await journal.durablePosition(after: after)
            var events: [PositionedEvent] = []
            for record in try journal.read(from: after.next, maxRecords: limit, maxBytes: EngineLimits.feedReadBytes) {
                events.append(PositionedEvent(position: record.position, event: try record.event()))
            }
            return (events, events.last?.position ?? after)
        } catch let error as JournalError {
            throw EngineError(error)
        } catch {
            throw EngineError(.internal, "the journal holds what this version cannot read: \(error)")
        }
    }

    // MARK: Status

    package func status() async -> EngineStatus {
        let statistics = journal.statistics
        let catalogue = view.current.catalogue.catalogue
        var counts = PoolBook.Counts()
        var expiredHolds: UInt64 = 0
        for shard in shards.pools {
            let (more, expired) = await shard.counts()
            counts = counts + more
            expiredHolds += expired
        }
        let checkpoint = checkpointer.lastCheckpoint
        let clock = clock
        let troubles = [statistics.trouble, replicationTrouble, clock.trouble]
        return EngineStatus(
            cluster: journal.creationID, epoch: standing.epoch, now: time.now(),
            uptimeMilliseconds: time.uptimeMilliseconds,
            catalogue: (
                catalogue.departments.count, catalogue.resources.count, catalogue.services.count,
                catalogue.pools.count, catalogue.templates.count
            ),
            counts: counts, patients: view.current.patients, keys: keys.count, journal: statistics,
            position: journal.lastPosition, settledPosition: journal.settledPosition,
            checkpointPosition: checkpoint.position, lastCheckpoint: checkpoint.at,
            isCheckpointing: checkpointer.isRunning,
            expiredHolds: expiredHolds, acceptingWrites: EngineError.refusal(journal, standing, register) == nil,
            trouble: troubles.first { !$0.isEmpty } ?? "", hospital: catalogue.hospital, readers: feedReaders,
            replication: replication, clock: clock, roll: roll?.report)
    }

    /// Open sessions that a resource is in at one time, from now on: a sentence each for at most so many pairs. Data of
    /// an earlier version may have such.
    package func clashes(most: Int = EngineLimits.clashesListed) -> [String] {
        let (now, snapshot) = (time.now(), view.current)
        let catalogue = snapshot.catalogue.catalogue
        let standing = view.diary.clashes.filter { $0.until > now }
        var sentences = standing.prefix(most).map { clash in
            "resource ‘\(catalogue.code(of: clash.resource))’ is in two places at one time: in "
                + "\(catalogue.place(of: clash.first, snapshot.timetable)) and in "
                + "\(catalogue.place(of: clash.second, snapshot.timetable)), which is not booked any more"
        }
        if standing.count > most { sentences.append("and \(standing.count - most) more") }
        return sentences
    }

    /// What is wrong between this server and its partner, in one sentence that says what to do; empty when nothing is.
    private var replicationTrouble: String {
        switch standing.role {
        case .standby: return ""
        case .deposed(let epoch):
            return
                "another server has become primary with epoch \(epoch): start this one with --follow HOST:PORT of that one"
        case .primary: break
        }
        if let silence = register.silence {
            return "\(silence): bring the standby back, or run haoyuan alone to go on without it"
        }
        let watch = register.current
        return watch.isExpected && watch.isAlone
            ? "it goes on alone: what it acknowledges is on this disk only; start the standby" : ""
    }

    /// Every promise of the engine that does not hold at this moment. Meant for tests and drills while nothing is
    /// written: shards are looked at one after the other.
    package func violations() async -> [Violation] {
        let state = await state()
        return Invariants.violations(catalogue: state.catalogue, pools: state.pools, patients: state.patients)
    }

    /// Copies of what every shard has. Meant for tests, drills and the simulator while nothing is written: shards are
    /// looked at one after the other.
    package func state() async -> EngineState {
        var pools: [PoolBook] = []
        var patients: [PatientBook] = []
        for shard in shards.pools { pools.append(await shard.snapshot()) }
        for shard in shards.patients { patients.append(await shard.snapshot()) }
        let now = view.current
        return EngineState(
            catalogue: now.catalogue.catalogue, registered: now.patients, pools: pools, patients: patients)
    }

    // MARK: Inside

    /// Up to where everything is in what a reading finds from now on. Never less than what its caller was answered
    /// before, for only what is settled was answered.
    func included(_ reach: SpreadingFacts.Reach) async -> Position {
        let settled = journal.settledPosition
        // A standby's log has facts before its shards have them.
        guard standing.role != .standby else { return min(settled, replica.applied) }
        await spreading.arrived(upTo: settled, reach)
        return settled
    }

    /// The last fact that shows who a patient is and that may not be told yet.
    /// - Throws: `notFound`.
    func registration(of patient: PatientID, in snapshot: EngineView.Snapshot) throws(EngineError) -> Position {
        guard snapshot.knows(patient) else {
            throw EngineError(.notFound, "there is no patient \(patient.rawValue)")
        }
        return snapshot.registrations.last(after: journal.settledPosition) { $0 == patient.rawValue }
    }

    func checkKnown<Entity>(
        _ id: UInt32?, in register: Register<Entity>, _ kind: String
    ) throws(EngineError) {
        guard let id, register[id] == nil else { return }
        throw EngineError(.notFound, "there is no \(kind) \(id)")
    }

    /// Pools by shard.
    func parts(_ pools: [PoolID], _ snapshot: EngineView.Snapshot) -> [(shard: Int, pools: [PoolID])] {
        let parts = Dictionary(grouping: pools) { shards.index(of: $0, in: snapshot) ?? 0 }
        return parts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension Reading where Value: RangeReplaceableCollection, Value: Sendable {
    /// The first so many of it.
    fileprivate func cut(to limit: Int?) -> Reading {
        guard let limit, value.count > limit else { return self }
        return Reading(Value(value.prefix(limit)), at: position, more: true)
    }
}

/// What an engine has in memory, shard by shard.
package struct EngineState: Sendable {
    package let catalogue: Catalogue
    /// Patients, numbered from 1 without gaps.
    package let registered: UInt64
    package let pools: [PoolBook]
    /// A patient is in the book `id % patients.count`.
    package let patients: [PatientBook]
}

extension LogRecord {
    /// The event that this record holds.
    package func event() throws(CodingError) -> Event {
        let decoded = bytes.withUnsafeBytes { raw in
            Result { () throws(CodingError) in try PositionedEvent(position: position, decoding: raw).event }
        }
        return try decoded.get()
    }
}

extension JournalStatistics {
    /// Empty when all is well, else one sentence that says what to do.
    fileprivate var trouble: String {
        switch admission {
        // Slow disks sync in tens of milliseconds: a second is a disk that stands still.
        case .open where commitUnderWayNanoseconds >= 1_000_000_000:
            "the disk has not finished a commit for \(commitUnderWayNanoseconds / 1_000_000_000) s: look at the disk and its "
                + "controller; answers wait for it, nothing is lost"
        case .open where simulatedSyncDelayNanoseconds > 0:
            "SIMULATED DISK: each sync waits \(simulatedSyncDelayNanoseconds / 1_000_000) ms longer than it must; "
                + "start without simulate-sync-delay for service"
        case .open: ""
        case .overloaded:
            "more is asked than the disk can take (\(pendingBytes) bytes wait); callers are told to come back"
        case .storageFull: "the disk is full: free space in the data folder's file system; reads go on meanwhile"
        }
    }
}
