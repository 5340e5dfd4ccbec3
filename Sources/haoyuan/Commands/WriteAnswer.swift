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
    /// Of a refusal's sentences.
    let language: Language
    /// What was to be booked, and for whom: where it is refused, other slots are named. Nil where nothing was.
    var booking: (patient: PatientID, items: [JointItem])?

    func show(_ outcome: Outcome) async throws {
        switch outcome {
        case .done(let receipt):
            let names = try await link.names()
            let found = try await link.client.appointments([receipt.appointment])
            show(receipt, found, names)
        case .refused(let refusal): try await refuse(refusal, item: nil)
        }
    }

    func show(_ outcome: JointOutcome) async throws {
        switch outcome {
        case .done(let receipt, let appointments):
            let names = try await link.names()
            show(receipt, try await link.client.appointments(appointments), names)
        case .refused(let refusal, let item): try await refuse(refusal, item: item)
        }
    }

    /// One of several: with the rule that stood in the way of each before it, or of each.
    func show(_ outcome: ChoiceOutcome) async throws {
        switch outcome {
        case .done(let receipt, let item, let passed):
            let names = try await link.names()
            let found = try await link.client.appointments([receipt.appointment])
            show(receipt, found, names, choice: (item, passed))
        case .refused(let rules, let last): try await refuse(rules, last)
        }
    }

    private func refuse(_ rules: [Rule], _ last: Refusal) async throws -> Never {
        if isJSON {
            Output.document([
                "result": "refused", "again": .bool(last.isRepetition), "key": .text(key.description),
                "refused": .list(rules.map(json)), "position": .count(last.position.rawValue),
            ])
        } else {
            for (index, rule) in rules.enumerated() { Output.complain(sentence(of: rule, item: index)) }
            Output.complain(
                language == .chinese
                    ? "所求时段均不可预约" : "none of the slots can be had; haoyuan slots lists those that are free")
        }
        throw Ending(status: .refused)
    }

    private func sentence(of rule: Rule, item: Int) -> String {
        let meaning = rule.meaning(in: language)
        return language == .chinese
            ? "所求的第 \(item + 1) 个时段：\(rule.name)，\(meaning)" : "slot \(item + 1): \(rule.name): \(meaning)"
    }

    private func json(_ rule: Rule) -> JSON {
        ["rule": .text(rule.name), "meaning": .text(rule.meaning(in: language))]
    }

    private func show(
        _ receipt: Receipt, _ appointments: [Appointment], _ names: HospitalNames,
        choice: (item: Int, passed: [Rule])? = nil
    ) {
        if isJSON {
            Output.document([
                "result": "done", "again": .bool(receipt.isRepetition), "key": .text(key.description),
                "appointment": .id(receipt.appointment.rawValue), "number": .count(receipt.number),
                "state": .text(receipt.state.word), "version": .count(receipt.version),
                "hold_until": .optional(receipt.holdUntil) { .text(names.clock.iso($0.milliseconds)) },
                "position": .count(receipt.position.rawValue),
                "appointments": .list(appointments.map { AppointmentView($0, names).json }),
                "item": .optional(choice) { .count($0.item) },
                "refused": .list((choice?.passed ?? []).map(json)),
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
        for (index, rule) in (choice?.passed ?? []).enumerated() {
            sheet.add("not had", sentence(of: rule, item: index), .quiet)
        }
        sheet.add("key", key.description, .quiet)
        Output.lines(sheet.lines(.standardOutput))
    }

    private func refuse(_ refusal: Refusal, item: Int?) async throws -> Never {
        let rule = refusal.rule
        let others = await alternatives(to: refusal, item: item)
        var end: String?
        if let until = refusal.until {
            let clock = try await link.names().clock
            end = isJSON ? clock.iso(until.milliseconds) : clock.second(until.milliseconds)
        }
        if isJSON {
            Output.document([
                "result": "refused", "again": .bool(refusal.isRepetition), "key": .text(key.description),
                "rule": .text(rule.name), "meaning": .text(rule.meaning(in: language)),
                "remedy": .text(rule.remedy(in: language)),
                "policy_version": .count(refusal.policyVersion), "authority": .text(refusal.authority.word),
                "limit": .optional(refusal.limit) { .count($0) },
                "until": .optional(end) { .text($0) }, "item": .optional(item) { .count($0) },
                "position": .count(refusal.position.rawValue),
                "alternatives": .list(others.map { others in others.slots.map { Slots.json($0, others.names) } } ?? []),
            ])
            throw Ending(status: .refused)
        }
        let failure = CommandFailure(
            .refused, sentence(refusal, item: item, until: end), remedy: rule.remedy(in: language))
        guard let others else { throw failure }
        Output.complain("haoyuan: \(failure)")
        Output.line(language == .chinese ? "同一项目接下来的可约时段：" : "the next free slots of the same service:")
        Output.lines(Slots.table(others.slots, others.names).lines(.standardOutput))
        throw Ending(status: .refused)
    }

    /// The next free slots of the service that was refused, in the same department; nil where there are none, or
    /// nothing was to be booked.
    private func alternatives(to refusal: Refusal, item: Int?) async -> (slots: [FreeSlot], names: HospitalNames)? {
        guard let booking, booking.items.indices.contains(item ?? 0) else { return nil }
        let wanted = booking.items[item ?? 0]
        do {
            let names = try await link.names()
            let slots = try await link.client.alternatives(
                to: refusal, service: wanted.service, patient: booking.patient,
                department: names.department(of: wanted.slot), patientClass: wanted.patientClass)
            return slots.isEmpty ? nil : (slots, names)
        } catch {
            // The refusal is the answer, and is told all the same.
            Output.complain("what else is free could not be asked: \(error)")
            return nil
        }
    }

    /// Rule, meaning, and what is known of its limit and of who may override it.
    private func sentence(_ refusal: Refusal, item: Int?, until end: String?) -> String {
        let isChinese = language == .chinese
        let place = item.map { isChinese ? "所求的第 \($0 + 1) 个时段" : "slot \($0 + 1) of those asked for" }
        let until = end.map { isChinese ? "至 \($0)" : "until \($0)" }
        let details = [place, until].compactMap(\.self) + refusal.details(in: language)
        let (open, comma, close) = isChinese ? ("（", "，", "）") : (" (", ", ", ")")
        let brackets = details.isEmpty ? "" : open + details.joined(separator: comma) + close
        let meaning = refusal.rule.meaning(in: language)
        return (isChinese ? "被拒绝，" : "refused by ") + "\(refusal.rule.name): \(meaning)\(brackets)"
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
            "payment": .optional(appointment.payment) {
                ["reference": .text($0.reference), "fen": .count($0.amountFen)]
            },
            "archived": .bool(appointment.isArchived),
        ]
    }
}
