import Engine
import Oracle
import Scheduling

// What is found by name: each thing as it was at a moment between question and answer, and all that fitted all the
// time.
extension AnswerJudge {
    func entities(_ reading: Reading<[FoundEntity]>, by text: String, _ kinds: Set<EntityKind>, limit: Int) {
        let found = reading.value
        expect(
            reading.more ? found.count == limit : found.count <= limit,
            "it finds \(found.count) where \(limit) were asked for\(reading.more ? ", and says more" : "")")
        expect(Set(found).count == found.count, "it finds something twice")
        for entity in found {
            expect(
                kinds.isEmpty || kinds.contains(entity.kind), "it finds \(entity.code), of a kind that nobody asked for"
            )
            expect(
                NaiveModel.fits(text, code: entity.code, name: entity.name),
                "it finds \(entity.code) ‘\(entity.name)’ by ‘\(text)’")
            switch entity {
            case .department(let department): shown(department, department.id.rawValue, of: model.departments)
            case .service(let service): shown(service, service.id.rawValue, of: model.services)
            case .resource(let resource, let department):
                shown(resource, resource.id.rawValue, of: model.resources)
                shown(department, department.id.rawValue, of: model.departments)
            }
        }
        if found.contains(where: { $0.code == text }), let first = found.first {
            expect(first.code == text || first.name == text, "it puts \(first.code) before what is named so")
        }
        guard !reading.more else { return }
        func missing<Entity>(
            _ kind: EntityKind, _ all: [NaiveModel.Versions<Entity>], _ words: (Entity) -> (code: String, name: String)
        ) {
            guard kinds.isEmpty || kinds.contains(kind) else { return }
            for versions in all where versions.value(at: low) != nil {
                let names = versions.inForce(low...max(low, high)).map(words)
                guard let code = names.first?.code,
                    names.allSatisfy({ NaiveModel.fits(text, code: $0.code, name: $0.name) })
                else { continue }
                expect(
                    found.contains { $0.kind == kind && $0.code == code }, "it does not find \(code) by ‘\(text)’")
            }
        }
        missing(.department, model.departments) { ($0.code, $0.name) }
        missing(.resource, model.resources) { ($0.code, $0.name) }
        missing(.service, model.services) { ($0.code, $0.name) }
    }

    private func shown<Entity: Equatable>(_ entity: Entity, _ id: UInt32, of all: [NaiveModel.Versions<Entity>]) {
        let versions = NaiveModel.versions(id, of: all)?.inForce(low...max(low, high)) ?? []
        expect(versions.contains(entity), "it shows \(entity), as it never was on disk since the question")
    }
}

extension FoundEntity {
    var kind: EntityKind {
        switch self {
        case .department: .department
        case .resource: .resource
        case .service: .service
        }
    }

    var code: String {
        switch self {
        case .department(let department): department.code
        case .resource(let resource, _): resource.code
        case .service(let service): service.code
        }
    }

    var name: String {
        switch self {
        case .department(let department): department.name
        case .resource(let resource, _): resource.name
        case .service(let service): service.name
        }
    }
}
