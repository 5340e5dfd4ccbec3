import Foundation

/// The checkout these tests belong to, read as it is on the disk.
struct Repository {
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            precondition(folder.path != "/", "the tests lie below the folder that has Package.swift")
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// Paths below `folder` (both relative to the root) that end in one of `suffixes`, sorted. Hidden files and
    /// Python's caches are left out; a folder that does not exist is empty.
    static func paths(below folder: String, endingIn suffixes: String...) -> [String] {
        let start = root.appendingPathComponent(folder)
        guard let walker = FileManager.default.enumerator(atPath: start.path) else { return [] }
        var found: [String] = []
        for case let path as String in walker {
            let parts = path.split(separator: "/")
            if parts.contains(where: { $0.hasPrefix(".") || $0 == "__pycache__" }) { continue }
            if suffixes.contains(where: path.hasSuffix) { found.append("\(folder)/\(path)") }
        }
        return found.sorted()
    }

    /// The text of a file, nil when there is none.
    static func text(of path: String) -> String? {
        try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// Hand-written Swift files below the folders. What a generator wrote is its own affair.
    static func swiftFiles(below folders: String...) -> [SwiftFile] {
        handWritten.filter { file in folders.contains { file.path.hasPrefix("\($0)/") } }
    }

    /// Read and lexed once for all rules.
    private static let handWritten: [SwiftFile] = ["Sources", "Tests", "Benchmarks"]
        .flatMap { paths(below: $0, endingIn: ".swift") }
        .filter { !isGenerated($0) }
        .map { SwiftFile(path: $0, text: text(of: $0) ?? "") }

    static func isGenerated(_ path: String) -> Bool { path.contains("/Generated/") }

    /// Every text in which a stray tab or a trailing blank would be noise in a review.
    static func proseAndCode() -> [String] {
        let topLevel = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Package.swift"].filter(exists)
        let below = ["Sources", "Tests", "Benchmarks", "docs", "proto", "scripts"].flatMap {
            paths(below: $0, endingIn: ".swift", ".md", ".proto", ".py", ".yaml", ".yml", ".c", ".h")
        }
        return topLevel + below.filter { !isGenerated($0) }
    }

    static func markdownFiles() -> [String] { proseAndCode().filter { $0.hasSuffix(".md") } }
}

/// One broken rule at one place.
struct Violation: Equatable, CustomStringConvertible {
    var path: String
    /// Counted from 1.
    var line: Int
    var message: String

    var description: String { "\(path):\(line): \(message)" }
}
