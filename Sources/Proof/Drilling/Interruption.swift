import Hosting
import NIOConcurrencyHelpers

/// Ctrl-C or SIGTERM: a drill ends its round, clears up and reports what it has; a second one ends it at once.
package final class Interruption: Sendable {
    private let flag = NIOLockedValueBox(false)

    /// Nobody interrupts: tests.
    init() {}

    /// Listens to the signals from now on.
    package static func bySignals() -> Interruption {
        let interruption = Interruption()
        let signals = StopSignals()
        Task {
            _ = await signals.wait()
            interruption.flag.withLockedValue { $0 = true }
        }
        return interruption
    }

    package var hasCome: Bool { flag.withLockedValue { $0 } }
}
