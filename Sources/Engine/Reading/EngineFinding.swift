package import Scheduling

/// Something of the catalogue that was looked for by name.
package enum FoundEntity: Hashable, Sendable {
    case department(Department)
    /// With the department that it belongs to.
    case resource(Resource, of: Department)
    case service(Service)
}

// Departments, resources and services by what people type. Like all readings it waits for what it shows.
extension Engine {
    /// What fits a text by code, name or pinyin, the best first: see `EntityIndex`.
    /// - Parameters:
    ///   - text: 1 to `Limits.entityTextScalars` characters, blanks around it apart.
    ///   - kinds: empty for all.
    ///   - limit: 1 to `EngineLimits.entitiesPerFinding`.
    package func findEntities(
        _ text: String, kinds: Set<EntityKind> = [], limit: Int = EngineLimits.entitiesPerFindingByDefault
    ) async throws(EngineError) -> Reading<[FoundEntity]> {
        guard text.unicodeScalars.count <= Limits.entityTextScalars else {
            throw EngineError(
                .invalidArgument,
                "text: \(text.unicodeScalars.count) characters, at most \(Limits.entityTextScalars)")
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw EngineError(.invalidArgument, "text: say what is looked for, by code, name or pinyin")
        }
        guard (1...EngineLimits.entitiesPerFinding).contains(limit) else {
            throw EngineError(.invalidArgument, "limit: 1 to \(EngineLimits.entitiesPerFinding)")
        }
        let position = await included(.anything)
        let snapshot = view.current
        let (found, more) = snapshot.catalogue.entities.find(
            text, kinds: kinds.isEmpty ? Set(EntityKind.allCases) : kinds, limit: limit)
        // Names are nothing that another reading goes by, so any change may be one that this shows.
        let shown = await directory.read().shown
        try await untilDurable(shown)
        let catalogue = snapshot.catalogue.catalogue
        return Reading(
            found.compactMap { FoundEntity($0, in: catalogue) }, at: max(position, shown),
            more: more)
    }
}

extension FoundEntity {
    fileprivate init?(_ found: EntityIndex.Found, in catalogue: Catalogue) {
        switch found.kind {
        case .department:
            guard let department = catalogue.departments[found.id] else { return nil }
            self = .department(department)
        case .resource:
            guard let resource = catalogue.resources[found.id],
                let department = catalogue.departments[resource.department.rawValue]
            else { return nil }
            self = .resource(resource, of: department)
        case .service:
            guard let service = catalogue.services[found.id] else { return nil }
            self = .service(service)
        }
    }
}
