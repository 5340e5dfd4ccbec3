import Journal
import Scheduling

/// What a journal says of the catalogue and of the pools, and so of what patients have; and of who reads the feed.
struct PoolRecovery: Sendable {
    private(set) var catalogue = Catalogue()
    private(set) var pools: [PoolBook]
    private(set) var patients: [PatientBook] = []
    /// Changes of the catalogue that no checkpoint has yet.
    private(set) var unsaved: [Fact] = []
    /// Sessions whose archiving is in the log and not yet in the history table.
    private(set) var unsavedArchives: [TableWrite] = []
    /// Named readers of the change feed.
    private(set) var readers: RecoveredReaders
    /// The latest moment that the log or the table of sessions tells of.
    private(set) var latest = Instant(rawValue: 0)
    private(set) var faults: [Violation] = []
    private(set) var records = 0
    /// What the log's tail says of patients, in its order: archived appointments with something to keep, and appeals.
    private var pasts: [(PatientID, PastAppointment)] = []
    private var appeals: [Event] = []
    /// Sessions in the table, the first of each pool, whose pool the table of the catalogue does not know: the log's
    /// tail brings it.
    private var unplaced: [PoolID: SessionID] = [:]

    /// - Throws: as `RecoveredState` does.
    init(
        _ journal: Journal, poolShards: Int, patientShards: Int, _ progress: (RecoveryProgress) -> Void
    ) throws {
        readers = try RecoveredReaders(journal)
        pools = Array(repeating: PoolBook(), count: poolShards)
        try readCatalogue(journal)
        try readSessions(journal, progress)
        try replay(journal, progress)
        for session in unplaced.values.sorted(by: { $0.rawValue < $1.rawValue }) { _ = try shard(of: session) }
        // Patients have what the pools say; no table repeats it.
        let departments = catalogue.pools.all.map(\.department)
        patients = (0..<patientShards).map {
            PatientBook(
                shard: $0, of: patientShards, deriving: pools, departments: departments,
                prepare: LargePages.prefer(for:))
        }
        try readConduct(journal)
    }

    // MARK: State tables

    private mutating func readCatalogue(_ journal: Journal) throws {
        try journal.forEach(EngineTables.catalogue) { _, _, value in
            var reader = ByteReader(value)
            catalogue.evolve(try CatalogueEntity(from: &reader))
            try reader.finish()
            return true
        }
    }

    /// A session whose values are being read: its definition is in its book, its appointments are gathered to go there
    /// at once.
    private struct Reading {
        var id: SessionID
        var shard: Int
        var appointments: ContiguousArray<(id: AppointmentID, record: AppointmentRecord)> = []
        var payments: [(id: AppointmentID, payment: Payment)] = []
        /// Refunds name appointments, which come after the definition.
        var refunds: [Fact] = []
    }

    private mutating func readSessions(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        var reading: Reading?
        var done = 0
        try journal.forEach(EngineTables.sessions) { key, _, value in
            let id = SessionID(rawValue: try EngineTables.number(key, 0))
            // Archiving writes its note at once, checkpoints the catalogue in their time: where the pool is not known
            // yet, the log still has the pool, and all that happened to its sessions.
            if catalogue.pools[id.pool.rawValue] == nil {
                if unplaced[id.pool] == nil { unplaced[id.pool] = id }
                return true
            }
            if reading?.id != id {
                finish(&reading)
                reading = Reading(id: id, shard: try shard(of: id))
            }
            if try EngineTables.number(key, 1) == 0 {
                reading?.refunds = try define(id, value)
                done += 1
                if done % 16_384 == 0 { progress(.init(stage: .sessions, done: done)) }
            } else {
                try Session.decodePage(value) {
                    reading?.payments.append(($0, $1))
                } _: { appointment, record in
                    latest = max(latest, record.changed)
                    reading?.appointments.append((appointment, record))
                }
            }
            return true
        }
        finish(&reading)
        progress(.init(stage: .sessions, done: done, total: done))
    }

    /// - Returns: What is to be applied when the appointments are there.
    private mutating func define(
        _ id: SessionID, _ value: UnsafeRawBufferPointer
    ) throws(CodingError) -> [Fact] {
        let shard = try shard(of: id)
        guard !value.isEmpty else {
            pools[shard].archive(id)
            return []
        }
        var later: [Fact] = []
        var reader = ByteReader(value)
        let definition = try SessionDefinition(from: &reader).resolved(in: catalogue.hospital.zone)
        note(pools[shard].evolve(definition), "\(id) overlaps another session of its pool")
        while !reader.isAtEnd {
            let fact = try Fact(alone: &reader)
            if case .refund = fact {
                later.append(fact)
                continue
            }
            let isSound = pools[shard].evolve(fact, channel: Origin.system.channel, at: Instant(rawValue: 0))
            note(isSound, "\(id): what stands in it does not follow on its definition")
        }
        return later
    }

