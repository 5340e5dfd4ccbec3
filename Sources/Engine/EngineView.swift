import Journal
import NIOConcurrencyHelpers
import Scheduling

/// What every request must know before it reaches a shard: the catalogue, when each session is, how many patients there
/// are. Readers take one immutable snapshot a batch; the directory and the pool shards put new ones in its place.
final class EngineView: Sendable {
    struct Snapshot: Sendable {
        var catalogue: CatalogueSnapshot
        /// Those of its changes that may not be told yet.
        var changes = UnsettledChanges()
        var timetable = Timetable()
        /// Empty in normal service.
        var clashing = ClashingSessions()
        /// Patients are numbered from 1 without gaps.
        var patients: UInt64 = 0
        /// Those that were registered, or got further identifiers, and may not be told yet.
        var registrations = UnsettledFacts()
    }

    private let box: NIOLockedValueBox<Snapshot>
    /// Openings of all shards and changes of who shares a resource take turns here.
    let diary: ResourceDiary

    init(_ snapshot: Snapshot) {
        diary = ResourceDiary(snapshot.timetable, snapshot.catalogue)
        var snapshot = snapshot
        snapshot.clashing = ClashingSessions(diary.clashes)
        box = NIOLockedValueBox(snapshot)
    }

    var current: Snapshot { box.withLockedValue { $0 } }

    func update(_ body: (inout Snapshot) -> Void) { box.withLockedValue(body) }

    /// Lets a change of the catalogue happen, unless a resource would be in two places from now on by it.
    /// - Parameters:
    ///   - pools: that get resources by it, with those they get.
    ///   - catalogue: as it will be.
    /// - Returns: what stands against it.
    func share(
        _ pools: [(pool: PoolID, resources: [ResourceID])], in catalogue: CatalogueSnapshot, now: Instant,
        _ change: () -> Void
    ) -> [ResourceDiary.Clash] {
        diary.share(pools, in: catalogue, now: now, change, publish: publish)
    }

    /// Takes over a primary's catalogue, whatever clashes by it.
    /// - Parameter changes: those of the catalogue before that may not be told yet, and those that made this one of it.
    func adopt(_ catalogue: CatalogueSnapshot, _ changes: UnsettledChanges) {
        update { view in
            view.catalogue = catalogue
            view.changes = changes
        }
        diary.adopt(catalogue, publish: publish)
    }

    private func publish(_ clashing: ClashingSessions) { update { $0.clashing = clashing } }

    /// Takes note of sessions that were opened or closed by these facts.
    func follow(_ facts: [Fact]) {
        diary.follow(facts, { current.catalogue }, publish: publish)
        update { view in
            for fact in facts {
                switch fact {
                case .sessionOpened(let definition): view.timetable.open(definition.id, definition.times)
                case .sessionArchived(let id), .sessionWithdrawn(let id): view.timetable.close(id)
                default: break
                }
            }
        }
    }
}

/// The catalogue with what the hot path asks of it in flat arrays.
final class CatalogueSnapshot: Sendable {
    let catalogue: Catalogue
    /// By pool id; 0 where there is no such pool.
    private let departmentOfPool: [UInt32]
    /// By pool id: what is allowed there.
    private let policyOfPool: [Policy]
    /// By pool id: the services it offers.
    private let offers: [Set<UInt32>]
    private let services: [(slots: UInt8, units: UInt16)]
    /// By department id, by service id: its pools.
    private let poolsOfDepartment: [[PoolID]]
    private let poolsOfService: [[PoolID]]
    /// By resource id: the pools it belongs to.
    private let poolsOfResource: [[PoolID]]
    /// Of a department, those that offer a service.
    private let poolsOffering: [Offering: [PoolID]]
    /// Made when something is looked for by name, so that a catalogue in which nothing is costs nothing.
    private let index = NIOLockedValueBox<EntityIndex?>(nil)

    private struct Offering: Hashable {
        var department: DepartmentID
        var service: ServiceID
    }

