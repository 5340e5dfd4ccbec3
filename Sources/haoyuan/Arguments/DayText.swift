import Scheduling

/// A day of the calendar as it was written, `YYYY-MM-DD`.
struct DayText: Equatable, Sendable {
    let text: String

    /// Nil for a day that the calendar does not have.
    init?(_ text: String) {
        guard LocalDate(text) != nil else { return nil }
        self.text = text
    }
}
