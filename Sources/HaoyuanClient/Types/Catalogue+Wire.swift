import Wire

// The catalogue and its message, both ways. 0 and the empty text stand on the wire for what is nil here.

extension Catalogue {
    init(_ wire: PBCatalogue) {
        self.init(
            hospital: wire.hasHospital ? Hospital(name: wire.hospital.name, timeZone: wire.hospital.timeZone) : nil,
            departments: wire.departments.map {
                Department(id: DepartmentID(rawValue: $0.id), code: $0.code, name: $0.name)
            },
            resources: wire.resources.map {
                Resource(
                    id: ResourceID(rawValue: $0.id), code: $0.code, name: $0.name, kind: ResourceKind($0.kind),
                    department: $0.department)
            },
            services: wire.services.map {
                Service(
                    id: ServiceID(rawValue: $0.id), code: $0.code, name: $0.name, kind: ServiceKind($0.kind),
                    slots: $0.slots, units: $0.units, priceFen: $0.priceFen, preparation: $0.preparation)
            },
            pools: wire.pools.map {
                Pool(
                    id: PoolID(rawValue: $0.id), code: $0.code, name: $0.name, department: $0.department,
                    resources: $0.resources, services: $0.services)
            },
            policies: wire.policies.map {
                Policy(
                    department: $0.department, version: $0.version,
                    perDayDepartment: $0.perDayDepartment == 0 ? nil : $0.perDayDepartment,
                    perDay: $0.perDay == 0 ? nil : $0.perDay, holdSeconds: $0.holdSeconds,
                    terms: $0.terms.map(PolicyTerm.init))
            },
            templates: wire.templates.map {
                Template(
                    id: TemplateID(rawValue: $0.id), code: $0.code, pool: $0.pool, weekdays: $0.weekdays,
                    start: WallTime($0.start), slotMinutes: $0.slotMinutes, slots: $0.slots, capacity: $0.capacity,
                    validFrom: $0.validFrom.isEmpty ? nil : LocalDate($0.validFrom),
                    validUntil: $0.validUntil.isEmpty ? nil : LocalDate($0.validUntil),
                    calendar: $0.calendar.isEmpty ? nil : $0.calendar,
                    exceptions: $0.exceptions.map(Template.Exception.init))
            }, calendars: wire.calendars.map(Calendar.init), leaves: wire.leaves.map(Leave.init))
    }

    var wire: PBCatalogue {
        var wire = PBCatalogue()
        if let hospital {
            wire.hospital.name = hospital.name
            wire.hospital.timeZone = hospital.timeZone
            wire.hospital.fromTables = hospital.fromTables
        }
        wire.departments = departments.map(\.wire)
        wire.resources = resources.map(\.wire)
        wire.services = services.map(\.wire)
        wire.pools = pools.map(\.wire)
        wire.policies = policies.map(\.wire)
        wire.templates = templates.map(\.wire)
        wire.calendars = calendars.map(\.wire)
        wire.leaves = leaves.map(\.wire)
        return wire
    }
}

extension Catalogue.ClockChange {
    init(_ wire: PBClockChange) {
        // No clock has changed so early or will so late that this is not it.
        from = Instant(milliseconds: min(max(wire.fromS, Int64.min / 1_000), Int64.max / 1_000) * 1_000)
        offset = wire.offsetS
    }
}

extension Catalogue.Department {
    fileprivate var wire: PBDepartment {
        var wire = PBDepartment()
        wire.code = code
        wire.name = name
        return wire
    }
}

extension Catalogue.Resource {
    fileprivate var wire: PBResource {
        var wire = PBResource()
        wire.code = code
        wire.name = name
        wire.kind = kind.wire
        wire.department = department
        return wire
    }
}

extension Catalogue.Service {
    fileprivate var wire: PBService {
        var wire = PBService()
        wire.code = code
        wire.name = name
        wire.kind = kind.wire
        wire.slots = slots
        wire.units = units
        wire.priceFen = priceFen
        wire.preparation = preparation
        return wire
    }
}

extension Catalogue.Pool {
    fileprivate var wire: PBPool {
        var wire = PBPool()
        wire.code = code
        wire.name = name
        wire.department = department
        wire.resources = resources
        wire.services = services
        return wire
    }
}

extension Catalogue.Policy {
    fileprivate var wire: PBPolicy {
        var wire = PBPolicy()
        wire.department = department
        wire.perDayDepartment = perDayDepartment ?? 0
        wire.perDay = perDay ?? 0
        wire.holdSeconds = holdSeconds
        wire.terms = terms.map(\.wire)
        return wire
    }
}

extension Catalogue.PolicyTerm {
    init(_ wire: PBPolicyTerm) {
        self.init(
            rule: Rule(wire.rule), services: wire.services, pools: wire.pools,
            channels: wire.channels.map { Channel($0) }, classes: wire.classes.compactMap { PatientClass($0) },
            limit: wire.limit, days: wire.days, at: wire.at.isEmpty ? nil : WallTime(wire.at), minutes: wire.minutes,
            blockDays: wire.blockDays, weight: wire.weight)
    }

    fileprivate var wire: PBPolicyTerm {
        var wire = PBPolicyTerm()
        wire.rule = rule.wire
        wire.services = services
        wire.pools = pools
        wire.channels = channels.map(\.wire)
        wire.classes = classes.map(\.wire)
        wire.limit = limit
        wire.days = days
        wire.at = at?.description ?? ""
        wire.minutes = minutes
        wire.blockDays = blockDays
        wire.weight = weight
        return wire
    }
}

extension Catalogue.Template {
    fileprivate var wire: PBTemplate {
        var wire = PBTemplate()
        wire.code = code
        wire.pool = pool
        wire.weekdays = weekdays
        wire.start = start.description
        wire.slotMinutes = slotMinutes
        wire.slots = slots
        wire.capacity = capacity
        wire.validFrom = validFrom?.description ?? ""
        wire.validUntil = validUntil?.description ?? ""
        wire.calendar = calendar ?? ""
        wire.exceptions = exceptions.map(\.wire)
        return wire
    }
}
