import HaoyuanClient
import Terminal

/// The kinds of entities a hospital file holds, in the order in which they refer to each other.
enum EntityKind: String, CaseIterable {
    case hospital, departments, resources, services, pools, policies
    /// A CSV file of its own, since a cell holds no mappings; in YAML they stand within their policy.
    case policyTerms = "policy_terms"
    case templates

    /// Those with a section in a YAML file.
    static let sections = allCases.filter { $0 != .policyTerms }

    /// The fields of a term that stands within its policy.
    static let termFields = ["rule", "services", "pools", "channels", "limit"]

    init?(section: String) { self.init(rawValue: section) }

    /// The section of the YAML file, and the name of the CSV file without its ending.
    var section: String { rawValue }

    /// One of it.
    var word: String {
        switch self {
        case .hospital: "hospital"
        case .departments: "department"
        case .resources: "resource"
        case .services: "service"
        case .pools: "pool"
        case .policies: "policy"
        case .policyTerms: "policy term"
        case .templates: "template"
        }
    }

    var fields: [String] {
        switch self {
        case .hospital: ["name", "time_zone"]
        case .departments: ["code", "name"]
        case .resources: ["code", "name", "kind", "department"]
        case .services: ["code", "name", "kind", "slots", "units", "price_fen", "preparation"]
        case .pools: ["code", "name", "department", "resources", "services"]
        case .policies: ["department", "per_day_department", "per_day", "hold", "terms"]
        case .policyTerms: ["department"] + Self.termFields
        case .templates:
            ["code", "pool", "weekdays", "start", "slot_minutes", "slots", "capacity", "valid_from", "valid_until"]
        }
    }
}

/// A catalogue that grows entry by entry.
struct CatalogueCollector {
    private(set) var catalogue = Catalogue()
    private var places: [String: String] = [:]

    mutating func add(_ entry: Entry, _ kind: EntityKind) throws(CommandFailure) {
        var entry = entry
        switch kind {
        case .hospital: catalogue.hospital = .init(name: try entry.text("name"), timeZone: try entry.text("time_zone"))
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
        case .templates: catalogue.templates.append(try template(&entry))
        }
        try entry.finish(known: kind.fields)
    }

    /// A code stands once for its kind; the second would silently win.
    private mutating func code(_ entry: inout Entry) throws(CommandFailure) -> String {
        let code = try entry.text("code")
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
            slots: try entry.optionalNumber("slots") ?? 1, units: try entry.optionalNumber("units") ?? 1,
            priceFen: try entry.optionalNumber("price_fen") ?? 0,
            preparation: try entry.optionalText("preparation") ?? "")
    }

    private func policy(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Policy {
        let hold = try entry.value("hold", form: "a time such as 15m") { SpanArgument($0) }
        return .init(
            department: try entry.optionalText("department") ?? "",
            perDayDepartment: try entry.optionalNumber("per_day_department").flatMap { $0 == 0 ? nil : $0 },
            perDay: try entry.optionalNumber("per_day").flatMap { $0 == 0 ? nil : $0 },
            holdSeconds: hold.map { UInt32(clamping: $0.milliseconds / 1_000) } ?? 900,
            terms: try terms(try entry.entries("terms")))
    }

    private func terms(_ entries: [Entry]) throws(CommandFailure) -> [Catalogue.PolicyTerm] {
        var terms: [Catalogue.PolicyTerm] = []
        for var entry in entries {
            terms.append(try term(&entry))
            try entry.finish(known: EntityKind.termFields)
        }
        return terms
    }

    /// One that stands apart from its policy, which must have come before it.
    private mutating func addTerm(_ entry: inout Entry) throws(CommandFailure) {
        let department = try entry.optionalText("department") ?? ""
        guard let policy = catalogue.policies.lastIndex(where: { $0.department == department }) else {
            let whose = department.isEmpty ? "the hospital" : "department ‘\(department)’"
            throw entry.failure("there is no policy of \(whose)", remedy: "put it into policies.csv")
        }
        catalogue.policies[policy].terms.append(try term(&entry))
    }

    private func term(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.PolicyTerm {
        let rule = try entry.value("rule", form: "a rule by the name that refusals give it") { text in
            Rule.known.first { $0.name == text.uppercased() }
        }
        guard let rule else { throw entry.failure("‘rule’ is missing") }
        let form = "one of \(Channel.known.map(\.word).joined(separator: ", "))"
        return .init(
            rule: rule, services: try entry.list("services"), pools: try entry.list("pools"),
            channels: try entry.list("channels", form: form) { text in Channel.known.first { $0.word == text } },
            limit: try entry.optionalNumber("limit") ?? 0)
    }

    private mutating func template(_ entry: inout Entry) throws(CommandFailure) -> Catalogue.Template {
        let weekdays = try entry.value("weekdays", form: "days such as mon-fri or mon,wed, or all") { Weekdays($0) }
        let day = "a day, YYYY-MM-DD"
        let from = try entry.value("valid_from", form: day) { DayText($0) }
        let until = try entry.value("valid_until", form: day) { DayText($0) }
        return .init(
            code: try code(&entry), pool: try entry.text("pool"), weekdays: (weekdays ?? Weekdays(mask: 127)).mask,
            start: WallTime(try entry.text("start")), slotMinutes: try entry.number("slot_minutes"),
            slots: try entry.number("slots"), capacity: try entry.optionalNumber("capacity") ?? 1,
            validFrom: from.map { LocalDate($0.text) }, validUntil: until.map { LocalDate($0.text) })
    }
}
