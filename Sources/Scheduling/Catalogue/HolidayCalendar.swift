/// 日历: public holidays 节假日 and make-up working days 调休, as data that a hospital brings. The engine knows none by
/// itself, and guesses nothing beyond the days that one can judge.
package struct HolidayCalendar: Hashable, Sendable {
    /// A day that is not what its weekday says.
    package struct Day: Hashable, Sendable {
        /// What becomes of it.
        package enum Kind: Hashable, Sendable {
            case holiday
            /// A working day in place of this weekday: 0 for Monday to 6 for Sunday.
            case working(as: UInt8)
        }

        package var date: LocalDate
        package var kind: Kind

        package init(date: LocalDate, kind: Kind) {
            self.date = date
            self.kind = kind
        }
    }

    /// What a day is.
    package enum Verdict: Hashable, Sendable {
        case holiday
        /// It goes as this weekday does: 0 for Monday to 6 for Sunday.
        case weekday(Int)
        /// It lies before the calendar's first day or after its last.
        case unjudged
    }

    package var id: CalendarID
    package var code: String
    package var name: String
    /// Who says so.
    package var source: String
    /// The first day and the last that it can judge.
    package var first, last: LocalDate
    /// In their order, each once, from the first to the last; all others go by their weekday.
    package var days: [Day]

    package init(
        id: CalendarID, code: String, name: String, source: String, first: LocalDate, last: LocalDate, days: [Day]
    ) {
        self.id = id
        self.code = code
        self.name = name
        self.source = source
        self.first = first
        self.last = last
        self.days = days
    }

    package func verdict(on date: LocalDate) -> Verdict {
        guard first <= date, date <= last else { return .unjudged }
        guard let day = days.first(of: date, \.date) else { return .weekday(date.weekday) }
        return switch day.kind {
        case .holiday: .holiday
        case .working(let weekday): .weekday(Int(weekday))
        }
    }
}

extension Array {
    /// The element of a day, in an array that is in the order of its days, each once.
    func first(of date: LocalDate, _ day: (Element) -> LocalDate) -> Element? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if day(self[middle]) < date { low = middle + 1 } else { high = middle }
        }
        return low < count && day(self[low]) == date ? self[low] : nil
    }
}
