/// The promises of many rounds, each once: how often it was looked at, and where it did not hold.
struct DrillChecks: Sendable {
    private(set) var all: [Report.Check] = []

    /// Adds what one round found.
    /// - Parameter place: in front of each problem: which round it was, and how to have it again.
    mutating func add(_ checks: [Report.Check], at place: String = "") {
        for check in checks {
            let problems = check.problems.map { place.isEmpty ? $0 : "\(place): \($0)" }
            if let index = all.firstIndex(where: { $0.name == check.name }) {
                all[index].count += check.count
                all[index].problems += problems
            } else {
                all.append(.init(name: check.name, count: check.count, problems: problems))
            }
        }
    }

    mutating func add(_ check: Report.Check, at place: String = "") { add([check], at: place) }

    /// A promise that was looked at once.
    mutating func add(_ name: String, holds: Bool, otherwise problem: @autoclosure () -> String, at place: String = "")
    {
        add([.init(name: name, count: 1, problems: holds ? [] : [problem()])], at: place)
    }

    var hold: Bool { all.allSatisfy(\.holds) }
    var problems: Int { all.reduce(0) { $0 + $1.problems.count } }
}
