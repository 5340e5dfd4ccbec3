import Engine
import Scheduling

public import struct HaoyuanClient.Instant

/// Where the time of a ``TestServer`` comes from.
public enum TestClock: Sendable {
    /// The machine's clock: time passes by itself.
    case system
    /// Stands still at this moment until ``TestServer/advance(by:)`` moves it. The moment is Monday, 2 March 2026,
    /// 08:00 in the sample hospital, unless the test names another.
    case inHand(at: Instant = Instant(milliseconds: 1_772_409_600_000))
}

/// The clock itself, as the engine takes it.
struct TestTime: Sendable {
    let source: any EngineClock

    init(_ clock: TestClock) {
        source =
            switch clock {
            case .system: SystemClock()
            case .inHand(let moment): SimulatedClock(now: Scheduling.Instant(rawValue: moment.milliseconds))
            }
    }

    var now: Instant { Instant(milliseconds: source.now().rawValue) }

    func advance(by duration: Duration) {
        guard let clock = source as? SimulatedClock else {
            preconditionFailure("the system's clock cannot be moved; start the server with a clock in hand")
        }
        precondition(duration >= .zero, "a clock in hand goes forward only")
        let (seconds, attoseconds) = duration.components
        clock.advance(to: clock.now().advanced(milliseconds: seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    }
}
