import Journal
import Scheduling

/// Which changes of the catalogue may not be told yet, and what readings go by them: a reading waits for those that
/// would make its answer another one, and for no others.
///
/// Only what is not settled is kept, so it is as short as the queue before the disk and the standby.
struct UnsettledChanges: Sendable {
    /// What a reading goes by.
    struct Scope: Sendable {
        var department: DepartmentID?
        var service: ServiceID?
        var resource: ResourceID?
        var pool: PoolID?
        /// Rules judge what it shows: policies, and which sessions a resource is in at one time.
        var isJudged: Bool
    }

    fileprivate enum Change: Sendable {
        /// Days and times of all there is, or it is not known what.
        case everything
        case department(DepartmentID)
        case resource(ResourceID)
        case service(ServiceID)
        /// Of a department; nil for the hospital's.
        case policy(DepartmentID?)
        /// A pool as it was, nil where it is new, and as it is.
        case pool(Pool?, Pool)

        /// Nil for what no reading but the catalogue's goes by. A pool may have been anything before.
        init?(_ entity: CatalogueEntity) {
            switch entity {
            case .hospital, .pool: self = .everything
            case .department(let department): self = .department(department.id)
            case .resource(let resource): self = .resource(resource.id)
            case .service(let service): self = .service(service.id)
            case .policy(let policy): self = .policy(policy.department)
            // What it led to are sessions, which are facts of their own.
            case .template, .calendar, .leave: return nil
            }
        }
    }

    private var entries: [(position: Position, change: Change)] = []
    private var last = Position.zero
    /// So many entries are kept before the settled ones among them go.
    private var room = Self.leastRoom

    private static let leastRoom = 256

    /// - Parameter position: up to here it is not known what changed, so every reading waits.
    init(unknownUpTo position: Position = .zero) {
        guard position > .zero else { return }
        entries = [(position, .everything)]
        last = position
    }

    /// Takes note of a change.
    /// - Parameter catalogue: as it was before.
    mutating func note(_ entity: CatalogueEntity, of catalogue: Catalogue, at position: Position, settled: Position) {
        switch entity {
        case .pool(let pool): note(.pool(catalogue.pools[pool.id.rawValue], pool), at: position, settled: settled)
        // Nothing that a reading shows has their names.
        case .department(let new) where catalogue.departments[new.id.rawValue] != nil: break
        case .resource(let new) where catalogue.resources[new.id.rawValue] != nil: break
        default: note(Change(entity), at: position, settled: settled)
        }
    }

    /// Takes note of a change that is found in the log, which does not tell how a pool was before.
    mutating func recover(_ entity: CatalogueEntity, at position: Position, settled: Position) {
        note(Change(entity), at: position, settled: settled)
    }

    private mutating func note(_ change: Change?, at position: Position, settled: Position) {
        guard let change else { return }
        if entries.count >= room {
            entries.removeAll { $0.position <= settled }
            room = max(Self.leastRoom, entries.count * 2)
        }
        entries.append((position, change))
        last = max(last, position)
    }

    /// The last unsettled change that such a reading goes by; zero where there is none.
    /// - Parameter catalogue: that it is answered by.
    func last(after settled: Position, for scope: Scope, in catalogue: CatalogueSnapshot) -> Position {
        guard last > settled else { return .zero }
        return entries.last { $0.position > settled && scope.goes(by: $0.change, in: catalogue) }?.position ?? .zero
    }
}

extension UnsettledChanges.Scope {
    fileprivate func goes(by change: UnsettledChanges.Change, in catalogue: CatalogueSnapshot) -> Bool {
        switch change {
        case .everything: return true
        // Whether there is such a one at all.
        case .department(let id): return department == id
        case .resource(let id): return resource == id
        case .service(let id): return service == id
        case .policy(let owner?):
            guard isJudged, department == nil || department == owner else { return false }
            return !catalogue.pools(of: owner, service: service, resource: resource).isEmpty
        case .policy(nil): return isJudged && goesByHospitalPolicy(catalogue)
        case .pool(let old, let new):
            // Whether there is such a one at all.
            if old == nil, pool == new.id { return true }
            let isOne = has(new)
            if isOne != (old.map(has) ?? false) { return true }
            let shared = Set(new.resources).symmetricDifference(old?.resources ?? [])
            guard isJudged, !shared.isEmpty else { return false }
            return isOne
                || pools(catalogue).contains { pool in
                    catalogue.catalogue.pools[pool.rawValue]?.resources.contains(where: shared.contains) ?? false
                }
        }
    }

    private func has(_ one: Pool) -> Bool {
        (pool == nil || pool == one.id) && (department == nil || department == one.department)
            && (service.map(one.services.contains) ?? true) && (resource.map(one.resources.contains) ?? true)
    }

    private func pools(_ catalogue: CatalogueSnapshot) -> [PoolID] {
        catalogue.pools(of: department, service: service, resource: resource)
    }

    /// A department without a policy of its own has the hospital's.
    private func goesByHospitalPolicy(_ catalogue: CatalogueSnapshot) -> Bool {
        func isWithoutOwn(_ department: DepartmentID) -> Bool {
            catalogue.catalogue.departmentPolicies[department] == nil
        }
        if let department { return isWithoutOwn(department) }
        return pools(catalogue).contains { catalogue.department(of: $0).map(isWithoutOwn) ?? false }
    }
}
