import Scheduling

// What a fact changes. Whether it may change it was asked before: see RecordChecker.
extension NaiveModel {
    mutating func apply(_ event: Event, at position: UInt64) {
        switch event.fact {
        case .booked(let taken): take(taken, event, position, isJoint: false)
        case .bookedTogether(let all): for taken in all { take(taken, event, position, isJoint: true) }
        case .changed(let change): end(change, event, position, isJoint: false)
        case .moved(let from, let to):
            end(from, event, position, isJoint: true)
            take(to, event, position, isJoint: true)
        case .refused, .epochBegan: break
        case .sessionOpened(let definition): open(definition, position)
        case .sessionArchived(let id): sittings[id]?.archived = position
        case .patientRegistered(let patient, let added):
            while patients.count < Int(patient.rawValue) { patients.append(position) }
            for identifier in added where identifiers[identifier] == nil {
                identifiers[identifier] = (patient, position)
            }
        case .catalogueChanged(let entity): put(entity, position)
        }
    }

    private mutating func take(_ taken: Taken, _ event: Event, _ position: UInt64, isJoint: Bool) {
        let id = taken.appointment
        visits[id] = Visit(
            id: id, patient: taken.patient, service: taken.service,
            slots: Int(taken.slot)..<Int(taken.slot) + Int(taken.span), units: Int(taken.units),
            channel: event.by.channel, holdUntil: taken.holdUntil, itinerary: taken.itinerary,
            movedFrom: taken.movedFrom,
            versions: [Version(position: position, state: taken.state, at: event.at, isJoint: isJoint)])
        sittings[id.session]?.visits.append(id)
        visitsOfPatient[taken.patient, default: []].append(id)
    }

    private mutating func end(_ change: Change, _ event: Event, _ position: UInt64, isJoint: Bool) {
        visits[change.appointment]?.versions.append(
            Version(position: position, state: change.state, at: event.at, isJoint: isJoint))
    }

    private mutating func open(_ definition: SessionDefinition, _ position: UInt64) {
        sittings[definition.id] = Sitting(
            id: definition.id, times: definition.times, template: definition.template,
            capacities: definition.capacities.map(Int.init), opened: position)
        sittingsOfPool[definition.id.pool, default: []].append(definition.id)
    }

    private mutating func put(_ entity: CatalogueEntity, _ position: UInt64) {
        switch entity {
        case .hospital(let hospital): self.hospital.add(hospital, at: position)
        case .department(let department): Self.put(department, department.id.rawValue, &departments, position)
        case .resource(let resource): Self.put(resource, resource.id.rawValue, &resources, position)
        case .service(let service): Self.put(service, service.id.rawValue, &services, position)
        case .pool(let pool): Self.put(pool, pool.id.rawValue, &pools, position)
        case .template(let template): Self.put(template, template.id.rawValue, &templates, position)
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
