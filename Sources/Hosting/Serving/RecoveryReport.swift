import Engine
import NIOConcurrencyHelpers
import Terminal

/// Tells how far a start has come: on a terminal as one line, elsewhere as a line of the log now and then.
final class RecoveryReport: Sendable {
    private struct State {
        var progress = Progress()
        var told: ContinuousClock.Instant
    }

    private let state: NIOLockedValueBox<State>
    private let serving: ServingState
    private let log: @Sendable (String) -> Void

    /// - Parameter serving: is told too, for those who ask whether this server is ready.
    init(_ serving: ServingState, log: @escaping @Sendable (String) -> Void) {
        self.serving = serving
        state = NIOLockedValueBox(State(told: .now))
        self.log = log
    }

    func tell(_ progress: RecoveryProgress) {
        let sentence = Self.sentence(progress)
        serving.recovering(sentence)
        let isDue = state.withLockedValue { state in
            state.progress.tell("recovering: \(sentence)")
            guard ContinuousClock.now - state.told >= .seconds(2) else { return false }
            state.told = .now
            return true
        }
        if isDue { log(sentence) }
    }

    func end() { state.withLockedValue { $0.progress.end() } }

    private static func sentence(_ progress: RecoveryProgress) -> String {
        let what =
            switch progress.stage {
            case .patients: "patients"
            case .sessions: "sessions"
            case .keys: "keys"
            case .log: "records of the log"
            case .invariants: "appointments checked"
            }
        let total = progress.total.map { " of \(Numbers.grouped($0))" } ?? ""
        return "\(Numbers.grouped(progress.done))\(total) \(what)"
    }
}
