/// What a calendar file may have; `docs/reference/limits.md` lists what happens one past each.
package enum CalendarLimits {
    /// Bytes of a file.
    package static let fileBytes = 16 << 20
    /// Events of a file, the exceptions of a series included.
    package static let eventsPerFile = 20_000
    /// Components in one another.
    package static let componentDepth = 8
    /// Busy times that one import makes of a file.
    package static let busyTimes = 10_000
    /// Days that one import, and one export, may span.
    package static let daysAtOnce: Int32 = 400
    /// Days that the recurrence rules of a file are asked about, all together.
    package static let recurrenceSteps = 1_000_000
    /// Octets of a line that is written, its end left aside (RFC 5545, 3.1).
    package static let lineOctets = 75
    /// Bytes of the title of an event that are kept.
    package static let titleBytes = 200
}
