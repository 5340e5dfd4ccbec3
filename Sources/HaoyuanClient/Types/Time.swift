public import Foundation

/// A moment: milliseconds since 1970-01-01T00:00Z.
public struct Instant: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since 1970-01-01T00:00Z.
    public let milliseconds: Int64

    /// The moment so many milliseconds after 1970-01-01T00:00Z.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The moment of a date, rounded down to the millisecond.
    public init(_ date: Date) { milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded(.down)) }

    /// The same moment as Foundation's type.
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1_000) }

    /// Earlier in time.
    public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    /// Nil for the wire's 0, which stands for none.
    init?(wire milliseconds: Int64) {
        guard milliseconds != 0 else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

/// A calendar day in the hospital's zone, as `YYYY-MM-DD`. Its text is sent as it is; the server says what is wrong
/// with it.
public struct LocalDate: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// `YYYY-MM-DD`.
    public let description: String

    /// The day that a text like `2026-03-09` names.
    public init(_ text: String) { description = text }

    /// The day that a literal like `"2026-03-09"` names.
    public init(stringLiteral text: String) { description = text }

    /// Earlier in the calendar.
    public static func < (a: LocalDate, b: LocalDate) -> Bool { a.description < b.description }
}

/// A time on the hospital's wall clock, as `HH:MM`. Its text is sent as it is; the server says what is wrong with it.
public struct WallTime: Hashable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// `HH:MM`.
    public let description: String

    /// The time that a text like `08:30` names.
    public init(_ text: String) { description = text }

    /// The time that a literal like `"08:30"` names.
    public init(stringLiteral text: String) { description = text }
}
