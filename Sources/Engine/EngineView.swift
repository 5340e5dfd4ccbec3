import Journal
import NIOConcurrencyHelpers
import Scheduling

/// What every request must know before it reaches a shard: the catalogue, when each session is, how many patients there
/// are. Readers take one immutable snapshot a batch; the directory and the pool shards put new ones in its place.
final class EngineView: Sendable {
    struct Snapshot: Sendable {
        var catalogue: CatalogueSnapshot
        /// Where the catalogue's last change stands: what is read by its light is shown once that is durable.
        var cataloguePosition = Position.zero
        var timetable = Timetable()
        /// Patients are numbered from 1 without gaps.
        var patients: UInt64 = 0
        /// Those that were registered, or got further identifiers, and may not be told yet.
        var registrations = UnsettledFacts()
    }

    private let box: NIOLockedValueBox<Snapshot>

    init(_ snapshot: Snapshot) { box = NIOLockedValueBox(snapshot) }

    var current: Snapshot { box.withLockedValue { $0 } }

    func update(_ body: (inout Snapshot) -> Void) { box.withLockedValue(body) }
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
    /// Of a department, those that offer a service.
    private let poolsOffering: [Offering: [PoolID]]

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
        var offering: [Offering: [PoolID]] = [:]
        for pool in catalogue.pools.all {
            ofDepartment[Int(pool.department.rawValue)].append(pool.id)
            for service in Set(pool.services) {
                ofService[Int(service.rawValue)].append(pool.id)
                offering[Offering(department: pool.department, service: service), default: []].append(pool.id)
            }
        }
        poolsOfDepartment = ofDepartment
        poolsOfService = ofService
        poolsOffering = offering
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
