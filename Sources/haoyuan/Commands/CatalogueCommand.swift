import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct CatalogueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue",
        abstract: "List departments, resources, services, pools, policies, templates, calendars or leaves.",
        discussion: "Without a word it tells how many there are of each; --json then gives the whole catalogue.")

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case departments, resources, services, pools, policies, templates, calendars, leaves
    }

    @Argument(help: "What to list.")
    var kind: Kind?

    @Option(help: ArgumentHelp("Only what belongs to this department.", valueName: "code"))
    var department: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let code = try department.map { try names.department($0).code }
            let listing = CatalogueListing(names: names, department: code)
            if output.json {
                Output.document(kind.map(listing.json) ?? listing.everything)
            } else {
                Output.lines(
                    kind.map { listing.table($0).lines(.standardOutput) } ?? listing.overview.lines(.standardOutput))
            }
        }
    }
}

/// The catalogue, or what of it belongs to one department, as tables and as JSON.
struct CatalogueListing {
    let names: HospitalNames
    /// Code; nil for all.
    let department: String?

    private var departments: [Catalogue.Department] {
        names.catalogue.departments.filter { department == nil || $0.code == department }
    }
    private var resources: [Catalogue.Resource] {
        names.catalogue.resources.filter { department == nil || $0.department == department }
    }
    private var pools: [Catalogue.Pool] {
        names.catalogue.pools.filter { department == nil || $0.department == department }
    }
    private var policies: [Catalogue.Policy] {
        names.catalogue.policies.filter { department == nil || $0.department == department || $0.department.isEmpty }
    }
    private var services: [Catalogue.Service] {
        guard department != nil else { return names.catalogue.services }
        let offered = Set(pools.flatMap(\.services))
        return names.catalogue.services.filter { offered.contains($0.code) }
    }
    private var templates: [Catalogue.Template] {
        guard department != nil else { return names.catalogue.templates }
        let codes = Set(pools.map(\.code))
        return names.catalogue.templates.filter { codes.contains($0.pool) }
    }

    // MARK: For people

    var overview: FactSheet {
        var sheet = FactSheet()
        let hospital = names.catalogue.hospital
        sheet.add("hospital", hospital.map { "\($0.name) (\($0.timeZone))" } ?? "none yet; haoyuan import brings one")
        sheet.add("departments", Numbers.grouped(departments.count))
        sheet.add("resources", Numbers.grouped(resources.count))
        sheet.add("services", Numbers.grouped(services.count))
        sheet.add("pools", Numbers.grouped(pools.count))
        sheet.add("policies", Numbers.grouped(policies.count))
        sheet.add("templates", Numbers.grouped(templates.count))
        sheet.add("calendars", Numbers.grouped(names.catalogue.calendars.count))
        sheet.add("leaves", Numbers.grouped(leaves.count))
        return sheet
    }

    func table(_ kind: CatalogueCommand.Kind) -> Table {
        switch kind {
        case .departments: departmentTable
        case .resources: resourceTable
        case .services: serviceTable
        case .pools: poolTable
        case .policies: policyTable
        case .templates: templateTable
        case .calendars: calendarTable
        case .leaves: leaveTable
        }
    }

    private var departmentTable: Table {
        var table = Table(["CODE", "NAME", .right("POOLS"), "SERVICES"])
        for department in departments {
            let pools = names.catalogue.pools.filter { $0.department == department.code }
            var services: [String] = []
            for code in pools.flatMap(\.services) where !services.contains(code) { services.append(code) }
            table.add([
                Table.Cell(department.code), Table.Cell(department.name), Table.Cell(String(pools.count)),
                Table.Cell(Self.few(services)),
            ])
        }
        return table
    }

    private var resourceTable: Table {
        var table = Table(["CODE", "NAME", "KIND", "DEPARTMENT"])
        for resource in resources {
            table.add([
                Table.Cell(resource.code), Table.Cell(resource.name), Table.Cell(resource.kind.word),
                Table.Cell(resource.department),
            ])
        }
        return table
    }

    private var serviceTable: Table {
        var table = Table(["CODE", "NAME", "KIND", .right("SLOTS"), .right("UNITS"), .right("PRICE"), "PREPARATION"])
        for service in services {
            table.add([
                Table.Cell(service.code), Table.Cell(service.name), Table.Cell(service.kind.word),
                Table.Cell(String(service.slots)), Table.Cell(String(service.units)),
                Table.Cell(JSON.fixed(Double(service.priceFen) / 100, 2)), Table.Cell(service.preparation),
            ])
        }
        return table
    }

    private var poolTable: Table {
        var table = Table([.right("ID"), "CODE", "NAME", "DEPARTMENT", "SERVICES", "RESOURCES"])
        for pool in pools {
            table.add([
                Table.Cell(pool.id.description), Table.Cell(pool.code), Table.Cell(pool.name),
                Table.Cell(pool.department), Table.Cell(Self.few(pool.services)), Table.Cell(Self.few(pool.resources)),
            ])
        }
        return table
    }

    private var policyTable: Table {
        var table = Table([
            "DEPARTMENT", .right("VERSION"), .right("PER DAY AND DEPARTMENT"), .right("PER DAY"), .right("HOLD"),
            "TERMS",
        ])
        for policy in policies {
            table.add([
                Table.Cell(policy.department.isEmpty ? "(hospital)" : policy.department),
                Table.Cell(String(policy.version)),
                Table.Cell(policy.perDayDepartment.map { String($0) } ?? "no limit"),
                Table.Cell(policy.perDay.map { String($0) } ?? "no limit"),
                Table.Cell(SpanArgument(milliseconds: Int64(policy.holdSeconds) * 1_000).description),
                Table.Cell(policy.terms.map(Self.words).joined(separator: "; ")),
            ])
        }
        return table
    }

