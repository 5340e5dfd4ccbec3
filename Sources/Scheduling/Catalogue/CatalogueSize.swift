extension Catalogue {
    /// How many bytes a list of everything takes, at most: texts, the codes that entities name each other by, and for
    /// each entity its numbers. What a reader is sent must fit a frame, and there is no asking for half a catalogue.
    package var listedBytes: Int {
        func codes(_ ids: some Sequence<UInt32>, in code: (UInt32) -> String?) -> Int {
            ids.reduce(0) { $0 + (code($1)?.utf8.count ?? 0) + Self.textHead }
        }
        var bytes = hospital.name.utf8.count + hospital.zone.name.utf8.count + Self.entityHead
        for department in departments.all { bytes += Self.size(department.code, department.name) }
        for resource in resources.all {
            bytes += Self.size(resource.code, resource.name, departments[resource.department.rawValue]?.code ?? "")
        }
        for service in services.all { bytes += Self.size(service.code, service.name, service.preparation) }
        for pool in pools.all {
            bytes += Self.size(pool.code, pool.name, departments[pool.department.rawValue]?.code ?? "")
            bytes += codes(pool.resources.map(\.rawValue)) { resources[$0]?.code }
            bytes += codes(pool.services.map(\.rawValue)) { services[$0]?.code }
        }
        for template in templates.all { bytes += Self.size(template.code, pools[template.pool.rawValue]?.code ?? "") }
        for policy in [policy] + departmentPolicies.values {
            bytes += Self.size(policy.department.flatMap { departments[$0.rawValue]?.code } ?? "")
            for term in policy.terms {
                bytes += Self.entityHead + term.channels.count
                bytes += codes(term.services.map(\.rawValue)) { services[$0]?.code }
                bytes += codes(term.pools.map(\.rawValue)) { pools[$0]?.code }
            }
        }
        return bytes
    }

    /// Tag and length before a text of a few kilobytes.
    private static let textHead = 4
    /// Tag and length of an entity or a term, and its numbers and days: a template has the most, about 55 bytes.
    private static let entityHead = 64

    private static func size(_ texts: String...) -> Int {
        texts.reduce(entityHead) { $0 + $1.utf8.count + textHead }
    }
}
