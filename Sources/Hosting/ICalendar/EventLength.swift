import Scheduling

/// How long an event takes.
enum EventLength: Hashable {
    /// Whole days, of an event that has no time of day.
    case days(Int32)
    /// So many seconds, whatever clocks do meanwhile: what `DTEND` means for each of a series (RFC 5545, 3.8.5.3).
    case exact(Int64)
    /// Days of the calendar, then seconds: what `DURATION` means (RFC 5545, 3.3.6).
    case nominal(days: Int32, seconds: Int64)

    /// Reads `P15DT5H0M20S` or `P7W`.
    init(duration text: String, _ property: ContentLine) throws(CalendarFault) {
        let pattern =
            #/\+?P(?:([0-9]{1,5})W|(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9})S)?)?)/#
        guard !text.hasPrefix("-") else {
            throw property.fault("‘\(text)’ is negative: an event ends after it begins", remedy: "take the - out")
        }
        guard let match = text.wholeMatch(of: pattern), text.last != "P", text.last != "T" else {
            throw property.fault("‘\(text)’ is no duration", remedy: "write it as PT45M, PT1H30M, P1D or P2W")
        }
        func number(_ text: Substring?) -> Int64 { text.flatMap { Int64($0) } ?? 0 }
        self = .nominal(
            days: Int32(number(match.1) * 7 + number(match.2)),
            seconds: number(match.3) * 3_600 + number(match.4) * 60 + number(match.5))
    }

    /// Whether it takes no time at all.
    var isNothing: Bool {
        switch self {
        case .days(let days): days == 0
        case .exact(let seconds): seconds == 0
        case .nominal(let days, let seconds): days == 0 && seconds == 0
        }
    }

    /// When something of this length ends, in seconds since 1970.
    func end(of start: CalendarTime, _ zones: CalendarZones) -> Int64 {
        switch self {
        case .days(let days): zones.second(start.on(start.date.advanced(days: days)))
        case .exact(let seconds): zones.second(start) + seconds
        case .nominal(let days, let seconds): zones.second(start.on(start.date.advanced(days: days))) + seconds
        }
    }
}
