extension Catalogue {
    /// Judges a draft whole: either every entity becomes an event, or none and the first fault is named.
    /// - Parameters:
    ///   - now: what a template says of days that are over then is not judged; nil judges what templates say of all
    ///     days.
    ///   - terms: what a rule reads of its terms; nil where a policy may have none for it.
    package func decide(
        _ draft: CatalogueDraft, at now: Instant? = nil,
        terms: @escaping (Rule) -> TermFields? = { $0.about.terms }
    ) throws(InvalidCatalogue) -> CataloguePut {
        var decision = PutDecision(catalogue: self, fields: terms)
        if let hospital = draft.hospital { try decision.hospital(hospital) }
        for department in draft.departments { try decision.department(department) }
        for resource in draft.resources { try decision.resource(resource) }
        for service in draft.services { try decision.service(service) }
        for pool in draft.pools { try decision.pool(pool) }
        for policy in draft.policies { try decision.policy(policy) }
        for calendar in draft.calendars { try decision.calendar(calendar) }
        for template in draft.templates { try decision.template(template) }
        for leave in draft.leaves { try decision.leave(leave) }
        try decision.catalogue.checkShares(of: draft, at: now)
        return decision.put
    }
}

/// Works on its own copy of the catalogue, so that later entities of a draft can refer to earlier ones.
struct PutDecision {
    var catalogue: Catalogue
    let fields: (Rule) -> TermFields?
    var put = CataloguePut()
    /// What the draft has named: a second one would silently win.
    private var named: Set<String> = []

    init(catalogue: Catalogue, fields: @escaping (Rule) -> TermFields?) {
        self.catalogue = catalogue
        self.fields = fields
    }

    mutating func once(_ what: String) throws(InvalidCatalogue) {
        guard named.insert(what).inserted else { throw InvalidCatalogue("\(what) is named twice; put it once") }
    }

    mutating func hospital(_ new: Hospital) throws(InvalidCatalogue) {
        try check(name: new.name, of: "the hospital")
        record(.hospital(new), known: !catalogue.hospital.name.isEmpty, same: catalogue.hospital == new)
    }

    mutating func department(_ draft: CatalogueDraft.Department) throws(InvalidCatalogue) {
        let what = "department \(quoted(draft.code))"
        try check(code: draft.code, name: draft.name, of: what)
        try once(what)
        let id = try catalogue.departments.nextID(draft.code, what)
        let new = Department(id: DepartmentID(rawValue: id), code: draft.code, name: draft.name)
        let old = catalogue.departments[id]
        record(.department(new), known: old != nil, same: old == new)
    }

    mutating func resource(_ draft: CatalogueDraft.Resource) throws(InvalidCatalogue) {
        let what = "resource \(quoted(draft.code))"
        try check(code: draft.code, name: draft.name, of: what)
        try once(what)
        let department = try department(draft.department, of: what)
        let id = try catalogue.resources.nextID(draft.code, what)
        let new = Resource(
            id: ResourceID(rawValue: id), code: draft.code, name: draft.name, kind: draft.kind, department: department)
        let old = catalogue.resources[id]
        record(.resource(new), known: old != nil, same: old == new)
    }

    mutating func service(_ draft: CatalogueDraft.Service) throws(InvalidCatalogue) {
        let what = "service \(quoted(draft.code))"
        try check(code: draft.code, name: draft.name, of: what)
        try once(what)
        try check(draft.slots, in: 1...UInt32(Limits.slotsPerService), "slots", of: what)
        try check(draft.units, in: 1...UInt32(Limits.capacityPerSlot), "units", of: what)
        guard draft.preparation.utf8.count <= Limits.preparationBytes else {
            throw InvalidCatalogue("\(what): its preparation is longer than \(Limits.preparationBytes) bytes")
        }
        let id = try catalogue.services.nextID(draft.code, what)
        let new = Service(
            id: ServiceID(rawValue: id), code: draft.code, name: draft.name, kind: draft.kind,
            slots: UInt8(draft.slots), units: UInt16(draft.units), priceFen: draft.priceFen,
            preparation: draft.preparation)
        let old = catalogue.services[id]
        record(.service(new), known: old != nil, same: old == new)
    }

