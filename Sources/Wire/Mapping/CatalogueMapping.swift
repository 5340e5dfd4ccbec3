package import Scheduling
package import SwiftProtobuf

extension PBCatalogue {
    /// The catalogue as the engine takes it. The hospital stands apart: its zone is a name, and rules are the engine's
    /// to find.
    package func draft() throws(ProtocolError) -> (draft: CatalogueDraft, hospital: Command.HospitalName?) {
        var draft = CatalogueDraft()
        draft.departments = departments.map { .init(code: $0.code, name: $0.name) }
        for (index, resource) in resources.enumerated() {
            guard let kind = resource.kind.kind else {
                throw unknown(resource.kind.rawValue, "resources[\(index)].kind")
            }
            draft.resources.append(
                .init(code: resource.code, name: resource.name, kind: kind, department: resource.department))
        }
        for (index, service) in services.enumerated() {
            guard let kind = service.kind.kind else { throw unknown(service.kind.rawValue, "services[\(index)].kind") }
            draft.services.append(
                .init(
                    code: service.code, name: service.name, kind: kind, slots: service.slots == 0 ? 1 : service.slots,
                    units: service.units == 0 ? 1 : service.units, priceFen: service.priceFen,
                    preparation: service.preparation))
        }
        draft.pools = pools.map {
            .init(
                code: $0.code, name: $0.name, department: $0.department, resources: $0.resources, services: $0.services)
        }
        for (index, policy) in policies.enumerated() {
            draft.policies.append(try policy.draft(field: "policies[\(index)]"))
        }
        for (index, template) in templates.enumerated() {
            draft.templates.append(try template.draft(field: "templates[\(index)]"))
        }
        for (index, calendar) in calendars.enumerated() {
            draft.calendars.append(try calendar.draft(field: "calendars[\(index)]"))
        }
        for (index, leave) in leaves.enumerated() { draft.leaves.append(try leave.draft(field: "leaves[\(index)]")) }
        guard hasHospital else { return (draft, nil) }
        let named = Command.HospitalName(
            name: hospital.name, zone: hospital.timeZone, fromTables: hospital.fromTables)
        return (draft, named)
    }

    /// The whole catalogue with its ids.
    package init(_ catalogue: Scheduling.Catalogue) {
        self.init()
        hospital.name = catalogue.hospital.name
        hospital.timeZone = catalogue.hospital.zone.name
        departments = catalogue.departments.all.map { PBDepartment($0) }
        let department = { (id: DepartmentID) in catalogue.departments[id.rawValue]?.code ?? "" }
        resources = catalogue.resources.all.map { PBResource($0, department: department($0.department)) }
        services = catalogue.services.all.map { PBService($0) }
        pools = catalogue.pools.all.map { PBPool($0, in: catalogue) }
        let policies =
            [catalogue.policy]
            + catalogue.departmentPolicies.values.sorted {
                ($0.department?.rawValue ?? 0) < ($1.department?.rawValue ?? 0)
            }
        self.policies = policies.map { PBPolicy($0, in: catalogue) }
        templates = catalogue.templates.all.map { PBTemplate($0, in: catalogue) }
        calendars = catalogue.calendars.all.map { PBCalendar($0) }
        leaves = catalogue.leaves.all.map { PBLeave($0, in: catalogue) }
    }
}

extension PBCatalogue {
    /// Adds what another part has; the hospital is that of the last part that has one.
    package mutating func append(_ part: PBCatalogue) {
        if part.hasHospital { hospital = part.hospital }
        departments += part.departments
        resources += part.resources
        services += part.services
        pools += part.pools
        policies += part.policies
        templates += part.templates
        calendars += part.calendars
        leaves += part.leaves
    }

    /// The same in parts of at most so many bytes each, as far as one entity leaves a choice; at least one part.
    package func parts(of bytes: Int) -> [PBCatalogue] {
        var parts: [PBCatalogue] = [PBCatalogue()]
        if hasHospital { parts[0].hospital = hospital }
        var left = bytes - 1_024
        func add<Wire: Message>(_ list: WritableKeyPath<PBCatalogue, [Wire]>) {
            for entity in self[keyPath: list] {
                let size = entity.bytesInList
                if size > left {
                    parts.append(PBCatalogue())
                    left = bytes
                }
                left -= size
                parts[parts.count - 1][keyPath: list].append(entity)
            }
        }
        add(\.departments)
        add(\.resources)
        add(\.services)
        add(\.pools)
        add(\.policies)
        add(\.templates)
        add(\.calendars)
        add(\.leaves)
        return parts
    }

