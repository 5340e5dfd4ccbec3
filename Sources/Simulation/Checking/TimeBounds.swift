/// Between which moments the engine's time of one machine lies, said naively: what passes, the rules by which a wall
/// clock is believed, and what a person or a primary told it. In milliseconds since 1970.
struct TimeBounds {
    /// Differences from the wall clock up to here are made up, at one in twenty; up to the gap a start believes it.
    static let tolerance: Int64 = 5_000
    static let gap: Int64 = 12 * 3_600_000

    /// In twentieths of a millisecond, so that nothing is lost by rounding.
    private var low: Int64 = 0
    private var high: Int64 = 0
    private var passed: Int64 = 0
    /// The wall clock may not have been believed at the start, and be believed at any moment since.
    private var mayDoubt = false
    /// A person may have accepted a wall clock that is behind.
    private var maySlow = false
    /// It may have begun as a standby that heard nothing: promoted, it begins as a start does.
    private var mayLead = false
    private var boot: [UInt8] = []
    /// Somebody is just saying that the wall clock is right.
    var isAccepting = false

    var earliest: Int64 { low / 20 }
    var latest: Int64 { high / 20 + 1 }

    /// A process begins.
    /// - Parameters:
    ///   - told: the moment that its journal surely tells of, and the latest that it may.
    ///   - boot: on the machine's same run the time goes on by what passed since the process before.
    mutating func begin(
        wall: Int64, passed: Int64, told: ClosedRange<Int64>, isSynchronised: Bool, boot: [UInt8], follows: Bool
    ) {
        let gone = high + (passed - self.passed) * 21
        let isSameRun = boot == self.boot
        self.passed = passed
        self.boot = boot
        // What a person accepted before holds on: a note tells the next process.
        (isAccepting, mayLead) = (false, follows)
        let isEmpty = told.lowerBound == 0
        low = told.lowerBound * 20
        high = max(told.upperBound * 20, isSameRun ? gone : 0)
        if follows && !isEmpty { return mayDoubt = false }
        believe(wall, isSynchronised: isSynchronised || isEmpty)
        let isSurelyBelieved = wall >= told.upperBound - Self.tolerance && wall <= told.lowerBound + Self.gap
        mayDoubt = !isEmpty && !isSynchronised && !isSurelyBelieved
    }

    private mutating func believe(_ wall: Int64, isSynchronised: Bool) {
        high = max(high, (isSynchronised ? wall : min(wall, latest + Self.gap)) * 20)
    }

    /// It is about to be promoted.
    mutating func lead(wall: Int64, isSynchronised: Bool) {
        guard mayLead else { return }
        mayLead = false
        mayDoubt = !isSynchronised
        believe(wall, isSynchronised: isSynchronised)
    }

    /// Time goes on to here, and the wall clock shows this.
    mutating func note(wall: Int64, passed: Int64, isSynchronised: Bool) {
        let more = passed - self.passed
        self.passed = passed
        low += more * (maySlow ? 10 : 19)
        high += more * 21
        if isAccepting || mayDoubt && (isSynchronised || wall <= latest + Self.gap) { high = max(high, wall * 20) }
        if isAccepting, wall < latest { maySlow = true }
    }

    /// Its primary has told it the time.
    mutating func heard() { mayLead = false }

    /// What another server's journal may tell of, this one may have heard.
    mutating func hear(_ other: TimeBounds) { high = max(high, other.high) }
}
