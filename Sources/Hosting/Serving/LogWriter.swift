import Dispatch
import Glibc
import NIOConcurrencyHelpers
import Terminal

/// Lines on their way to a descriptor whose reader may stand still: a pipe to a log driver that hangs, a terminal that
/// was stopped, a full disk. A queue of its own writes them, so that the engine never waits for the reader. What does
/// not fit meanwhile is dropped and counted, and the reader is told how much once it reads again.
package final class LogWriter: Sendable {
    /// The log of this process.
    package static let standardError = LogWriter(STDERR_FILENO)
    /// What this process says of itself where it was started.
    static let standardOutput = LogWriter(STDOUT_FILENO)

    private struct State {
        var waiting: [String] = []
        var waitingBytes = 0
        /// Lines that were taken and not written yet.
        var unwritten: UInt64 = 0
        /// Of those that were dropped: not told yet, and all since the start.
        var untold: UInt64 = 0
        var dropped: UInt64 = 0
        /// Makes the line that tells of them.
        var telling: (@Sendable (UInt64) -> String)?
        var isWriting = false
        /// The last line could not be written, or not all of it.
        var isBroken = false
    }

    private let descriptor: Int32
    private let state = NIOLockedValueBox(State())
    private let queue = DispatchQueue(label: "haoyuan.log")

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// How many lines were dropped since the start.
    package var dropped: UInt64 { state.withLockedValue { $0.dropped } }

    /// Hands over one line, and never waits.
    /// - Parameters:
    ///   - mustStay: takes it also where there is no more room: the last line of a process.
    ///   - telling: makes of a count the line that says how many were dropped, in the form of this log.
    package func write(
        _ line: String, mustStay: Bool = false, telling: (@Sendable (UInt64) -> String)? = nil
    ) {
        let begins = state.withLockedValue { state -> Bool in
            if let telling { state.telling = telling }
            let bytes = line.utf8.count + 1
            guard mustStay || state.waitingBytes + bytes <= LogLimits.waitingBytes else {
                state.untold += 1
                state.dropped += 1
                return false
            }
            state.waiting.append(line)
            state.unwritten += 1
            state.waitingBytes += bytes
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.writeAll() } }
    }

    /// Waits until everything is written, but not for a reader that stands still, and tells once more what is missing,
    /// for no line may come by which it would be told.
    /// - Returns: How many lines the reader neither has nor was told of.
    @discardableResult
    package func finish() -> UInt64 {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.tellLast()
            done.signal()
        }
        _ = done.wait(timeout: .now() + .milliseconds(Int(LogLimits.finishMilliseconds)))
        return state.withLockedValue { $0.untold + $0.unwritten }
    }

    /// A line that failed may have been the last one.
    private func tellLast() {
        let line = state.withLockedValue { state -> String? in
            guard state.untold > 0, let line = state.telling?(state.untold) else { return nil }
            return state.isBroken ? "\n" + line : line
        }
        guard let line, Output.put(line + "\n", to: descriptor) == nil else { return }
        state.withLockedValue { state in
            state.untold = 0
            state.isBroken = false
        }
    }

    private func writeAll() {
        while true {
            let lines = state.withLockedValue { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for line in lines {
                put(line)
                state.withLockedValue { $0.unwritten -= 1 }
            }
            guard !lines.isEmpty || tellDropped() else { return }
        }
    }

    /// Tells what was dropped, behind the lines that were taken before it; only a reader that reads again is told.
    /// - Returns: Whether there may be more to write.
    private func tellDropped() -> Bool {
        let line = state.withLockedValue { state -> String? in
            guard state.waiting.isEmpty else { return "" }
            guard state.untold > 0, !state.isBroken, let line = state.telling?(state.untold) else {
                state.isWriting = false
                return nil
            }
            state.untold = 0
            state.waitingBytes += line.utf8.count + 1
            return line
        }
        guard let line else { return false }
        if !line.isEmpty { put(line) }
        return true
    }

    private func put(_ line: String) {
        // Half a line may stand there.
        let wasBroken = state.withLockedValue { $0.isBroken }
        // As slowly as the reader reads. It may have gone, or the disk may be full.
        let isWritten = Output.put((wasBroken ? "\n" : "") + line + "\n", to: descriptor) == nil
        state.withLockedValue { state in
            state.waitingBytes -= line.utf8.count + 1
            state.isBroken = !isWritten
            guard !isWritten else { return }
            state.untold += 1
            state.dropped += 1
        }
    }
}
