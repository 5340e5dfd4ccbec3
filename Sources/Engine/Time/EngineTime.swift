import NIOConcurrencyHelpers
import Scheduling

/// The engine's now, for all of its threads: ``Timekeeper`` under a lock, with the machine's clocks before it.
final class EngineTime: Sendable {
    private let clock: any EngineClock
    private let keeper: NIOLockedValueBox<Timekeeper>
    private let beganPassed: Int64
    /// The engine's time when it began.
    let started: Instant

    /// - Parameters:
    ///   - latest: the latest moment that the journal tells of; 0 for an empty one.
    ///   - note: what the process before left behind about the wall clock.
    ///   - mark: the time that it left behind.
    ///   - follows: whether the time is a primary's.
    init(_ clock: any EngineClock, latest: Instant, note: ClockNote?, mark: ClockMark?, follows: Bool) {
        self.clock = clock
        let reading = clock.reading()
        let keeper = Timekeeper(
            reading, latest: latest.nanoseconds, elapsed: mark?.now(at: reading, boot: clock.boot()), note: note,
            isSynchronised: clock.isSynchronised(), follows: follows)
        beganPassed = reading.passed
        started = Instant(nanoseconds: keeper.now)
        self.keeper = NIOLockedValueBox(keeper)
    }

    func now() -> Instant {
        let reading = clock.reading()
        return keeper.withLockedValue { keeper in
            keeper.advance(to: reading)
            return Instant(nanoseconds: keeper.now)
        }
    }

    /// A moment that the primary told of; this engine's now is not before it.
    func hear(_ moment: Instant) {
        let reading = clock.reading()
        keeper.withLockedValue { keeper in
            keeper.advance(to: reading)
            keeper.hear(moment.nanoseconds)
        }
    }

    /// Up to when facts may be: now, or on a standby what its primary told of.
    func moment(of role: Role) -> Instant { role == .standby ? told : now() }

    /// This server is the primary from now on.
    func lead() {
        let isSynchronised = clock.isSynchronised()
        let reading = calmReading()
        keeper.withLockedValue { $0.lead(reading, isSynchronised: isSynchronised) }
    }

    /// The time, for the next process on this run of the machine; nil while it is uncertain.
    func mark() -> ClockMark? {
        let (reading, boot) = (clock.reading(), clock.boot())
        return keeper.withLockedValue { keeper in
            keeper.advance(to: reading)
            return keeper.isCertain ? ClockMark(now: keeper.now, passed: reading.passed, boot: boot) : nil
        }
    }

    /// The latest moment that the journal told of, or the primary: a standby lets keys age by it, since its own clock
    /// decides nothing.
    var told: Instant { keeper.withLockedValue { Instant(nanoseconds: $0.told) } }

    /// How long it has been since the start, by no wall clock.
    var uptimeMilliseconds: UInt64 { UInt64(max(0, clock.reading().passed - beganPassed) / 1_000_000) }

    // MARK: The wall clock

    /// How the wall clock stands to the engine's time.
    var state: ClockState {
        let difference = difference()
        return ClockState(
            aheadMilliseconds: difference / 1_000_000, isSlowed: keeper.withLockedValue(\.isSlowed),
            isSynchronised: clock.isSynchronised())
    }

    /// Looks whether a wall clock that was doubted may be believed by now. To be called every now and then.
    /// - Returns: how it stands, and what the next process must know of it.
    func look() -> (state: ClockState, note: ClockNote?) {
        let isSynchronised = clock.isSynchronised()
        // A moment between the readings of two clocks, while the thread was stopped, is no leap.
        let reading = calmReading()
        let (isSlowed, difference, note) = keeper.withLockedValue { keeper in
            keeper.settle(reading, isSynchronised: isSynchronised)
            return (keeper.isSlowed, keeper.difference(to: reading), keeper.note(reading))
        }
        let state = ClockState(
            aheadMilliseconds: difference / 1_000_000, isSlowed: isSlowed, isSynchronised: isSynchronised)
        return (state, note)
    }

