import HaoyuanClient
import Terminal

import enum Scheduling.Limits

/// A catalogue that grows entry by entry.
struct CatalogueCollector {
    var catalogue = Catalogue()
    /// Where each code, policy and term stands, by what a person would call it.
    private var places: [String: String] = [:]
    /// Policies that say nothing yet, by their departments.
    private var silent: [String: Entry] = [:]
    /// What was left out and decides times, money or limits: how often, by what was taken.
    private var leftOut: [String: Int] = [:]
    /// Where the hospital's own limit in one department stands as an empty cell.
    private(set) var unsaidLimit: String?

    mutating func add(_ entry: Entry, _ kind: EntityKind) throws(CommandFailure) {
        var entry = entry
        switch kind {
        case .hospital:
            try once("the hospital", entry)
            catalogue.hospital = .init(name: try entry.text("name"), timeZone: try entry.text("time_zone"))
        case .departments: catalogue.departments.append(.init(code: try code(&entry), name: try entry.text("name")))
        case .resources: catalogue.resources.append(try resource(&entry))
        case .services: catalogue.services.append(try service(&entry))
        case .pools:
            catalogue.pools.append(
                .init(
                    code: try code(&entry), name: try entry.text("name"), department: try entry.text("department"),
                    resources: try entry.list("resources"), services: try entry.list("services")))
        case .policies: catalogue.policies.append(try policy(&entry))
        case .policyTerms: try addTerm(&entry)
        case .calendars: catalogue.calendars.append(try calendar(&entry))
        case .calendarDays: try addDay(&entry)
        case .templates: catalogue.templates.append(try template(&entry))
        case .templateExceptions: try addException(&entry)
        case .leaves: catalogue.leaves.append(try leave(&entry))
        }
        try entry.finish(known: kind.fields)
        for (field, taken) in entry.leftOut { leftOut["\(kind.word): \(field) \(taken)", default: 0] += 1 }
    }

    /// The whole of it.
    func finished() throws(CommandFailure) -> Catalogue {
        if let entry = silent.values.min(by: { $0.place < $1.place }) {
            throw entry.failure(
                "it says nothing, and would lift every limit", remedy: "write the limits, 0 for none, or take it out")
        }
        return catalogue
    }

