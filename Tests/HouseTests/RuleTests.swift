import Testing

/// Each rule of the house on small samples: it finds what it is there to find, and leaves lawful code alone.
@Suite struct RuleTests {
    private func file(_ text: String, path: String = "Sources/Engine/Sample.swift") -> SwiftFile {
        SwiftFile(path: path, text: text)
    }

    private func lines(_ violations: [Violation]) -> [Int] { violations.map(\.line) }

    // MARK: Lexing

    @Test(arguments: [
        ("let a = 1 // try!", "let a = 1        "),
        ("let a = \"try!\"", "let a = \"    \""),
        ("let a = \"x\\(f(\"y\") + b)z\"", "let a = \" \u{20}(f(\" \") + b) \""),
        ("let a = #\"a\"b\"#; c", "let a = #\"   \"#; c"),
        ("a /* b /* c */ d */ e", "a                   e"),
        ("let r = #/\"[/]/#", "let r = #/    /#"),
        ("let a = \"\\\"\"; b", "let a = \"  \"; b"),
    ])
    func `comments and literals are blanked, code stays where it was`(written: String, blanked: String) {
        #expect(file(written).code == [blanked])
    }

    @Test func `a literal over several lines is blanked in each`() {
        let sample = file("let a = \"\"\"\n  try! \\(b) \"\n  \"\"\"\ntry! c\n")
        #expect(sample.code == ["let a = \"\"\"", "        (b)  ", "  \"\"\"", "try! c"])
    }

    // MARK: Arrows

    @Test(arguments: [
        ("Scheduling", "import Foundation"), ("Scheduling", "import NIOCore"), ("Journal", "package import Scheduling"),
        ("Server", "import MemoryJournal"), ("Hosting", "import Proof"), ("Hosting", "import HaoyuanTesting"),
        ("Hosting", "import ArgumentParser"),
        ("Wire", "@preconcurrency import Engine"), ("Engine", "import SwiftProtobuf"),
        ("Server", "import HaoyuanClient"),
        ("HaoyuanClient", "public import Engine"), ("HaoyuanClient", "import struct Server.Session"),
        ("Pharmacy", "import Wire"),
    ])
    func `an arrow that runs up is found`(room: String, line: String) {
        let sample = file("// first\n\(line)\n", path: "Sources/\(room)/Sample.swift")
        #expect(Arrows.violations(in: sample).count == 1)
    }

    @Test(arguments: [
        ("Scheduling", "package import HeapModule"), ("Wire", "package import SwiftProtobuf"),
        ("haoyuan", "import Engine"),
        ("Engine", "// import Server"), ("Engine", "import class Foundation.Thread"),
    ])
    func `an arrow that runs down is let through`(room: String, line: String) {
        #expect(Arrows.violations(in: file(line, path: "Sources/\(room)/Sample.swift")) == [])
    }

    @Test func `a test that needs a room above its own is found`() {
        let text = "import Testing\n@testable import Engine\n"
        #expect(lines(Arrows.violations(inTest: file(text, path: "Tests/JournalTests/Sample.swift"))) == [2])
        #expect(Arrows.violations(inTest: file(text, path: "Tests/ServerTests/Sample.swift")) == [])
        let asking = "import Oracle\nimport Scheduling\n"
        #expect(Arrows.violations(inTest: file(asking, path: "Tests/SchedulingTests/Sample.swift")) == [])
    }

    @Test(arguments: ["let now = Date()", "let n = Int.random(in: 0..<3)", "func book() async {", "actor Shard {"])
    func `a core that is not pure is found`(line: String) {
        #expect(Arrows.impurities(in: file(line)).count == 1)
        #expect(Arrows.impurities(in: file("let now: Instant  // not \(line)")) == [])
    }

    private let manifest = Manifest(
        text: """
            let nio: [Target.Dependency] = [
                .product(name: "NIOCore", package: "swift-nio"),
            ]
            let package = Package(
                targets: [
                    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
                    .target(name: "Scheduling", dependencies: ["Engine"]),
                    .target(name: "Engine", dependencies: nio + ["Scheduling"], swiftSettings: settings),
                    // .target(name: "Gone"),
                    .target(name: "Server", dependencies: nio),
                ]
            )
            """)

    @Test func `the manifest is read with its shared lists`() {
        #expect(manifest.targets.map(\.name) == ["CLMDB", "Scheduling", "Engine", "Server"])
        #expect(manifest.targets.map(\.dependencies) == [[], ["Engine"], ["NIOCore", "Scheduling"], ["NIOCore"]])
    }

    @Test func `a manifest that draws an arrow up is found`() {
        #expect(lines(manifest.violations) == [7, 8])
    }

