import Foundation

/// The arrows of docs/internals/architecture.md: what the sources of each room may import. They run down only.
enum Arrows {
    /// A room above is a room that tests of this one must do without. The disk in memory counts as below the journal
    /// that it is put under, and the hospitals of tests as below all: the tests of all rooms above may use them.
    static let roomsFromTheTop = [
        "haoyuan", "Proof", "HaoyuanTesting", "Hosting", "Terminal", "HaoyuanClient", "Server", "haoyuan-simulate",
        "Simulation",
        "Engine", "Wire", "Journal", "MemoryJournal", "Oracle", "ZoneTables", "Scheduling",
        "TestHospitals",
    ]

    /// Modules of the toolchain that every room but the pure one may use.
    private static let platform: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Dispatch",
    ]
    private static let nio: Set<String> = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "NIOEmbedded"]
    private static let collections: Set<String> = [
        "HeapModule", "DequeModule", "OrderedCollections", "BitCollections", "HashTreeCollections", "BasicContainers",
        "ContainersPreview", "Collections",
    ]

    static let allowed: [String: Set<String>] = [
        // Pure: the same inputs give the same answer on every machine, so nothing here reaches one.
        "Scheduling": collections.union(["FoundationEssentials"]),
        // The rules once more: what it takes from Scheduling are values, or it would agree with what it judges.
        "Oracle": ["Scheduling"],
        // No room that a user's product links may import it.
        "TestHospitals": ["Scheduling"],
        "Journal": platform.union(["CLMDB", "CSnappy", "CCRC32C", "NIOConcurrencyHelpers"]),
        // No room that a user's product links may import it.
        "MemoryJournal": platform.union(["Journal", "NIOConcurrencyHelpers"]),
        "Wire": platform.union([
            "Scheduling", "CSnappy", "CCRC32C", "NIOCore", "NIOConcurrencyHelpers", "SwiftProtobuf",
        ]),
        "Engine": platform.union(collections).union(["Scheduling", "Journal", "ZoneTables", "NIOConcurrencyHelpers"]),
        // Files of the machine, and nothing of ours but what rules are made of.
        "ZoneTables": platform.union(["Scheduling"]),
        // The simulator drives the engine without the server: what the server does, its world does.
        "Simulation": platform.union([
            "Engine", "Journal", "MemoryJournal", "Oracle", "Scheduling", "NIOConcurrencyHelpers",
        ]),
        "haoyuan-simulate": platform.union(["Simulation", "ArgumentParser", "NIOConcurrencyHelpers"]),
        "Server": platform.union(collections).union(nio)
            .union(["Engine", "Wire", "Journal", "Scheduling", "SwiftProtobuf", "Logging"]),
        // The client shares the protocol with the server and nothing else: no Engine, no Server, no Journal.
        "HaoyuanClient": platform.union(collections).union(nio).union(["Wire", "Scheduling", "SwiftProtobuf"]),
        "Terminal": platform.union(["HaoyuanClient", "Scheduling", "ZoneTables"]),
        // Gateways and tests host an engine, too: nothing here knows a command line or a drill.
        "Hosting": platform.union(nio).union([
            "Terminal", "Server", "HaoyuanClient", "Engine", "Wire", "Journal", "Scheduling", "ZoneTables", "Logging",
            "NIOHTTP1", "Yams",
        ]),
        // For tests of front ends: it starts what `serve` starts, and shows nothing of it but the client's types.
        "HaoyuanTesting": platform.union([
            "Hosting", "Server", "HaoyuanClient", "Engine", "Journal", "Scheduling", "Logging", "NIOConcurrencyHelpers",
        ]),
        "Proof": platform.union(nio).union([
            "Hosting", "Terminal", "Server", "HaoyuanClient", "Engine", "Wire", "Journal", "Scheduling", "Logging",
        ]),
        "haoyuan": platform.union([
            "Proof", "Hosting", "Terminal", "HaoyuanClient", "Engine", "Journal", "Scheduling", "ArgumentParser",
            "NIOConcurrencyHelpers",
        ]),
    ]

    static func violations(in file: SwiftFile) -> [Violation] {
        guard let allowed = allowed[file.room] else {
            return [file.violation(1, "the room \(file.room) has no row in Arrows.allowed; say what it may import")]
        }
        return file.imports.filter { !allowed.contains($0.module) }
            .map { file.violation($0.line, "\(file.room) may not import \($0.module)") }
    }

    /// What tests of a room may import from above it.
    private static let arrowsUp: [String: Set<String>] = [
        // The server's tests speak to it through the client, so that both ends are the real ones.
        "Server": ["HaoyuanClient", "HaoyuanTesting"],
        // The core's tests ask the oracle, which judges the core and calls nothing of it.
        "Scheduling": ["Oracle"],
    ]

    /// Tests of a room need nothing else from the rooms above it.
    static func violations(inTest file: SwiftFile) -> [Violation] {
        let room = file.room.replacingOccurrences(of: "Tests", with: "")
        guard let level = roomsFromTheTop.firstIndex(of: room) else { return [] }
        let above = Set(roomsFromTheTop[..<level]).subtracting(arrowsUp[room] ?? [])
        return file.imports.filter { above.contains($0.module) }
            .map { file.violation($0.line, "the tests of \(room) need nothing from \($0.module), which is above it") }
    }

    /// The pure core takes time, ids and randomness as arguments.
    static func impurities(in file: SwiftFile) -> [Violation] {
        let impure = [
            "Date()", "Date.now", "ContinuousClock", "SuspendingClock", ".random(", "SystemRandomNumberGenerator",
            "UUID()",
            "ProcessInfo", "FileManager", " async ", "await ", "Task {", "Task.", " print(",
        ]
        return file.numberedCode.flatMap { number, code in
            impure.filter { code.contains($0) || code.hasPrefix("actor ") }.prefix(1)
                .map { file.violation(number, "the core is pure; take what `\($0)` gives as an argument") }
        }
    }
}

