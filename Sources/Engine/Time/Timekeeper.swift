import Scheduling

/// The engine's time, made of the time that passes and of a wall clock that may be wrong. A plain value: readings in,
/// moments out.
///
/// Time goes on by what passes. Of a small difference to the wall clock it makes up a twentieth of what passes; a large
/// one is a fault of the wall clock, and changes nothing until the difference is small again or a person accepts it. At
/// a start the wall clock alone knows how long the engine was away. It is believed where the gap is one of hours, or
/// where the kernel says that the clock is synchronised.
struct Timekeeper {
    /// What the wall clock's word is worth before it was believed once.
    private enum Doubt {
        /// It was far ahead of the journal at the start, and nothing vouched for it.
        case ahead
        /// It was behind.
        case behind
    }

    private static let tolerance = EngineLimits.clockToleranceMilliseconds * 1_000_000
    private static let believedGap = EngineLimits.clockGapMilliseconds * 1_000_000

    /// Nanoseconds since 1970-01-01T00:00Z. Never goes back, and goes on with every reading that is a later one.
    private(set) var now: Int64
    /// The latest moment that the journal told of, or a primary.
    private(set) var told: Int64
    /// What had passed at the last reading.
    private var passed: Int64
    private var doubt: Doubt?
    /// A person accepted a wall clock that is behind: time passes at half its speed until that clock has caught up.
    private(set) var isSlowed = false

    /// - Parameters:
    ///   - latest: the latest moment that the journal tells of; 0 for an empty one.
    ///   - note: what the process before left behind about the wall clock.
    ///   - isSynchronised: what the kernel says.
    init(_ reading: ClockReading, latest: Int64, note: ClockNote?, isSynchronised: Bool) {
        passed = reading.passed
        told = latest
        now = reading.wall
        let gap = reading.wall - latest
        guard latest > 0 else { return }
        if case .ahead(let milliseconds) = note, gap >= milliseconds * 1_000_000 - Self.tolerance {
            // The leap was not taken back; without it the clock tells how long the engine was away.
            let supposed = gap - milliseconds * 1_000_000
            now = latest + (supposed <= Self.believedGap ? max(0, supposed) : 0)
        } else if gap < 0 {
            now = latest
            guard gap < -Self.tolerance else { return }
            isSlowed = note == .slowed
            if !isSlowed, !isSynchronised { doubt = .behind }
        } else if gap > Self.believedGap, !isSynchronised {
            now = latest
            doubt = .ahead
        }
    }

    /// Time goes on to this reading. One that was overtaken by another on its way changes nothing.
    mutating func advance(to reading: ClockReading) {
        let passed = reading.passed - self.passed
        guard passed > 0 else { return }
        self.passed = reading.passed
        let difference = reading.wall - (now + passed)
        if abs(difference) <= Self.tolerance {
            let most = passed / EngineLimits.clockSlewDivisor
            now += passed + min(max(difference, -most), most)
            doubt = nil
            isSlowed = false
        } else if isSlowed, difference < 0 {
            now += max(passed / 2, passed + difference)
        } else {
            now += passed
        }
    }

    /// A moment that the primary told of: this engine's now is not before it.
    mutating func hear(_ moment: Int64) {
        told = max(told, moment)
        now = max(now, moment)
    }

    /// By how much the wall clock is ahead of the engine's time.
    func difference(to reading: ClockReading) -> Int64 { reading.wall - now - (reading.passed - passed) }

    /// Believes a wall clock that was doubted since the start, where there is reason to by now.
    mutating func settle(_ reading: ClockReading, isSynchronised: Bool) {
        advance(to: reading)
        guard let doubt else { return }
        let difference = difference(to: reading)
        if isSynchronised || doubt == .ahead && (0...Self.believedGap).contains(difference) {
            self.doubt = nil
            now = max(now, reading.wall)
        } else if difference < -Self.tolerance {
            self.doubt = .behind
        }
    }

    /// A person says that the wall clock is right.
    mutating func accept(_ reading: ClockReading) {
        advance(to: reading)
        doubt = nil
        let difference = difference(to: reading)
        if difference > 0 { now = reading.wall } else { isSlowed = difference < -Self.tolerance }
    }

    /// What the next process must know.
    func note(_ reading: ClockReading) -> ClockNote? {
        if isSlowed { return .slowed }
        let difference = difference(to: reading)
        return doubt == nil && difference > Self.tolerance ? .ahead(milliseconds: difference / 1_000_000) : nil
    }
}

/// One look at a machine's clocks.
package struct ClockReading: Hashable, Sendable {
    /// The wall clock: nanoseconds since 1970-01-01T00:00Z.
    package var wall: Int64
    /// What has passed since some fixed moment, in nanoseconds, a suspension included; never goes back.
    package var passed: Int64

    package init(wall: Int64, passed: Int64) {
        self.wall = wall
        self.passed = passed
    }
}

/// What is kept of the wall clock from one process to the next. Not for other machines: a copy or a backup leaves it
/// out.
enum ClockNote: Hashable, Sendable {
    /// It leapt ahead by this much while the engine watched, and no person accepted it.
    case ahead(milliseconds: Int64)
    /// It is behind, and a person accepted it.
    case slowed

    /// Name of the fact in the journal.
    static let metadataName = "clock"

    /// 8 bytes; 0 is no leap.
    var encoded: [UInt8] {
        switch self {
        case .ahead(let milliseconds): Instant(rawValue: milliseconds).encoded
        case .slowed: Instant(rawValue: 0).encoded
        }
    }

    /// Nil unless these are 8 bytes that ``encoded`` makes.
    init?(encoded: [UInt8]) {
        guard let number = Instant(encoded: encoded)?.rawValue, number >= 0 else { return nil }
        self = number == 0 ? .slowed : .ahead(milliseconds: number)
    }
}
