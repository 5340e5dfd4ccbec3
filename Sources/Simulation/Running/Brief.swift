import Engine
import Journal
import Scheduling

// What happened, in words short enough for a line of a trace.

extension Command {
    var brief: String {
        switch self {
        case .book(let patient, let item, let hold):
            "\(hold ? "hold" : "book") patient \(patient.rawValue) \(item.brief)"
        case .bookTogether(let patient, let items, let hold):
            "\(hold ? "hold" : "book") together patient \(patient.rawValue) "
                + items.map(\.brief).joined(separator: " and ")
        case .change(let id, let transition, let version, let reason):
            "\(transition) \(id.short) if version \(version)\(reason.isEmpty ? "" : " ‘\(reason)’")"
        case .move(let id, let slot, let version, _):
            "move \(id.short) to \(slot.short) if version \(version)"
        }
    }
}

extension Command.Item {
    var brief: String { "\(slot.short) service \(service.rawValue)" }
}

extension SlotID {
    var short: String { "slot \(pool.rawValue)/\(session.index)/\(index)" }
}

extension AppointmentID {
    var short: String { "#\(pool.rawValue)/\(session.index)/\(number)" }
}

extension IdempotencyKey {
    var short: String { "key \(high).\(low)" }
}

extension Request {
    var brief: String {
        switch self {
        case .writes(let writes): writes.map { "\($0.key.short): \($0.command.brief)" }.joined(separator: "; ")
        case .register(let patients):
            "register " + patients.map { $0.map(\.value).joined(separator: "=") }.joined(separator: ", ")
        case .open(let drafts):
            "open "
                + drafts.map { "\($0.pool) \($0.date) \($0.start) \($0.capacities)" }.joined(separator: ", ")
        case .generate(let from, let to, _): "generate \(from) to \(to)"
        case .put(let draft, _):
            "put \(draft.departments.count) departments, \(draft.services.count) services, \(draft.pools.count) pools, "
                + "\(draft.policies.count) policies, \(draft.templates.count) templates"
        case .byID(let ids): "read " + ids.map(\.short).joined(separator: " ")
        case .ofPatient(let patient, let history): "read patient \(patient.rawValue)\(history ? " with history" : "")"
        case .inSession(let session): "read \(session)"
        case .search(let query):
            "search department \(query.department?.rawValue ?? 0) service \(query.service?.rawValue ?? 0)"
        case .find(let identifiers): "find " + identifiers.map(\.value).joined(separator: " ")
        case .catalogue: "read the catalogue"
        case .events(let after, let limit): "events after \(after), at most \(limit)"
        }
    }
}

extension Answer {
    var brief: String {
        let repeated = again ? " again" : ""
        return switch outcome {
        case .done(let receipt):
            "\(receipt.appointment.short) \(receipt.state) v\(receipt.version) at \(position)\(repeated)"
        case .refused(let refusal, let item): "refused \(refusal.rule) item \(item) at \(position)\(repeated)"
        case .failed(let error): "failed \(error.code)"
        }
    }
}

extension Response {
    var brief: String {
        switch self {
        case .answers(let answers): answers.map(\.brief).joined(separator: "; ")
        case .registered(let reading):
            "patients \(reading.value.map { $0.patient?.rawValue ?? 0 }) at \(reading.position)"
        case .opened(let reading): "opened \(reading.value.opened) at \(reading.position)"
        case .put(let reading): "put \(reading.value.events.count) at \(reading.position)"
        case .appointments(let reading):
            "at \(reading.position): "
                + reading.value.map { found in
                    "\(found.appointment.id.short) \(found.appointment.record.state)\(found.isArchived ? " archived" : "")"
                }.joined(separator: ", ")
        case .slots(let reading): "\(reading.value.slots.count) free slots at \(reading.position)"
        case .found(let patients): "patients \(patients.map { $0?.rawValue ?? 0 })"
        case .catalogue(let reading): "the catalogue at \(reading.position)"
        case .events(let events, let through): "\(events.count) events through \(through)"
        case .failed(let error): "failed \(error.code): \(error.message)"
        }
    }
}

extension Event {
    var kindName: String {
        switch fact {
        case .booked(let taken): taken.state == .held ? "held" : "booked"
        case .bookedTogether: "booked together"
        case .changed(let change): "\(change.state)"
        case .moved: "moved"
        case .refused: "refused"
        case .sessionOpened: "session opened"
        case .sessionArchived: "session archived"
        case .patientRegistered: "patient registered"
        case .catalogueChanged: "catalogue changed"
        case .epochBegan: "epoch began"
        }
    }

    var brief: String {
        let what =
            switch fact {
            case .booked(let taken): "\(taken.appointment.short) patient \(taken.patient.rawValue) slot \(taken.slot)"
            case .bookedTogether(let all): all.map(\.appointment.short).joined(separator: " and ")
            case .changed(let change): "\(change.appointment.short) v\(change.version)"
            case .moved(let from, let to): "\(from.appointment.short) to \(to.appointment.short)"
            case .refused(let refusal, let item): "\(refusal.rule) item \(item)"
            case .sessionOpened(let definition): "\(definition.id)"
            case .sessionArchived(let id): "\(id)"
            case .patientRegistered(let patient, _): "patient \(patient.rawValue)"
            case .catalogueChanged: ""
            case .epochBegan(let epoch): "\(epoch)"
            }
        return "(\(kindName) \(what), \(answer?.key.short ?? by.operatorName), at \(at.rawValue))"
    }
}
