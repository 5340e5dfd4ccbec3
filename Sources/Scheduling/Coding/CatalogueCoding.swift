private enum Kind: UInt8 {
    case hospital = 1
    case department, resource, service, pool, policy, template
    /// A policy that has terms. One that has none is written as it was before there were any.
    case policyWithTerms
    case calendar, leave
    /// A template that follows a calendar or has exceptions. One that has neither is written as it was before.
    case templateWithRoster
}

extension CatalogueEntity {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .hospital(let hospital):
            writer.byte(Kind.hospital.rawValue)
            writer.string(hospital.name)
            writer.string(hospital.zone.name)
            writer.varint(UInt64(hospital.zone.changes.count))
            for change in hospital.zone.changes {
                writer.fixed(UInt64(bitPattern: change.fromSecond))
                writer.fixed(UInt64(bitPattern: Int64(change.offsetSeconds)))
            }
        case .department(let department):
            writer.head(.department, department.id.rawValue, department.code, department.name)
        case .resource(let resource):
            writer.head(.resource, resource.id.rawValue, resource.code, resource.name)
            writer.byte(resource.kind.rawValue)
            writer.varint(resource.department.rawValue)
        case .service(let service):
            writer.head(.service, service.id.rawValue, service.code, service.name)
            writer.byte(service.kind.rawValue)
            writer.byte(service.slots)
            writer.varint(service.units)
            writer.varint(service.priceFen)
            writer.string(service.preparation)
        case .pool(let pool):
            writer.head(.pool, pool.id.rawValue, pool.code, pool.name)
            writer.varint(pool.department.rawValue)
            writer.varint(UInt64(pool.resources.count))
            for resource in pool.resources { writer.varint(resource.rawValue) }
            writer.varint(UInt64(pool.services.count))
            for service in pool.services { writer.varint(service.rawValue) }
        case .policy(let policy): policy.encode(into: &writer)
        case .template(let template): template.encode(into: &writer)
        case .calendar(let calendar):
            writer.byte(Kind.calendar.rawValue)
            calendar.encode(into: &writer)
        case .leave(let leave):
            writer.byte(Kind.leave.rawValue)
            leave.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(CodingError) {
        guard let kind = Kind(rawValue: try reader.byte()) else { throw CodingError("unknown kind of entity") }
        switch kind {
        case .hospital: self = .hospital(try Hospital(from: &reader))
        case .department:
            self = .department(
                Department(
                    id: DepartmentID(rawValue: try reader.number()), code: try reader.string(),
                    name: try reader.string()))
        case .resource: self = .resource(try Resource(from: &reader))
        case .service: self = .service(try Service(from: &reader))
        case .pool: self = .pool(try Pool(from: &reader))
        case .policy: self = .policy(try Policy(from: &reader, hasTerms: false))
        case .policyWithTerms: self = .policy(try Policy(from: &reader, hasTerms: true))
        case .template: self = .template(try Template(from: &reader))
        case .templateWithRoster:
            var template = try Template(from: &reader)
            try template.decodeRoster(from: &reader)
            self = .template(template)
        case .calendar: self = .calendar(try HolidayCalendar(from: &reader))
        case .leave: self = .leave(try Leave(from: &reader))
        }
    }
}

extension Hospital {
    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        let name = try reader.string()
        let zone = try reader.string()
        var changes: [TimeZoneRules.Change] = []
        for _ in 0..<(try reader.varint()) {
            let from = Int64(bitPattern: try reader.fixed())
            guard let offset = Int32(exactly: Int64(bitPattern: try reader.fixed())) else {
                throw CodingError("a zone's offset is too large")
            }
            changes.append(.init(fromSecond: from, offsetSeconds: offset))
        }
        guard !changes.isEmpty else { throw CodingError("a zone without an offset") }
        self.init(name: name, zone: TimeZoneRules(name: zone, changes: changes))
    }
}

extension Resource {
    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        let id = ResourceID(rawValue: try reader.number())
        let code = try reader.string()
        let name = try reader.string()
        guard let kind = Kind(rawValue: try reader.byte()) else { throw CodingError("unknown kind of resource") }
        self.init(
            id: id, code: code, name: name, kind: kind, department: DepartmentID(rawValue: try reader.number()))
    }
}

extension Service {
    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        let id = ServiceID(rawValue: try reader.number())
        let code = try reader.string()
        let name = try reader.string()
        guard let kind = Kind(rawValue: try reader.byte()) else { throw CodingError("unknown kind of service") }
        self.init(
            id: id, code: code, name: name, kind: kind, slots: try reader.byte(), units: try reader.number(),
            priceFen: try reader.number(), preparation: try reader.string())
    }
}

extension Pool {
    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        let id = PoolID(rawValue: try reader.number())
        let code = try reader.string()
        let name = try reader.string()
        let department = DepartmentID(rawValue: try reader.number())
        var resources: [ResourceID] = []
        for _ in 0..<(try reader.varint()) { resources.append(ResourceID(rawValue: try reader.number())) }
        var services: [ServiceID] = []
        for _ in 0..<(try reader.varint()) { services.append(ServiceID(rawValue: try reader.number())) }
        self.init(id: id, code: code, name: name, department: department, resources: resources, services: services)
    }
}

