import Journal
import Scheduling
import ZoneTables

/// Owns the catalogue and the registry of patients: what changes seldom and concerns everybody.
actor Directory {
    private var catalogue: Catalogue
    private var registry: PatientRegistry
    private let journal: Journal
    private let view: EngineView
    /// Where the last change of the catalogue stands, and of the registry.
    private var (cataloguePosition, registryPosition): (Position, Position)
    private let zones: ZoneWatch
    private var unwritten = Unwritten()
    /// Number of the next value in the table of patients.
    private var nextPatientValue: UInt64

    init(
        catalogue: Catalogue, registry: PatientRegistry, unsaved: [Fact], nextPatientValue: UInt64, journal: Journal,
        view: EngineView, zones: ZoneWatch, unsettled: UnsettledRecovery
    ) {
        self.catalogue = catalogue
        self.registry = registry
        self.journal = journal
        self.view = view
        self.zones = zones
        self.nextPatientValue = nextPatientValue
        cataloguePosition = unsettled.catalogue
        registryPosition = journal.settledPosition
        for fact in unsaved { unwritten.note(fact) }
    }

    /// What no checkpoint has yet.
    private struct Unwritten {
        var entities: [CatalogueEntity] = []
        var patients: [(PatientID, [Identifier])] = []

        mutating func note(_ fact: Fact) {
            switch fact {
            case .catalogueChanged(let entity): entities.append(entity)
            case .patientRegistered(let patient, let identifiers): patients.append((patient, identifiers))
            default: preconditionFailure("the directory keeps only what is its own")
            }
        }
    }

    // MARK: Catalogue

    /// What a put did.
    struct Put: Sendable {
        var counts: CatalogueCounts
        /// Where the last change of the catalogue stands.
        var position: Position
        /// No fact tells of what it changed: that is on disk once what was handed to the journal is.
        var isBesideTheLog = false
    }

    func put(
        _ draft: CatalogueDraft, _ hospital: Command.HospitalName? = nil, by origin: Origin, now: Instant
    ) throws(EngineError) -> Put {
        var draft = draft
        var zone: (rules: TimeZoneRules, edition: String?)?
        if let hospital {
            let found = try self.zone(of: hospital)
            draft.hospital = Hospital(name: hospital.name, zone: found.rules)
            zone = found
        }
        let put: CataloguePut
        do { put = try catalogue.decide(draft, at: now) } catch {
            throw EngineError(.invalidArgument, error.description)
        }
        guard !put.events.isEmpty else {
            // The same clock changes, perhaps of another edition.
            let isNewer = zone.map { $0.edition != zones.kept } ?? false
            if isNewer { keep(edition: zone?.edition) }
            return Put(counts: put.counts, position: cataloguePosition, isBesideTheLog: isNewer)
        }
        let before = catalogue
        var next = before
        for entity in put.events { next.evolve(entity) }
        guard next.listedBytes <= Limits.catalogueBytes else {
            throw EngineError(
                .invalidArgument,
                "catalogue: it would be \(next.listedBytes) bytes in all, at most \(Limits.catalogueBytes); shorten texts, "
                    + "preparation above all")
        }
        for case .policy(let policy) in put.events where next.listedBytes(of: policy) > Limits.policyBytes {
            let code = policy.department.flatMap { next.departments[$0.rawValue]?.code } ?? ""
            throw EngineError(
                .invalidArgument,
                "policies: that of ‘\(code)’ would be \(next.listedBytes(of: policy)) bytes, at most \(Limits.policyBytes); "
                    + "leave lists of its terms empty where they name everything")
        }
        var records = RecordBatch()
        for (index, entity) in put.events.enumerated() {
            let isContinued = index + 1 < put.events.count
            let fact = Fact.catalogueChanged(entity)
            try record(Event(at: now, by: origin, fact: fact, isContinued: isContinued), into: &records)
        }
        let snapshot = CatalogueSnapshot(next)
        var beside = HospitalMetadata.entries(for: put.events, edition: zone?.edition)
        if let zone, beside.isEmpty, zone.edition != zones.kept {
            beside = [HospitalMetadata.entry(edition: zone.edition)]
        }
        // No session is opened between the look and the change.
        let clashes = view.share(put.events.compactMap { $0.sharing(catalogue) }, in: snapshot, now: now) {
            catalogue = next
            unwritten.entities += put.events
            let position = journal.append(records, metadata: beside)
            cataloguePosition = position
            if let zone { zones.adopt(zone.edition) }
            let settled = journal.settledPosition
            view.update { view in
                view.catalogue = snapshot
                for entity in put.events { view.changes.note(entity, of: before, at: position, settled: settled) }
            }
        }
        guard clashes.isEmpty else { throw EngineError(.invalidArgument, refusal(clashes, next)) }
        return Put(counts: put.counts, position: cataloguePosition)
    }

    /// The clock changes that a put gives the hospital, and their edition: those it has where it keeps its zone, unless
    /// the put asks for the tables'.
    private func zone(of hospital: Command.HospitalName) throws(EngineError) -> (rules: TimeZoneRules, edition: String?)
    {
        let own = catalogue.hospital
        if !own.name.isEmpty, own.zone.name == hospital.zone, !hospital.fromTables { return (own.zone, zones.kept) }
        do throws(ZoneTableError) {
            return try zones.resolve(hospital.zone)
        } catch {
            throw EngineError(.invalidArgument, "time_zone: \(error)")
        }
    }

    private func keep(edition: String?) {
        HospitalMetadata.write(edition: edition, to: journal)
        zones.adopt(edition)
    }

    /// Where the edition of the hospital's rules is not known and the tables differ in nothing to come, it is theirs.
    func learnEdition(now: Instant) {
        if let edition = zones.editionToAdopt(for: catalogue.hospital, at: now) { keep(edition: edition) }
    }

    private func refusal(_ clashes: [ResourceDiary.Clash], _ catalogue: Catalogue) -> String {
        let timetable = view.current.timetable
        var named = clashes.prefix(EngineLimits.clashesNamed).map { clash in
            "resource ‘\(catalogue.code(of: clash.resource))’ would be in two places at one time, in "
                + "\(catalogue.place(of: clash.first, timetable)) and in \(catalogue.place(of: clash.second, timetable))"
        }
        if clashes.count > named.count { named.append("and \(clashes.count - named.count) more") }
        return "pools: \(named.joined(separator: "; ")); nothing of the catalogue is changed. "
            + "Move one template's hours and generate, then import again"
    }

    /// What a generation may withdraw. It is planned here, since it may take some milliseconds, which no event loop
    /// and no pool has to spare.
    func plan(
        _ outdated: [OutdatedSession], wanted: [SessionOpening], _ catalogue: CatalogueSnapshot, now: Instant
    ) -> GenerationPlan {
        GenerationPlan(outdated, wanted: wanted, rows: view.diary.rows, catalogue, now: now)
    }

    /// The catalogue, and where its last change stands.
    func read() -> (catalogue: Catalogue, shown: Position) { (catalogue, cataloguePosition) }

    // MARK: Patients

    func register(_ patients: [[Identifier]], by origin: Origin, now: Instant) throws(EngineError) -> Reading<
        [PatientOutcome]
    > {
        var outcomes: [PatientOutcome] = []
        var records = RecordBatch()
        var noted: [PatientID] = []
        for identifiers in patients {
            let patient: PatientID
            var adding = identifiers
            switch registry.decide(identifiers) {
            case .invalid(let problem):
                outcomes.append(PatientOutcome(patient: nil, created: false, problem: problem))
                continue
            case .known(let known, let new):
                outcomes.append(PatientOutcome(patient: known, created: false))
                if new.isEmpty { continue }
                (patient, adding) = (known, new)
            case .new(let all):
                (patient, adding) = (PatientID(rawValue: registry.count + 1), all)
                outcomes.append(PatientOutcome(patient: patient, created: true))
            }
            registry.evolve(patient, adding)
            unwritten.patients.append((patient, adding))
            noted.append(patient)
            try record(Event(at: now, by: origin, fact: .patientRegistered(patient, adding)), into: &records)
        }
        if !records.isEmpty {
            registryPosition = journal.append(records)
            note(noted.enumerated().map { ($1, registryPosition.advanced(by: 1 + $0 - noted.count)) })
        }
        return Reading(outcomes, at: registryPosition)
    }

    /// The patients that have these identifiers, and the last fact that this shows and that may not be told yet.
    func find(_ identifiers: [Identifier]) -> (patients: [PatientID?], shown: Position) {
        let found = identifiers.map { registry[$0] }
        let known = Set(found.lazy.compactMap { $0?.rawValue })
        return (found, view.current.registrations.last(after: journal.settledPosition) { known.contains($0) })
    }

    /// Puts into the view whom these registrations concern.
    private func note(_ registrations: [(PatientID, Position)]) {
        let (count, settled) = (registry.count, journal.settledPosition)
        view.update { view in
            view.patients = count
            for (patient, position) in registrations {
                view.registrations.note(patient.rawValue, at: position, settled: settled)
            }
        }
    }

    // MARK: Following

    /// Takes over what a primary's directory did.
    func apply(_ events: [PositionedEvent]) {
        var changed: Position?
        var changes = view.current.changes
        var noted: [(PatientID, Position)] = []
        for event in events {
            switch event.event.fact {
            case .catalogueChanged(let entity):
                let zone = catalogue.hospital.zone
                changes.note(entity, of: catalogue, at: event.position, settled: journal.settledPosition)
                catalogue.evolve(entity)
                // Other rules come without their edition.
                let edition = catalogue.hospital.zone == zone ? zones.kept : nil
                let beside = HospitalMetadata.entries(for: [entity], edition: edition)
                for entry in beside { journal.setMetadata(entry.name, entry.value) }
                if !beside.isEmpty { zones.adopt(edition) }
                changed = event.position
            case .patientRegistered(let patient, let identifiers):
                registry.evolve(patient, identifiers)
                noted.append((patient, event.position))
            default: preconditionFailure("the directory is told only what is its own")
            }
            unwritten.note(event.event.fact)
        }
        if let last = noted.last { registryPosition = last.1 }
        if let changed { cataloguePosition = changed }
        note(noted)
        // Once for all of them: it is as much work as the catalogue is long.
        if changed != nil { view.adopt(CatalogueSnapshot(catalogue), changes) }
    }

    // MARK: Checkpoints

    /// Entities and registrations that no checkpoint has yet.
    struct Unsaved: Sendable {
        var entities: Int
        var patients: Int

        var isEmpty: Bool { entities == 0 && patients == 0 }
    }

    var unsaved: Unsaved { Unsaved(entities: unwritten.entities.count, patients: unwritten.patients.count) }

    /// Writes a slice of what no checkpoint has yet, the oldest first: of each at most so many, and about so many bytes
    /// in all.
    /// - Returns: how many of each are left to this checkpoint, fewer than before. What came meanwhile is not among
    ///   them and takes nobody's place: the log before this checkpoint goes.
    func checkpoint(_ most: Unsaved, bytes: Int) -> Unsaved {
        var taken = 0
        var size = 0
        var writes: [TableWrite] = []
        for entity in unwritten.entities.prefix(most.entities) {
            guard size < bytes else { break }
            let write = entity.tableWrite
            writes.append(write)
            if case .put(_, _, let value, _) = write { size += value.count }
            taken += 1
        }
        unwritten.entities.removeFirst(taken)
        var patients = 0
        for (_, identifiers) in unwritten.patients.prefix(most.patients) {
            guard size < bytes else { break }
            size += identifiers.reduce(16) { $0 + $1.system.utf8.count + $1.value.utf8.count }
            patients += 1
        }
        let values = PatientTables.writes(Array(unwritten.patients.prefix(patients)), from: nextPatientValue)
        nextPatientValue += UInt64(values.count)
        unwritten.patients.removeFirst(patients)
        writes += values
        if !writes.isEmpty { journal.write(writes) }
        return Unsaved(entities: most.entities - taken, patients: most.patients - patients)
    }

    private func record(_ event: Event, into records: inout RecordBatch) throws(EngineError) {
        var writer = ByteWriter()
        event.encode(into: &writer)
        do {
            try records.append(writer.bytes)
        } catch {
            throw EngineError(.invalidArgument, error.description)
        }
    }
}

