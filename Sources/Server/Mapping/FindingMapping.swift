import Engine
import Journal
import Scheduling
import Wire

extension PBFindEntitiesRequest {
    /// The kinds that are wanted; none where the request names none.
    func checkedKinds() throws(ProtocolError) -> Set<EntityKind> {
        var checked: Set<EntityKind> = []
        for wire in kinds {
            guard let kind = wire.kind else {
                throw ProtocolError.invalid("kinds", "\(wire.rawValue) is no kind of this version")
            }
            checked.insert(kind)
        }
        return checked
    }
}

extension PBFindEntitiesReply {
    init(_ reading: Reading<[FoundEntity]>, _ page: Page) {
        self.init()
        entities = reading.value.map { PBFoundEntity($0) }
        more = page.cut(&entities) || reading.more
        position = reading.position.rawValue
    }
}

extension PBFoundEntity {
    fileprivate init(_ found: FoundEntity) {
        self.init()
        switch found {
        case .department(let department):
            (kind, id, code, name) = (.department, department.id.rawValue, department.code, department.name)
            self.department = department.id.rawValue
            departmentName = department.name
        case .resource(let resource, let department):
            (kind, id, code, name) = (.resource, resource.id.rawValue, resource.code, resource.name)
            self.department = department.id.rawValue
            departmentName = department.name
            resourceKind = PBResourceKind(resource.kind)
        case .service(let service):
            (kind, id, code, name) = (.service, service.id.rawValue, service.code, service.name)
        }
    }
}