extension Policy {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.byte((terms.isEmpty ? Kind.policy : .policyWithTerms).rawValue)
        writer.varint(department?.rawValue ?? 0)
        writer.varint(version)
        writer.varint(perDayDepartment)
        writer.varint(perDay)
        writer.varint(holdSeconds)
        guard !terms.isEmpty else { return }
        writer.varint(UInt64(terms.count))
        for term in terms { term.encode(into: &writer) }
    }

    fileprivate init(from reader: inout ByteReader, hasTerms: Bool) throws(CodingError) {
        let department: UInt32 = try reader.number()
        self.init(
            department: department == 0 ? nil : DepartmentID(rawValue: department), version: try reader.number(),
            perDayDepartment: try reader.number(), perDay: try reader.number(), holdSeconds: try reader.number())
        guard hasTerms else { return }
        for _ in 0..<(try reader.varint()) { terms.append(try PolicyTerm(from: &reader)) }
        guard !terms.isEmpty else { throw CodingError("a policy with terms that has none") }
    }
}

extension PolicyTerm {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.byte(rule.rawValue | (hasMore ? Self.moreFollows : 0))
        writer.varint(UInt64(services.count))
        for service in services { writer.varint(service.rawValue) }
        writer.varint(UInt64(pools.count))
        for pool in pools { writer.varint(pool.rawValue) }
        writer.varint(UInt64(channels.count))
        for channel in channels { writer.byte(channel.rawValue) }
        // Above every limit of before format 7: a ladder follows on it.
        writer.varint(UInt64(limit) + (hasLadder ? Self.ladderFollows : 0))
        if hasLadder {
            writer.varint(blockDays)
            writer.varint(weight)
        }
        guard hasMore else { return }
        writer.varint(UInt64(classes.count))
        for patientClass in classes { writer.byte(patientClass.rawValue) }
        writer.varint(days)
        // A time as one more than its minute; 0 for none.
        writer.varint(at.map { UInt64($0.rawValue) + 1 } ?? 0)
        writer.varint(minutes)
    }

    /// In the byte of a term's rule: what terms had not before format 5 follows on the limit.
    private static let moreFollows: UInt8 = 0x80

    /// In a term's limit, above its 32 bits.
    private static let ladderFollows: UInt64 = 1 << 32

    private var hasLadder: Bool { blockDays != 0 || weight != 0 }

    private var hasMore: Bool { !classes.isEmpty || days != 0 || at != nil || minutes != 0 }

    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        let first = try reader.byte()
        guard let rule = Rule(rawValue: first & ~Self.moreFollows) else { throw CodingError("unknown rule") }
        var services: [ServiceID] = []
        for _ in 0..<(try reader.varint()) { services.append(ServiceID(rawValue: try reader.number())) }
        var pools: [PoolID] = []
        for _ in 0..<(try reader.varint()) { pools.append(PoolID(rawValue: try reader.number())) }
        var channels: [Channel] = []
        for _ in 0..<(try reader.varint()) {
            guard let channel = Channel(rawValue: try reader.byte()) else { throw CodingError("unknown channel") }
            channels.append(channel)
        }
        let limit = try reader.varint()
        guard limit < 2 * Self.ladderFollows else { throw CodingError("a limit of \(limit)") }
        self.init(
            rule: rule, services: services, pools: pools, channels: channels,
            limit: UInt32(truncatingIfNeeded: limit))
        if limit >= Self.ladderFollows {
            blockDays = try reader.number()
            weight = try reader.number()
        }
        guard first & Self.moreFollows != 0 else { return }
        for _ in 0..<(try reader.varint()) {
            guard let patientClass = PatientClass(rawValue: try reader.byte()) else {
                throw CodingError("unknown class of patients")
            }
            classes.append(patientClass)
        }
        days = try reader.number()
        let minute: UInt16 = try reader.number()
        guard minute <= 1_440 else { throw CodingError("a time after the day's end") }
        at = minute == 0 ? nil : WallTime(rawValue: minute - 1)
        minutes = try reader.number()
        guard hasMore else { throw CodingError("a term that says more and does not") }
    }
}

extension Template {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.byte((isPlain ? Kind.template : .templateWithRoster).rawValue)
        writer.varint(id.rawValue)
        writer.string(code)
        writer.varint(pool.rawValue)
        writer.byte(weekdays)
        writer.varint(start.rawValue)
        writer.varint(slotMinutes)
        writer.varint(slots)
        writer.varint(capacity)
        writer.date(validFrom)
        writer.date(validUntil)
        if !isPlain { encodeRoster(into: &writer) }
    }

    fileprivate init(from reader: inout ByteReader) throws(CodingError) {
        self.init(
            id: TemplateID(rawValue: try reader.number()), code: try reader.string(),
            pool: PoolID(rawValue: try reader.number()), weekdays: try reader.byte(),
            start: WallTime(rawValue: try reader.number()), slotMinutes: try reader.number(),
            slots: try reader.number(), capacity: try reader.number(), validFrom: try reader.date(),
            validUntil: try reader.date())
    }
}

extension ByteWriter {
    fileprivate mutating func head(_ kind: Kind, _ id: UInt32, _ code: String, _ name: String) {
        byte(kind.rawValue)
        varint(id)
        string(code)
        string(name)
    }

    /// A day as one more than its number; 0 for none.
    fileprivate mutating func date(_ value: LocalDate?) { varint(value.map { UInt64($0.rawValue) + 1 } ?? 0) }
}

extension ByteReader {
    fileprivate mutating func date() throws(CodingError) -> LocalDate? {
        let value: UInt32 = try number()
        guard value <= 65_536 else { throw CodingError("a day is too late") }
        return value == 0 ? nil : LocalDate(rawValue: Int32(value - 1))
    }
}