    /// A person says that the wall clock is right: one that is ahead is followed at once, one that is behind is waited
    /// for at half the speed.
    /// - Returns: how it stood before and stands now, and what the next process must know of it.
    func accept() -> (before: ClockState, after: ClockState, note: ClockNote?) {
        let isSynchronised = clock.isSynchronised()
        let reading = calmReading()
        return keeper.withLockedValue { keeper in
            func state() -> ClockState {
                ClockState(
                    aheadMilliseconds: keeper.difference(to: reading) / 1_000_000, isSlowed: keeper.isSlowed,
                    isSynchronised: isSynchronised)
            }
            keeper.advance(to: reading)
            let before = state()
            keeper.accept(reading)
            return (before, state(), keeper.note(reading))
        }
    }

    private func difference() -> Int64 {
        let reading = calmReading()
        return keeper.withLockedValue { keeper in
            keeper.advance(to: reading)
            return keeper.difference(to: reading)
        }
    }

    /// Of two readings the one that is nearer to the engine's time.
    private func calmReading() -> ClockReading {
        let (first, second) = (clock.reading(), clock.reading())
        return keeper.withLockedValue { keeper in
            abs(keeper.difference(to: first)) < abs(keeper.difference(to: second)) ? first : second
        }
    }
}

/// How the machine's wall clock stands to the engine's time.
package struct ClockState: Hashable, Sendable {
    /// By how much the wall clock is ahead; negative where it is behind.
    package var aheadMilliseconds: Int64
    /// A person accepted a wall clock that is behind: the engine's time passes at half its speed until it has caught
    /// up.
    package var isSlowed: Bool
    /// Whether the kernel says that the wall clock is synchronised.
    package var isSynchronised: Bool
    /// It is a trial's, which stands still until it is told to pass.
    package var isSimulated = false

    package init(aheadMilliseconds: Int64, isSlowed: Bool, isSynchronised: Bool) {
        self.aheadMilliseconds = aheadMilliseconds
        self.isSlowed = isSlowed
        self.isSynchronised = isSynchronised
    }

    /// Whether the difference is more than the engine makes up by itself: its time goes on without the wall clock.
    package var isFault: Bool { abs(aheadMilliseconds) > EngineLimits.clockToleranceMilliseconds }

    /// What is wrong, in one sentence that says what to do; empty when nothing is.
    package var trouble: String {
        guard isFault else { return "" }
        let difference = Self.words(abs(aheadMilliseconds))
        let way = aheadMilliseconds > 0 ? "ahead of" : "behind"
        if isSlowed {
            return "the machine's clock is \(difference) \(way) the engine's time, and was accepted: the engine's time "
                + "passes at half its speed until they meet"
        }
        return "the machine's clock is \(difference) \(way) the engine's time, which goes on by the time that passes: "
            + "set the machine's clock right, or run haoyuan clock accept if it is the right one"
    }

    /// To the second, in the largest unit and the next: `40 d`, `1 h 3 min`, `7 s`.
    package static func words(_ milliseconds: Int64) -> String {
        let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
        let seconds = (milliseconds + 500) / 1_000
        guard let first = units.firstIndex(where: { $0.seconds <= seconds }) else { return "\(milliseconds) ms" }
        let words = "\(seconds / units[first].seconds) \(units[first].name)"
        guard first + 1 < units.count else { return words }
        let next = seconds % units[first].seconds / units[first + 1].seconds
        return next == 0 ? words : "\(words) \(next) \(units[first + 1].name)"
    }
}

extension Instant {
    /// Rounded down to the millisecond.
    fileprivate init(nanoseconds: Int64) { self.init(rawValue: nanoseconds / 1_000_000) }

    /// Within what 64 bits hold, whatever a journal says.
    fileprivate var nanoseconds: Int64 { min(max(0, rawValue), 4_000_000_000_000) * 1_000_000 }

    /// 8 bytes, the lowest first.
    var encoded: [UInt8] { withUnsafeBytes(of: rawValue.littleEndian) { Array($0) } }

    /// Nil unless these are 8 bytes.
    init?(encoded: [UInt8]) {
        guard encoded.count == 8 else { return nil }
        self.init(rawValue: encoded.reversed().reduce(0) { $0 << 8 | Int64($1) })
    }
}
