extension Catalogue {
    /// How many bytes a list of everything takes, at most: texts, the codes that entities name each other by, and for
    /// each entity its numbers. Readers get it in pages, and the engine keeps it in memory.
    package var listedBytes: Int {
        var bytes = hospital.name.utf8.count + hospital.zone.name.utf8.count + Self.entityHead
        for department in departments.all { bytes += Self.size(department.code, department.name) }
        for resource in resources.all {
            bytes += Self.size(resource.code, resource.name, departments[resource.department.rawValue]?.code ?? "")
        }
        for service in services.all { bytes += Self.size(service.code, service.name, service.preparation) }
        for pool in pools.all {
            bytes += Self.size(pool.code, pool.name, departments[pool.department.rawValue]?.code ?? "")
            bytes += Self.codes(pool.resources.map(\.rawValue)) { resources[$0]?.code }
            bytes += Self.codes(pool.services.map(\.rawValue)) { services[$0]?.code }
        }
        for template in templates.all { bytes += listedBytes(of: template) }
        for calendar in calendars.all {
            bytes += Self.size(calendar.code, calendar.name, calendar.source) + calendar.days.count * Self.dayHead
        }
        for leave in leaves.all {
            bytes += Self.size(leave.code, leave.reason, resources[leave.resource.rawValue]?.code ?? "")
        }
        for policy in [policy] + departmentPolicies.values { bytes += listedBytes(of: policy) }
        return bytes
    }

    private func listedBytes(of template: Template) -> Int {
        let pool = pools[template.pool.rawValue]?.code ?? ""
        let calendar = template.calendar.flatMap { calendars[$0.rawValue]?.code } ?? ""
        return Self.size(template.code, pool, calendar)
            + template.exceptions.reduce(0) { $0 + Self.dayHead + $1.reason.utf8.count }
    }

    /// How many of these are one policy's: the only kind of which one entity may be more than a frame.
    package func listedBytes(of policy: Policy) -> Int {
        var bytes = Self.size(policy.department.flatMap { departments[$0.rawValue]?.code } ?? "")
        for term in policy.terms {
            bytes += Self.entityHead + term.channels.count + term.classes.count
            bytes += Self.codes(term.services.map(\.rawValue)) { services[$0]?.code }
            bytes += Self.codes(term.pools.map(\.rawValue)) { pools[$0]?.code }
        }
        return bytes
    }

    private static func codes(_ ids: some Sequence<UInt32>, in code: (UInt32) -> String?) -> Int {
        ids.reduce(0) { $0 + (code($1)?.utf8.count ?? 0) + textHead }
    }

    /// Tag and length before a text of a few kilobytes.
    private static let textHead = 4
    /// A day of a calendar or of a template, with all that is said of it but texts.
    private static let dayHead = 40
    /// Tag and length of an entity or a term, and its numbers and days: a template has the most, about 55 bytes.
    private static let entityHead = 64

    private static func size(_ texts: String...) -> Int {
        texts.reduce(entityHead) { $0 + $1.utf8.count + textHead }
    }
}
