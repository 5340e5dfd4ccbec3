/// When a session's slots are: all that the rest of the engine needs to know of it, in 12 bytes.
///
/// Slots are equally long and follow each other without a gap, measured in elapsed minutes from the session's start. So
/// a session that crosses midnight or a clock change neither shifts nor doubles a slot.
package struct SessionTimes: Hashable, Sendable {
    /// Minutes since 1970-01-01T00:00Z.
    package let startMinute: UInt32
    package let slotMinutes: UInt16
    package let slots: UInt16
    private let day: UInt16
    /// Where the session goes on into further days.
    package let midnights: Midnights

    /// The days a session can belong to: 1970-01-02 to 2149-06-06. A day less than `LocalDate.range` has: east of
    /// Greenwich the first morning of 1970 lies before 1970 began.
    package static let days = LocalDate.range.lowerBound.advanced(days: 1)...LocalDate.range.upperBound

    /// - Precondition: the date lies in `days` (then the start cannot lie before 1970), or at least in
    ///   `LocalDate.range` with a start not before 1970, as a journal may have it.
    /// - Parameter midnights: not known where the session comes from a journal of before they were kept.
    package init(
        date: LocalDate, start: Instant, slotMinutes: UInt16, slots: UInt16, midnights: Midnights = .unknown
    ) {
        precondition(LocalDate.range.contains(date), "a session's date must fit 16 bits")
        precondition(start.rawValue >= 0, "a session's start is counted from 1970")
        day = UInt16(date.rawValue)
        startMinute = UInt32(start.rawValue / 60_000)
        self.slotMinutes = slotMinutes
        self.slots = slots
        self.midnights = midnights
    }

    /// Of a session whose days are those of this zone.
    package init(
        date: LocalDate, start: Instant, slotMinutes: UInt16, slots: UInt16, in zone: TimeZoneRules
    ) {
        let minutes = Int64(slotMinutes) * Int64(slots)
        self.init(
            date: date, start: start, slotMinutes: slotMinutes, slots: slots,
            midnights: Midnights(from: start, minutes: minutes, in: zone))
    }

    /// The same with its midnights, which are those of the zone where they are not known yet.
    package func resolved(in zone: TimeZoneRules) -> SessionTimes {
        guard midnights == .unknown else { return self }
        return SessionTimes(date: date, start: start, slotMinutes: slotMinutes, slots: slots, in: zone)
    }

    /// Those of no session.
    package static let none = SessionTimes(
        date: LocalDate.range.lowerBound, start: Instant(rawValue: 0), slotMinutes: 1, slots: 0, midnights: .none)

    /// The local day of the session's start.
    package var date: LocalDate { LocalDate(rawValue: Int32(day)) }

    /// The local day a slot is on: that of its start.
    @inline(__always)
    package func date(ofSlot slot: UInt16) -> LocalDate {
        midnights == .none ? date : date.advanced(days: midnights.passed(after: UInt32(slot) * UInt32(slotMinutes)))
    }

    /// The slots that are on these days.
    @inline(__always)
    package func slots(from: LocalDate, to: LocalDate) -> Range<Int> {
        midnights == .none ? (from <= date && date <= to ? 0..<Int(slots) : 0..<0) : laterSlots(from: from, to: to)
    }

    /// Apart, so that what few sessions do costs the others nothing.
    @inline(never)
    private func laterSlots(from: LocalDate, to: LocalDate) -> Range<Int> {
        let first = (0..<slots).first { date(ofSlot: $0) >= from } ?? slots
        return Int(first)..<Int((first..<slots).first { date(ofSlot: $0) > to } ?? slots)
    }

    package var endMinute: UInt32 { startMinute + UInt32(slotMinutes) * UInt32(slots) }
    package var start: Instant { Instant(minute: startMinute) }
    package var end: Instant { Instant(minute: endMinute) }

    package func startMinute(ofSlot slot: UInt16) -> UInt32 { startMinute + UInt32(slot) * UInt32(slotMinutes) }
    package func start(ofSlot slot: UInt16) -> Instant { Instant(minute: startMinute(ofSlot: slot)) }
    package func end(ofSlot slot: UInt16, span: UInt8) -> Instant {
        Instant(minute: startMinute(ofSlot: slot) + UInt32(span) * UInt32(slotMinutes))
    }

    /// The first slot that starts at or after this moment; `slots` when none does.
    @inline(__always)
    package func firstSlot(startingFrom moment: Instant) -> Int {
        let late = moment.rawValue - start.rawValue
        guard late > 0 else { return 0 }
        let length = Int64(slotMinutes) * 60_000
        return Int(min((late + length - 1) / length, Int64(slots)))
    }

    package func overlaps(_ other: SessionTimes) -> Bool {
        startMinute < other.endMinute && other.startMinute < endMinute
    }
}

/// The local midnights within a session, in two bytes: the first by the minutes from the session's start, the others by
/// how far the day before each differs from 24 hours, for clocks change.
///
/// They are decided with the session, by the zone of that moment, and kept: so a day is the same day for searches,
/// limits, standbys and after a restart, whatever becomes of the zone.
package struct Midnights: RawRepresentable, Hashable, Sendable {
    /// Bits 0 to 10: minutes to the first one, 0 for none. Bits 12 to 15: half hours, as a signed number, by which one
    /// of the two days after it is longer; bit 11: it is the second of them.
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The session ends on the day on which it begins, as nearly all do.
    package static let none = Midnights(rawValue: 0)
    /// It was opened before midnights were kept.
    package static let unknown = Midnights(rawValue: .max)

    /// Those of a stretch of time.
    package init(from start: Instant, minutes: Int64, in zone: TimeZoneRules) {
        let first = zone.wall(at: start).date
        let next = (1...3).map { days in
            // A start is a whole minute, so a slot is past midnight from the next whole minute on.
            let midnight = zone.instant(of: first.advanced(days: Int32(days)), WallTime(rawValue: 0))
            return (midnight.rawValue - start.rawValue + 59_999) / 60_000
        }
        guard (1..<min(minutes, 2_047)).contains(next[0]) else {
            self = .none
            return
        }
        // Clocks do not change twice in two days.
        let longer = [next[1] - next[0] - 1_440, next[2] - next[1] - 1_440]
        let isSecond = longer[0] == 0 && longer[1] != 0
        let halfHours = max(-8, min(7, (isSecond ? longer[1] : longer[0]) / 30))
        rawValue = UInt16(next[0]) | (isSecond ? 1 << 11 : 0) | UInt16(halfHours & 0xF) << 12
    }

    /// How many of them have passed, so many minutes after the session's start.
    package func passed(after minutes: UInt32) -> Int32 {
        let first = Int32(rawValue & 0x7FF)
        guard first > 0, self != .unknown, Int32(minutes) >= first else { return 0 }
        let longer = Int32(Int16(bitPattern: rawValue) >> 12) * 30
        let isSecond = rawValue & 1 << 11 != 0
        let second = first + 1_440 + (isSecond ? 0 : longer)
        let third = second + 1_440 + (isSecond ? longer : 0)
        return 1 + (Int32(minutes) >= second ? 1 : 0) + (Int32(minutes) >= third ? 1 : 0)
    }
}
