import Foundation
import Glibc
import Terminal

/// Faults in system calls of a running server, put there by strace: the part between the engine and the disk that no
/// seam reaches.
///
/// Attached to every thread of the process; taken off again with ``end()``. The calls themselves are the real ones.
final class Tracing: Sendable {
    /// What happens to a call.
    enum Fault: Sendable, Hashable {
        /// The process is killed as it makes the call.
        case kill
        /// The call fails with this error and does nothing.
        case error(String)
        /// The call is made so much later.
        case delay(Duration)

        fileprivate var words: String {
            switch self {
            case .kill: "signal=KILL"
            case .error(let name): "error=\(name)"
            case .delay(let delay): "delay_enter=\(Int(Numbers.seconds(delay) * 1e6))"
            }
        }
    }

    private let process: SpawnedProcess

    /// strace where it is installed.
    static let program = ["/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Attaches to a process and returns when the fault is in place.
    /// - Parameters:
    ///   - path: only calls on this file count.
    ///   - from: the call of a thread that it happens to, from 1; nil for every one.
    static func attach(
        to processID: pid_t, on path: String, calls: [String], _ fault: Fault, at from: Int?, log: String
    ) async throws(CommandFailure) -> Tracing {
        guard let program else { throw notInstalled }
        let when = from.map { ":when=\($0)" } ?? ""
        let said = log + ".err"
        let process = try SpawnedProcess(
            program,
            ["-f", "-p", "\(processID)", "-P", path, "-o", log, "-e", "trace=\(calls.joined(separator: ","))"]
                + calls.flatMap { ["-e", "inject=\($0):\(fault.words)\(when)"] },
            log: said)
        let tracing = Tracing(process)
        let deadline = ContinuousClock.now + .seconds(5)
        while !isTraced(processID) {
            // Under load the first such call may come before anybody has looked.
            if fault == .kill, isGone(processID) { return tracing }
            guard process.ending == nil, ContinuousClock.now < deadline else {
                let words = (try? String(contentsOfFile: said, encoding: .utf8))?.split(separator: "\n").last ?? ""
                await tracing.end()
                throw CommandFailure(
                    .notHere, "strace cannot trace process \(processID): \(words)",
                    remedy: "run the drill as root, or allow ptrace (kernel.yama.ptrace_scope)")
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return tracing
    }

    static let notInstalled = CommandFailure(
        .notHere, "strace is not installed, and without it no fault can be put between the engine and its disk",
        remedy: "apt install strace")

    private init(_ process: SpawnedProcess) { self.process = process }

    /// Whether every thread of a process is being traced.
    private static func isTraced(_ processID: pid_t) -> Bool {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(processID)/task")) ?? []
        return !tasks.isEmpty
            && tasks.allSatisfy { task in
                let status =
                    (try? String(contentsOfFile: "/proc/\(processID)/task/\(task)/status", encoding: .utf8)) ?? ""
                return status.contains("TracerPid:\t") && !status.contains("TracerPid:\t0\n")
            }
    }

    /// Whether a process has ended, be it that nobody has taken note of that yet.
    private static func isGone(_ processID: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8) else {
            return true
        }
        return status.contains("State:\tZ") || status.contains("State:\tX")
    }

    /// Takes the fault off; the process goes on as if nothing had been.
    func end() async {
        process.signal(SIGTERM)
        if await process.end(within: .seconds(5)) != nil { return }
        // The kernel lets go of everything that a tracer had when it is gone.
        process.signal(SIGKILL)
        _ = await process.end()
    }
}
