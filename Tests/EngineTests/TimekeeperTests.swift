import Scheduling
import Testing

@testable import Engine

/// The engine's time alone: readings in, moments out.
struct TimekeeperTests {
    private static let morning = Hospital.morning.rawValue * 1_000_000
    private static let second: Int64 = 1_000_000_000
    private static let hour = 3_600 * second

    /// A machine's clocks, and the engine's time that goes by them.
    private struct Machine {
        var reading: ClockReading
        var keeper: Timekeeper
        var isSynchronised: Bool

        init(
            latest: Int64, elapsed: Int64? = nil, wall: Int64, note: ClockNote? = nil, isSynchronised: Bool = false,
            follows: Bool = false
        ) {
            reading = ClockReading(wall: wall, passed: 77)
            keeper = Timekeeper(
                reading, latest: latest, elapsed: elapsed, note: note, isSynchronised: isSynchronised, follows: follows)
            self.isSynchronised = isSynchronised
        }

        /// Time passes, a look every second as the engine has it, while the wall clock makes of it what it makes.
        mutating func pass(seconds: Int64, pace: Double = 1) {
            for _ in 0..<seconds {
                reading.passed += second
                reading.wall += Int64(Double(second) * pace)
                let before = keeper.now
                keeper.settle(reading, isSynchronised: isSynchronised)
                #expect(keeper.now > before, "time never stands still")
            }
        }

        var ahead: Int64 { keeper.difference(to: reading) }
    }

    @Test(arguments: [40 * 24 * hour, 25 * hour, 6 * second, -6 * second, -hour, -400 * 24 * hour])
    func `a wall clock that steps changes nothing, either way, and nothing is left when it comes back`(step: Int64) {
        var machine = Machine(latest: Self.morning - Self.hour, wall: Self.morning, isSynchronised: true)
        machine.pass(seconds: 10)
        machine.reading.wall += step
        machine.pass(seconds: 100)
        #expect(machine.keeper.now == Self.morning + 110 * Self.second)
        #expect(machine.ahead == step)
        machine.reading.wall -= step
        machine.pass(seconds: 10)
        #expect(machine.keeper.now == Self.morning + 120 * Self.second)
        #expect(machine.ahead == 0)
    }

    @Test(arguments: [4 * second, -4 * second])
    func `a small difference is made up by a twentieth of what passes`(step: Int64) {
        var machine = Machine(latest: 0, wall: Self.morning)
        machine.reading.wall += step
        machine.pass(seconds: 1)
        #expect(machine.keeper.now == Self.morning + Self.second + (step > 0 ? 1 : -1) * Self.second / 20)
        machine.pass(seconds: 79)
        #expect(machine.ahead == 0)
    }

    @Test func `a wall clock that runs a little too fast is followed, and one that runs far too fast is not`() {
        var slow = Machine(latest: 0, wall: Self.morning)
        slow.pass(seconds: 600, pace: 1.02)
        #expect(abs(slow.ahead) < Self.second)
        var fast = Machine(latest: 0, wall: Self.morning)
        fast.pass(seconds: 600, pace: 2)
        #expect(fast.ahead > 500 * Self.second)
        #expect(fast.keeper.now <= Self.morning + 605 * Self.second)
    }

    @Test func `a wall clock that stands still does not hold the engine's time`() {
        var machine = Machine(latest: 0, wall: Self.morning)
        machine.pass(seconds: 600, pace: 0)
        #expect(machine.keeper.now >= Self.morning + 590 * Self.second)
    }

    @Test func `readings that overtook each other never take time back`() {
        var keeper = Timekeeper(
            ClockReading(wall: Self.morning, passed: 0), latest: 0, note: nil, isSynchronised: true)
        keeper.advance(to: ClockReading(wall: Self.morning + 2 * Self.second, passed: 2 * Self.second))
        keeper.advance(to: ClockReading(wall: Self.morning + Self.second, passed: Self.second))
        #expect(keeper.now == Self.morning + 2 * Self.second)
    }

    // MARK: A start

    @Test(arguments: [true, false])
    func `an absence of hours is believed, whatever the kernel says`(isSynchronised: Bool) {
        let machine = Machine(
            latest: Self.morning, wall: Self.morning + 12 * Self.hour, isSynchronised: isSynchronised)
        #expect(machine.ahead == 0)
    }