extension CatalogueEntity {
    /// A pool that gets resources beside those it has, with these.
    fileprivate func sharing(_ catalogue: Catalogue) -> (pool: PoolID, resources: [ResourceID])? {
        guard case .pool(let new) = self else { return nil }
        let old = catalogue.pools[new.id.rawValue]?.resources ?? []
        let added = new.resources.filter { !old.contains($0) }
        return added.isEmpty ? nil : (new.id, added)
    }

    /// The value that says what the entity is, in the table of the catalogue.
    var tableWrite: TableWrite {
        var writer = ByteWriter()
        encode(into: &writer)
        return .put(EngineTables.catalogue, key: key, value: writer.bytes)
    }

    /// Kind and id: the newest version of an entity takes the place of the one before. A policy has one key with terms
    /// and without, though its value's kind differs: one that has lost its terms must not leave them behind.
    fileprivate var key: [UInt8] {
        switch self {
        case .hospital: EngineTables.key(1, 0)
        case .department(let department): EngineTables.key(2, UInt64(department.id.rawValue))
        case .resource(let resource): EngineTables.key(3, UInt64(resource.id.rawValue))
        case .service(let service): EngineTables.key(4, UInt64(service.id.rawValue))
        case .pool(let pool): EngineTables.key(5, UInt64(pool.id.rawValue))
        case .policy(let policy): EngineTables.key(6, UInt64(policy.department?.rawValue ?? 0))
        case .template(let template): EngineTables.key(7, UInt64(template.id.rawValue))
        case .calendar(let calendar): EngineTables.key(8, UInt64(calendar.id.rawValue))
        case .leave(let leave): EngineTables.key(9, UInt64(leave.id.rawValue))
        }
    }
}