    mutating func pool(_ draft: CatalogueDraft.Pool) throws(InvalidCatalogue) {
        let what = "pool \(quoted(draft.code))"
        try check(code: draft.code, name: draft.name, of: what)
        try once(what)
        let department = try department(draft.department, of: what)
        guard draft.resources.count <= Limits.membersPerPool, draft.services.count <= Limits.membersPerPool else {
            throw InvalidCatalogue("\(what): more than \(Limits.membersPerPool) resources or services")
        }
        try check(once: draft.resources, "resources", of: what)
        try check(once: draft.services, "services", of: what)
        var resources: [ResourceID] = []
        for code in draft.resources {
            guard let id = catalogue.resources.id(code: code) else {
                throw InvalidCatalogue("\(what): there is no resource \(quoted(code)); put it first")
            }
            resources.append(ResourceID(rawValue: id))
        }
        let services = try services(draft.services, of: what)
        let id = try catalogue.pools.nextID(draft.code, what)
        let new = Pool(
            id: PoolID(rawValue: id), code: draft.code, name: draft.name, department: department, resources: resources,
            services: services)
        let old = catalogue.pools[id]
        if let old, old.department != department {
            throw InvalidCatalogue("\(what): a pool stays in its department; open another pool instead")
        }
        record(.pool(new), known: old != nil, same: old == new)
    }

    mutating func policy(_ draft: CatalogueDraft.Policy) throws(InvalidCatalogue) {
        let what =
            draft.department.isEmpty ? "the hospital's policy" : "policy of department \(quoted(draft.department))"
        let department: DepartmentID? = draft.department.isEmpty ? nil : try department(draft.department, of: what)
        try once(what)
        try check(draft.holdSeconds, in: 1...Limits.holdSeconds, "hold_seconds", of: what)
        guard draft.terms.count <= Limits.termsPerPolicy else {
            throw InvalidCatalogue("\(what): \(draft.terms.count) terms, at most \(Limits.termsPerPolicy)")
        }
        var terms: [PolicyTerm] = []
        for (index, term) in draft.terms.enumerated() {
            let new = try self.term(term, department: department, of: "\(what): terms[\(index)]")
            guard !terms.contains(where: { $0.contradicts(new) }) else {
                throw InvalidCatalogue(
                    "\(what): terms[\(index)]: \(new.rule.name) for the same services, pools, channels and classes is named twice, with another content"
                )
            }
            if let fault = Quota.fault(in: new) { throw InvalidCatalogue("\(what): terms[\(index)]: \(fault)") }
            if fields(new.rule)?.contains(.share) == true, let place = terms.firstIndex(where: new.isUndone) {
                throw InvalidCatalogue(
                    "\(what): terms[\(index)]: \(new.rule.name) of the same scope as terms[\(place)]; the later of the two must put a larger share on sale"
                )
            }
            terms.append(new)
        }
        let old = department.map { catalogue.departmentPolicies[$0] } ?? catalogue.policy
        var new = Policy(
            department: department, version: old?.version ?? 1, perDayDepartment: draft.perDayDepartment,
            perDay: draft.perDay, holdSeconds: draft.holdSeconds, terms: terms)
        let same = old.map { $0.allowsTheSame(as: new) } ?? false
        if let old, !same { new.version = old.version + 1 }
        record(.policy(new), known: old != nil, same: same)
    }

