import Wire

/// What is looked for by name.
public enum EntityKind: Hashable, Sendable {
    /// 科室.
    case department
    /// 资源.
    case resource
    /// 服务项目.
    case service
    /// A number this version does not know.
    case unknown(Int)

    /// Every value this version knows, in the order of their numbers.
    public static let known: [EntityKind] = [.department, .resource, .service]

    init(_ wire: PBEntityKind) {
        let number = wire.rawValue
        self = (1...Self.known.count).contains(number) ? Self.known[number - 1] : .unknown(number)
    }

    var wire: PBEntityKind { PBEntityKind(rawValue: number) ?? .unspecified }

    /// The number on the wire.
    public var number: Int {
        switch self {
        case .department: 1
        case .resource: 2
        case .service: 3
        case .unknown(let number): number
        }
    }
}

/// A department, a resource or a service that was looked for by name.
public struct FoundEntity: Hashable, Sendable {
    /// What it is, with its id among its kind.
    public enum Entity: Hashable, Sendable {
        /// 科室.
        case department(DepartmentID)
        /// 资源, of a kind and a department.
        case resource(ResourceID, ResourceKind, of: DepartmentID)
        /// 服务项目.
        case service(ServiceID)
        /// A kind that this version does not know, by its number; and the id.
        case unknown(Int, id: UInt32)
    }

    /// What it is.
    public var entity: Entity
    /// The hospital's own.
    public var code: String
    /// Its name.
    public var name: String
    /// Of the department it belongs to, or is; empty for a service.
    public var departmentName: String

    /// Its kind.
    public var kind: EntityKind {
        switch entity {
        case .department: .department
        case .resource: .resource
        case .service: .service
        case .unknown(let number, _): .unknown(number)
        }
    }

    init(_ wire: PBFoundEntity) {
        code = wire.code
        name = wire.name
        departmentName = wire.departmentName
        entity =
            switch EntityKind(wire.kind) {
            case .department: .department(DepartmentID(rawValue: wire.id))
            case .resource:
                .resource(
                    ResourceID(rawValue: wire.id), ResourceKind(wire.resourceKind),
                    of: DepartmentID(rawValue: wire.department))
            case .service: .service(ServiceID(rawValue: wire.id))
            case .unknown(let number): .unknown(number, id: wire.id)
            }
    }
}
