import Foundation
import Scheduling
import Testing

/// The project's own rules, held against the tree as it is. Each failure names file and line. What the rules are and
/// why: docs/coding/style.md. That each rule can fail is shown in RuleTests.
@Suite struct HouseTests {
    // MARK: The arrows

    @Test func `each room imports only what its arrows allow`() throws {
        let files = Repository.swiftFiles(below: "Sources")
        try #require(!files.isEmpty)
        report(files.flatMap(Arrows.violations(in:)))
    }

    @Test func `tests of a room need nothing from the rooms above it`() {
        report(Repository.swiftFiles(below: "Tests").flatMap(Arrows.violations(inTest:)))
    }

    @Test func `the scheduling core and its oracle read no clock, draw no lots and wait for nobody`() {
        report(Repository.swiftFiles(below: "Sources/Scheduling", "Sources/Oracle").flatMap(Arrows.impurities(in:)))
    }

    @Test func `Package.swift draws the same arrows`() throws {
        let manifest = Manifest(text: try #require(Repository.text(of: "Package.swift")))
        try #require(Set(manifest.targets.map(\.name)).isSuperset(of: Arrows.allowed.keys))
        report(manifest.violations)
        for target in manifest.targets where Arrows.allowed[target.name] != nil {
            let files = Self.files(of: target, below: "Sources")
            report(manifest.undeclaredImports(of: target.name, in: files))
            report(manifest.idleDependencies(of: target, in: files))
        }
        for target in manifest.targets where target.name.hasSuffix("Tests") {
            let files = Self.files(of: target, below: "Tests")
            report(manifest.undeclaredImports(of: target.name, in: files, among: Set(Arrows.allowed.keys)))
        }
    }

    @Test func `the drawing of the architecture has every arrow, and no other`() throws {
        let page = "docs/internals/architecture.md"
        let manifest = Manifest(text: try #require(Repository.text(of: "Package.swift")))
        report(manifest.undrawnArrows(on: page, text: try #require(Repository.text(of: page))))
    }

    private static func files(of target: Manifest.Target, below folder: String) -> [SwiftFile] {
        Repository.paths(below: "\(folder)/\(target.name)", endingIn: ".swift")
            .map { SwiftFile(path: $0, text: Repository.text(of: $0) ?? "") }
    }

    // MARK: Generated code and reference pages

    @Test func `the generated messages belong to proto`() throws {
        let generated = Repository.paths(below: "Sources/Wire/Generated", endingIn: ".pb.swift")
        let messages = Repository.paths(below: "proto", endingIn: ".proto")
        try #require(!messages.isEmpty)
        let origin = GeneratedOrigin(text: Repository.text(of: "Sources/Wire/Generated/Origin.swift") ?? "")
        let manifest = try #require(Repository.text(of: "Package.swift"))
        report(
            origin.violations(
                actual: try Digest.sha256(of: messages + generated),
                manifestVersion: GeneratedOrigin.version(of: "swift-protobuf", inManifest: manifest)))
    }

    /// With `HAOYUAN_WRITE_PAGES` set, as `make pages` does, the section is written anew first.
    @Test(.serialized, arguments: MethodPages.sections + FactPages.sections)
    func `a generated section says what the sources say`(_ section: GeneratedSection) throws {
        if ProcessInfo.processInfo.environment["HAOYUAN_WRITE_PAGES"] != nil,
            let written = Repository.text(of: section.page).flatMap(section.written(into:))
        {
            try written.write(
                to: Repository.root.appendingPathComponent(section.page), atomically: true, encoding: .utf8)
        }
        report(section.violations(in: Repository.text(of: section.page)))
    }

    @Test(arguments: ["docs/reference/errors.md", "proto/PROTOCOL.md"])
    func `every error code is explained`(page: String) throws {
        let path = "proto/haoyuan/v1/common.proto"
        let codes = DocumentedName.errorCodes(path: path, proto: try #require(Repository.text(of: path)))
        try #require(!codes.isEmpty)
        report(DocumentedName.missing(codes, from: page, text: Repository.text(of: page)))
    }

    @Test func `rules are judged in the order that the protocol states`() throws {
        let folder = "Sources/Scheduling/Rules"
        let rules = Repository.paths(below: folder, endingIn: ".swift").compactMap(Repository.text(of:))
        let list = RuleOrder(list: try #require(Repository.text(of: "\(folder)/Rule.swift")), rules: rules)
        let page = RuleOrder(page: try #require(Repository.text(of: "proto/PROTOCOL.md")))
        #expect(list.byMethod.values.allSatisfy { !$0.isEmpty } && list.byMethod.count == 9)
        #expect(list == page)
    }

    @Test func `a slot is explained by the rules of a booking, in their order`() throws {
        let folder = "Sources/Scheduling/Rules"
        let rules = Repository.paths(below: folder, endingIn: ".swift").compactMap(Repository.text(of:))
        let list = RuleOrder(list: try #require(Repository.text(of: "\(folder)/Rule.swift")), rules: rules)
        let explained = RuleOrder(list: try #require(Repository.text(of: "\(folder)/Explanation.swift")), rules: rules)
        let booking = try #require(list.byMethod["BOOK"])
        #expect(explained.byMethod["BOOK"] == booking && !booking.isEmpty)
    }

    @Test func `the page of refusals tells patients what the rules' own table tells them`() throws {
        let page = try #require(Repository.text(of: "docs/reference/errors.md"))
        for rule in Rule.allCases {
            let sentence = "\(rule.about.chinese.meaning)，\(rule.about.chinese.remedy)"
            let row = page.split(separator: "\n").first { $0.hasPrefix("| \(rule.name) |") }
            #expect(row?.hasSuffix("| \(sentence) |") == true, "\(rule.name): \(sentence)")
        }
    }

    @Test func `every limit is in the table of limits`() throws {
        let page = "docs/reference/limits.md"
        let files = Repository.swiftFiles(below: "Sources").filter { $0.path.contains(#/Limits[^/]*\.swift$/#) }
        let limits = files.flatMap(DocumentedName.limits(in:))
        try #require(!limits.isEmpty)
        report(DocumentedName.missing(limits, from: page, text: Repository.text(of: page)))
    }

    // MARK: Documentation

    @Test func `every public symbol and every package type is documented`() {
        report(Repository.swiftFiles(below: "Sources").flatMap(Documentation.missing(in:)))
    }

    @Test func `every link in the docs leads somewhere`() {
        for path in Repository.markdownFiles() {
            let page = MarkdownPage(path: path, text: Repository.text(of: path) ?? "")
            report(page.brokenLinks(exists: Repository.exists, page: Repository.text(of:)))
        }
    }

    @Test func `every decision is listed in the index of decisions`() throws {
        let folder = "docs/internals/decisions"
        let index = MarkdownPage(path: "\(folder)/README.md", text: Repository.text(of: "\(folder)/README.md") ?? "")
        report(index.unlisted(of: Repository.paths(below: folder, endingIn: ".md")))
    }

    // MARK: Style

    static let rulesForSources: [NamedRule] = [
        NamedRule(name: "a file tells one story", check: Style.tooLong),
        NamedRule(name: "a function fits a screen", check: Style.longFunctions),
        NamedRule(name: "an escape from the compiler's checks is proven", check: Style.unprovenEscapes),
        NamedRule(name: "NIOLock on hot paths", check: Style.mutexes),
    ]

    @Test(arguments: rulesForSources)
    func `the sources keep the rule`(_ rule: NamedRule) {
        report(Repository.swiftFiles(below: "Sources").flatMap(rule.check))
    }

    static let rulesForAll: [NamedRule] = [
        NamedRule(name: "no unfinished work", check: Style.unfinishedWork),
        NamedRule(name: "names tell what lives there", check: Style.emptyNames),
        NamedRule(name: "comments have at most 120 columns", check: Style.wideComments),
        NamedRule(name: "a test is titled by its name", check: Style.titlesBesideNames),
    ]

    @Test(arguments: rulesForAll)
    func `sources and tests keep the rule`(_ rule: NamedRule) {
        report(Repository.swiftFiles(below: "Sources", "Tests", "Benchmarks").flatMap(rule.check))
    }

    @Test func `tests do not sleep`() {
        report(Repository.swiftFiles(below: "Tests").flatMap(Style.sleeps))
        for path in Repository.paths(below: "Tests", endingIn: ".py") {
            // Python's comments begin with a hash; that is all the lexing this rule needs there.
            let code = (Repository.text(of: path) ?? "").replacing(#/#[^\n]*/#, with: "")
            report(Style.sleeps(SwiftFile(path: path, text: code)))
        }
    }

    /// A bug that cannot be planted any more shows nothing: mend the patch with the code.
    @Test func `every planted bug still fits the sources`() throws {
        let patches = Repository.paths(below: "Tests/planted", endingIn: ".patch")
        try #require(patches.count > 10)
        for patch in patches {
            let git = Process()
            git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            git.arguments = ["git", "apply", "--check", patch]
            git.currentDirectoryURL = Repository.root
            git.standardError = FileHandle.nullDevice
            try git.run()
            git.waitUntilExit()
            #expect(git.terminationStatus == 0, "\(patch) does not apply")
        }
    }

    @Test func `no stray blanks, no paths of one machine, no words that name no part`() {
        for path in Repository.proseAndCode() {
            let text = Repository.text(of: path) ?? ""
            report(Style.blanks(path: path, text: text) + Style.privatePaths(path: path, text: text))
            report(Style.vagueWords(path: path, text: text))
        }
    }
}

/// A rule with the sentence it is shown under.
struct NamedRule: Sendable, CustomTestStringConvertible {
    var name: String
    var check: @Sendable (SwiftFile) -> [Violation]

    var testDescription: String { name }
}

/// Records each violation as an issue at its own file and line.
func report(_ violations: [Violation]) {
    for violation in violations {
        let place = SourceLocation(
            fileID: violation.path.contains("/") ? violation.path : "haoyuan/\(violation.path)",
            filePath: Repository.root.appendingPathComponent(violation.path).path, line: max(violation.line, 1),
            column: 1)
        Issue.record(Comment(rawValue: violation.description), sourceLocation: place)
    }
}
