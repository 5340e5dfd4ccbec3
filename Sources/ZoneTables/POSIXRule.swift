import Scheduling

/// The rule of a footer, as POSIX writes it in `TZ` with the extension of RFC 9636: `CET-1CEST,M3.5.0,M10.5.0/3`.
package struct POSIXRule: Hashable, Sendable {
    /// Standard time, in seconds ahead of UTC.
    package let standard: Int32
    /// Nil where clocks do not change.
    package let summer: Summer?

    /// Summer time: its offset, and when in each year it begins and ends.
    package struct Summer: Hashable, Sendable {
        package let offset: Int32
        let begins: YearDay
        let ends: YearDay
    }

    /// A moment of each year, by the wall clock that is in force until then.
    struct YearDay: Hashable, Sendable {
        enum Day: Hashable, Sendable {
            /// 1 to 365; 29 February is never counted.
            case julian(Int)
            /// 0 to 365; 29 February is counted.
            case zeroBased(Int)
            /// Month, week (5 is the last), day of the week from Sunday.
            case week(Int, Int, Int)
        }

        var day: Day
        /// Seconds from midnight; may be negative, or of a later day.
        var second: Int

        /// Seconds since 1970 as if the wall clock were UTC's.
        func wallSecond(in year: Int) -> Int64 {
            let first = LocalDate(year: year, month: 1, day: 1)?.rawValue ?? 0
            let date: Int32
            switch day {
            case .julian(let number):
                let leaps = LocalDate(year: year, month: 2, day: 29) != nil && number >= 60
                date = first + Int32(number - 1) + (leaps ? 1 : 0)
            case .zeroBased(let number): date = first + Int32(number)
            case .week(let month, let week, let weekday):
                let begin = LocalDate(year: year, month: month, day: 1) ?? LocalDate(rawValue: first)
                // Here weeks begin on Sunday, there on Monday.
                let ahead = (weekday - (begin.weekday + 1) % 7 + 7) % 7
                var found = begin.advanced(days: Int32(ahead + 7 * (week - 1)))
                while found.civil.month != month { found = found.advanced(days: -7) }
                date = found.rawValue
            }
            return Int64(date) * 86_400 + Int64(second)
        }
    }

    package init(_ text: String) throws(ZoneDamage) {
        var reader = RuleReader(text)
        try reader.name()
        standard = -Int32(try reader.time(mostHours: 24))
        guard !reader.isAtEnd else {
            summer = nil
            return
        }
        try reader.name()
        let offset = reader.isAt(",") ? standard + 3_600 : -Int32(try reader.time(mostHours: 24))
        // Without them programs differ in what they assume.
        guard reader.take(",") else {
            throw ZoneDamage(
                "its footer does not say when summer time begins; name the zone of a place, such as Europe/Berlin",
                isSound: reader.isAtEnd)
        }
        let begins = try reader.yearDay()
        guard reader.take(",") else { throw ZoneDamage("its footer does not say when summer time ends") }
        summer = Summer(offset: offset, begins: begins, ends: try reader.yearDay())
        guard reader.isAtEnd else { throw ZoneDamage("there is more in its footer than a rule") }
    }

    /// The changes of some years, in the order of time. Where summer time ends as it begins anew, it goes on.
    func transitions(in years: ClosedRange<Int>) -> [TZif.Transition] {
        guard let summer else { return [] }
        var found: [(second: Int64, isSummer: Bool)] = []
        for year in years {
            found.append((summer.begins.wallSecond(in: year) - Int64(standard), true))
            found.append((summer.ends.wallSecond(in: year) - Int64(summer.offset), false))
        }
        found.sort { ($0.second, $0.isSummer ? 1 : 0) < ($1.second, $1.isSummer ? 1 : 0) }
        var transitions: [TZif.Transition] = []
        for (second, isSummer) in found {
            if transitions.last?.second == second { transitions.removeLast() }
            transitions.append(.init(second: second, offset: isSummer ? summer.offset : standard))
        }
        return transitions
    }

    /// The offset at a moment; of a moment so far away that no calendar here has it, standard time.
    func offset(at second: Int64) -> Int32 {
        let range: ClosedRange<Int64> = -60_000_000_000...250_000_000_000
        guard summer != nil, range.contains(second) else { return standard }
        let year = LocalDate(rawValue: Int32(second / 86_400)).civil.year
        return transitions(in: max(1, year - 2)...(year + 1)).last { $0.second <= second }?.offset ?? standard
    }
}

/// Reads a rule from its text.
private struct RuleReader {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }
    func isAt(_ character: Character) -> Bool { rest.first == character }

    mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Letters, or letters, digits and signs between `<` and `>`: three at least.
    mutating func name() throws(ZoneDamage) {
        let isQuoted = take("<")
        let name = rest.prefix {
            $0.isASCII && ($0.isLetter || (isQuoted && ($0.isNumber || $0 == "+" || $0 == "-")))
        }
        rest = rest.dropFirst(name.count)
        guard name.count >= 3, !isQuoted || take(">") else { throw ZoneDamage("a name in its footer is none") }
    }

    mutating func number(_ range: ClosedRange<Int>) throws(ZoneDamage) -> Int {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard (1...3).contains(digits.count), let number = Int(digits), range.contains(number) else {
            throw ZoneDamage("a number in its footer is none, or out of range")
        }
        rest = rest.dropFirst(digits.count)
        return number
    }

    /// `[+-]h[:mm[:ss]]`, in seconds.
    mutating func time(mostHours: Int) throws(ZoneDamage) -> Int {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        var seconds = try number(0...mostHours) * 3_600
        if take(":") {
            seconds += try number(0...59) * 60
            if take(":") { seconds += try number(0...59) }
        }
        return isNegative ? -seconds : seconds
    }

    mutating func yearDay() throws(ZoneDamage) -> POSIXRule.YearDay {
        let day: POSIXRule.YearDay.Day
        if take("J") {
            day = .julian(try number(1...365))
        } else if take("M") {
            let month = try number(1...12)
            guard take(".") else { throw ZoneDamage("a day in its footer is none") }
            let week = try number(1...5)
            guard take(".") else { throw ZoneDamage("a day in its footer is none") }
            day = .week(month, week, try number(0...6))
        } else {
            day = .zeroBased(try number(0...365))
        }
        return .init(day: day, second: take("/") ? try time(mostHours: 167) : 2 * 3_600)
    }
}
