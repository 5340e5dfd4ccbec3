import ArgumentParser

/// What a command line names, it names once: of two the last would silently win.
enum ArgumentList {
    /// Options that may be repeated to say more, by each command that has them.
    private static let repeatable: Set<String> = ["--slot", "--template", "--id", "--at", "--tzid"]
    /// Options that only these commands take more than once.
    private static let repeatableIn: [String: Set<String>] = [
        "days": ["--department", "--pool"], "report": ["--department", "--pool"], "find": ["--kind"],
    ]

    /// - Throws: where an option stands twice that has one value.
    static func checkOptions(_ arguments: [String]) throws {
        var seen: Set<String> = []
        let repeatable = repeatable.union(arguments.first.flatMap { repeatableIn[$0] } ?? [])
        for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
            let name = String(argument.prefix { $0 != "=" })
            guard seen.insert(name).inserted || repeatable.contains(name) else {
                throw ValidationError("\(name) stands there twice; give it once")
            }
        }
    }

    /// - Throws: where a list names something twice.
    static func checkOnce(_ items: [String], _ list: String) throws {
        // By bytes, as identifiers are: two ways to write é are two.
        var seen: Set<[UInt8]> = []
        for item in items where !seen.insert(Array(item.utf8)).inserted {
            throw ValidationError("\(list) names \(item) twice; give it once")
        }
    }
}
