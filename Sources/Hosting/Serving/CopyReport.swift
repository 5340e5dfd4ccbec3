import NIOConcurrencyHelpers
import Server
import Terminal

/// Tells how far a copy has come: on a terminal as one line, elsewhere as a line of the log now and then.
final class CopyReport: Sendable {
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

    func tell(_ progress: CopyProgress) {
        let sentence =
            "\(Numbers.grouped(progress.records.done)) of \(Numbers.grouped(progress.records.total)) records, "
            + "\(Numbers.grouped(progress.values.done)) of \(Numbers.grouped(progress.values.total)) values"
        serving.recovering("copying \(sentence)")
        let isDue = state.withLockedValue { state in
            state.progress.tell("copying: \(sentence)")
            guard ContinuousClock.now - state.told >= .seconds(2) else { return false }
            state.told = .now
            return true
        }
        if isDue { log(sentence) }
    }

    func end() { state.withLockedValue { $0.progress.end() } }
}