    /// A part of a catalogue: what follows on a place in the order of the message's fields, each by id.
    /// - Parameters:
    ///   - after: 0 for the beginning, or where the part before ended.
    ///   - takes: asked with the bytes of each entity; false ends the part before it.
    /// - Returns: The part, and where it ended; nil where nothing follows on it.
    package static func page(
        of catalogue: Scheduling.Catalogue, after: UInt64, takes: (Int) -> Bool
    ) -> (part: PBCatalogue, end: UInt64?) {
        var part = PBCatalogue()
        part.hospital.name = catalogue.hospital.name
        part.hospital.timeZone = catalogue.hospital.zone.name
        var (last, isFull) = (after, false)
        func add<Entity, Wire: Message>(
            _ kind: UInt64, _ all: [Entity], to list: WritableKeyPath<PBCatalogue, [Wire]>, id: (Entity) -> UInt32,
            _ wire: (Entity) -> Wire
        ) {
            for entity in all where !isFull {
                let place = kind << 32 | UInt64(id(entity))
                guard place > after else { continue }
                let message = wire(entity)
                isFull = !takes(message.bytesInList)
                if isFull { return }
                part[keyPath: list].append(message)
                last = place
            }
        }
        let department = { (id: DepartmentID) in catalogue.departments[id.rawValue]?.code ?? "" }
        add(2, catalogue.departments.all, to: \.departments, id: \.id.rawValue) { PBDepartment($0) }
        add(3, catalogue.resources.all, to: \.resources, id: \.id.rawValue) {
            PBResource($0, department: department($0.department))
        }
        add(4, catalogue.services.all, to: \.services, id: \.id.rawValue) { PBService($0) }
        add(5, catalogue.pools.all, to: \.pools, id: \.id.rawValue) { PBPool($0, in: catalogue) }
        let policies = catalogue.departmentPolicies.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
        add(6, [catalogue.policy] + policies, to: \.policies, id: { $0.department?.rawValue ?? 0 }) {
            PBPolicy($0, in: catalogue)
        }
        add(7, catalogue.templates.all, to: \.templates, id: \.id.rawValue) { PBTemplate($0, in: catalogue) }
        add(8, catalogue.calendars.all, to: \.calendars, id: \.id.rawValue) { PBCalendar($0) }
        add(9, catalogue.leaves.all, to: \.leaves, id: \.id.rawValue) { PBLeave($0, in: catalogue) }
        return (part, isFull ? last : nil)
    }
}

extension Message {
    /// Bytes that it takes as one of a list, at most.
    package var bytesInList: Int {
        let bytes: [UInt8]? = try? serializedBytes()
        guard let bytes else { preconditionFailure("a message of proto3 can always be encoded") }
        return bytes.count + 8
    }
}

private func unknown(_ number: Int, _ field: String) -> ProtocolError {
    ProtocolError.invalid(field, "\(number) is no kind of this version")
}

extension PBTemplate {
    fileprivate func draft(field: String) throws(ProtocolError) -> CatalogueDraft.Template {
        var exceptions: [TemplateException] = []
        for (index, exception) in self.exceptions.enumerated() {
            exceptions.append(try exception.draft(field: "\(field).exceptions[\(index)]"))
        }
        return CatalogueDraft.Template(
            code: code, pool: pool, weekdays: weekdays, start: try WallTime(start, field: "\(field).start"),
            slotMinutes: slotMinutes, slots: slots, capacity: capacity,
            validFrom: try LocalDate.optional(validFrom, field: "\(field).valid_from"),
            validUntil: try LocalDate.optional(validUntil, field: "\(field).valid_until"), calendar: calendar,
            exceptions: exceptions)
    }

    fileprivate init(_ template: Scheduling.Template, in catalogue: Scheduling.Catalogue) {
        self.init()
        id = template.id.rawValue
        code = template.code
        pool = catalogue.pools[template.pool.rawValue]?.code ?? ""
        weekdays = UInt32(template.weekdays)
        start = template.start.description
        slotMinutes = UInt32(template.slotMinutes)
        slots = UInt32(template.slots)
        capacity = UInt32(template.capacity)
        validFrom = template.validFrom?.description ?? ""
        validUntil = template.validUntil?.description ?? ""
        calendar = template.calendar.flatMap { catalogue.calendars[$0.rawValue]?.code } ?? ""
        exceptions = template.exceptions.map { PBTemplateException($0) }
    }
}

