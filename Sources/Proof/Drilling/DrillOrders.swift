import Glibc
import NIOConcurrencyHelpers
import Terminal

/// What a drill's server is told by the drill that started it, over its standard input: where to die; and, by the end
/// of that input, that the drill is gone, whatever ended it. So no server outlives its drill.
package final class DrillOrders: Sendable {
    private struct State {
        var point: String?
        var passes = 0
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// Reads orders on a thread of its own until they end, and the process with them.
    package func listen() {
        let argument = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<DrillOrders>.fromOpaque(argument).takeRetainedValue().readAll()
            }, argument.toOpaque())
        precondition(status == 0, "the thread that reads orders could not be started: \(status)")
        pthread_detach(thread)
    }

    private func readAll() -> Never {
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "die", let passes = Int(words[2]) else { continue }
            state.withLockedValue { $0 = State(point: String(words[1]), passes: passes) }
        }
        _exit(ExitStatus.ok.rawValue)
    }

    /// The process passes a point: it ends here if it was told so, as kill -9 ends it.
    package func passed(_ point: String) {
        let dies = state.withLockedValue { state in
            guard state.point == point else { return false }
            state.passes -= 1
            return state.passes <= 0
        }
        if dies { kill(getpid(), SIGKILL) }
    }

    /// The order that ends a server at the `passes`th time it comes by a point from now on.
    static func die(at point: String, passes: Int) -> String { "die \(point) \(passes)\n" }
}
