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

    /// The days a session can belong to: 1970-01-02 to 2149-06-06. A day less than `LocalDate.range` has: east of
    /// Greenwich the first morning of 1970 lies before 1970 began.
    package static let days = LocalDate.range.lowerBound.advanced(days: 1)...LocalDate.range.upperBound

    /// - Precondition: the date lies in `days` (then the start cannot lie before 1970), or at least in
    ///   `LocalDate.range` with a start not before 1970, as a journal may have it.
    package init(date: LocalDate, start: Instant, slotMinutes: UInt16, slots: UInt16) {
        precondition(LocalDate.range.contains(date), "a session's date must fit 16 bits")
        precondition(start.rawValue >= 0, "a session's start is counted from 1970")
        day = UInt16(date.rawValue)
        startMinute = UInt32(start.rawValue / 60_000)
        self.slotMinutes = slotMinutes
        self.slots = slots
    }

    /// Those of no session.
    package static let none = SessionTimes(
        date: LocalDate.range.lowerBound, start: Instant(rawValue: 0), slotMinutes: 1, slots: 0)

    /// The local day the session belongs to: that of its start.
    package var date: LocalDate { LocalDate(rawValue: Int32(day)) }
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