    init(_ catalogue: Catalogue) {
        self.catalogue = catalogue
        departmentOfPool = [0] + catalogue.pools.all.map(\.department.rawValue)
        policyOfPool = [.initial] + catalogue.pools.all.map { catalogue.policy(for: $0.department) }
        offers = [[]] + catalogue.pools.all.map { Set($0.services.map(\.rawValue)) }
        services = catalogue.services.all.map { ($0.slots, $0.units) }
        var ofDepartment = [[PoolID]](repeating: [], count: catalogue.departments.count + 1)
        var ofService = [[PoolID]](repeating: [], count: catalogue.services.count + 1)
        var ofResource = [[PoolID]](repeating: [], count: catalogue.resources.count + 1)
        var offering: [Offering: [PoolID]] = [:]
        for pool in catalogue.pools.all {
            ofDepartment[Int(pool.department.rawValue)].append(pool.id)
            for service in Set(pool.services) {
                ofService[Int(service.rawValue)].append(pool.id)
                offering[Offering(department: pool.department, service: service), default: []].append(pool.id)
            }
            for resource in Set(pool.resources) { ofResource[Int(resource.rawValue)].append(pool.id) }
        }
        poolsOfDepartment = ofDepartment
        poolsOfService = ofService
        poolsOfResource = ofResource
        poolsOffering = offering
    }

    /// Departments, resources and services by code, name and pinyin.
    var entities: EntityIndex {
        index.withLockedValue { made in
            let index = made ?? EntityIndex(catalogue)
            made = index
            return index
        }
    }

    func department(of pool: PoolID) -> DepartmentID? {
        Int(pool.rawValue) < departmentOfPool.count && pool.rawValue > 0
            ? DepartmentID(rawValue: departmentOfPool[Int(pool.rawValue)]) : nil
    }

    /// The policy that judges in a pool that is known.
    func policy(of pool: PoolID) -> Policy { policyOfPool[Int(pool.rawValue)] }

    func offers(_ service: ServiceID, in pool: PoolID) -> Bool {
        Int(pool.rawValue) < offers.count && offers[Int(pool.rawValue)].contains(service.rawValue)
    }

    /// The neighbouring slots a service takes, and the units in each.
    func demand(of service: ServiceID) -> (slots: UInt8, units: UInt16)? {
        service.rawValue >= 1 && service.rawValue <= services.count ? services[Int(service.rawValue) - 1] : nil
    }

    /// The other pools that a resource of this one belongs to, with the resource.
    func sharing(with pool: PoolID) -> [(resource: ResourceID, pool: PoolID)] {
        (catalogue.pools[pool.rawValue]?.resources ?? []).flatMap { resource in
            poolsOfResource[Int(resource.rawValue)].filter { $0 != pool }.map { (resource, $0) }
        }
    }

    /// Those that several pools have, with these.
    var sharedResources: [(resource: ResourceID, pools: [PoolID])] {
        poolsOfResource.enumerated().filter { $1.count > 1 }.map { (ResourceID(rawValue: UInt32($0)), $1) }
    }

    /// The pools, by id, that a search for these goes through; ids that are not known have none.
    func pools(of department: DepartmentID?, service: ServiceID?, resource: ResourceID?) -> [PoolID] {
        var chosen: [PoolID]
        if let department, let service {
            chosen = poolsOffering[Offering(department: department, service: service)] ?? []
        } else if let department {
            chosen =
                Int(department.rawValue) < poolsOfDepartment.count ? poolsOfDepartment[Int(department.rawValue)] : []
        } else if let service {
            chosen = Int(service.rawValue) < poolsOfService.count ? poolsOfService[Int(service.rawValue)] : []
        } else {
            chosen = catalogue.pools.all.map(\.id)
        }
        if let resource { chosen.removeAll { !(catalogue.pools[$0.rawValue]?.resources.contains(resource) ?? false) } }
        return chosen
    }
}