    @Test func `an arrow that is not drawn is found, and one that is drawn and not there`() {
        let text = "Scheduling ─▶ Engine\nEngine     ─▶ Scheduling · CLMDB\n"
        #expect(manifest.undrawnArrows(on: "a.md", text: text).count == 1)
        #expect(manifest.undrawnArrows(on: "a.md", text: "Engine ─▶ Scheduling\n").map(\.path) == ["a.md"])
        #expect(manifest.undrawnArrows(on: "a.md", text: text.replacing(" · CLMDB", with: "")) == [])
    }

    @Test func `an import that the manifest does not declare is found, and a dependency nobody imports`() {
        let sample = file("import NIOCore\nimport Logging\nimport Foundation\n")
        let below = file("import NIOCore\nimport Scheduling\n")
        #expect(lines(manifest.undeclaredImports(of: "Engine", in: [sample])) == [2])
        #expect(manifest.undeclaredImports(of: "Engine", in: [below]) == [])
        #expect(lines(manifest.undeclaredImports(of: "Server", in: [below])) == [2])
        #expect(manifest.idleDependencies(of: manifest.targets[2], in: [sample]).map(\.message).count == 1)
        #expect(manifest.idleDependencies(of: manifest.targets[3], in: [sample]) == [])
    }

    // MARK: Documentation

    @Test(arguments: [
        "public func book() {}", "public struct Slot {}", "package enum Refusal {}", "    public static let limit = 3",
        "@inlinable public init() {}", "// A plain comment.\npublic var free: Int { 0 }",
        "/// Said.\n\npublic let a = 1",
        "///\npublic let a = 1", "package final class Log {}", "public private(set) var free = 3",
        "public class func make() {}",
        "/// Said.\npublic enum State {\n    case held\n}",
        "/// Said.\npublic protocol Clock {\n    func now() -> Int\n}",
    ])
    func `a declaration without documentation is found`(text: String) {
        #expect(Documentation.missing(in: file(text)).count == 1)
    }

    @Test(arguments: [
        "/// Books.\npublic func book() {}", "func inner() {}", "package func shared() {}", "public import Wire",
        "/// Said.\n@available(\n    *, deprecated, message: \"gone\"\n)\n@inlinable\npublic func old() {}",
        "public extension Slot {}", "public override func run() {}", "/// A.\npackage struct B {}",
        "// public func no() {}",
        "/// Said.\npublic enum State {\n    /// Taken.\n    case held\n    var a: Int {\n        switch self {\n        case .held: 1\n        }\n    }\n}",
    ])
    func `documented and private declarations are let through`(text: String) {
        #expect(Documentation.missing(in: file(text)) == [])
    }

    // MARK: Style

    @Test func `a comment wider than the page is found, a literal is not`() {
        let wide = String(repeating: "x", count: Style.widestComment)
        let sample = file("/// \(wide)\nlet a = 1  // \(wide)\nlet b = \"\(wide)\"\n/// short\n")
        #expect(lines(Style.wideComments(sample)) == [1, 2])
    }

    @Test func `a title beside a test's name is found`() {
        let sample = file("@Test(\"again\") func a() {}\n@Suite(\"b\", .serialized) struct B {}\n@Test func `c`() {}\n")
        #expect(lines(Style.titlesBesideNames(sample)) == [1, 2])
    }

    @Test func `a file that tells more than one story is found`() {
        #expect(Style.tooLong(file(String(repeating: "\n", count: Style.mostLinesInAFile))) == [])
        #expect(Style.tooLong(file(String(repeating: "\n", count: Style.mostLinesInAFile + 1))).count == 1)
    }

    @Test(arguments: [
        "func long(\n    _ a: Int = f({ 1 }), b: [Int]\n) throws -> Int\nwhere A == B\n{", "    init?(a: Int) {",
        "subscript(i: Int) -> Int {",
    ])
    func `a function that does not fit a screen is found`(signature: String) {
        let head = signature.split(separator: "\n").count
        func function(of lines: Int) -> SwiftFile {
            file("struct A {\n\(signature)\n" + String(repeating: "if a { b() }\n", count: lines - head - 1) + "}\n}\n")
        }
        #expect(lines(Style.longFunctions(function(of: Style.mostLinesInAFunction))) == [])
        #expect(lines(Style.longFunctions(function(of: Style.mostLinesInAFunction + 1))) == [2])
    }

    @Test func `a requirement has no body, however long what follows`() {
        let text =
            "protocol P {\n    func a() -> Int\n    func b()\n}\n" + String(repeating: "let a = { 1 }\n", count: 200)
        #expect(Style.longFunctions(file(text)) == [])
    }

