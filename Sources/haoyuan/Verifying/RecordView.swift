import Journal
import Scheduling

/// One record of the log, for people and for programs.
struct RecordView {
    let position: Position
    let event: Event
    /// As far as it is known at this record.
    let catalogue: Catalogue

    private var clock: HospitalClock { HospitalClock(zone: catalogue.hospital.zone.name) }

    // MARK: For people

    func line(_ palette: Palette) -> String {
        let by =
            event.by.operatorName.isEmpty ? event.by.channel.word : "\(event.by.channel.word), \(event.by.operatorName)"
        let key = event.answer.map { "  key \(Self.text($0.key))" } ?? ""
        return palette.paint("\(position)  \(clock.second(event.at.rawValue))", .quiet) + "  "
            + Self.sentence(event.fact, catalogue)
            + palette.paint("  (\(Table.Cell(by).text))\(key)", .quiet)
    }

    private static func sentence(_ fact: Fact, _ catalogue: Catalogue) -> String {
        switch fact {
        case .booked(let taken): return sentence(taken, catalogue)
        case .bookedTogether(let all): return "together: " + all.map { sentence($0, catalogue) }.joined(separator: "; ")
        case .changed(let change): return sentence(change)
        case .moved(let from, let to):
            return "moved \(place(from.appointment)) of patient #\(from.patient.rawValue): \(sentence(to, catalogue))"
        case .refused(let refusal, let item):
            let place = item > 0 ? ", item \(item)" : ""
            return "refused: \(refusal.rule.word)\(place), policy version \(refusal.policyVersion)"
        case .sessionOpened(let definition):
            let units = definition.capacities.reduce(0) { $0 + Int($1) }
            return
                "session \(definition.id.pool.rawValue)/\(definition.id.index) opened: \(pool(definition.id.pool, catalogue)), "
                + "\(definition.times.date), \(definition.times.slots) slots of \(definition.times.slotMinutes) min, \(units) units"
        case .sessionArchived(let id):
            return "session \(id.pool.rawValue)/\(id.index) archived: \(pool(id.pool, catalogue))"
        case .patientRegistered(let patient, let identifiers):
            return "patient #\(patient.rawValue) registered with \(Numbers.counted(identifiers.count, "identifier"))"
        case .catalogueChanged(let entity):
            return "catalogue: \(entity.words.kind) \(Table.Cell(entity.words.code).text)"
        case .epochBegan(let number): return "epoch \(number) began: another server became primary"
        }
    }

    private static func sentence(_ taken: Taken, _ catalogue: Catalogue) -> String {
        let service = catalogue.services[taken.service.rawValue]?.code ?? "service \(taken.service.rawValue)"
        let slots =
            taken.span > 1 ? "slots \(taken.slot) to \(Int(taken.slot) + Int(taken.span) - 1)" : "slot \(taken.slot)"
        let units = taken.units > 1 ? ", \(taken.units) units" : ""
        return "\(taken.state.word) \(place(taken.appointment)) for patient #\(taken.patient.rawValue): \(service) in "
            + "\(pool(taken.appointment.pool, catalogue)), \(slots)\(units)"
    }

    private static func sentence(_ change: Change) -> String {
        let reason = change.reason.isEmpty ? "" : ": \(Table.Cell(change.reason).text)"
        return
            "\(change.state.word) \(place(change.appointment)) of patient #\(change.patient.rawValue), version \(change.version)\(reason)"
    }

    private static func place(_ id: AppointmentID) -> String { "\(id.pool.rawValue)/\(id.session.index)/\(id.number)" }

    private static func pool(_ id: PoolID, _ catalogue: Catalogue) -> String {
        catalogue.pools[id.rawValue]?.code ?? "pool \(id.rawValue)"
    }

