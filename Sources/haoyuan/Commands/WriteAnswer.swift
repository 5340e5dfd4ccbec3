import HaoyuanClient
import Hosting
import Proof
import Terminal

/// What one write came to, shown: the appointment for people, a document for programs, and 2 as the status of a
/// refusal.
struct WriteAnswer {
    let link: ServerLink
    let key: KeyArgument
    let isJSON: Bool

    func show(_ outcome: Outcome) async throws {
        switch outcome {
        case .done(let receipt):
            let names = try await link.names()
            let found = try await link.client.appointments([receipt.appointment])
            show(receipt, found, names)
        case .refused(let refusal): try refuse(refusal, item: nil)
        }
    }

    func show(_ outcome: JointOutcome) async throws {
        switch outcome {
        case .done(let receipt, let appointments):
            let names = try await link.names()
            show(receipt, try await link.client.appointments(appointments), names)
        case .refused(let refusal, let item): try refuse(refusal, item: item)
        }
    }

    private func show(_ receipt: Receipt, _ appointments: [Appointment], _ names: HospitalNames) {
        if isJSON {
            Output.document([
                "result": "done", "again": .bool(receipt.isRepetition), "key": .text(key.description),
                "appointment": .id(receipt.appointment.rawValue), "number": .count(receipt.number),
                "state": .text(receipt.state.word), "version": .count(receipt.version),
                "hold_until": .optional(receipt.holdUntil) { .text(names.clock.iso($0.milliseconds)) },
                "position": .count(receipt.position.rawValue),
                "appointments": .list(appointments.map { AppointmentView($0, names).json }),
            ])
            return
        }
        var sheet = FactSheet()
        sheet.add(
            "result",
            receipt.state.word + (receipt.isRepetition ? " (this key was answered before; nothing changed)" : ""),
            receipt.state.tint)
        for appointment in appointments {
            let view = AppointmentView(appointment, names)
            sheet.add("appointment", "\(appointment.id.place)  (id \(appointment.id))")
            sheet.add("what", view.what)
            sheet.add("when", view.when)
            sheet.add("number", String(appointment.number))
        }
        if receipt.state == .held, let until = receipt.holdUntil {
            sheet.add("confirm by", names.clock.second(until.milliseconds), .caution)
        }
        sheet.add("key", key.description, .quiet)
        Output.lines(sheet.lines(.standardOutput))
    }

    private func refuse(_ refusal: Refusal, item: Int?) throws -> Never {
        let rule = refusal.rule
        if isJSON {
            Output.document([
                "result": "refused", "again": .bool(refusal.isRepetition), "key": .text(key.description),
                "rule": .text(rule.name), "meaning": .text(rule.meaning),
                "remedy": .text(rule.remedy),
                "policy_version": .count(refusal.policyVersion), "authority": .text(refusal.authority.word),
                "limit": .optional(refusal.limit) { .count($0) }, "item": .optional(item) { .count($0) },
                "position": .count(refusal.position.rawValue),
            ])
            throw Ending(status: .refused)
        }
        throw CommandFailure(
            .refused, "refused by \(Self.sentence(refusal, item: item))", remedy: rule.remedy)
    }

    /// Rule, meaning, and what is known of its limit and of who may override it.
    private static func sentence(_ refusal: Refusal, item: Int?) -> String {
        var details: [String] = []
        if let item { details.append("slot \(item + 1) of those asked for") }
        if let limit = refusal.limit, refusal.rule != .version { details.append("limit \(limit)") }
        if let limit = refusal.limit, refusal.rule == .version { details.append("it is at version \(limit)") }
        if refusal.policyVersion > 0 { details.append("policy version \(refusal.policyVersion)") }
        switch refusal.authority {
        case .department: details.append("the department’s number manager may override it")
        case .hospital: details.append("the hospital’s number manager may override it")
        default: break
        }
        let brackets = details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
        return "\(refusal.rule.name): \(refusal.rule.meaning)\(brackets)"
    }
}

/// One appointment, for people and for programs.
struct AppointmentView {
    let appointment: Appointment
    private let names: HospitalNames

    init(_ appointment: Appointment, _ names: HospitalNames) {
        self.appointment = appointment
        self.names = names
    }

    var what: String { "\(names.serviceName(appointment.service)) · \(names.poolName(appointment.pool))" }

    var when: String {
        let clock = names.clock
        let (start, end) = (appointment.start.milliseconds, appointment.end.milliseconds)
        return "\(clock.day(start)) \(clock.stretch(start, end))"
    }

    static let columns: [Table.Column] = [
        "APPOINTMENT", "STATE", "DAY", "TIME", .right("NO"), "PATIENT", "CLASS", "SERVICE", "POOL", "ID",
    ]

    var row: [Table.Cell] {
        let clock = names.clock
        let start = appointment.start.milliseconds
        return [
            Table.Cell(appointment.id.place), Table.Cell(appointment.state.word, appointment.state.tint),
            Table.Cell(clock.day(start)), Table.Cell(clock.stretch(start, appointment.end.milliseconds)),
            Table.Cell(String(appointment.number)), Table.Cell("#\(appointment.patient)"),
            Table.Cell(appointment.patientClass?.word ?? "-"),
            Table.Cell(names.serviceName(appointment.service)), Table.Cell(names.poolName(appointment.pool)),
            Table.Cell(appointment.id.description, .quiet),
        ]
    }

    var json: JSON {
        let clock = names.clock
        return [
            "id": .id(appointment.id.rawValue), "place": .text(appointment.id.place),
            "state": .text(appointment.state.word), "version": .count(appointment.version),
            "patient": .id(appointment.patient.rawValue), "number": .count(appointment.number),
            "service": .text(names.serviceCode(appointment.service)), "pool": .text(names.poolCode(appointment.pool)),
            "session": .id(appointment.id.session.rawValue), "slot": .id(appointment.slot.rawValue),
            "slots": .count(appointment.slots), "units": .count(appointment.units),
            "start": .text(clock.iso(appointment.start.milliseconds)),
            "end": .text(clock.iso(appointment.end.milliseconds)),
            "hold_until": .optional(appointment.holdUntil) { .text(clock.iso($0.milliseconds)) },
            "made": .text(clock.iso(appointment.made.milliseconds)),
            "changed": .text(clock.iso(appointment.changed.milliseconds)), "channel": .text(appointment.channel.word),
            "patient_class": .optional(appointment.patientClass) { .text($0.word) },
            "itinerary": .optional(appointment.itinerary) { .id($0.rawValue) },
            "moved_from": .optional(appointment.movedFrom) { .id($0.rawValue) },
            "archived": .bool(appointment.isArchived),
        ]
    }
}
