import Scheduling

/// A day, or a time of a day, as a calendar writes it (RFC 5545, 3.3.4 and 3.3.5).
struct CalendarTime: Hashable {
    /// Whose clocks show it.
    enum Zone: Hashable {
        /// Those of the place where one is: here the hospital's.
        case floating
        case utc
        /// By its `TZID`.
        case named(String)
    }

    var date: LocalDate
    /// Since midnight; nil for a day as a whole.
    var second: Int?
    var zone: Zone

    var isDay: Bool { second == nil }

    /// Seconds since 1970, were the wall clock UTC's.
    var wallSecond: Int64 { Int64(date.rawValue) * 86_400 + Int64(second ?? 0) }

    /// The same time of day on another day.
    func on(_ date: LocalDate) -> CalendarTime { CalendarTime(date: date, second: second, zone: zone) }

    /// Years that a calendar may name. Before them is a misprint, and clocks had no zones.
    private static let years = 1900...2149

    /// Reads `19970714` or, where a day does not do, `19970714T083000`, with `Z` behind it in UTC.
    /// - Parameter tzid: of the parameter; it goes with a time that is not UTC's.
    init(_ text: Substring, isDay: Bool, tzid: String?, _ property: ContentLine) throws(CalendarFault) {
        let bytes = Array(text.utf8)
        let isUTC = bytes.last == UInt8(ascii: "Z")
        let digits = isUTC ? bytes.dropLast() : bytes[...]
        let hasTime = digits.count == 15 && digits[8] == UInt8(ascii: "T")
        guard isDay ? bytes.count == 8 : hasTime, let date = Self.date(digits.prefix(8)) else {
            throw property.fault(
                "‘\(text)’ is no \(isDay ? "day" : "time")", remedy: Self.remedy(text, isDay, property))
        }
        guard Self.years.contains(date.civil.year) else {
            throw property.fault(
                "‘\(text)’ is not between \(Self.years.lowerBound) and \(Self.years.upperBound)",
                remedy: "write the year that is meant")
        }
        self.date = date
        guard !isDay else {
            if tzid != nil { throw property.fault("a day has no TZID", remedy: "take ;TZID=… out") }
            (second, zone) = (nil, .floating)
            return
        }
        guard let hour = Self.number(digits[9..<11], below: 24), let minute = Self.number(digits[11..<13], below: 60),
            let second = Self.number(digits[13..<15], below: 61)
        else { throw property.fault("‘\(text)’ is no time", remedy: Self.remedy(text, isDay, property)) }
        // 60 stands for a leap second, which clocks here do not have.
        self.second = hour * 3_600 + minute * 60 + min(second, 59)
        if isUTC, tzid != nil {
            throw property.fault("‘\(text)’ is in UTC and has a TZID", remedy: "take the Z or ;TZID=… out")
        }
        zone = isUTC ? .utc : tzid.map { .named($0) } ?? .floating
    }

    init(date: LocalDate, second: Int?, zone: Zone) {
        self.date = date
        self.second = second
        self.zone = zone
    }

    private static func remedy(_ text: Substring, _ isDay: Bool, _ property: ContentLine) -> String {
        if isDay { return "write YYYYMMDD, such as 20261201" }
        guard text.utf8.count == 8, date(Array(text.utf8)[...]) != nil else {
            return "write YYYYMMDDTHHMMSS, such as 20261201T083000, with Z behind it in UTC"
        }
        return "for a day as a whole write \(property.name);VALUE=DATE:\(text)"
    }

    private static func date(_ digits: ArraySlice<UInt8>) -> LocalDate? {
        let at = digits.startIndex
        guard digits.count == 8, let year = number(digits[at..<at + 4], below: 10_000),
            let month = number(digits[at + 4..<at + 6], below: 13), let day = number(digits[at + 6..<at + 8], below: 32)
        else { return nil }
        return LocalDate(year: year, month: month, day: day)
    }

    private static func number(_ digits: ArraySlice<UInt8>, below end: Int) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int($1) - 48 }
        return number < end ? number : nil
    }
}

extension ContentLine {
    /// The value as days or times, apart by commas; `VALUE` says which.
    func times() throws(CalendarFault) -> [CalendarTime] {
        let kind = parameter("VALUE")?.uppercased() ?? "DATE-TIME"
        guard kind == "DATE" || kind == "DATE-TIME" else {
            throw fault("VALUE is ‘\(kind)’", remedy: "write VALUE=DATE, or VALUE=DATE-TIME")
        }
        var times: [CalendarTime] = []
        for part in value.split(separator: ",", omittingEmptySubsequences: false) {
            times.append(try CalendarTime(part, isDay: kind == "DATE", tzid: parameter("TZID"), self))
        }
        return times
    }

    /// The value as one day or time.
    func time() throws(CalendarFault) -> CalendarTime {
        let times = try times()
        guard times.count == 1 else { throw fault("it has \(times.count) values", remedy: "write one") }
        return times[0]
    }
}