    @Test(arguments: [
        "try! open()", "fatalError(\"no\")", "final class A: @unchecked Sendable {", "nonisolated(unsafe) let a = 1",
    ])
    func `an escape needs a comment that proves it`(line: String) {
        #expect(lines(Style.unprovenEscapes(file("let a = 1\n\n\(line)\n"))) == [3])
        #expect(lines(Style.unprovenEscapes(file("/// Keeps the slots.\n\(line)\n"))) == [2])
        #expect(Style.unprovenEscapes(file("// Set once, before the threads start.\n\(line)\n")) == [])
        #expect(Style.unprovenEscapes(file("\(line)  // the literal is valid\n")) == [])
        #expect(Style.unprovenEscapes(file("/// `@unchecked`: every field is behind `lock`.\n\(line)\n")) == [])
        #expect(Style.unprovenEscapes(file("let a = \"\(line.filter { $0 != "\"" })\"\n")) == [])
    }

    @Test func `unfinished work is found in comments and strings, not in names`() {
        let marker = "TO" + "DO"
        #expect(lines(Style.unfinishedWork(file("let a = 1\n// see.\(marker): finish\n"))) == [2])
        #expect(lines(Style.unfinishedWork(file("let a = \"\(marker)\"\n"))) == [1])
        #expect(Style.unfinishedWork(file("let \(marker)s = 1  // every entry of the list\n")) == [])
    }

