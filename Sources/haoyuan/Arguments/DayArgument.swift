import ArgumentParser
import Scheduling
import Terminal

/// A day as people write it: `2026-03-09`, `today`, `tomorrow`, `yesterday`, or days from today, `+3`, `-1`.
enum DayArgument: Equatable, Sendable {
    case date(LocalDate)
    case fromToday(Int32)

    /// The farthest from today that a number of days may lead: about 27 years.
    private static let mostDays: Int32 = 10_000

    init?(_ text: String) {
        switch text {
        case "today": self = .fromToday(0)
        case "tomorrow": self = .fromToday(1)
        case "yesterday": self = .fromToday(-1)
        default:
            if let date = LocalDate(text) {
                self = .date(date)
            } else if let sign = text.first, sign == "+" || sign == "-", let days = Int32(digits: text.dropFirst()),
                days <= Self.mostDays
            {
                self = .fromToday(sign == "+" ? days : -days)
            } else {
                return nil
            }
        }
    }

    /// The day itself, as `YYYY-MM-DD`.
    /// - Parameter now: milliseconds since 1970; only asked for where the day is told from today.
    func day(_ clock: HospitalClock, now: () async throws -> Int64) async rethrows -> String {
        switch self {
        case .date(let date): date.description
        case .fromToday(let days): clock.day(try await now(), plus: days)
        }
    }
}

extension DayArgument: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
