import Scheduling

/// A day of the calendar as it was written, `YYYY-MM-DD`.
package struct DayText: Equatable, Sendable {
    package let text: String

    /// Nil for a day that the calendar does not have.
    package init?(_ text: String) {
        guard LocalDate(text) != nil else { return nil }
        self.text = text
    }
}
