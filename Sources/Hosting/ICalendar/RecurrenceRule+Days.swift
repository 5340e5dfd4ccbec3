import Scheduling

extension RecurrenceRule {
    /// More days were asked about than a file may.
    struct TooLong: Error {}

    /// The days of the series, ascending, the first one first. That one counts also where the rule does not have it
    /// (RFC 5545, 3.8.5.3, leaves open what else it could mean).
    ///
    /// - Parameters:
    ///   - last: no later day is wanted.
    ///   - early: earlier days may be left out, the first one aside.
    ///   - steps: how many days may still be asked about.
    func days(
        from first: LocalDate, through last: LocalDate, leavingOutBefore early: LocalDate, steps: inout Int
    ) throws(TooLong) -> [LocalDate] {
        var found = [first]
        // A series that counts has to be counted from its begin.
        var period = count == nil ? firstPeriod(from: first, reaching: early) : 0
        while found.count != count {
            guard let begin = begin(ofPeriod: period, from: first), begin <= Int(last.rawValue) else { return found }
            let dates = dates(inPeriodFrom: Int32(begin), first: first)
            steps -= 1 + dates.count
            guard steps >= 0 else { throw TooLong() }
            for date in dates where date > first {
                guard date <= last else { return found }
                found.append(date)
                if found.count == count { return found }
            }
            period += 1
        }
        return found
    }

    /// The first day of a period: the day, the week, the month, the year. Nil beyond the calendar.
    private func begin(ofPeriod number: Int, from first: LocalDate) -> Int? {
        let (year, month, _) = first.civil
        switch frequency {
        case .daily: return Int(first.rawValue) + number * interval
        case .weekly: return weekBegin(of: first) + 7 * number * interval
        case .monthly:
            let months = year * 12 + month - 1 + number * interval
            return LocalDate(year: months / 12, month: months % 12 + 1, day: 1).map { Int($0.rawValue) }
        case .yearly: return LocalDate(year: year + number * interval, month: 1, day: 1).map { Int($0.rawValue) }
        }
    }

    private func weekBegin(of date: LocalDate) -> Int {
        Int(date.rawValue) - (date.weekday - weekStart + 7) % 7
    }

    /// A period that ends before the day, or the first.
    private func firstPeriod(from first: LocalDate, reaching early: LocalDate) -> Int {
        let days = max(0, Int(early.rawValue) - Int(first.rawValue))
        let longest =
            switch frequency {
            case .daily: 1
            case .weekly: 7
            case .monthly: 31
            case .yearly: 366
            }
        return max(0, days / (longest * interval) - 1)
    }

    /// The days that the rule has in one period, ascending.
    private func dates(inPeriodFrom begin: Int32, first: LocalDate) -> [LocalDate] {
        let begin = LocalDate(rawValue: begin)
        let found: Set<LocalDate> =
            switch frequency {
            case .daily: Set([begin].filter(isAllowed))
            case .weekly: Set(weekDates(from: begin, first: first).filter(isAllowed))
            case .monthly:
                if months.isEmpty || months.contains(begin.civil.month) {
                    monthDates(begin, first: first, ordinalsIn: Self.month(of: begin))
                } else {
                    []
                }
            case .yearly: yearDates(begin, first: first)
            }
        return positioned(found.sorted())
    }

    /// With days and weeks every part limits.
    private func isAllowed(_ date: LocalDate) -> Bool {
        let (_, month, day) = date.civil
        guard months.isEmpty || months.contains(month) else { return false }
        let length = Self.month(of: date).count
        guard monthDays.isEmpty || monthDays.contains(where: { ($0 > 0 ? $0 : length + 1 + $0) == day }) else {
            return false
        }
        return days.isEmpty || days.contains { $0.weekday == date.weekday }
    }

    private func weekDates(from begin: LocalDate, first: LocalDate) -> [LocalDate] {
        let weekdays = days.isEmpty ? [first.weekday] : days.map(\.weekday)
        return weekdays.map { begin.advanced(days: Int32(($0 - weekStart + 7) % 7)) }
    }

    /// The days in one month. Days of the week limit days of the month, and name them where there are none.
    private func monthDates(
        _ begin: LocalDate, first: LocalDate, ordinalsIn range: ClosedRange<Int32>
    ) -> Set<LocalDate> {
        let month = Self.month(of: begin)
        let numbers = monthDays.isEmpty && days.isEmpty ? [first.civil.day] : monthDays
        var found = Set(
            numbers.map { $0 > 0 ? $0 : month.count + 1 + $0 }.filter { (1...month.count).contains($0) }
                .map { LocalDate(rawValue: month.lowerBound + Int32($0 - 1)) })
        if !days.isEmpty {
            let named = weekdays(in: range)
            found = monthDays.isEmpty ? named : found.intersection(named)
        }
        return found
    }

    private func yearDates(_ begin: LocalDate, first: LocalDate) -> Set<LocalDate> {
        let year = begin.civil.year
        let end = LocalDate(year: year, month: 12, day: 31) ?? begin
        let whole = begin.rawValue...end.rawValue
        if months.isEmpty, monthDays.isEmpty, !days.isEmpty { return weekdays(in: whole) }
        let numbers = months.isEmpty ? monthDays.isEmpty ? [first.civil.month] : Array(1...12) : months
        return numbers.reduce(into: []) { found, month in
            guard let begin = LocalDate(year: year, month: month, day: 1) else { return }
            // An ordinal is one of the month where months are named, else one of the year.
            found.formUnion(
                monthDates(begin, first: first, ordinalsIn: months.isEmpty ? whole : Self.month(of: begin)))
        }
    }

    /// The days of the week that the rule names in a month or year.
    private func weekdays(in range: ClosedRange<Int32>) -> Set<LocalDate> {
        var found: Set<LocalDate> = []
        for day in days {
            let begin = LocalDate(rawValue: range.lowerBound)
            let earliest = range.lowerBound + Int32((day.weekday - begin.weekday + 7) % 7)
            let all = Array(stride(from: earliest, through: range.upperBound, by: 7))
            guard let ordinal = day.ordinal else {
                found.formUnion(all.map { LocalDate(rawValue: $0) })
                continue
            }
            let place = ordinal > 0 ? ordinal - 1 : all.count + ordinal
            if all.indices.contains(place) { found.insert(LocalDate(rawValue: all[place])) }
        }
        return found
    }

    /// Those that `BYSETPOS` chooses.
    private func positioned(_ dates: [LocalDate]) -> [LocalDate] {
        guard !positions.isEmpty else { return dates }
        let places = Set(positions.map { $0 > 0 ? $0 - 1 : dates.count + $0 })
        return dates.indices.filter(places.contains).map { dates[$0] }
    }

    private static func month(of date: LocalDate) -> ClosedRange<Int32> {
        let begin = date.advanced(days: Int32(1 - date.civil.day))
        // The first or one of the next few days of the month that follows.
        let next = begin.advanced(days: 31)
        return begin.rawValue...next.rawValue - Int32(next.civil.day)
    }
}
