import Engine
import Scheduling

/// Which clock a server goes by.
enum ClockSetting: Hashable, Sendable {
    case system
    /// A trial's: it stands still until it is told to pass. `begin` is where it begins or goes on; nil for where the
    /// folder has come to, or the machine's moment where it is new.
    case simulated(begin: Instant?)

    /// Completes the sentence "it must be …".
    static let form =
        "system, simulated, or simulated: with a moment and its zone, such as simulated:2026-03-02T06:30+08:00"

    init?(_ text: String) {
        switch text {
        case "system": self = .system
        case "simulated": self = .simulated(begin: nil)
        default:
            let prefix = "simulated:"
            guard text.hasPrefix(prefix),
                case .absolute(let milliseconds)? = MomentText(String(text.dropFirst(prefix.count))),
                milliseconds >= 0, milliseconds <= EngineLimits.clockEndMilliseconds
            else { return nil }
            self = .simulated(begin: Instant(rawValue: milliseconds))
        }
    }

    /// A clock that stands where the setting says; nil for the machine's.
    var trial: TrialClock? {
        guard case .simulated(let begin) = self else { return nil }
        return TrialClock(begin: begin, fallback: SystemClock().now())
    }
}
