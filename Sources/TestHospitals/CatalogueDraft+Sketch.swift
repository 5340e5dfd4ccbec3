package import Scheduling

extension CatalogueDraft {
    /// A hospital in a line, for tests:
    ///
    /// ```swift
    /// CatalogueDraft(["cardiology": ["li"], "radiology": ["ct"]], services: ["visit": 1, "scan": 3])
    /// ```
    ///
    /// Ids are dealt in the order of the line. What a test has to say beyond it, it says in the draft.
    ///
    /// - Parameters:
    ///   - departments: The codes of departments, each with those of its pools. A code is a name, too.
    ///   - services: The codes of the services that every pool offers, each with how many neighbouring slots it takes.
    package init(
        _ departments: KeyValuePairs<String, [String]>, services: KeyValuePairs<String, UInt32> = ["visit": 1]
    ) {
        self.init()
        self.departments = departments.map { .init(code: $0.key, name: $0.key) }
        self.services = services.map {
            .init(code: $0.key, name: $0.key, kind: $0.value == 1 ? .clinic : .exam, slots: $0.value)
        }
        let offered = services.map(\.key)
        pools = departments.flatMap { department in
            department.value.map {
                .init(code: $0, name: $0, department: department.key, resources: [], services: offered)
            }
        }
    }
}