    /// What was left out and decides times, money or limits, in words.
    var defaults: [String] { leftOut.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value) times)" } }

    /// What stands once; the second would silently win.
    mutating func once(_ name: String, _ entry: Entry) throws(CommandFailure) {
        if let first = places[name] { throw entry.failure("\(name) stands there already (\(first))") }
        places[name] = entry.place
    }

    mutating func code(_ entry: inout Entry) throws(CommandFailure) -> String {
        let code = try entry.text("code")
        guard code != EntityKind.everything else {
            throw entry.failure("‘code’ is ‘\(code)’, which stands for everything", remedy: "choose another")
        }
        let name = "\(entry.kind) \(code)"
        if let first = places[name] { throw entry.failure("‘\(code)’ stands there already (\(first))") }
        places[name] = entry.place
        return code
    }

    private mutating func resource(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Resource {
        let form = "one of \(ResourceKind.known.map(\.word).joined(separator: ", "))"
        let kind = try entry.value("kind", form: form) { text in ResourceKind.known.first { $0.word == text } }
        guard let kind else { throw entry.failure("‘kind’ is missing", remedy: "it is \(form)") }
        return .init(
            code: try code(&entry), name: try entry.text("name"), kind: kind, department: try entry.text("department"))
    }

    private mutating func service(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Service {
        let form = "one of \(ServiceKind.known.map(\.word).joined(separator: ", "))"
        let kind = try entry.value("kind", form: form) { text in ServiceKind.known.first { $0.word == text } }
        return .init(
            code: try code(&entry), name: try entry.text("name"), kind: kind ?? .clinic,
            slots: try entry.number("slots", in: 1...UInt32(Limits.slotsPerService), orElse: 1),
            units: try entry.number("units", in: 1...UInt32(Limits.capacityPerSlot), orElse: 1),
            priceFen: try entry.number("price_fen", in: 0...UInt32.max, orElse: 0),
            preparation: try entry.optionalText("preparation") ?? "")
    }

    private mutating func policy(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Policy {
        let isSilent = !["per_day_department", "per_day", "hold", "terms"].contains { entry.says($0) }
        let named = try entry.optionalText("department")
        let department = Self.department(named)
        try once(Self.policy(of: department), entry)
        if isSilent { silent[department] = entry }
        // A row of the hospital's own that names no department may say nothing of departments.
        if entry.isRow, named == nil {
            if entry.has("per_day_department"), !entry.says("per_day_department") { unsaidLimit = entry.place }
            entry.allowEmpty("per_day_department")
        }
        let limits: ClosedRange<UInt32> = 0...UInt32.max
        let perDayDepartment = try entry.number("per_day_department", in: limits, orElse: 0, "0, no limit")
        let perDay = try entry.number("per_day", in: limits, orElse: 0, "0, no limit")
        let hold: UInt32 = try entry.value(
            "hold", form: "a whole number of seconds or more, up to 24h, such as 15m", orElse: 900, "15m",
            Self.holdSeconds)
        let own = try entry.entries("terms")
        return .init(
            department: department, perDayDepartment: perDayDepartment == 0 ? nil : perDayDepartment,
            perDay: perDay == 0 ? nil : perDay, holdSeconds: hold,
            terms: try terms(own, of: department))
    }

    /// The department that a policy is of; empty for the hospital's own.
    private static func department(_ named: String?) -> String {
        guard let named, named != EntityKind.everything else { return "" }
        return named
    }

    /// A hold is counted in seconds; nothing is rounded.
    private static func holdSeconds(_ text: String) -> UInt32? {
        guard let span = SpanArgument(text), span.milliseconds % 1_000 == 0,
            (1...Int64(Limits.holdSeconds)).contains(span.milliseconds / 1_000)
        else { return nil }
        return UInt32(span.milliseconds / 1_000)
    }

    private static func policy(of department: String) -> String {
        department.isEmpty ? "the hospital’s own policy" : "the policy of department ‘\(department)’"
    }

    private mutating func terms(
        _ entries: [Entry], of department: String
    ) throws(CommandFailure) -> [Catalogue.PolicyTerm] {
        var terms: [Catalogue.PolicyTerm] = []
        for var entry in entries {
            terms.append(try term(&entry, of: department))
            try entry.finish(known: EntityKind.termFields)
        }
        return terms
    }

    /// One that stands apart from its policy, which must have come before it.
    private mutating func addTerm(_ entry: inout Entry) throws(CommandFailure) {
        let department = Self.department(try entry.optionalText("department"))
        guard let policy = catalogue.policies.lastIndex(where: { $0.department == department }) else {
            let whose = department.isEmpty ? "the hospital" : "department ‘\(department)’"
            throw entry.failure("there is no policy of \(whose)", remedy: "put it into policies.csv")
        }
        catalogue.policies[policy].terms.append(try term(&entry, of: department))
        silent[department] = nil
    }

    private mutating func term(
        _ entry: inout Entry, of department: String
    ) throws(CommandFailure) -> Catalogue.PolicyTerm {
        let rule = try entry.value("rule", form: "one of \(Rule.known.map(\.name).joined(separator: ", "))") { text in
            Rule.known.first { $0.name == text.uppercased() }
        }
        guard let rule else { throw entry.failure("‘rule’ is missing") }
        let form = "one of \(Channel.known.map(\.word).joined(separator: ", "))"
        let term = Catalogue.PolicyTerm(
            rule: rule, services: try entry.scope("services"), pools: try entry.scope("pools"),
            channels: try entry.scope("channels", form: form) { text in Channel.known.first { $0.word == text } },
            classes: try entry.scope(
                "classes", form: "one of \(PatientClass.known.map(\.word).joined(separator: ", "))"
            ) { text in PatientClass.known.first { $0.word == text } },
            limit: try entry.optionalNumber("limit") ?? 0,
            days: try entry.optionalNumber("days", in: 0...Limits.daysOfTerm) ?? 0,
            at: try entry.value("at", form: Self.timeForm, SpreadsheetForms.time).map { WallTime($0) },
            minutes: try entry.optionalNumber("minutes", in: 0...Limits.minutesOfTerm) ?? 0,
            blockDays: try entry.optionalNumber("block_days", in: 0...Limits.daysOfTerm) ?? 0,
            weight: try entry.optionalNumber("weight", in: 0...100) ?? 0)
        let scope = [
            term.services, term.pools, term.channels.map(\.word), term.classes.map(\.word),
            ["\(term.days)", term.at?.description ?? "", rule == .blocked ? "\(term.limit)" : ""],
        ].map { $0.sorted().joined(separator: ",") }
        let name = "\(Self.policy(of: department)) \(rule.name) \(scope)"
        if let first = places[name] {
            throw entry.failure(
                "\(rule.name) for the same services, pools, channels and classes stands there already (\(first))")
        }
        places[name] = entry.place
        return term
    }

    private static let timeForm = "a time of day, 00:00 to 23:59, such as 08:00"

    private mutating func template(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Template {
        let reading = try entry.value(
            "weekdays", form: "days such as mon-fri or mon,wed, each once, or all",
            orElse: Weekdays.Reading.days(Weekdays(mask: 127)), "all"
        ) { Weekdays.read($0) }
        let weekdays: Weekdays
        switch reading {
        case .days(let days): weekdays = days
        case .twice(let day): throw entry.failure("‘weekdays’ names ‘\(day)’ twice; name each day once")
        }
        let day = "a day, YYYY-MM-DD"
        let from = try entry.value("valid_from", form: day, SpreadsheetForms.day)
        let until = try entry.value("valid_until", form: day, SpreadsheetForms.day)
        let start = try entry.value(
            "start", form: Self.timeForm, SpreadsheetForms.time)
        guard let start else { throw entry.failure("‘start’ is missing") }
        if let from, let until, until < from { throw entry.failure("‘valid_until’ is \(until), before \(from)") }
        let calendar = try entry.value(
            "calendar", form: "a code, or none", orElse: EntityKind.noCalendar, EntityKind.noCalendar
        ) { $0 }
        let code = try code(&entry)
        return .init(
            code: code, pool: try entry.text("pool"), weekdays: weekdays.mask, start: WallTime(start),
            slotMinutes: try entry.number("slot_minutes", in: 1...UInt32(Limits.slotMinutes)),
            slots: try entry.number("slots", in: 1...UInt32(Limits.slotsPerSession)),
            capacity: try entry.number("capacity", in: 1...UInt32(Limits.capacityPerSlot), orElse: 1),
            validFrom: from.map { LocalDate($0) }, validUntil: until.map { LocalDate($0) },
            calendar: calendar == EntityKind.noCalendar ? nil : calendar,
            exceptions: try exceptions(try entry.entries("exceptions"), of: code))
    }
}
