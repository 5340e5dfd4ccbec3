package import Journal
package import Scheduling

/// Everything a journal says, in memory: what an engine starts from, and what the offline verifier looks at. State tables
/// first, then the log's tail over them; facts that a table reflects already change nothing.
package struct RecoveredState {
    package private(set) var catalogue = Catalogue()
    var registry = PatientRegistry()
    package private(set) var pools: [PoolBook]
    package private(set) var patients: [PatientBook]
    let keys: KeyWindow
    /// Facts of the directory that no checkpoint has yet.
    private(set) var unsaved: [Fact] = []
    /// Sessions whose archiving is in the log and not yet in the history table.
    private(set) var unsavedArchives: [TableWrite] = []
    /// Number of the next value in the table of patients, and the numbers of those in the table of keys.
    private(set) var nextPatientValue: UInt64 = 0
    private(set) var keyValues: [UInt64] = []
    /// The latest moment that is told of: by a fact of the log, by a table, or by the last checkpoint, which knows of the facts
    /// that it let go. Time never goes back behind it.
    package private(set) var latest = Instant(rawValue: 0)
    /// Facts that could not follow on what was there: damage that no checksum shows.
    package private(set) var faults: [Violation] = []
    package private(set) var records = 0

    package var patientCount: UInt64 { registry.count }
    package var keyCount: Int { keys.count }

    /// Reads all of a journal.
    /// - Throws: `JournalError.corrupt` where checksums or the chain do not hold, `CodingError` where they do but the bytes
    ///   mean nothing.
    package init(
        _ journal: Journal, poolShards: Int = 1, patientShards: Int = 1,
        keyWindowMilliseconds: Int64 = EngineLimits.keyWindowMilliseconds, seed: UInt64 = 0,
        progress: (RecoveryProgress) -> Void = { _ in }
    ) throws {
        pools = Array(repeating: PoolBook(), count: poolShards)
        patients = (0..<patientShards).map { PatientBook(shard: $0, of: patientShards) }
        keys = KeyWindow(windowMilliseconds: keyWindowMilliseconds, seed: seed)
        try readLatestMoment(journal)
        try readCatalogue(journal)
        try readPatients(journal, progress)
        try readSessions(journal, progress)
        try readKeys(journal, progress)
        try replay(journal, progress)
        derivePatients()
    }

    /// What must always be true of it, and is not.
    package func violations() -> [Violation] {
        faults + Invariants.violations(catalogue: catalogue, pools: pools, patients: patients)
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

    // MARK: State tables

    private mutating func readLatestMoment(_ journal: Journal) throws {
        guard let bytes = try journal.metadata(Checkpointer.latestMoment) else { return }
        guard let moment = Instant(encoded: bytes) else {
            throw CodingError("the latest moment has \(bytes.count) bytes, not 8")
        }
        latest = moment
    }

    private mutating func readCatalogue(_ journal: Journal) throws {
        try journal.forEach(EngineTables.catalogue) { _, _, value in
            var reader = ByteReader(value)
            catalogue.evolve(try CatalogueEntity(from: &reader))
            try reader.finish()
            return true
        }
    }

    private mutating func readPatients(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        try journal.forEach(EngineTables.patients) { key, _, value in
            nextPatientValue = try EngineTables.number(key, 0) + 1
            try PatientTables.decode(value) { registry.evolve($0, $1) }
            if nextPatientValue % 4_096 == 0 { progress(.init(stage: .patients, done: Int(registry.count))) }
            return true
        }
        progress(.init(stage: .patients, done: Int(registry.count), total: Int(registry.count)))
    }

    private mutating func readSessions(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        var done = 0
        try journal.forEach(EngineTables.sessions) { key, _, value in
            let id = SessionID(rawValue: try EngineTables.number(key, 0))
            // Archiving writes its note at once, checkpoints the catalogue in their time: where the pool is not known yet, the
            // log still has the pool, the session, and that it was archived.
            if value.isEmpty, catalogue.pools[id.pool.rawValue] == nil { return true }
            let shard = try shard(of: id)
            if try EngineTables.number(key, 1) == 0 {
                if value.isEmpty {
                    pools[shard].archive(id)
                } else {
                    var reader = ByteReader(value)
                    note(
                        pools[shard].evolve(try SessionDefinition(from: &reader)),
                        "\(id) overlaps another session of its pool")
                    pools[shard].markClean(id)
                }
                done += 1
                if done % 16_384 == 0 { progress(.init(stage: .sessions, done: done)) }
            } else {
                try Session.decodePage(value) { appointment, record throws(CodingError) in
                    latest = max(latest, record.changed)
                    note(
                        pools[shard].restore(record, appointment),
                        "\(appointment): its slot is not there or not free, or its number is another's")
                }
                pools[shard].markClean(id)
            }
            return true
        }
        progress(.init(stage: .sessions, done: done, total: done))
    }

    private mutating func readKeys(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        var done = 0
        try journal.forEach(EngineTables.keys) { key, _, value in
            keyValues.append(try EngineTables.number(key, 0))
            try AnswerTables.decode(value) { kept in
                latest = max(latest, kept.at)
                keys.restore(kept)
                done += 1
            }
            if keyValues.count % 4_096 == 0 { progress(.init(stage: .keys, done: done)) }
            return true
        }
        keys.markCheckpointed()
        progress(.init(stage: .keys, done: done, total: done))
    }

    // MARK: The log's tail

    private mutating func replay(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        let end = journal.lastPosition
        try journal.replay(from: journal.checkpoint) { position, bytes in
            let event: Event
            do throws(CodingError) {
                event = try Event(decoding: bytes)
            } catch {
                throw CodingError("record \(position): \(error.description)")
            }
            try apply(event, position)
            records += 1
            if records % 65_536 == 0 {
                progress(.init(stage: .log, done: records, total: Int(end.rawValue - journal.checkpoint.rawValue)))
            }
        }
        progress(.init(stage: .log, done: records, total: records))
    }

    private mutating func apply(_ event: Event, _ position: Position) throws {
        latest = max(latest, event.at)
        switch event.fact {
        case .catalogueChanged(let entity):
            catalogue.evolve(entity)
            unsaved.append(event.fact)
        case .patientRegistered(let patient, let identifiers):
            registry.evolve(patient, identifiers)
            unsaved.append(event.fact)
        case .refused, .epochBegan: break
        case .bookedTogether, .moved:
            // Several pools may be concerned, perhaps of several shards; each takes its part.
            for fact in event.fact.parts { try apply(Event(at: event.at, by: event.by, fact: fact), position) }
        case .booked(let taken): try evolve(event, taken.appointment.session, position)
        case .changed(let change): try evolve(event, change.appointment.session, position)
        case .sessionOpened(let definition): try evolve(event, definition.id, position)
        case .sessionArchived(let id):
            // A standby's history table is written after the fact is in its log.
            if let session = pools[try shard(of: id)].session(id) { unsavedArchives += SessionTables.archive(session) }
            try evolve(event, id, position)
        }
        if let kept = KeptAnswer(event, position: position) { keys.restore(kept) }
    }

    private mutating func evolve(_ event: Event, _ session: SessionID, _ position: Position) throws {
        let shard = try shard(of: session)
        note(pools[shard].evolve(event), "record \(position): its fact does not follow on what was there")
    }

    // MARK: Inside

    /// Patients have what the pools say; no table repeats it.
    private mutating func derivePatients() {
        for book in pools {
            for session in book.allSessions {
                guard let department = catalogue.pools[session.id.pool.rawValue]?.department else { continue }
                for (index, record) in session.appointments.enumerated() {
                    guard let record else { continue }
                    let commitment = PatientBook.Commitment(
                        session.times, slot: record.slot, span: record.span, department: department)
                    let shard = Int(record.patient.rawValue % UInt64(patients.count))
                    patients[shard].put(
                        AppointmentID(session: session.id, number: UInt32(index + 1)), patient: record.patient,
                        commitment, state: record.state)
                }
            }
        }
    }

    private func shard(of session: SessionID) throws(CodingError) -> Int {
        guard let pool = catalogue.pools[session.pool.rawValue] else {
            throw CodingError("\(session) belongs to a pool that the catalogue does not know")
        }
        return Int(pool.department.rawValue) % pools.count
    }

    private mutating func note(_ isSound: Bool, _ fault: @autoclosure () -> String) {
        if !isSound, faults.count < 100 { faults.append(Violation(fault())) }
    }
}
