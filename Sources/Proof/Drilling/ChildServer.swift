import Foundation
import Glibc
import HaoyuanClient
import Hosting
import Terminal

/// A server in a process of its own, on a port that the system chose. It lives no longer than the drill that started
/// it.
final class ChildServer: Sendable {
    /// How it ended.
    typealias Ending = SpawnedProcess.Ending

    /// Where it runs.
    struct Site: Sendable {
        /// What it listens on.
        var host = "127.0.0.1"
        /// 0 lets the system choose.
        var port = 0
        /// Where callers find it.
        var reachedAt = "127.0.0.1"
        /// A program and its first arguments that starts the server there; empty for this machine itself.
        var launcher: [String] = []
    }

    private let process: SpawnedProcess
    private let site: Site
    /// Where it listens.
    let port: Int
    /// From being started to listening: recovery and all.
    let readyAfter: Duration
    private let logPath: String

    private init(_ process: SpawnedProcess, _ site: Site, port: Int, readyAfter: Duration, logPath: String) {
        self.process = process
        self.site = site
        self.port = port
        self.readyAfter = readyAfter
        self.logPath = logPath
    }

    /// The program that runs now, whatever it was called by.
    static let ownExecutable =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "haoyuan"

    /// Starts one and returns when it listens.
    /// - Parameters:
    ///   - folder: for the port file and the log; made by the caller.
    ///   - data: the data folder; made by the server when it is not there.
    ///   - settings: further options of `serve` and of `drill-child`.
    /// - Throws: what the server said when it did not come up, under its own exit status where that is one of ours.
    static func start(
        in folder: String, data: String, _ settings: [String] = [], executable: String = ownExecutable,
        at site: Site = Site(), within limit: Duration = .seconds(120)
    ) async throws(CommandFailure) -> ChildServer {
        let (portFile, log) = (folder + "/port", folder + "/server.log")
        unlink(portFile)
        let began = ContinuousClock.now
        let command =
            site.launcher + [
                executable, "drill-child", "--data", data, "--host", site.host, "--port", "\(site.port)", "--port-file",
                portFile, "--log-level", "warning",
            ] + settings
        let child = try SpawnedProcess(command[0], Array(command.dropFirst()), log: log)
        while true {
            if let text = try? String(contentsOfFile: portFile, encoding: .utf8),
                let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                return ChildServer(child, site, port: port, readyAfter: ContinuousClock.now - began, logPath: log)
            }
            if let ending = child.ending {
                throw Self.failure(ending, log)
            }
            if ContinuousClock.now - began > limit {
                child.signal(SIGKILL)
                throw CommandFailure(.notRight, "the server did not listen within \(Numbers.duration(limit))")
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    private static func failure(_ ending: Ending, _ log: String) -> CommandFailure {
        let said = tail(of: log).map { $0.hasPrefix("haoyuan: ") ? String($0.dropFirst(9)) : $0 }.last
        var status = ExitStatus.notRight
        if case .exited(let number) = ending, let known = ExitStatus(rawValue: number), known != .ok { status = known }
        return CommandFailure(status, said ?? "the server \(ending) and said nothing")
    }

    var address: ClientConfiguration.Address { .init(host: site.reachedAt, port: port) }

    /// What it said last, at most ten lines.
    var lastWords: [String] { Self.tail(of: logPath) }

    private static func tail(of log: String) -> [String] {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(whereSeparator: \.isNewline).suffix(10).map(String.init)
    }

    var processID: pid_t { process.processID }

    /// Nil while it runs.
    var ending: Ending? { process.ending }

    var isRunning: Bool { ending == nil }

    /// Tells it where to die. Nothing happens when it is gone already.
    func order(_ order: String) { process.say(order) }

    func signal(_ number: Int32) { process.signal(number) }

    /// Waits for its end, but not for ever. Nil when it still runs then.
    func end(within limit: Duration) async -> Ending? { await process.end(within: limit) }

    /// Ends it as kill -9 does.
    @discardableResult
    func kill() async -> Ending {
        signal(SIGKILL)
        return await process.end()
    }

    /// Ends it in order; after half a minute without asking.
    @discardableResult
    func stop() async -> Ending {
        signal(SIGTERM)
        if let ending = await end(within: .seconds(30)) { return ending }
        return await kill()
    }
}