    /// A term in a few words: what says nothing is left out.
    private static func words(_ term: Catalogue.PolicyTerm) -> String {
        let lists = [
            ("services", term.services), ("pools", term.pools), ("channels", term.channels.map(\.word)),
            ("classes", term.classes.map(\.word)),
        ]
        let times = [
            term.at.map { "\(term.days) days before at \($0)" },
            term.at == nil && term.days > 0 ? "within \(term.days) days" : nil,
            term.minutes == 0 ? nil : "\(SpanArgument(milliseconds: Int64(term.minutes) * 60_000)) before",
            term.weight == 0 ? nil : "weight \(term.weight) %",
            term.blockDays == 0 ? nil : "block \(term.blockDays) days",
        ]
        return
            (["\(term.rule.name) limit \(term.limit)"]
            + lists.filter { !$0.1.isEmpty }.map { "\($0.0) \(few($0.1))" } + times.compactMap(\.self))
            .joined(separator: ", ")
    }

    private var templateTable: Table {
        var table = Table([
            "CODE", "POOL", "WEEKDAYS", "TIME", .right("SLOTS"), .right("MINUTES"), .right("UNITS"), "VALID",
            "CALENDAR", "EXCEPTIONS",
        ])
        for template in templates {
            let from = template.validFrom?.description
            let until = template.validUntil?.description
            table.add([
                Table.Cell(template.code), Table.Cell(template.pool),
                Table.Cell(Weekdays(mask: template.weekdays).description),
                Table.Cell(template.start.description), Table.Cell(String(template.slots)),
                Table.Cell(String(template.slotMinutes)), Table.Cell(String(template.capacity)),
                Table.Cell(from == nil && until == nil ? "always" : "\(from ?? "…") to \(until ?? "…")"),
                Table.Cell(template.calendar ?? "none"), Table.Cell(Self.few(template.exceptions.map(\.words))),
            ])
        }
        return table
    }

    /// A list that may be long, cut to what a line can take.
    private static func few(_ codes: [String]) -> String {
        codes.count <= 6
            ? codes.joined(separator: ", ") : codes.prefix(5).joined(separator: ", ") + " and \(codes.count - 5) more"
    }

    // MARK: For programs

    var everything: JSON {
        [
            "hospital": .optional(names.catalogue.hospital) {
                ["name": .text($0.name), "time_zone": .text($0.timeZone)]
            },
            "departments": json(.departments), "resources": json(.resources), "services": json(.services),
            "pools": json(.pools), "policies": json(.policies), "templates": json(.templates),
            "calendars": json(.calendars), "leaves": json(.leaves),
        ]
    }

    func json(_ kind: CatalogueCommand.Kind) -> JSON {
        switch kind {
        case .departments:
            .list(
                departments.map {
                    ["id": .count($0.id.rawValue), "code": .text($0.code), "name": .text($0.name)]
                })
        case .resources:
            .list(
                resources.map {
                    [
                        "id": .count($0.id.rawValue), "code": .text($0.code), "name": .text($0.name),
                        "kind": .text($0.kind.word), "department": .text($0.department),
                    ]
                })
        case .services:
            .list(
                services.map {
                    [
                        "id": .count($0.id.rawValue), "code": .text($0.code), "name": .text($0.name),
                        "kind": .text($0.kind.word), "slots": .count($0.slots), "units": .count($0.units),
                        "price_fen": .count($0.priceFen), "preparation": .text($0.preparation),
                    ]
                })
        case .pools:
            .list(
                pools.map {
                    [
                        "id": .count($0.id.rawValue), "code": .text($0.code), "name": .text($0.name),
                        "department": .text($0.department), "resources": .list($0.resources.map { .text($0) }),
                        "services": .list($0.services.map { .text($0) }),
                    ]
                })
        case .policies:
            .list(policies.map(Self.json))
        case .templates: .list(templates.map(Self.json))
        case .calendars: .list(names.catalogue.calendars.map(\.json))
        case .leaves: .list(leaves.map(\.json))
        }
    }

    /// One policy, whole.
    static func json(_ policy: Catalogue.Policy) -> JSON {
        [
            "department": .text(policy.department), "version": .count(policy.version),
            "per_day_department": .optional(policy.perDayDepartment) { .count($0) },
            "per_day": .optional(policy.perDay) { .count($0) }, "hold_seconds": .count(policy.holdSeconds),
            "terms": .list(policy.terms.map(json)),
        ]
    }

    static func json(_ term: Catalogue.PolicyTerm) -> JSON {
        [
            "rule": .text(term.rule.name), "services": .list(term.services.map { .text($0) }),
            "pools": .list(term.pools.map { .text($0) }), "channels": .list(term.channels.map { .text($0.word) }),
            "classes": .list(term.classes.map { .text($0.word) }), "limit": .count(term.limit),
            "days": .count(term.days), "at": .optional(term.at) { .text($0.description) },
            "minutes": .count(term.minutes), "block_days": .count(term.blockDays), "weight": .count(term.weight),
        ]
    }

    private static func json(_ template: Catalogue.Template) -> JSON {
        [
            "id": .count(template.id.rawValue), "code": .text(template.code), "pool": .text(template.pool),
            "weekdays": .list(Weekdays(mask: template.weekdays).words.map { .text($0) }),
            "start": .text(template.start.description), "slot_minutes": .count(template.slotMinutes),
            "slots": .count(template.slots), "capacity": .count(template.capacity),
            "valid_from": .optional(template.validFrom) { .text($0.description) },
            "valid_until": .optional(template.validUntil) { .text($0.description) },
            "calendar": .optional(template.calendar) { .text($0) },
            "exceptions": .list(template.exceptions.map(\.json)),
        ]
    }
}
