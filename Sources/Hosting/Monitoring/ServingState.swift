import NIOConcurrencyHelpers

/// How far this process has come with its one task, as the monitor tells it. Told by `serve`, asked by every scrape.
final class ServingState: Sendable {
    enum Phase: Sendable {
        /// With how far it has come.
        case recovering(String)
        case serving(RunningEngine)
        case stopping
    }

    private let state = NIOLockedValueBox(Phase.recovering("opening the data folder"))

    var phase: Phase { state.withLockedValue { $0 } }

    func recovering(_ sentence: String) { state.withLockedValue { $0 = .recovering(sentence) } }
    func serving(_ running: RunningEngine) { state.withLockedValue { $0 = .serving(running) } }
    func stopping() { state.withLockedValue { $0 = .stopping } }
}
