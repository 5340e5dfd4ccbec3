import Scheduling

// Facts about sessions, patients and the catalogue: what they change, and what may stand against them.

extension NaiveModel {
    mutating func open(_ definition: SessionDefinition, _ event: Event, _ position: UInt64) {
        sittings[definition.id] = Sitting(
            id: definition.id, times: definition.times, template: definition.template,
            capacities: definition.capacities.map(Int.init), opened: position, openedAt: event.at,
            zone: hospital.last?.zone ?? .utc)
        sittingsOfPool[definition.id.pool, default: []].append(definition.id)
    }

    mutating func register(_ patient: PatientID, _ added: [Identifier], _ position: UInt64) {
        while patients.count < Int(patient.rawValue) { patients.append(position) }
        for identifier in added where identifiers[identifier] == nil { identifiers[identifier] = (patient, position) }
    }

    mutating func put(_ entity: CatalogueEntity, _ position: UInt64) {
        switch entity {
        case .hospital(let hospital): self.hospital.add(hospital, at: position)
        case .department(let department): Self.put(department, department.id.rawValue, &departments, position)
        case .resource(let resource): Self.put(resource, resource.id.rawValue, &resources, position)
        case .service(let service): Self.put(service, service.id.rawValue, &services, position)
        case .pool(let pool): Self.put(pool, pool.id.rawValue, &pools, position)
        case .template(let template): Self.put(template, template.id.rawValue, &templates, position)
        case .calendar(let calendar): Self.put(calendar, calendar.id.rawValue, &calendars, position)
        case .leave(let leave): Self.put(leave, leave.id.rawValue, &leaves, position)
        case .policy(let policy):
            policies[policy.department?.rawValue ?? 0, default: Versions()].add(policy, at: position)
        }
    }

    private static func put<Entity>(
        _ entity: Entity, _ id: UInt32, _ all: inout [Versions<Entity>], _ position: UInt64
    ) {
        while all.count < Int(id) { all.append(Versions()) }
        all[Int(id) - 1].add(entity, at: position)
    }
}

extension Situation {
    /// What stands against an answer about many: every patient it names must be who the identifiers say.
    func answered(_ report: Report, _ wish: Wish) -> String? {
        guard case .registerPatients(let patients)? = wish.other, case .patients(let outcomes) = report else {
            return nil
        }
        for (identifiers, outcome) in zip(patients, outcomes) {
            guard let patient = outcome.patient else { continue }
            for identifier in identifiers where model.identifiers[identifier]?.patient != patient {
                return "\(identifier.value) became patient \(patient.rawValue), the journal says otherwise"
            }
        }
        return nil
    }

    func opened(_ definition: SessionDefinition) -> String? {
        guard model.department(of: definition.id.pool) != nil else { return "there is no such pool" }
        let others = model.sittingsOfPool[definition.id.pool] ?? []
        guard Int(definition.id.index) == others.count else { return "its index was given before, or one is missing" }
        let time = Int(definition.times.startMinute)..<Int(definition.times.endMinute)
        for case let other? in others.map({ model.sittings[$0] }) where other.archived == nil {
            if other.time(0..<other.capacities.count).overlaps(time) { return "it overlaps \(other.id)" }
            let isOfSameDay = other.times.date == definition.times.date
            if let template = definition.template, other.template == template, isOfSameDay {
                return "its template has \(other.id) on that day"
            }
        }
        if definition.template != nil, allAway(definition.id.pool, definition.times).surely {
            return "all resources of its pool are away"
        }
        guard let pool = NaiveModel.versions(definition.id.pool.rawValue, of: model.pools)?.last else { return nil }
        guard definition.times.end > now else { return nil }
        return elsewhere(pool.resources, than: pool.id) { $0.overlaps(time) }
    }

    /// Where one of these resources is at such a time: in an open session of another pool that is not over.
    private func elsewhere(
        _ resources: [ResourceID], than pool: PoolID, _ isAtThatTime: (Range<Int>) -> Bool
    ) -> String? {
        for case let other? in model.pools.map(\.last) where other.id != pool {
            guard other.resources.contains(where: resources.contains) else { continue }
            for case let sitting? in (model.sittingsOfPool[other.id] ?? []).map({ model.sittings[$0] })
            where sitting.archived == nil && sitting.start(sitting.capacities.count) > now.rawValue
                && isAtThatTime(sitting.time(0..<sitting.capacities.count))
            {
                return "a resource of its pool is in \(sitting.id) at that time"
            }
        }
        return nil
    }

