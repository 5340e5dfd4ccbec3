/// `RRULE` (RFC 5545, 3.3.10), as far as it speaks of days: every one of a series has the time of day of the first.
struct RecurrenceRule: Hashable {
    enum Frequency: String, CaseIterable {
        case daily = "DAILY", weekly = "WEEKLY", monthly = "MONTHLY", yearly = "YEARLY"
    }

    /// A day of the week from Monday, 0; with an ordinal the so manieth of the month or year, from the end if negative.
    struct Day: Hashable {
        var ordinal: Int?
        var weekday: Int
    }

    var frequency: Frequency
    var interval = 1
    var count: Int?
    var until: CalendarTime?
    var days: [Day] = []
    var monthDays: [Int] = []
    var months: [Int] = []
    var positions: [Int] = []
    var weekStart = 0

    private static let weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

    init(_ property: ContentLine) throws(CalendarFault) {
        var parts: [String: String] = [:]
        for part in property.value.split(separator: ";", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[1].isEmpty else {
                throw property.fault("‘\(part)’ is no part of a rule", remedy: "write parts as FREQ=WEEKLY;BYDAY=MO")
            }
            guard parts.updateValue(pair[1].uppercased(), forKey: pair[0].uppercased()) == nil else {
                throw property.fault("\(pair[0]) stands there twice", remedy: "put it once")
            }
        }
        let reader = RuleParts(parts: parts, property: property)
        try reader.checkNames()
        frequency = try reader.frequency()
        interval = try reader.number("INTERVAL") ?? 1
        count = try reader.number("COUNT")
        if let text = parts["UNTIL"] {
            until = try CalendarTime(text[...], isDay: text.utf8.count == 8, tzid: nil, property)
        }
        days = try reader.list("BYDAY") { Self.day($0) }
        monthDays = try reader.list("BYMONTHDAY") { Self.number($0, most: 31) }
        months = try reader.list("BYMONTH") { Self.number($0, most: 12).flatMap { $0 > 0 ? $0 : nil } }
        positions = try reader.list("BYSETPOS") { Self.number($0, most: 366) }
        if let text = parts["WKST"] {
            guard let weekday = Self.weekdays.firstIndex(of: text) else {
                throw property.fault(
                    "WKST is ‘\(text)’", remedy: "write one of \(Self.weekdays.joined(separator: ", "))")
            }
            weekStart = weekday
        }
        try check(property)
    }

    /// What goes together (RFC 5545, 3.3.10).
    private func check(_ property: ContentLine) throws(CalendarFault) {
        if count != nil, until != nil {
            throw property.fault("COUNT and UNTIL both say when it ends", remedy: "keep one of them")
        }
        if frequency == .daily || frequency == .weekly, days.contains(where: { $0.ordinal != nil }) {
            throw property.fault(
                "BYDAY has an ordinal with FREQ=\(frequency.rawValue)", remedy: "write FREQ=MONTHLY, or the day alone")
        }
        if frequency == .weekly, !monthDays.isEmpty {
            throw property.fault("BYMONTHDAY does not go with FREQ=WEEKLY", remedy: "write FREQ=MONTHLY")
        }
        if !positions.isEmpty, days.isEmpty, monthDays.isEmpty, months.isEmpty {
            throw property.fault(
                "BYSETPOS chooses among days that no other part names", remedy: "add BYDAY, BYMONTHDAY or BYMONTH")
        }
    }

    private static func day(_ text: Substring) -> Day? {
        guard let weekday = weekdays.firstIndex(of: String(text.suffix(2))) else { return nil }
        let ordinal = text.dropLast(2)
        if ordinal.isEmpty { return Day(ordinal: nil, weekday: weekday) }
        return number(ordinal, most: 53).map { Day(ordinal: $0, weekday: weekday) }
    }

    /// Digits, perhaps behind a sign; not 0.
    private static func number(_ text: Substring, most: Int) -> Int? {
        let sign = text.first
        let digits = sign == "-" || sign == "+" ? text.dropFirst() : text
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(digits), (1...most).contains(number)
        else { return nil }
        return sign == "-" ? -number : number
    }
}

/// The parts of a rule by their names.
private struct RuleParts {
    let parts: [String: String]
    let property: ContentLine

    /// What each part that is not read could be written as.
    private static let unread = [
        "BYWEEKNO": "name the days with BYMONTH and BYDAY, or with RDATE",
        "BYYEARDAY": "name the days with BYMONTH and BYMONTHDAY, or with RDATE",
        "BYHOUR": "write an event for each hour", "BYMINUTE": "write an event for each time",
        "BYSECOND": "take it out", "RSCALE": "name the days with RDATE", "SKIP": "name the days with RDATE",
    ]
    private static let read: Set<String> = [
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST",
    ]

    func checkNames() throws(CalendarFault) {
        for name in parts.keys.sorted() where !Self.read.contains(name) {
            if let remedy = Self.unread[name] { throw property.fault("\(name) is not read", remedy: remedy) }
            throw property.fault(
                "\(name) is no part of a rule", remedy: "it has \(Self.read.sorted().joined(separator: ", "))")
        }
    }

    func frequency() throws(CalendarFault) -> RecurrenceRule.Frequency {
        let all = RecurrenceRule.Frequency.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = parts["FREQ"] else { throw property.fault("FREQ is missing", remedy: "write one of \(all)") }
        guard let frequency = RecurrenceRule.Frequency(rawValue: text) else {
            let isShorter = ["HOURLY", "MINUTELY", "SECONDLY"].contains(text)
            throw property.fault(
                isShorter ? "FREQ=\(text) is not read" : "FREQ is ‘\(text)’",
                remedy: isShorter ? "write an event for each time of day with FREQ=DAILY" : "write one of \(all)")
        }
        return frequency
    }

    /// From 1 to 99,999.
    func number(_ name: String) throws(CalendarFault) -> Int? {
        guard let text = parts[name] else { return nil }
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(text),
            number > 0
        else { throw property.fault("\(name) is ‘\(text)’", remedy: "write a number from 1 to 99999") }
        return number
    }

    func list<Value>(_ name: String, _ value: (Substring) -> Value?) throws(CalendarFault) -> [Value] {
        guard let text = parts[name] else { return [] }
        var values: [Value] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = value(part) else {
                throw property.fault("‘\(part)’ in \(name) is none", remedy: form(name))
            }
            values.append(value)
        }
        return values
    }

    private func form(_ name: String) -> String {
        switch name {
        case "BYDAY": "write MO to SU, in months and years with an ordinal before it, such as 2TU or -1FR"
        case "BYMONTH": "write 1 to 12"
        case "BYMONTHDAY": "write 1 to 31, or -31 to -1 from the end of the month"
        default: "write 1 to 366, or -366 to -1 from the end"
        }
    }
}