    /// - Parameter department: the one whose policy it is; nil for the hospital's, whose terms may name any pool.
    private func term(
        _ draft: CatalogueDraft.PolicyTerm, department: DepartmentID?, of what: String
    ) throws(InvalidCatalogue) -> PolicyTerm {
        guard let fields = fields(draft.rule) else {
            let others = Rule.allCases.filter { self.fields($0) != nil }.map(\.name).joined(separator: ", ")
            throw InvalidCatalogue("\(what): \(draft.rule.name) takes no terms; these do: \(others)")
        }
        for (field, isNamed, reads) in [
            ("limit", draft.limit != 0, fields.contains(.limit)),
            ("channels", !draft.channels.isEmpty, fields.contains(.channels)),
            ("classes", !draft.classes.isEmpty, fields.contains(.classes)),
            ("days", draft.days != 0, !fields.isDisjoint(with: [.wallTime, .ladder, .period])),
            ("at", draft.at != nil, fields.contains(.wallTime)),
            ("minutes", draft.minutes != 0, fields.contains(.minutes)),
            ("block_days", draft.blockDays != 0, fields.contains(.ladder)),
            ("weight", draft.weight != 0, fields.contains(.ladder)),
        ] where isNamed && !reads {
            throw InvalidCatalogue("\(what): \(draft.rule.name) reads no \(field); leave it out")
        }
        if fields.contains(.someChannel), draft.channels.isEmpty {
            throw InvalidCatalogue("\(what): \(draft.rule.name) names no channel; say which may book")
        }
        if fields.contains(.someWallTime), draft.at == nil {
            throw InvalidCatalogue("\(what): \(draft.rule.name) names no time; say when, such as at: 07:00")
        }
        if fields.contains(.someMoment), draft.at == nil, draft.minutes == 0 {
            throw InvalidCatalogue(
                "\(what): \(draft.rule.name) names no moment; say a time, such as at: 16:00, or minutes before the start"
            )
        }
        guard !fields.contains(.share) || (1...100).contains(draft.limit) else {
            throw InvalidCatalogue(
                "\(what): \(draft.rule.name): limit must be 1 to 100, the share in percent that is for sale from then on; 100 for all"
            )
        }
        if let fault = PolicyTerm.periodFault(draft, fields) {
            throw InvalidCatalogue("\(what): \(draft.rule.name): \(fault)")
        }
        guard draft.at != nil || draft.days == 0 || !fields.isDisjoint(with: [.ladder, .period]) else {
            throw InvalidCatalogue("\(what): days without a time; say when on that day, such as at: 07:00")
        }
        try check(draft.days, in: 0...Limits.daysOfTerm, "days", of: what)
        try check(draft.minutes, in: 0...Limits.minutesOfTerm, "minutes", of: what)
        for (count, name) in [
            (draft.services.count, "services"), (draft.pools.count, "pools"), (draft.channels.count, "channels"),
            (draft.classes.count, "classes"),
        ] where count > Limits.membersPerTerm {
            throw InvalidCatalogue("\(what): \(count) \(name), at most \(Limits.membersPerTerm)")
        }
        guard !draft.channels.contains(.system) else {
            throw InvalidCatalogue("\(what): the channel of the engine itself is no channel of a term")
        }
        let services = try services(draft.services, of: what)
        var pools: [PoolID] = []
        for code in draft.pools {
            guard let pool = catalogue.pools[code: code] else {
                throw InvalidCatalogue("\(what): there is no pool \(quoted(code)); put it first")
            }
            guard department == nil || pool.department == department else {
                throw InvalidCatalogue("\(what): pool \(quoted(code)) belongs to another department")
            }
            pools.append(pool.id)
        }
        return PolicyTerm(
            rule: draft.rule, services: services, pools: pools, channels: draft.channels, classes: draft.classes,
            limit: draft.limit, days: UInt16(draft.days), at: draft.at, minutes: draft.minutes,
            blockDays: UInt16(draft.blockDays), weight: UInt16(draft.weight))
    }

    mutating func template(_ draft: CatalogueDraft.Template) throws(InvalidCatalogue) {
        let what = "template \(quoted(draft.code))"
        try check(code: draft.code, name: draft.code, of: what)
        try once(what)
        guard let pool = catalogue.pools[code: draft.pool] else {
            throw InvalidCatalogue("\(what): there is no pool \(quoted(draft.pool)); put it first")
        }
        try check(draft.weekdays, in: 1...127, "weekdays (bit 0 Monday … bit 6 Sunday)", of: what)
        try check(draft.slotMinutes, in: 1...UInt32(Limits.slotMinutes), "slot_minutes", of: what)
        try check(draft.slots, in: 1...UInt32(Limits.slotsPerSession), "slots", of: what)
        try check(draft.capacity, in: 1...UInt32(Limits.capacityPerSlot), "capacity", of: what)
        guard Int(draft.slotMinutes) * Int(draft.slots) <= Limits.sessionMinutes else {
            throw InvalidCatalogue("\(what): longer than \(Limits.sessionMinutes) minutes")
        }
        guard draft.start.rawValue < 1_440 else { throw InvalidCatalogue("\(what): start must be 00:00 to 23:59") }
        for date in [draft.validFrom, draft.validUntil].compactMap({ $0 }) where !LocalDate.range.contains(date) {
            throw InvalidCatalogue(
                "\(what): \(date) is out of range; leave a validity without an end empty")
        }
        if let from = draft.validFrom, let until = draft.validUntil, until < from {
            throw InvalidCatalogue("\(what): valid until \(until), which is before \(from)")
        }
        let calendar = try calendar(draft.calendar, of: what)
        let id = try catalogue.templates.nextID(draft.code, what)
        let new = Template(
            id: TemplateID(rawValue: id), code: draft.code, pool: pool.id, weekdays: UInt8(draft.weekdays),
            start: draft.start, slotMinutes: UInt16(draft.slotMinutes), slots: UInt16(draft.slots),
            capacity: UInt16(draft.capacity), validFrom: draft.validFrom, validUntil: draft.validUntil,
            calendar: calendar?.id, exceptions: draft.exceptions.sorted { $0.date < $1.date })
        let old = catalogue.templates[id]
        if old != new { try checkRoster(new, calendar, of: what) }
        record(.template(new), known: old != nil, same: old == new)
    }

