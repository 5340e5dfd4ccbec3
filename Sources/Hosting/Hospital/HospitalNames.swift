package import HaoyuanClient
package import Terminal

extension HospitalClock {
    /// By the clock changes that the server tells: those it decides by. A server of an earlier version tells none; then
    /// by the zone tables of this machine.
    package init(_ catalogue: Catalogue) throws(CommandFailure) {
        guard catalogue.clockChanges.isEmpty else {
            self.init(changes: catalogue.clockChanges.map { ($0.from.milliseconds / 1_000, $0.offset) })
            return
        }
        guard let hospital = catalogue.hospital else {
            self = .utc
            return
        }
        try self.init(zone: hospital.timeZone)
    }
}

/// The hospital's own codes and names, both ways: codes that people give become ids, ids that the server gives become
/// names.
package struct HospitalNames {
    package let catalogue: Catalogue
    /// The hospital's wall clock.
    package let clock: HospitalClock
    private let pools: [PoolID: Catalogue.Pool]
    private let services: [ServiceID: Catalogue.Service]
    private let departments: [String: Catalogue.Department]

    /// - Throws: where the server is of a version that does not tell the hospital's clock changes, and this machine's
    ///   zone tables do not have them.
    package init(_ catalogue: Catalogue) throws(CommandFailure) {
        self.catalogue = catalogue
        clock = try HospitalClock(catalogue)
        pools = Dictionary(catalogue.pools.map { ($0.id, $0) }) { first, _ in first }
        services = Dictionary(catalogue.services.map { ($0.id, $0) }) { first, _ in first }
        departments = Dictionary(catalogue.departments.map { ($0.code, $0) }) { first, _ in first }
    }

    // MARK: What people give

    package func department(_ text: String) throws(CommandFailure) -> Catalogue.Department {
        try find(text, in: catalogue.departments, "department", "departments", code: \.code, name: \.name)
    }

    package func pool(_ text: String) throws(CommandFailure) -> Catalogue.Pool {
        try find(text, in: catalogue.pools, "pool", "pools", code: \.code, name: \.name)
    }

    package func service(_ text: String) throws(CommandFailure) -> Catalogue.Service {
        try find(text, in: catalogue.services, "service", "services", code: \.code, name: \.name)
    }

    package func resource(_ text: String) throws(CommandFailure) -> Catalogue.Resource {
        try find(text, in: catalogue.resources, "resource", "resources", code: \.code, name: \.name)
    }

    /// The department that a slot's pool belongs to; nil where the catalogue has no such pool.
    package func department(of slot: SlotID) -> DepartmentID? {
        pools[slot.session.pool].flatMap { departments[$0.department]?.id }
    }

    /// The service wanted in a slot: the one named, or the only one its pool offers.
    package func service(_ text: String?, in slot: SlotID) throws(CommandFailure) -> Catalogue.Service {
        if let text { return try service(text) }
        let pool = slot.session.pool
        guard let codes = pools[pool]?.services else {
            throw .usage("there is no slot \(slot.place)", remedy: "haoyuan slots lists those that are free")
        }
        guard codes.count == 1 else {
            throw .usage(
                "slot \(slot.place) can be booked for \(codes.joined(separator: ", "))",
                remedy: "say which with --service")
        }
        return try service(codes[0])
    }

    /// By code; else by name, where only one has it.
    private func find<Entity>(
        _ text: String, in entities: [Entity], _ kind: String, _ kinds: String, code: (Entity) -> String,
        name: (Entity) -> String
    ) throws(CommandFailure) -> Entity {
        if let found = entities.first(where: { code($0) == text }) { return found }
        let named = entities.filter { name($0) == text }
        if named.count == 1 { return named[0] }
        if named.count > 1 {
            throw .usage(
                "\(named.count) \(kinds) are called ‘\(text)’: \(named.map(code).joined(separator: ", "))",
                remedy: "give the code")
        }
        let meant = Suggestions.matching(text, among: entities.map { (code: code($0), name: name($0)) })
        throw .usage(
            "there is no \(kind) ‘\(text)’",
            remedy: (meant.isEmpty ? "" : "did you mean \(meant.joined(separator: ", "))? ")
                + "haoyuan catalogue \(kinds) lists them")
    }

    // MARK: What the server gives

    package func pool(_ id: PoolID) -> Catalogue.Pool? { pools[id] }

    package func poolCode(_ id: PoolID) -> String { pools[id]?.code ?? "#\(id)" }
    package func poolName(_ id: PoolID) -> String { pools[id]?.name ?? "#\(id)" }
    package func serviceCode(_ id: ServiceID) -> String { services[id]?.code ?? "#\(id)" }
    package func serviceName(_ id: ServiceID) -> String { services[id]?.name ?? "#\(id)" }
    func departmentName(_ code: String) -> String { departments[code]?.name ?? code }
}
