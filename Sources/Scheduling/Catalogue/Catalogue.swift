/// Everything that can be booked, and under which policy. A value: readers keep the one they were given.
package struct Catalogue: Hashable, Sendable {
    package private(set) var hospital = Hospital(name: "", zone: .utc)
    package private(set) var departments = Register<Department>()
    package private(set) var resources = Register<Resource>()
    package private(set) var services = Register<Service>()
    package private(set) var pools = Register<Pool>()
    package private(set) var templates = Register<Template>()
    package private(set) var calendars = Register<HolidayCalendar>()
    package private(set) var leaves = Register<Leave>()
    /// The hospital's default policy, and those of the departments that have their own.
    package private(set) var policy = Policy.initial
    package private(set) var departmentPolicies: [DepartmentID: Policy] = [:]

    package init() {}

    /// The policy that judges bookings in this department: its own, or the hospital's where it has none. Its own takes
    /// the place of the hospital's whole; neither numbers nor terms of the two are put together.
    package func policy(for department: DepartmentID) -> Policy { departmentPolicies[department] ?? policy }

    /// Applies one event. Entities arrive in the order of their ids the first time, and in any order after.
    package mutating func evolve(_ entity: CatalogueEntity) {
        switch entity {
        case .hospital(let hospital): self.hospital = hospital
        case .department(let department): departments.put(department, department.id.rawValue, department.code)
        case .resource(let resource): resources.put(resource, resource.id.rawValue, resource.code)
        case .service(let service): services.put(service, service.id.rawValue, service.code)
        case .pool(let pool): pools.put(pool, pool.id.rawValue, pool.code)
        case .template(let template): templates.put(template, template.id.rawValue, template.code)
        case .calendar(let calendar): calendars.put(calendar, calendar.id.rawValue, calendar.code)
        case .leave(let leave): leaves.put(leave, leave.id.rawValue, leave.code)
        case .policy(let policy):
            if let department = policy.department {
                departmentPolicies[department] = policy
            } else {
                self.policy = policy
            }
        }
    }

    /// Every entity as the event that would bring it back, parents before their children.
    package var entities: [CatalogueEntity] {
        var entities: [CatalogueEntity] = [.hospital(hospital), .policy(policy)]
        entities += departments.all.map { .department($0) } + resources.all.map { .resource($0) }
        entities += services.all.map { .service($0) } + pools.all.map { .pool($0) }
        entities += departmentPolicies.values.sorted { ($0.department?.rawValue ?? 0) < ($1.department?.rawValue ?? 0) }
            .map { .policy($0) }
        entities += calendars.all.map { .calendar($0) } + templates.all.map { .template($0) }
        return entities + leaves.all.map { .leave($0) }
    }
}

/// Entities of one kind: ids 1, 2, 3 … and the hospital's own codes. Nothing is ever removed, so an id stays good.
package struct Register<Entity: Hashable & Sendable>: Hashable, Sendable {
    package private(set) var all: [Entity] = []
    private var idByCode: [String: UInt32] = [:]

    package init() {}

    package var count: Int { all.count }

    package subscript(id: UInt32) -> Entity? {
        id >= 1 && id <= all.count ? all[Int(id) - 1] : nil
    }

    package func id(code: String) -> UInt32? { idByCode[code] }

    package subscript(code code: String) -> Entity? { idByCode[code].flatMap { self[$0] } }

    fileprivate mutating func put(_ entity: Entity, _ id: UInt32, _ code: String) {
        precondition(id >= 1 && id <= all.count + 1, "ids are handed out without gaps")
        if id == all.count + 1 { all.append(entity) } else { all[Int(id) - 1] = entity }
        idByCode[code] = id
    }
}