    mutating func record(_ entity: CatalogueEntity, known: Bool, same: Bool) {
        guard !same else {
            put.counts.unchanged += 1
            return
        }
        if known { put.counts.changed += 1 } else { put.counts.added += 1 }
        put.events.append(entity)
        catalogue.evolve(entity)
    }

    private func services(_ codes: [String], of what: String) throws(InvalidCatalogue) -> [ServiceID] {
        var services: [ServiceID] = []
        for code in codes {
            guard let id = catalogue.services.id(code: code) else {
                throw InvalidCatalogue("\(what): there is no service \(quoted(code)); put it first")
            }
            services.append(ServiceID(rawValue: id))
        }
        return services
    }

    private func department(_ code: String, of what: String) throws(InvalidCatalogue) -> DepartmentID {
        guard let id = catalogue.departments.id(code: code) else {
            throw InvalidCatalogue("\(what): there is no department \(quoted(code)); put it first")
        }
        return DepartmentID(rawValue: id)
    }
}

extension Register {
    /// The id of a known code, or the one a new entity would get.
    func nextID(_ code: String, _ what: String) throws(InvalidCatalogue) -> UInt32 {
        if let id = id(code: code) { return id }
        // One that is known already stays as it is: folders from before may have such codes.
        guard !code.hasBlanksAround else {
            throw InvalidCatalogue("\(what): a code has no blanks around it; take them off")
        }
        if let mark = code.unicodeScalars.first(where: \.isInvisible) {
            let digits = String(mark.value, radix: 16, uppercase: true)
            let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            throw InvalidCatalogue("\(what): a code has no character that shows nothing; take out U+\(number)")
        }
        guard count < Limits.entitiesPerKind else {
            throw InvalidCatalogue("\(what): there are already \(Limits.entitiesPerKind) of its kind")
        }
        return UInt32(count + 1)
    }
}

func check(code: String, name: String, of what: String) throws(InvalidCatalogue) {
    guard !code.isEmpty, code.utf8.count <= Limits.codeBytes, !code.utf8.contains(where: { $0 < 0x20 }) else {
        throw InvalidCatalogue("\(what): a code has 1 to \(Limits.codeBytes) bytes and no control characters")
    }
    try check(name: name, of: what)
}

/// A list names nothing twice.
private func check(once codes: [String], _ field: String, of what: String) throws(InvalidCatalogue) {
    var seen: Set<String> = []
    for code in codes where !seen.insert(code).inserted {
        throw InvalidCatalogue("\(what): \(field) names \(quoted(code)) twice")
    }
}

private func check(name: String, of what: String) throws(InvalidCatalogue) {
    guard !name.isEmpty, name.utf8.count <= Limits.nameBytes else {
        throw InvalidCatalogue("\(what): a name has 1 to \(Limits.nameBytes) bytes")
    }
}

func check(
    _ value: UInt32, in range: ClosedRange<UInt32>, _ field: String, of what: String
) throws(InvalidCatalogue) {
    guard range.contains(value) else {
        throw InvalidCatalogue("\(what): \(field) is \(value), it must be \(range.lowerBound) to \(range.upperBound)")
    }
}

func quoted(_ text: String) -> String { "‘\(text.prefix(Limits.codeBytes))’" }