    @Test func `a mutex outside the cold files is found`() {
        #expect(
            lines(Style.mutexes(file("import Synchronization\nlet a = Mutex(1)\nlet b: Synchronization.Mutex<Int>\n")))
                == [2, 3])
        #expect(Style.mutexes(file("let lock = NIOLock()  // not a Mutex(…)\n")) == [])
    }

    @Test(arguments: [
        "try await Task.sleep(for: .seconds(1))", "usleep(3)", "Thread.sleep(forTimeInterval: 1)", "time.sleep(1)",
        "sleep(1)",
    ])
    func `a test that sleeps is found`(line: String) {
        #expect(lines(Style.sleeps(file("let a = 1\n\(line)\n"))) == [2])
        #expect(Style.sleeps(file("func sleep(until instant: Instant) async {}  // \(line)\n")) == [])
    }

    @Test(arguments: [
        ("Sources/Engine/Utils/A.swift", "struct A {}"), ("Sources/Engine/BookingHelpers.swift", "struct A {}"),
        ("Sources/Engine/A.swift", "struct SlotManager {}"), ("Tests/EngineTests/Common.swift", "struct A {}"),
    ])
    func `a name that says nothing is found`(path: String, text: String) {
        #expect(Style.emptyNames(file(text, path: path)).count == 1)
    }

    @Test func `a name that only contains such letters is let through`() {
        #expect(
            Style.emptyNames(
                file("struct UtilisationReport {}\nlet manager = 1", path: "Sources/Engine/Commonality.swift")) == [])
    }

    @Test func `tabs, trailing blanks and a missing last newline are found`() {
        #expect(lines(Style.blanks(path: "a.md", text: "a\n\tb\nc \nd")) == [2, 3, 4])
        #expect(Style.blanks(path: "a.md", text: "a\n  b\n") == [])
    }

    @Test func `a path of one machine is found`() {
        let folder = "/ro" + "ot/checkout"
        #expect(lines(Style.privatePaths(path: "a.md", text: "a\nsee `\(folder)`\n")) == [2])
        #expect(Style.privatePaths(path: "a.md", text: "see /var/lib/haoyuan and https://example.org/root/a\n") == [])
    }

    @Test func `a word that names no part is found`() {
        let word = "Who" + "ever"
        #expect(lines(Style.vagueWords(path: "a.md", text: "a\n\(word) asks\n")) == [2])
        #expect(Style.vagueWords(path: "a.md", text: "the caller who asks\n") == [])
    }

    // MARK: Pages

    @Test(arguments: [
        "[a](gone.md)", "![a](../gone.png)", "[a](../../../out.md)", "[a](#no-such-heading)",
        "[a](there.md#no-such-heading)", "[a]: gone.md",
    ])
    func `a link that leads nowhere is found`(link: String) {
        #expect(lines(broken("# Title\n\n\(link)\n")) == [3])
    }

    @Test(arguments: [
        "[a](there.md)", "[a](there.md#the-way-of-one-号)", "[a](https://swift.org)", "[a](#title)", "`[a](gone.md)`",
        "```\n[a](gone.md)\n```", "[a](/docs/coding/there.md \"hint\")", "[a](../coding/there.md)",
    ])
    func `a link that leads somewhere is let through`(link: String) {
        #expect(broken("# Title\n\n\(link)\n") == [])
    }

    private func broken(_ text: String) -> [Violation] {
        let pages = ["docs/coding/page.md": text, "docs/coding/there.md": "## The way of one 号!\n"]
        return MarkdownPage(path: "docs/coding/page.md", text: text).brokenLinks(
            exists: { pages[$0] != nil }, page: { pages[$0] })
    }

    @Test func `a decision that the index forgets is found`() {
        let index = MarkdownPage(path: "d/README.md", text: "| [0001](0001-one.md) | one |\n")
        #expect(index.unlisted(of: ["d/0001-one.md", "d/0002-two.md", "d/README.md"]).map(\.path) == ["d/0002-two.md"])
    }

    @Test func `error codes and limits are read from their sources and looked up in the page`() {
        let proto =
            "enum Other {\n  A = 1;\n}\nenum ErrorCode {\n  ERROR_CODE_UNSPECIFIED = 0;\n  ERROR_CODE_NOT_FOUND = 11;\n}\n"
        let codes = DocumentedName.errorCodes(path: "a.proto", proto: proto)
        #expect(codes == [DocumentedName(path: "a.proto", line: 6, name: "NOT_FOUND")])
        #expect(DocumentedName.missing(codes, from: "errors.md", text: "| `NOT_FOUND` |") == [])
        #expect(DocumentedName.missing(codes, from: "errors.md", text: "|---|---|\n| NOT_FOUND | no |\n") == [])
        #expect(
            lines(DocumentedName.missing(codes, from: "errors.md", text: "| NOT_FOUND_AGAIN | see NOT_FOUND |")) == [6])
        #expect(lines(DocumentedName.missing(codes, from: "errors.md", text: nil)) == [6])

        let limits = DocumentedName.limits(
            in: file("enum Limits {\n    package static let batch: Int = 8_192\n    private static let x = 1\n}\n"))
        #expect(limits.map(\.name) == ["batch"])
        #expect(DocumentedName.missing(limits, from: "limits.md", text: "`Limits.batch`") == [])
    }

    @Test func `a section that its sources have left behind is found, and written anew between its marks`() {
        let table = MarkdownTable.lines(["a", "b"], [["1", "2"]])
        #expect(table == ["| a | b |", "|---|---|", "| 1 | 2 |"])
        let section = GeneratedSection(page: "a.md", name: "numbers", lines: table)
        let (begin, end) = ("<!-- numbers, by `make pages`: begin -->", "<!-- numbers: end -->")
        let current = "A\n\(begin)\n\n\(table.joined(separator: "\n"))\n\n\(end)\nB\n"
        let old = current.replacing("| 1 | 2 |", with: "| 1 | 3 |")
        #expect(section.violations(in: current) == [])
        #expect(lines(section.violations(in: old)) == [6])
        #expect(section.written(into: old) == current)
        #expect(section.written(into: "A\n\(begin)\n\(end)\nB\n") == current)
        #expect(lines(section.violations(in: "A\n\(end)\n\(begin)\n")) == [1])
        #expect(lines(section.violations(in: nil)) == [1])
    }

    // MARK: Generated code

    private let hash = String(repeating: "0f", count: 32)

    @Test func `generated code that does not belong to its source is found`() {
        let text =
            "// protoc-gen-swift 1.39.0\n// sha256 \(hash)  proto/a.proto\n// sha256 \(hash)  Generated/a.pb.swift\n"
        let origin = GeneratedOrigin(text: text)
        let same = ["proto/a.proto": hash, "Generated/a.pb.swift": hash]
        #expect(origin.violations(actual: same, manifestVersion: "1.39.0") == [])
        #expect(origin.violations(actual: same, manifestVersion: "1.40.0").count == 1)
        #expect(
            origin.violations(actual: same.merging(["proto/a.proto": "00"]) { $1 }, manifestVersion: "1.39.0").count
                == 1)
        #expect(origin.violations(actual: ["proto/a.proto": hash], manifestVersion: "1.39.0").count == 1)
        #expect(
            origin.violations(actual: same.merging(["proto/b.proto": hash]) { $1 }, manifestVersion: "1.39.0").count
                == 1)
        #expect(GeneratedOrigin(text: "").violations(actual: [:], manifestVersion: "1.39.0").count == 1)
    }

    @Test func `the plugin's version is the one in the manifest`() {
        let manifest = ".package(url: \"https://github.com/apple/swift-protobuf\", from: \"1.39.0\"),"
        #expect(GeneratedOrigin.version(of: "swift-protobuf", inManifest: manifest) == "1.39.0")
        #expect(GeneratedOrigin.version(of: "swift-nio", inManifest: manifest) == nil)
    }

    @Test func `a hash is that of the file's bytes`() throws {
        let license = try Digest.sha256(of: ["LICENSE"])
        // Apache-2.0 as apache.org publishes it.
        #expect(license["LICENSE"] == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30")
    }
}