extension SwiftFile {
    /// Every import with its line; of `import Foundation.NSURL` the first word.
    var imports: [(line: Int, module: String)] {
        declarations.filter { $0.keyword == "import" }.map { (line: $0.line, module: $0.name) }
    }
}

/// Package.swift, read as text: asking SwiftPM would need its lock, which a running `swift test` may hold.
struct Manifest {
    struct Target: Equatable {
        var line: Int
        var name: String
        /// Own targets and other packages' products, by name.
        var dependencies: [String]
    }

    var targets: [Target] = []

    init(text: String) {
        let file = SwiftFile(path: "Package.swift", text: text)
        let lists = Self.sharedLists(in: text)
        let starts = #/\.(?:target|executableTarget|testTarget|systemLibrary|macro|plugin)\(/#
        // Comments are blanked, strings are not: keep the written line where the code has one.
        let written = zip(file.lines, file.code).map { $1.trimmingCharacters(in: .whitespaces).isEmpty ? "" : $0 }
        let source = written.joined(separator: "\n")
        guard let body = source.firstRange(of: "targets: [\n") else { return }
        for match in source[body.upperBound...].matches(of: starts) {
            let call = Self.upToClosingParenthesis(source[match.range.upperBound...])
            guard let name = call.firstMatch(of: #/name: "([^"]+)"/#)?.1 else { continue }
            let line = source[..<match.range.lowerBound].count { $0 == "\n" } + 1
            targets.append(
                Target(line: line, name: String(name), dependencies: Self.dependencies(in: call, lists: lists)))
        }
    }

    /// `let nio: [Target.Dependency] = [ … ]` at the top of the manifest.
    private static func sharedLists(in text: String) -> [String: [String]] {
        var lists: [String: [String]] = [:]
        for match in text.matches(of: #/let (\w+): \[Target\.Dependency\] = \[([^\]]*)\]/#) {
            lists[String(match.1)] = names(in: match.2)
        }
        return lists
    }

    private static func dependencies(in call: Substring, lists: [String: [String]]) -> [String] {
        guard let match = call.firstMatch(of: #/dependencies: ([^\[]*)\[([^\]]*)\]/#) else {
            guard let bare = call.firstMatch(of: #/dependencies: (\w+)/#) else { return [] }
            return lists[String(bare.1)] ?? []
        }
        let shared = match.1.split(whereSeparator: { !$0.isLetter }).flatMap { lists[String($0)] ?? [] }
        return shared + names(in: match.2)
    }

    private static func names(in list: Substring) -> [String] {
        let products = list.matches(of: #/\.product\(name: "([^"]+)"/#).map { String($0.1) }
        let rest = list.replacing(#/\.product\([^)]*\)/#, with: "")
        return rest.matches(of: #/"([^"]+)"/#).map { String($0.1) } + products
    }

    private static func upToClosingParenthesis(_ text: Substring) -> Substring {
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth < 0 { return text[..<index] }
        }
        return text
    }
}

extension Manifest {
    /// The manifest's arrows that the table does not have.
    var violations: [Violation] {
        targets.flatMap { target in
            target.dependencies.filter { Arrows.allowed[target.name]?.contains($0) == false }.map {
                Violation(path: "Package.swift", line: target.line, message: "\(target.name) may not depend on \($0)")
            }
        }
    }

    /// Where the lines `room ─▶ room · room` of a page and the manifest's arrows between own targets part.
    func undrawnArrows(on page: String, text: String) -> [Violation] {
        var drawn: [Substring: Set<String>] = [:]
        for match in text.matches(of: #/(?m)^(\S+) +─▶ (.+)$/#) {
            drawn[match.1] = Set(match.2.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init))
        }
        let own = Set(targets.map(\.name))
        return targets.filter { !$0.name.hasSuffix("Tests") }.compactMap { target in
            let real = own.intersection(target.dependencies)
            let differing = real.symmetricDifference(drawn[target.name[...]] ?? [])
            guard !differing.isEmpty else { return nil }
            let names = differing.sorted().joined(separator: ", ")
            return Violation(path: page, line: 1, message: "the arrows of \(target.name) differ in \(names)")
        }
    }

    /// Imports of one target's files that the manifest does not declare for it. One that comes only by way of another
    /// is declared, too: a build would not notice that it changed.
    /// - Parameter modules: Those looked for; nil for all.
    func undeclaredImports(
        of target: String, in files: [SwiftFile], among modules: Set<String>? = nil
    ) -> [Violation] {
        let toolchain: Set<String> = [
            "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Dispatch", "Testing", "Swift",
        ]
        let declared = Set(targets.first { $0.name == target }?.dependencies ?? [])
        let reached = declared.union(toolchain)
        return files.flatMap { file in
            file.imports.filter { !reached.contains($0.module) && modules?.contains($0.module) != false }.map {
                file.violation($0.line, "\($0.module) is not among the dependencies of \(target) in Package.swift")
            }
        }
    }

    /// Dependencies that no file of the target imports.
    func idleDependencies(of target: Target, in files: [SwiftFile]) -> [Violation] {
        let imported = Set(files.flatMap { $0.imports.map(\.module) })
        guard !imported.isEmpty else { return [] }
        return target.dependencies.filter { !imported.contains($0) }.map {
            Violation(
                path: "Package.swift", line: target.line,
                message: "\(target.name) depends on \($0) and never imports it")
        }
    }
}
