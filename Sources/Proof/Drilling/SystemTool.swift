import Foundation
import Glibc
import Terminal

/// A program of the system that a drill needs, such as mount.
enum SystemTool {
    private static let folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]

    /// Where it is, nil where it is not installed.
    static func path(of name: String) -> String? {
        folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether this process is root's, and has the tools it takes.
    /// - Parameter reason: what only root may have.
    /// - Throws: what is missing, with the status that says so.
    static func requireRoot(
        for what: String, because reason: String = "a file system of its own, which only root may mount",
        tools: [String], of packages: String = "util-linux mount e2fsprogs", remedy: String = "run it as root"
    ) throws(CommandFailure) {
        guard geteuid() == 0 else { throw CommandFailure(.notHere, "\(what) needs \(reason)", remedy: remedy) }
        for tool in tools where path(of: tool) == nil {
            throw CommandFailure(
                .notHere, "\(what) needs \(tool), which is not installed", remedy: "apt install \(packages)")
        }
    }

    /// Runs it to its end and gives what it said.
    @discardableResult
    static func run(_ name: String, _ arguments: String...) async throws(CommandFailure) -> String {
        try await run(name, arguments)
    }

    @discardableResult
    static func run(_ name: String, _ arguments: [String]) async throws(CommandFailure) -> String {
        guard let path = path(of: name) else { throw CommandFailure(.notHere, "\(name) is not installed") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch {
            throw CommandFailure(.notHere, "\(name) cannot be started: \(error.localizedDescription)")
        }
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure(
                .notHere, "\(name) \(arguments.joined(separator: " ")): \(said)", remedy: "look into dmesg")
        }
        return said
    }
}