    @Test func `an absence of days is believed where the kernel vouches for the clock, at the start or later`() {
        let wall = Self.morning + 60 * Self.hour
        #expect(Machine(latest: Self.morning, wall: wall, isSynchronised: true).ahead == 0)
        var machine = Machine(latest: Self.morning, wall: wall)
        #expect(machine.keeper.now == Self.morning)
        machine.pass(seconds: 30)
        #expect(machine.keeper.now == Self.morning + 30 * Self.second)
        machine.isSynchronised = true
        machine.pass(seconds: 1)
        #expect(machine.ahead == 0)
        // From then on it is a clock like any other.
        machine.reading.wall += Self.hour
        machine.pass(seconds: 5)
        #expect(machine.ahead == Self.hour)
    }

    @Test func `a clock that is far ahead at a start and is then put right is believed`() {
        var machine = Machine(latest: Self.morning, wall: Self.morning + 40 * 24 * Self.hour)
        machine.pass(seconds: 10)
        machine.reading.wall -= 40 * 24 * Self.hour - 3 * Self.hour
        machine.pass(seconds: 1)
        #expect(machine.ahead == 0)
        #expect(machine.keeper.now == Self.morning + 3 * Self.hour + 11 * Self.second)
    }

    @Test
    func `a clock that is behind the journal at a start does not stop time, and is believed once it is vouched for`() {
        var machine = Machine(latest: Self.morning, wall: Self.morning - 1_000 * 24 * Self.hour)
        machine.pass(seconds: 20)
        #expect(machine.keeper.now == Self.morning + 20 * Self.second)
        machine.reading.wall = Self.morning + 90 * Self.hour
        machine.pass(seconds: 5)
        #expect(machine.keeper.now == Self.morning + 25 * Self.second)
        machine.isSynchronised = true
        machine.pass(seconds: 1)
        #expect(machine.ahead == 0)
    }

    @Test func `an empty journal begins with the wall clock`() {
        #expect(Machine(latest: 0, wall: Self.morning).keeper.now == Self.morning)
    }

    @Test
    func `a leap that was not taken back is none after a restart either, and the absence is told by what is left`()
        throws
    {
        var machine = Machine(latest: Self.morning - Self.hour, wall: Self.morning, isSynchronised: true)
        machine.reading.wall += 40 * 24 * Self.hour
        machine.pass(seconds: 2)
        let note = try #require(machine.keeper.note(machine.reading))
        let again = Machine(
            latest: machine.keeper.now, wall: machine.reading.wall + Self.hour,
            note: ClockNote(encoded: note.encoded), isSynchronised: true)
        #expect(again.keeper.now == machine.keeper.now + Self.hour)
        let mended = Machine(
            latest: machine.keeper.now, wall: Self.morning + Self.hour, note: note, isSynchronised: true)
        #expect(mended.keeper.now == Self.morning + Self.hour)
        #expect(mended.keeper.note(mended.reading) == nil)
    }

    // MARK: A start on the same run of the machine

    @Test(arguments: [2 * hour, 40 * 24 * hour, -hour, -40 * 24 * hour])
    func `goes on by what passed, whatever a clock shows that nothing vouches for`(step: Int64) {
        let elapsed = Self.morning + 60 * Self.second
        var machine = Machine(latest: Self.morning, elapsed: elapsed, wall: elapsed + step)
        #expect(machine.keeper.now == elapsed && machine.ahead == step)
        machine.pass(seconds: 10)
        #expect(machine.keeper.now == elapsed + 10 * Self.second && machine.ahead == step)
    }

    @Test func `believes a clock that is ahead and vouched for, but no leap that was seen before`() {
        let (elapsed, wall) = (Self.morning + 60 * Self.second, Self.morning + 40 * 24 * Self.hour)
        #expect(Machine(latest: Self.morning, elapsed: elapsed, wall: wall, isSynchronised: true).ahead == 0)
        let note = ClockNote.ahead(milliseconds: 40 * 86_400_000 - 60_000)
        let machine = Machine(latest: Self.morning, elapsed: elapsed, wall: wall, note: note, isSynchronised: true)
        #expect(machine.keeper.now == elapsed)
    }

    @Test func `a small leap that was seen before a boot is not taken off the days since`() {
        let wall = Self.morning + 72 * Self.hour
        let note = ClockNote.ahead(milliseconds: 10_000)
        #expect(Machine(latest: Self.morning, wall: wall, note: note, isSynchronised: true).ahead == 0)
    }

