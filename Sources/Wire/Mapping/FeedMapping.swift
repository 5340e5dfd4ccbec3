package import Scheduling

extension PBEvent {
    /// One event of the journal as the feed shows it: a joint booking is several at one position, everything else is
    /// one.
    ///
    /// - Parameter position: where the event stands in the journal.
    package static func events(of event: Event, at position: UInt64) -> [PBEvent] {
        var shown = PBEvent()
        shown.position = position
        shown.atMs = event.at.rawValue
        shown.channel = PBChannel(event.by.channel)
        shown.operator = event.by.operatorName
        switch event.fact {
        case .booked(let taken):
            shown.kind = .booked
            shown.show(taken)
        case .bookedTogether(let all):
            shown.kind = .booked
            return all.map { taken in
                var one = shown
                one.show(taken)
                return one
            }
        case .changed(let change):
            shown.kind = .changed
            shown.show(change)
        case .moved(let from, let to):
            shown.kind = .moved
            shown.reason = from.reason
            shown.show(to)
            shown.movedFrom = from.appointment.rawValue
        case .refused(let refusal, _):
            shown.kind = .refused
            shown.rule = PBRule(refusal.rule)
        case .sessionOpened(let definition):
            shown.kind = .sessionOpened
            shown.session = definition.id.rawValue
        case .sessionArchived(let session):
            shown.kind = .sessionArchived
            shown.session = session.rawValue
        case .patientRegistered(let patient, _):
            shown.kind = .patientRegistered
            shown.patient = patient.rawValue
        case .catalogueChanged(let entity):
            shown.kind = .catalogueChanged
            shown.entity = entity.title
        case .epochBegan(let number):
            shown.kind = .epochBegan
            shown.epoch = number
        }
        return [shown]
    }

    private mutating func show(_ taken: Taken) {
        appointment = taken.appointment.rawValue
        session = taken.appointment.session.rawValue
        patient = taken.patient.rawValue
        slot = SlotID(session: taken.appointment.session, index: taken.slot).rawValue
        slots = UInt32(taken.span)
        units = UInt32(taken.units)
        service = taken.service.rawValue
        state = PBAppointmentState(taken.state)
        version = 1
        movedFrom = taken.movedFrom?.rawValue ?? 0
        itinerary = taken.itinerary?.rawValue ?? 0
        holdUntilMs = taken.holdUntil?.rawValue ?? 0
    }

    private mutating func show(_ change: Change) {
        appointment = change.appointment.rawValue
        session = change.appointment.session.rawValue
        patient = change.patient.rawValue
        state = PBAppointmentState(change.state)
        version = change.version
        reason = change.reason
    }
}

extension CatalogueEntity {
    /// Its kind and code, as people and the feed name it.
    package var title: String {
        switch self {
        case .hospital: "hospital"
        case .department(let department): "department \(department.code)"
        case .resource(let resource): "resource \(resource.code)"
        case .service(let service): "service \(service.code)"
        case .pool(let pool): "pool \(pool.code)"
        case .policy(let policy): policy.department.map { "policy of department \($0.rawValue)" } ?? "policy"
        case .template(let template): "template \(template.code)"
        }
    }
}
