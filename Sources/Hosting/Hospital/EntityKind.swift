/// The kinds of entities a hospital file holds, in the order in which they refer to each other.
enum EntityKind: String, CaseIterable {
    case hospital, departments, resources, services, pools, policies
    /// A CSV file of its own, since a cell holds no mappings; in YAML they stand within their policy.
    case policyTerms = "policy_terms"
    case calendars
    /// As policy terms: in YAML they stand within their calendar,
    case calendarDays = "calendar_days"
    case templates
    /// and these within their template.
    case templateExceptions = "template_exceptions"
    case leaves

    /// Those with a section in a YAML file.
    static let sections = allCases.filter { ![.policyTerms, .calendarDays, .templateExceptions].contains($0) }

    /// The fields of a term that stands within its policy.
    static let termFields = [
        "rule", "services", "pools", "channels", "classes", "limit", "days", "at", "minutes", "block_days",
        "weight",
    ]
    /// Those of a day within its calendar.
    static let dayFields = ["date", "kind", "in_place_of"]
    /// Those of an exception within its template.
    static let exceptionFields = ["date", "kind", "start", "slot_minutes", "slots", "capacity", "reason"]

    /// What stands where a template follows no calendar. It is no code.
    static let noCalendar = "none"

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
        case .calendars: "calendar"
        case .calendarDays: "calendar day"
        case .templates: "template"
        case .templateExceptions: "template exception"
        case .leaves: "leave"
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
            [
                "code", "pool", "weekdays", "start", "slot_minutes", "slots", "capacity", "valid_from", "valid_until",
                "calendar", "exceptions",
            ]
        case .calendars: ["code", "name", "source", "first", "last", "days"]
        case .calendarDays: ["calendar"] + Self.dayFields
        case .templateExceptions: ["template"] + Self.exceptionFields
        case .leaves: ["code", "resource", "from", "until", "reason", "cancelled"]
        }
    }

    /// Fields whose emptiness says something, in YAML and in CSV.
    private var fieldsThatMayBeEmpty: Set<String> {
        switch self {
        case .services: ["preparation"]
        case .pools: ["resources", "services"]
        case .templates: ["valid_from", "valid_until"]
        case .policyTerms: ["at"]
        case .calendarDays: ["in_place_of"]
        case .templateExceptions: ["start", "slot_minutes", "slots", "capacity", "reason"]
        case .leaves: ["reason", "cancelled"]
        default: []
        }
    }

    /// The same for a row: a policy without a department is the hospital's own.
    private var cellsThatMayBeEmpty: Set<String> { self == .policies ? ["department"] : [] }

    func mayBeEmpty(inRow isRow: Bool) -> Set<String> {
        isRow ? fieldsThatMayBeEmpty.union(cellsThatMayBeEmpty) : fieldsThatMayBeEmpty
    }

    /// What stands for the whole hospital, or for no narrower scope, where an empty cell could be one that was
    /// cleared. It is no code.
    static let everything = "*"

    /// What to write into a field that decides something and was found empty.
    /// - Parameter kind: the word of the entity it is a field of.
    static func remedyForEmpty(_ field: String, of kind: String) -> String? {
        switch field {
        case "services", "pools": "write those meant; \(everything) for all"
        case "channels", "classes": "write those meant; \(everything) where the rule reads none"
        case "department" where kind == EntityKind.policyTerms.word:
            "write the department of the policy; \(everything) for the hospital’s own"
        case "per_day", "per_day_department": "write the limit; 0 is no limit"
        case "hold": "write how long a hold waits, such as 15m"
        case "limit", "days", "minutes", "block_days", "weight": "write the number; 0 where the rule reads none"
        case "price_fen": "write the price in 1/100; 0 where it costs nothing"
        case "calendar": "write the calendar that it follows; \(noCalendar) for none"
        case "weekdays": "write the days, such as mon-fri; all for every day"
        case "time_zone": "write an IANA name, such as Asia/Shanghai"
        default: nil
        }
    }
}