extension PBDepartment {
    fileprivate init(_ department: Scheduling.Department) {
        self.init()
        id = department.id.rawValue
        code = department.code
        name = department.name
    }
}

extension PBResource {
    fileprivate init(_ resource: Scheduling.Resource, department: String) {
        self.init()
        id = resource.id.rawValue
        code = resource.code
        name = resource.name
        kind = PBResourceKind(resource.kind)
        self.department = department
    }
}

extension PBService {
    fileprivate init(_ service: Scheduling.Service) {
        self.init()
        id = service.id.rawValue
        code = service.code
        name = service.name
        kind = PBServiceKind(service.kind)
        slots = UInt32(service.slots)
        units = UInt32(service.units)
        priceFen = service.priceFen
        preparation = service.preparation
    }
}

extension PBPool {
    fileprivate init(_ pool: Scheduling.Pool, in catalogue: Scheduling.Catalogue) {
        self.init()
        id = pool.id.rawValue
        code = pool.code
        name = pool.name
        department = catalogue.departments[pool.department.rawValue]?.code ?? ""
        resources = pool.resources.compactMap { catalogue.resources[$0.rawValue]?.code }
        services = pool.services.compactMap { catalogue.services[$0.rawValue]?.code }
    }
}

extension PBPolicy {
    fileprivate func draft(field: String) throws(ProtocolError) -> CatalogueDraft.Policy {
        var terms: [CatalogueDraft.PolicyTerm] = []
        for (index, term) in self.terms.enumerated() {
            terms.append(try term.draft(field: "\(field).terms[\(index)]"))
        }
        return CatalogueDraft.Policy(
            department: department, perDayDepartment: perDayDepartment, perDay: perDay,
            holdSeconds: holdSeconds == 0 ? Scheduling.Policy.initial.holdSeconds : holdSeconds, terms: terms)
    }

    fileprivate init(_ policy: Scheduling.Policy, in catalogue: Scheduling.Catalogue) {
        self.init()
        department = policy.department.flatMap { catalogue.departments[$0.rawValue]?.code } ?? ""
        version = policy.version
        perDayDepartment = policy.perDayDepartment
        perDay = policy.perDay
        holdSeconds = policy.holdSeconds
        terms = policy.terms.map { PBPolicyTerm($0, in: catalogue) }
    }
}

extension PBPolicyTerm {
    fileprivate func draft(field: String) throws(ProtocolError) -> CatalogueDraft.PolicyTerm {
        guard let rule = self.rule.rule else {
            throw ProtocolError.invalid("\(field).rule", "\(self.rule.rawValue) is no rule of this version")
        }
        var channels: [Channel] = []
        for channel in self.channels {
            guard let known = channel.channel, known != .system else {
                throw ProtocolError.invalid(
                    "\(field).channels", "\(channel.rawValue) is no channel that a request can come from")
            }
            channels.append(known)
        }
        var classes: [PatientClass] = []
        for patientClass in self.classes {
            guard let known = patientClass.patientClass else {
                throw ProtocolError.invalid(
                    "\(field).classes", "\(patientClass.rawValue) is no class of patients of this version")
            }
            classes.append(known)
        }
        let at = WallTime(self.at)
        guard at != nil || self.at.isEmpty else {
            throw ProtocolError.invalid("\(field).at", "it is no time of day; write HH:MM, 00:00 to 23:59")
        }
        return CatalogueDraft.PolicyTerm(
            rule: rule, services: services, pools: pools, channels: channels, classes: classes, limit: limit,
            days: days, at: at, minutes: minutes, blockDays: blockDays, weight: weight)
    }

    package init(_ term: Scheduling.PolicyTerm, in catalogue: Scheduling.Catalogue) {
        self.init()
        rule = PBRule(term.rule)
        services = term.services.compactMap { catalogue.services[$0.rawValue]?.code }
        pools = term.pools.compactMap { catalogue.pools[$0.rawValue]?.code }
        channels = term.channels.map { PBChannel($0) }
        classes = term.classes.map { PBPatientClass($0) }
        limit = term.limit
        days = UInt32(term.days)
        at = term.at?.description ?? ""
        minutes = term.minutes
        blockDays = UInt32(term.blockDays)
        weight = UInt32(term.weight)
    }
}
