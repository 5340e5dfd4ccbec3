import Foundation

/// SHA-256 of files, from coreutils: every Debian has it, and no package joins the build for one test.
enum Digest {
    /// Lowercase hex by the paths given, which are from the repository's root.
    static func sha256(of paths: [String]) throws -> [String: String] {
        guard !paths.isEmpty else { return [:] }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sha256sum", "--"] + paths
        process.currentDirectoryURL = Repository.root
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var hashes: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { hashes[parts[1].trimmingCharacters(in: .whitespaces)] = String(parts[0]) }
        }
        return hashes
    }
}
