import NIOConcurrencyHelpers
import Scheduling

/// The engine's now: the clock's, but never before a moment that was told already, so that a clock set back makes time
/// stand still and not go back.
final class EngineTime: Sendable {
    private let clock: any EngineClock
    private let latest: NIOLockedValueBox<Instant>
    let started: Instant

    init(_ clock: any EngineClock, notBefore: Instant) {
        self.clock = clock
        started = max(clock.now(), notBefore)
        latest = NIOLockedValueBox(started)
    }

    /// A moment that somebody else told; this engine's now is not before it.
    func note(_ moment: Instant) { latest.withLockedValue { $0 = max($0, moment) } }

    func now() -> Instant {
        let now = clock.now()
        return latest.withLockedValue { latest in
            latest = max(latest, now)
            return latest
        }
    }
}

extension Instant {
    /// 8 bytes, the lowest first.
    var encoded: [UInt8] { withUnsafeBytes(of: rawValue.littleEndian) { Array($0) } }

    /// Nil unless these are 8 bytes.
    init?(encoded: [UInt8]) {
        guard encoded.count == 8 else { return nil }
        self.init(rawValue: encoded.reversed().reduce(0) { $0 << 8 | Int64($1) })
    }
}