    private static func text(_ key: IdempotencyKey) -> String {
        [key.high, key.low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    // MARK: For programs

    var json: JSON {
        .object(
            [
                .init(name: "position", value: .count(position.rawValue)),
                .init(name: "at", value: .text(clock.iso(event.at.rawValue))),
                .init(name: "channel", value: .text(event.by.channel.word)),
                .init(name: "operator", value: .text(event.by.operatorName)),
                .init(name: "key", value: .optional(event.answer) { .text(Self.text($0.key)) }),
            ] + fields(event.fact))
    }

    private func fields(_ fact: Fact) -> [JSON.Field] {
        func kind(_ word: String, _ fields: (String, JSON)...) -> [JSON.Field] {
            [.init(name: "kind", value: .text(word))] + fields.map { .init(name: $0, value: $1) }
        }
        switch fact {
        case .booked(let taken): return kind("booked", ("appointments", [json(taken)]))
        case .bookedTogether(let all): return kind("booked-together", ("appointments", .list(all.map(json))))
        case .changed(let change): return kind("changed", ("change", Self.json(change)))
        case .moved(let from, let to): return kind("moved", ("change", Self.json(from)), ("appointments", [json(to)]))
        case .refused(let refusal, let item):
            return kind(
                "refused", ("rule", .text(refusal.rule.word)), ("policy_version", .count(refusal.policyVersion)),
                ("limit", .count(refusal.limit)), ("item", .count(item)))
        case .sessionOpened(let definition):
            return kind(
                "session-opened", ("session", .id(definition.id.rawValue)),
                ("pool", .text(Self.pool(definition.id.pool, catalogue))),
                ("date", .text(definition.times.date.description)),
                ("start", .text(clock.iso(definition.times.start.rawValue))),
                ("slot_minutes", .count(definition.times.slotMinutes)),
                ("capacities", .list(definition.capacities.map { .count($0) })))
        case .sessionArchived(let id): return kind("session-archived", ("session", .id(id.rawValue)))
        case .patientRegistered(let patient, let identifiers):
            return kind(
                "patient-registered", ("patient", .id(patient.rawValue)), ("identifiers", .count(identifiers.count)))
        case .catalogueChanged(let entity):
            return kind("catalogue-changed", ("entity", .text(entity.words.kind)), ("code", .text(entity.words.code)))
        case .epochBegan(let number): return kind("epoch-began", ("epoch", .count(number)))
        }
    }

    private func json(_ taken: Taken) -> JSON {
        [
            "id": .id(taken.appointment.rawValue), "patient": .id(taken.patient.rawValue),
            "state": .text(taken.state.word),
            "pool": .text(Self.pool(taken.appointment.pool, catalogue)),
            "service": .text(catalogue.services[taken.service.rawValue]?.code ?? "#\(taken.service.rawValue)"),
            "slot": .count(taken.slot), "slots": .count(taken.span), "units": .count(taken.units),
            "hold_until": .optional(taken.holdUntil) { .text(clock.iso($0.rawValue)) },
            "itinerary": .optional(taken.itinerary) { .id($0.rawValue) },
            "moved_from": .optional(taken.movedFrom) { .id($0.rawValue) },
        ]
    }

    private static func json(_ change: Change) -> JSON {
        [
            "id": .id(change.appointment.rawValue), "patient": .id(change.patient.rawValue),
            "state": .text(change.state.word), "version": .count(change.version), "reason": .text(change.reason),
        ]
    }
}

// The journal's words are the protocol's; both are told apart only by where they come from.

extension Channel {
    fileprivate var word: String { self == .miniProgram ? "mini-program" : "\(self)" }
}

extension AppointmentState {
    fileprivate var word: String { self == .noShow ? "no-show" : "\(self)" }
}

extension CatalogueEntity {
    fileprivate var words: (kind: String, code: String) {
        switch self {
        case .hospital(let hospital): ("hospital", hospital.name)
        case .department(let department): ("department", department.code)
        case .resource(let resource): ("resource", resource.code)
        case .service(let service): ("service", service.code)
        case .pool(let pool): ("pool", pool.code)
        case .policy(let policy): ("policy", "version \(policy.version)")
        case .template(let template): ("template", template.code)
        }
    }
}