    @Test func `a mark is of its own run of the machine`() throws {
        let mark = ClockMark(now: Self.morning, passed: 5 * Self.second, boot: [1, 2])
        let read = try #require(ClockMark(encoded: mark.encoded))
        #expect(read == mark)
        let later = ClockReading(wall: 0, passed: 7 * Self.second)
        #expect(read.now(at: later, boot: [1, 2]) == Self.morning + 2 * Self.second)
        #expect(read.now(at: later, boot: [1, 3]) == nil && read.now(at: later, boot: []) == nil)
        #expect(read.now(at: ClockReading(wall: 0, passed: 0), boot: [1, 2]) == nil)
        #expect(ClockMark(encoded: Array(mark.encoded.prefix(15))) == nil)
    }

    // MARK: A standby

    @Test(arguments: [40 * 24 * hour, 3 * hour, -3 * hour], [true, false])
    func `a standby's clock decides nothing, before it hears its primary and after it is promoted`(
        step: Int64, isSynchronised: Bool
    ) {
        var machine = Machine(
            latest: Self.morning, wall: Self.morning + step, isSynchronised: isSynchronised, follows: true)
        machine.pass(seconds: 5)
        #expect(machine.keeper.now == Self.morning + 5 * Self.second && machine.ahead == 0)
        machine.keeper.hear(Self.morning + 60 * Self.second)
        machine.pass(seconds: 5)
        let now = Self.morning + 65 * Self.second
        #expect(machine.keeper.now == now && machine.ahead == step - 55 * Self.second)
        machine.keeper.lead(machine.reading, isSynchronised: isSynchronised)
        machine.pass(seconds: 5)
        #expect(machine.keeper.now == now + 5 * Self.second)
    }

    @Test
    func `a standby that has nothing takes its primary's time, and one that hears nothing begins as a start does`() {
        var empty = Machine(latest: 0, wall: Self.morning + 40 * 24 * Self.hour, follows: true)
        empty.keeper.hear(Self.morning)
        #expect(empty.keeper.now == Self.morning)
        var silent = Machine(latest: Self.morning, wall: Self.morning + 3 * Self.hour, follows: true)
        silent.keeper.lead(silent.reading, isSynchronised: false)
        #expect(silent.keeper.now == Self.morning + 3 * Self.hour)
    }

    // MARK: A person

    @Test(arguments: [-40 * 24 * hour, 40 * 24 * hour])
    func `a step after a clock was accepted is another fault`(step: Int64) {
        var machine = Machine(latest: 0, wall: Self.morning)
        machine.reading.wall -= 60 * Self.second
        machine.keeper.accept(machine.reading)
        machine.reading.wall += step
        machine.pass(seconds: 10)
        #expect(!machine.keeper.isSlowed && machine.keeper.now == Self.morning + 10 * Self.second)
        #expect(
            machine.keeper.note(machine.reading) == (step > 0 ? .ahead(milliseconds: step / 1_000_000 - 60_000) : nil))
    }

    @Test func `a doubt ends with the day`() {
        var machine = Machine(latest: Self.morning, wall: Self.morning - 10 * Self.second)
        machine.pass(seconds: 86_401)
        machine.reading.wall += 40 * 24 * Self.hour
        machine.isSynchronised = true
        machine.pass(seconds: 5)
        #expect(machine.ahead == 40 * 24 * Self.hour - 10 * Self.second)
    }

    @Test func `an accepted clock that is ahead is followed at once`() {
        var machine = Machine(latest: 0, wall: Self.morning)
        machine.reading.wall += 25 * Self.hour
        machine.keeper.accept(machine.reading)
        #expect(machine.keeper.now == Self.morning + 25 * Self.hour)
        #expect(machine.keeper.note(machine.reading) == nil)
    }

    @Test func `an accepted clock that is behind is waited for at half the speed, over a restart too`() throws {
        var machine = Machine(latest: 0, wall: Self.morning)
        machine.reading.wall -= 100 * Self.second
        machine.keeper.accept(machine.reading)
        machine.pass(seconds: 100)
        #expect(machine.keeper.now == Self.morning + 50 * Self.second)
        let note = try #require(machine.keeper.note(machine.reading))
        var again = Machine(
            latest: machine.keeper.now, wall: machine.reading.wall, note: ClockNote(encoded: note.encoded))
        again.pass(seconds: 200)
        #expect(again.ahead == 0)
        #expect(again.keeper.note(again.reading) == nil)
    }

    @Test(arguments: [
        (40 * 86_400_000, "40 d"), (3_780_000, "1 h 3 min"), (7_200, "7 s"), (62_000, "1 min 2 s"),
        (86_405_000, "1 d"), (3_599_900, "1 h"), (200, "200 ms"),
    ])
    func `a difference is told in its two largest units`(milliseconds: Int, words: String) {
        #expect(ClockState.words(Int64(milliseconds)) == words)
    }
}
