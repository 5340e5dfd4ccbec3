import Foundation
import Glibc
import NIOConcurrencyHelpers
import Terminal

/// A process of its own. It is ended when nobody has it any more; and it can tell by the end of its standard input that
/// this process is gone.
final class SpawnedProcess: Sendable {
    enum Ending: Equatable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)

        var description: String {
            switch self {
            case .exited(let status): "ended with \(status)"
            case .killed(SIGKILL): "killed"
            case .killed(let signal): "ended by signal \(signal)"
            }
        }
    }

    private struct State {
        var ending: Ending?
        var waiting: [CheckedContinuation<Ending, Never>] = []
    }

    let processID: pid_t
    /// The writing end of its standard input.
    private let input: Int32
    private let state = NIOLockedValueBox(State())

    /// Starts one; both of its outputs go to the file `log`, which is made anew.
    init(_ executable: String, _ arguments: [String], log: String) throws(CommandFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Self.failure("pipe", errno) }
        // No other process may hold the writing end, or this one would never learn that its parent is gone.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw Self.failure("open \(log)", errno) }
        let (status, processID) = Self.spawn(executable, arguments, input: ends[0], output: output)
        close(ends[0])
        close(output)
        guard status == 0 else {
            close(ends[1])
            throw Self.failure("start \(executable)", status)
        }
        self.processID = processID
        input = ends[1]
        waitForEnd()
    }

    deinit {
        signal(SIGKILL)
        close(input)
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], input: Int32, output: Int32
    ) -> (status: Int32, processID: pid_t) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // A group of its own: Ctrl-C on the terminal is for this process, which then ends the other itself. What this
        // process ignores, and what the thread that happens to run this has blocked, must not be so there.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        posix_spawnattr_setsigmask(&attributes, &defaults)
        for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let strings = ([executable] + arguments).map { strdup($0) }
        var processID = pid_t()
        let status = posix_spawn(&processID, executable, &actions, &attributes, strings + [nil], environ)
        for string in strings { free(string) }
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        return (status, processID)
    }

    /// A thread of its own: waiting blocks.
    private func waitForEnd() {
        let (processID, state) = (processID, state)
        Thread.detachNewThread {
            // Not reaped before the ending is known, so that nobody signals a number that has been given to another.
            var info = siginfo_t()
            while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            let (waiting, ending) = state.withLockedValue { state in
                var status: Int32 = 0
                while waitpid(processID, &status, 0) < 0, errno == EINTR {}
                let signal = status & 0x7F
                let ending: Ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
                state.ending = ending
                defer { state.waiting = [] }
                return (state.waiting, ending)
            }
            for continuation in waiting { continuation.resume(returning: ending) }
        }
    }

    /// Nil while it runs.
    var ending: Ending? { state.withLockedValue { $0.ending } }

    /// Writes to its standard input. Nothing happens when it is gone.
    func say(_ words: String) {
        let bytes = Array(words.utf8)
        _ = Glibc.write(input, bytes, bytes.count)
    }

    func signal(_ number: Int32) {
        state.withLockedValue { state in
            if state.ending == nil { Glibc.kill(processID, number) }
        }
    }

    /// Waits for its end.
    func end() async -> Ending {
        await withCheckedContinuation { continuation in
            let ending = state.withLockedValue { state -> Ending? in
                if state.ending == nil { state.waiting.append(continuation) }
                return state.ending
            }
            if let ending { continuation.resume(returning: ending) }
        }
    }

    /// Waits for its end, but not for ever. Nil when it still runs then.
    func end(within limit: Duration) async -> Ending? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let ending { return ending }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return ending
    }

    private static func failure(_ call: String, _ number: Int32) -> CommandFailure {
        CommandFailure(.internal, "cannot \(call): \(String(cString: strerror(number)))")
    }
}
