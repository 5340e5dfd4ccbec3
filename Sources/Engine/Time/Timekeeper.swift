import Scheduling

/// The engine's time, made of the time that passes and of a wall clock that may be wrong. A plain value: readings in,
/// moments out.
///
/// Time goes on by what passes. Of a small difference to the wall clock it makes up a twentieth of what passes; a large
/// one is a fault of the wall clock, and changes nothing until the difference is small again or a person accepts it. At
/// a start on the same run of the machine, what passed since the process before is counted; the wall clock is believed
/// beyond it where the kernel says that it is synchronised. After a boot the wall clock alone knows how long the engine
/// was away: it is believed where the gap is one of hours, or where the kernel vouches for it.
///
/// A standby's time is its primary's: the moments that it hears, and what passed since. Its wall clock decides nothing
/// before it is promoted without having heard any.
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
    private static let longestDoubt = EngineLimits.clockDoubtMilliseconds * 1_000_000

    /// Nanoseconds since 1970-01-01T00:00Z. Never goes back, and goes on with every reading that is a later one.
    private(set) var now: Int64
    /// The latest moment that the journal told of, or a primary.
    private(set) var told: Int64
    /// What had passed at the last reading.
    private var passed: Int64
    private var doubt: Doubt?
    private let began: Int64
    /// Of a wall clock that is behind and was accepted: by how much it was, a negative number. Time passes at half its
    /// speed until that clock has caught up.
    private var accepted: Int64?
    /// Whether the moments are a primary's.
    private var isFollowing: Bool
    private var hasHeard = false
    private let note: ClockNote?

    /// A person accepted a wall clock that is behind.
    var isSlowed: Bool { accepted != nil }
    /// Whether what this engine's time is rests on the wall clock's word or on a primary's, as far as it goes.
    var isCertain: Bool { doubt == nil && (!isFollowing || hasHeard) }

    /// - Parameters:
    ///   - latest: the latest moment that the journal tells of; 0 for an empty one.
    ///   - elapsed: that moment or a later one, and what passed since; nil where the machine has been started anew.
    ///   - note: what the process before left behind about the wall clock.
    ///   - isSynchronised: what the kernel says.
    ///   - follows: whether there is a primary whose time it is.
    init(
        _ reading: ClockReading, latest: Int64, elapsed: Int64? = nil, note: ClockNote?, isSynchronised: Bool,
        follows: Bool = false
    ) {
        (passed, began) = (reading.passed, reading.passed)
        (told, self.note, isFollowing) = (latest, note, follows)
        now = latest
        if !follows {
            begin(reading, elapsed: elapsed, isSynchronised: isSynchronised)
        } else {
            now = latest > 0 ? max(latest, elapsed ?? 0) : reading.wall
        }
    }

    /// Of a wall clock and of what is known of the time before, the moment to begin with. `now` is the latest moment
    /// that was told of.
    private mutating func begin(_ reading: ClockReading, elapsed: Int64?, isSynchronised: Bool) {
        let latest = now
        guard latest > 0 else {
            now = reading.wall
            return
        }
        now = max(latest, elapsed ?? 0)
        let gap = reading.wall - now
        if gap < -Self.tolerance {
            if note == .slowed { accepted = gap }
            if !isSlowed, !isSynchronised, elapsed == nil { doubt = .behind }
        } else if gap <= Self.tolerance {
            now = max(now, reading.wall)
        } else if let leap = note?.leap, reading.wall - latest >= leap - Self.tolerance,
            elapsed != nil || leap > Self.believedGap
        {
            // The leap was not taken back; without it the clock tells how long the engine was away.
            guard elapsed == nil else { return }
            let supposed = max(0, gap - leap)
            if supposed <= Self.believedGap || isSynchronised { now += supposed }
        } else if isSynchronised || elapsed == nil && gap <= Self.believedGap {
            now = reading.wall
        } else if elapsed == nil {
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
            accepted = nil
        } else if let accepted, difference < 0, difference >= accepted - Self.tolerance {
            now += max(passed / 2, passed + difference)
        } else {
            // A step to elsewhere is another fault than the one that was accepted.
            accepted = nil
            now += passed
        }
    }

    /// A moment that the primary told of: this engine's now is not before it.
    mutating func hear(_ moment: Int64) {
        guard moment > 0 else { return }
        // A folder that is empty had no time of its own.
        now = isFollowing && told == 0 ? moment : max(now, moment)
        told = max(told, moment)
        hasHeard = true
    }

    /// It is promoted: its time goes on as its own. One that has heard nothing begins as a start does.
    mutating func lead(_ reading: ClockReading, isSynchronised: Bool) {
        advance(to: reading)
        guard isFollowing else { return }
        isFollowing = false
        if !hasHeard { begin(reading, elapsed: nil, isSynchronised: isSynchronised) }
    }

    /// By how much the wall clock is ahead of the engine's time; 0 before there is anything to hold it against.
    func difference(to reading: ClockReading) -> Int64 {
        isFollowing && !hasHeard ? 0 : reading.wall - now - (reading.passed - passed)
    }

    /// Believes a wall clock that was doubted since the start, where there is reason to by now.
    mutating func settle(_ reading: ClockReading, isSynchronised: Bool) {
        advance(to: reading)
        guard let doubt else { return }
        // By then it is a fault like any other: the clock of a bad time server is synchronised, too.
        guard reading.passed - began <= Self.longestDoubt else {
            self.doubt = nil
            return
        }
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
        now = max(now, reading.wall)
        accepted = difference < -Self.tolerance ? difference : nil
    }

    /// What the next process must know.
    func note(_ reading: ClockReading) -> ClockNote? {
        let difference = difference(to: reading)
        if doubt == nil, difference > Self.tolerance { return .ahead(milliseconds: difference / 1_000_000) }
        return isSlowed ? .slowed : nil
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

    /// Nanoseconds of a leap.
    fileprivate var leap: Int64? {
        if case .ahead(let milliseconds) = self { milliseconds * 1_000_000 } else { nil }
    }

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

/// What time it was when so much had passed on one run of the machine: the next process on it goes on from there by
/// what passed since. Kept like the note, and for no other machine.
struct ClockMark: Hashable, Sendable {
    /// Nanoseconds since 1970-01-01T00:00Z.
    var now: Int64
    var passed: Int64
    /// Of `EngineClock.boot`.
    var boot: [UInt8]

    /// Name of the fact in the journal.
    static let metadataName = "clock-mark"

    /// What time it is at a reading; nil on another run of the machine.
    func now(at reading: ClockReading, boot: [UInt8]) -> Int64? {
        guard !boot.isEmpty, boot == self.boot, reading.passed >= passed else { return nil }
        return now + (reading.passed - passed)
    }

    /// 16 bytes, the lowest first, and the boot's name.
    var encoded: [UInt8] { Instant(rawValue: now).encoded + Instant(rawValue: passed).encoded + boot }

    /// Nil for fewer bytes, and for moments that no clock shows.
    init?(encoded: [UInt8]) {
        guard encoded.count >= 16, let now = Instant(encoded: Array(encoded[..<8]))?.rawValue,
            let passed = Instant(encoded: Array(encoded[8..<16]))?.rawValue, now >= 0, passed >= 0,
            now <= 4_000_000_000 * 1_000_000_000
        else { return nil }
        (self.now, self.passed, boot) = (now, passed, Array(encoded[16...]))
    }

    init(now: Int64, passed: Int64, boot: [UInt8]) { (self.now, self.passed, self.boot) = (now, passed, boot) }
}
