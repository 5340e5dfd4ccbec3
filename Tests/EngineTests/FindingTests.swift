import Scheduling
import Testing

@testable import Engine

@Suite struct `Finding by name` {
    @Test func `departments, resources and services are found, what was put a moment ago among them`() async throws {
        let hospital = try await Hospital()
        #expect(try await hospital.engine.findEntities("xnk").value.isEmpty)
        var draft = CatalogueDraft()
        draft.departments = [.init(code: "D9", name: "心内科")]
        draft.resources = [.init(code: "R9", name: "徐内康", kind: .practitioner, department: "D9")]
        draft.services = [.init(code: "xnk", name: "复诊", kind: .clinic, slots: 1, units: 1)]
        let put = try await hospital.engine.putCatalogue(draft, hospital: nil, by: Hospital.doctor)
        let found = try await hospital.engine.findEntities("xnk")
        #expect(found.position >= put.position)
        guard case .service(let service)? = found.value.first,
            case .department(let department)? = found.value.dropFirst().first,
            case .resource(let resource, let own)? = found.value.last
        else {
            Issue.record("\(found.value)")
            return
        }
        #expect(found.value.count == 3 && !found.more)
        #expect((service.code, department.code, resource.code, own.code) == ("xnk", "D9", "R9", "D9"))
        let one = try await hospital.engine.findEntities("xnk", kinds: [.department, .resource], limit: 1)
        #expect(one.value == [.department(department)] && one.more)
        try await hospital.restart()
        #expect(try await hospital.engine.findEntities("xnk").value == found.value)
    }

    @Test func `what cannot be looked for is named`() async throws {
        let hospital = try await Hospital()
        for (text, limit, word) in [
            ("", 1, "text"), ("  ", 1, "text"), (String(repeating: "心", count: 61), 1, "61 characters"),
            ("a", 0, "limit"), ("a", 201, "limit"),
        ] {
            let error = await #expect(throws: EngineError.self) {
                try await hospital.engine.findEntities(text, limit: limit)
            }
            #expect(error?.code == .invalidArgument && error?.message.contains(word) ?? false)
        }
    }
}
