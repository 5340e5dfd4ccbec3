import Foundation
import Testing

/// A real `haoyuan serve` on a port the system chose, with its data in a folder that outlives it.
final class ServerProcess: Sendable {
    let folder: Folder
    let port: Int
    /// What it said once it was ready.
    let banner: [String]
    private let processID: Int32
    private let ends: AsyncStream<Int32>

    private init(folder: Folder, port: Int, banner: [String], processID: Int32, ends: AsyncStream<Int32>) {
        self.folder = folder
        self.port = port
        self.banner = banner
        self.processID = processID
        self.ends = ends
    }

    /// Where its monitor listens: told in the log once it serves.
    var monitorPort: Int {
        get throws {
            let line = try #require(log.split(separator: "\n").first { $0.contains("monitored") }, "\(log)")
            return try #require(Int(line.split(separator: ":").last?.prefix { $0.isNumber } ?? ""), "\(line)")
        }
    }

    /// Starts it and returns when it listens. Its monitor takes a port that the system chooses, unless told otherwise.
    ///
    /// - Parameters:
    ///   - data: the data folder; one in `folder` when nil.
    ///   - pipe: where the log goes instead of into a file.
    ///   - openFiles: most files that it may have open.
    ///   - environment: variables beside those of the tests.
    static func start(
        in folder: Folder, _ arguments: [String] = [], data: String? = nil, log pipe: String? = nil,
        openFiles: Int? = nil, environment: [String: String] = [:]
    ) async throws -> ServerProcess {
        let portFile = folder.path + "/port"
        try? FileManager.default.removeItem(atPath: portFile)
        let process = Binary.process(
            ["serve", "--data", data ?? folder.path + "/data", "--port-file", portFile]
                + (arguments.contains("--port") ? [] : ["--port", "0"])
                + (arguments.contains("--monitor") ? [] : ["--monitor", "127.0.0.1:0"]) + arguments,
            in: folder.path, environment: environment)
        if let openFiles {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments =
                ["-c", "ulimit -n \(openFiles); exec \"$0\" \"$@\"", Binary.path] + (process.arguments ?? [])
        }
        let output = Pipe()
        let log = folder.path + "/log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: pipe ?? log)
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            end.yield(process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            end.finish()
        }
        try process.run()
        let banner = await firstLines(4, of: output)
        guard banner.count >= 4 else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            Issue.record("the server did not start: \(said)")
            throw CancellationError()
        }
        let port = try #require(
            Int(try String(contentsOfFile: portFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        return ServerProcess(
            folder: folder, port: port, banner: banner, processID: process.processIdentifier, ends: ends)
    }

    /// Waits for so many lines, or for the end of the output.
    private static func firstLines(_ count: Int, of pipe: Pipe) async -> [String] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var text = Data()
                while text.count(where: { $0 == UInt8(ascii: "\n") }) < count {
                    let more = pipe.fileHandleForReading.availableData
                    guard !more.isEmpty else { break }
                    text += more
                }
                let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
                continuation.resume(returning: lines)
            }
        }
    }

    /// Runs a command against it.
    func ask(_ arguments: String...) async throws -> Finished { try await ask(arguments) }

    func ask(_ arguments: [String]) async throws -> Finished {
        try await Binary.run(arguments, in: folder.path, environment: ["HAOYUAN_ADDRESS": "127.0.0.1:\(port)"])
    }

    /// Runs a command against it that must end with 0, and gives its JSON object.
    func object(_ arguments: String...) async throws -> [String: Any] {
        let finished = try await ask(arguments + ["--json"])
        try #require(finished.status == 0, "\(arguments): \(finished.complaints)")
        return try finished.object()
    }

    /// The same for a JSON list.
    func list(_ arguments: String...) async throws -> [[String: Any]] {
        let finished = try await ask(arguments + ["--json"])
        try #require(finished.status == 0, "\(arguments): \(finished.complaints)")
        return try finished.list()
    }

    /// Sends a signal and waits for nothing.
    func signal(_ number: Int32) { kill(processID, number) }

    /// Sends a signal and waits for the end; gives the status, negative for a signal that ended it.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        kill(processID, signal)
        for await status in ends { return status }
        return -1
    }

    var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }
}

/// Starts a server with a hospital of which a slot of today always lies ahead, hands it to the body, and ends it.
func withServer(
    _ arguments: [String] = ["--sample"], _ body: (ServerProcess) async throws -> Void
) async throws {
    let folder = try Folder()
    defer { folder.remove() }
    let server = try await ServerProcess.start(in: folder, arguments)
    do {
        try await body(server)
    } catch {
        await server.end()
        throw error
    }
    #expect(await server.end() == 0, "\(server.log)")
}
