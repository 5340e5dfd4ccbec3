import Foundation
import Testing

/// What a finished process left behind.
struct Finished: Sendable {
    var status: Int32
    var output: String
    var complaints: String

    /// Standard output as JSON.
    func json() throws -> Any {
        try JSONSerialization.jsonObject(with: Data(output.utf8), options: [.fragmentsAllowed])
    }

    /// Standard output as a JSON object.
    func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }

    /// Standard output as a JSON list of objects.
    func list() throws -> [[String: Any]] { try #require(try json() as? [[String: Any]]) }
}

/// The `haoyuan` that was built beside these tests.
enum Binary {
    static let path: String = {
        if let given = ProcessInfo.processInfo.environment["HAOYUAN_BIN"] { return given }
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent("haoyuan").path
    }()

    /// The folder of the sources, two above this file's.
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static let traceFixture = repository + "/Tests/CommandTests/Fixtures/trace.csv"

    static func process(_ arguments: [String], in folder: String, environment: [String: String] = [:]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        var all = ProcessInfo.processInfo.environment
        for name in ["HAOYUAN_ADDRESS", "HAOYUAN_CREDENTIAL", "NO_COLOR", "LC_ALL", "LANG"] { all[name] = nil }
        process.environment = all.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs it to its end. Output goes through files: a pipe's other end may be inherited by a process that another
    /// test starts.
    static func run(
        _ arguments: [String], in folder: String = NSTemporaryDirectory(), environment: [String: String] = [:]
    ) async throws -> Finished {
        let scratch = try Folder()
        defer { scratch.remove() }
        let process = process(arguments, in: folder, environment: environment)
        let files = try ["out", "err"].map { name in
            let path = scratch.path + "/" + name
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            return try #require(FileHandle(forWritingAtPath: path))
        }
        process.standardOutput = files[0]
        process.standardError = files[1]
        let status = try await process.runToEnd()
        return Finished(
            status: status, output: try String(contentsOfFile: scratch.path + "/out", encoding: .utf8),
            complaints: try String(contentsOfFile: scratch.path + "/err", encoding: .utf8))
    }
}

/// A folder of its own for one test.
struct Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "haoyuan-commands-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Writes a file into it, and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

extension Process {
    /// Starts it and waits for its end; gives its status, or the signal that ended it as a negative number.
    func runToEnd() async throws -> Int32 {
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        terminationHandler = { process in
            end.yield(process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            end.finish()
        }
        try run()
        for await status in ends { return status }
        return -1
    }
}
