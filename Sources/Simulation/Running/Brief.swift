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
        case .confirmPaid(let id, let payment, let version, _):
            "confirm \(id.short) paid \(payment.reference) if version \(version)"
        case .reportPayment(let id, let payment): "pay \(id.short) \(payment.reference)"
        case .closeRefund(let id, let reference): "close refund \(id.session) \(id.number) \(reference)"
        case .bookAny(let patient, let items, let hold):
            "\(hold ? "hold" : "book") any patient \(patient.rawValue) " + items.map(\.brief).joined(separator: " or ")
        case .registerPatients(let patients):
            "register " + patients.map { $0.map(\.value).joined(separator: "=") }.joined(separator: ", ")
        case .openSessions(let drafts):
            "open "
                + drafts.map { "\($0.pool) \($0.date) \($0.start) \($0.capacities)" }.joined(separator: ", ")
        case .putCatalogue(let draft, _):
            "put \(draft.departments.count) departments, \(draft.services.count) services, \(draft.pools.count) pools, "
                + "\(draft.policies.count) policies, \(draft.templates.count) templates"
        default: "\(self)"
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
        case .byID(let ids): "read " + ids.map(\.short).joined(separator: " ")
        case .ofPatient(let patient, let history): "read patient \(patient.rawValue)\(history ? " with history" : "")"
        case .inSession(let session): "read \(session)"
        case .search(let query):
            "search department \(query.department?.rawValue ?? 0) service \(query.service?.rawValue ?? 0)"
        case .days(let query):
            "count days of departments \(query.departments.map(\.rawValue)) pools \(query.pools.map(\.rawValue)) "
                + "service \(query.service?.rawValue ?? 0)"
        case .counts(let query):
            "report \(query.from) to \(query.to) of departments \(query.departments.map(\.rawValue)) "
                + "pools \(query.pools.map(\.rawValue))"
        case .explain(let question):
            "explain \(question.slot.short) service \(question.service.rawValue) "
                + "patient \(question.patient?.rawValue ?? 0)"
        case .find(let identifiers): "find " + identifiers.map(\.value).joined(separator: " ")
        case .findEntities(let text, let kinds, let limit):
            "find ‘\(text)’ among \(kinds.map(\.rawValue).sorted()), at most \(limit)"
        case .preview(let from, let to): "preview \(from) to \(to)"
        case .catalogue: "read the catalogue"
        case .events(let after, let limit): "events after \(after), at most \(limit)"
        case .resume(let name, let limit): "reader \(name) goes on, at most \(limit)"
        case .confirm(let name, let position, _): "reader \(name) has everything to \(position)"
        case .drop(let name): "drop reader \(name)"
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
        case .told(let fact): "\(fact.kind.row.name) at \(position)\(repeated)"
        case .failed(let error): "failed \(error.code)"
        }
    }
}

extension Response {
    var brief: String {
        switch self {
        case .answers(let answers): answers.map(\.brief).joined(separator: "; ")
        case .appointments(let reading):
            "at \(reading.position): "
                + reading.value.map { found in
                    "\(found.appointment.id.short) \(found.appointment.record.state)\(found.isArchived ? " archived" : "")"
                }.joined(separator: ", ")
        case .slots(let reading): "\(reading.value.slots.count) free slots at \(reading.position)"
        case .days(let reading):
            "\(reading.value.days.count) days with \(reading.value.days.reduce(0) { $0 + $1.free }) units free at "
                + "\(reading.position)"
        case .counts(let reading): "\(reading.value.count) rows of counts at \(reading.position)"
        case .explanation(let reading):
            "refused by \(reading.value.refusal?.rule.name ?? "none") at \(reading.position)"
        case .found(let patients): "patients \(patients.map { $0?.rawValue ?? 0 })"
        case .entities(let reading): "\(reading.value.map(\.code)) at \(reading.position)"
        case .preview(let reading): "\(reading.value.rows.count) rows at \(reading.position)"
        case .catalogue(let reading): "the catalogue at \(reading.position)"
        case .events(let events, let through): "\(events.count) events through \(through)"
        case .resumed(let from, let events, let through, let settled):
            "\(events.count) events after \(from.through) through \(through), settled \(settled)"
        case .confirmed: "confirmed"
        case .dropped: "dropped"
        case .failed(let error): "failed \(error.code): \(error.message)"
        }
    }
}

extension Event {
    /// Of an appointment the state it reached, of everything else the kind of fact.
    var kindName: String {
        switch fact {
        case .booked, .changed: fact.lines[0].state?.name ?? fact.kind.row.name
        default: fact.kind.row.name
        }
    }

    var brief: String {
        let what = fact.lines.map { $0.words(BareNames()) }.joined(separator: "; ")
        return "(\(what), \(answer?.key.short ?? by.operatorName), at \(at.rawValue))"
    }
}

/// Names for a trace: the numbers themselves.
private struct BareNames: FactNames {
    func name(of pool: PoolID) -> String { "pool \(pool.rawValue)" }
    func name(of service: ServiceID) -> String { "service \(service.rawValue)" }
    func text(of moment: Instant) -> String { "\(moment.rawValue)" }
}