    private mutating func finish(_ reading: inout Reading?) {
        guard let read = reading.take() else { return }
        var misplaced: [AppointmentID] = []
        pools[read.shard].restore(read.appointments, of: read.id) { misplaced.append($0) }
        for id in misplaced { note(false, "\(id): its slot is not there or not free, or its number is another's") }
        for fact in read.refunds {
            let isSound = pools[read.shard].evolve(fact, channel: Origin.system.channel, at: Instant(rawValue: 0))
            note(isSound, "\(read.id): its refunds do not follow on its appointments")
        }
        pools[read.shard].restore(read.payments, of: read.id)
        pools[read.shard].markClean(read.id)
    }

    // MARK: The log's tail

    private mutating func replay(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        let total = Int(journal.lastPosition.next.rawValue - journal.checkpoint.rawValue)
        try journal.replayEvents { event, position in
            try apply(event, position)
            records += 1
            if records % 65_536 == 0 { progress(.init(stage: .log, done: records, total: total)) }
        }
        progress(.init(stage: .log, done: records, total: records))
    }

    private mutating func apply(_ event: Event, _ position: Position) throws(CodingError) {
        latest = max(latest, event.at)
        switch event.fact.kind.row.home {
        case .catalogue:
            if case .catalogueChanged(let entity) = event.fact { catalogue.evolve(entity) }
            unsaved.append(event.fact)
        case .readers: readers.apply(event.fact, at: position)
        case .patients, .none: break
        case .conduct: appeals.append(event)
        case .pool:
            guard let session = event.fact.session else {
                // Several pools are concerned, perhaps of several shards; each takes its part.
                precondition(
                    event.fact.parts.allSatisfy { $0.session != nil }, "each part of a pool's fact names its session")
                for fact in event.fact.parts { try apply(Event(at: event.at, by: event.by, fact: fact), position) }
                return
            }
            if event.fact.closesSession, let session = pools[try shard(of: session)].session(session) {
                // A standby's history table is written after the fact is in its log.
                let department = try department(of: session.id)
                let keepsVisits = catalogue.policy(for: department).limitsPeriods
                unsavedArchives += SessionTables.archive(
                    session, department: department, keepsVisits: keepsVisits,
                    isWithdrawn: event.fact.withdrawsSession)
                for case (_, let patient, let past?) in session.past(department: department, keepsVisits: keepsVisits) {
                    pasts.append((patient, past))
                }
            }
            try evolve(event, session, position)
        }
    }

    private mutating func evolve(_ event: Event, _ session: SessionID, _ position: Position) throws(CodingError) {
        let shard = try shard(of: session)
        var event = event
        if case .sessionOpened(let definition) = event.fact {
            event.fact = .sessionOpened(definition.resolved(in: catalogue.hospital.zone))
        }
        note(pools[shard].evolve(event), "record \(position): its fact does not follow on what was there")
    }

    // MARK: Inside

    private func shard(of session: SessionID) throws(CodingError) -> Int {
        Int(try department(of: session).rawValue) % pools.count
    }

    private func department(of session: SessionID) throws(CodingError) -> DepartmentID {
        guard let pool = catalogue.pools[session.pool.rawValue] else {
            throw CodingError("\(session) belongs to a pool that the catalogue does not know")
        }
        return pool.department
    }

    /// What patients have beside the appointments in memory: the table first, then the log's tail over it.
    private mutating func readConduct(_ journal: Journal) throws {
        func book(_ patient: PatientID) -> Int { Int(patient.rawValue % UInt64(patients.count)) }
        let moment = latest
        try journal.forEach(EngineTables.conduct) { key, _, value in
            switch try ConductTable.entry(key, value) {
            case .past(let patient, let past) where ConductTable.isOutlived(past, at: moment):
                let key = EngineTables.key(patient.rawValue, past.appointment.rawValue, 0)
                unsavedArchives.append(.delete(EngineTables.conduct, key: key))
            case .past(let patient, let past): patients[book(patient)].put(past: past, of: patient)
            case .appeal(let appeal): patients[book(appeal.patient)].put(appeal, isSaved: true)
            }
            return true
        }
        for (patient, past) in pasts { patients[book(patient)].put(past: past, of: patient) }
        for event in appeals {
            guard let step = event.fact.appealStep else { continue }
            let isSound = patients[book(step.patient)].evolve(event.fact, by: event.by, at: event.at)
            note(isSound, "appeal of patient \(step.patient.rawValue): its fact does not follow on what was there")
        }
    }

    private mutating func note(_ isSound: Bool, _ fault: @autoclosure () -> String) {
        if !isSound, faults.count < 100 { faults.append(Violation(fault())) }
    }
}

extension Journal {
    /// Hands the facts of the log's tail to `body`, in order.
    /// - Parameter isWanted: which kinds; the others are not looked at any further.
    /// - Throws: `CodingError` with the position of the record that means nothing; else as `replay` does.
    func replayEvents(
        where isWanted: (FactKind) -> Bool = { _ in true }, _ body: (Event, Position) throws -> Void
    ) throws {
        try replay(from: checkpoint) { position, bytes in
            let event: Event
            do throws(CodingError) {
                guard isWanted(try FactKind(of: bytes)) else { return }
                event = try Event(decoding: bytes)
            } catch {
                throw CodingError("record \(position): \(error.description)")
            }
            try body(event, position)
        }
    }
}