    /// What stands against a pool's having these resources: those that are new to it may be nowhere else from now on
    /// when it has a session.
    private func shares(_ new: Pool) -> String? {
        let old = NaiveModel.versions(new.id.rawValue, of: model.pools)?.last?.resources ?? []
        let added = new.resources.filter { !old.contains($0) }
        let own = (model.sittingsOfPool[new.id] ?? []).compactMap { model.sittings[$0] }
            .filter { $0.archived == nil && $0.start($0.capacities.count) > now.rawValue }
            .map { $0.time(0..<$0.capacities.count) }
        return elsewhere(added, than: new.id) { there in own.contains { $0.overlaps(there) } }
    }

    /// What stands against withdrawing a session: it must be a template's, yet to come, with nothing booked in it.
    func withdrawn(_ id: SessionID) -> String? {
        guard let sitting = model.sittings[id], sitting.archived == nil else { return "there is no such open session" }
        guard let template = sitting.template else { return "no template opened it" }
        guard sitting.visits.allSatisfy({ !(model.visits[$0]?.last.state.takesUnits ?? false) }) else {
            return "something is booked in it"
        }
        guard sitting.locks.allSatisfy({ $0.ended != nil }) else { return "a lock in it is in force" }
        guard sitting.stops.last.map({ $0.ended != nil }) ?? true else { return "it is stopped" }
        guard !model.owesMoney(sitting) else { return "it owes a refund" }
        guard sitting.start(0) > now.rawValue else { return "it had begun" }
        let versions = NaiveModel.versions(template.rawValue, of: model.templates)?.inForce(catalogue) ?? []
        let days = versions.flatMap { version in
            model.says(version, on: sitting.times.date, in: catalogue).map { (version, $0) }
        }
        if days.allSatisfy({ $0.1 == .unknown }) { return "its calendar does not know the day" }
        let zone = model.hospital.last?.zone ?? .utc
        let isSaid = days.allSatisfy { template, day in
            NaiveModel.isSaid(day, of: template, sitting.times, sitting.capacities, in: id.pool, zone)
        }
        return isSaid && !allAway(id.pool, sitting.times).perhaps ? "its template still says it" : nil
    }

    func archived(_ id: SessionID) -> String? {
        guard let sitting = model.sittings[id], sitting.archived == nil else { return "there is no such open session" }
        guard sitting.start(sitting.capacities.count) < now.rawValue else { return "it is not over" }
        guard !model.owesMoney(sitting) else { return "it owes a refund" }
        return model.mayBeArchived(id) ? nil : "an appointment in it has not ended"
    }

    func registered(_ patient: PatientID, _ added: [Identifier]) -> String? {
        guard added.allSatisfy({ model.identifiers[$0] == nil }) else { return "an identifier was known before" }
        return patient.rawValue >= 1 && patient.rawValue <= model.patients.count + 1 ? nil : "a patient is left out"
    }

    func put(_ entity: CatalogueEntity) -> String? {
        let follows =
            switch entity {
            case .hospital: true
            case .department(let new): follows(new.id.rawValue, model.departments) { $0.code == new.code }
            case .resource(let new): follows(new.id.rawValue, model.resources) { $0.code == new.code }
            case .service(let new): follows(new.id.rawValue, model.services) { $0.code == new.code }
            case .pool(let new):
                follows(new.id.rawValue, model.pools) { $0.code == new.code && $0.department == new.department }
                    && shares(new) == nil
            case .template(let new): follows(new.id.rawValue, model.templates) { $0.code == new.code }
            case .calendar(let new): follows(new.id.rawValue, model.calendars) { $0.code == new.code }
            case .leave(let new): follows(new.id.rawValue, model.leaves) { $0.code == new.code }
            case .policy(let new): new.version == version(after: new)
            }
        return follows ? nil : "it does not follow on what is in the catalogue"
    }

    /// Whether an entity is the next one, or another version of one.
    private func follows<Entity>(
        _ id: UInt32, _ all: [NaiveModel.Versions<Entity>], _ isSame: (Entity) -> Bool
    ) -> Bool {
        id == all.count + 1 || NaiveModel.versions(id, of: all)?.last.map(isSame) == true
    }

    private func version(after new: Policy) -> UInt32 {
        let last = model.policies[new.department?.rawValue ?? 0]?.last
        return (last?.version ?? (new.department == nil ? Policy.initial.version : 0)) + 1
    }
}
