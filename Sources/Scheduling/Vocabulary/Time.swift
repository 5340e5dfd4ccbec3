/// A moment: milliseconds since 1970-01-01T00:00Z.
package struct Instant: RawRepresentable, Hashable, Comparable, Sendable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }

    package init(minute: UInt32) { rawValue = Int64(minute) * 60_000 }

    package static func < (a: Instant, b: Instant) -> Bool { a.rawValue < b.rawValue }

    package func advanced(milliseconds: Int64) -> Instant { Instant(rawValue: rawValue + milliseconds) }
}

/// A calendar day without a zone: days since 1970-01-01 in the proleptic Gregorian calendar.
package struct LocalDate: RawRepresentable, Hashable, Comparable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// The days the engine works with: 1970-01-01 to 2149-06-06, what 16 bits hold.
    package static let range = LocalDate(rawValue: 0)...LocalDate(rawValue: 65_535)

    package static func < (a: LocalDate, b: LocalDate) -> Bool { a.rawValue < b.rawValue }

    package func advanced(days: Int32) -> LocalDate { LocalDate(rawValue: rawValue + days) }

    /// 0 for Monday to 6 for Sunday. 1970-01-01 was a Thursday.
    package var weekday: Int { Int((rawValue % 7 + 7 + 3) % 7) }

    /// Nil where the calendar has no such day. The arithmetic is Howard Hinnant's `days_from_civil`.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        rawValue = Int32(era * 146_097 + dayOfEra - 719_468)
    }

    /// Year, month and day; the inverse of `init(year:month:day:)`.
    package var civil: (year: Int, month: Int, day: Int) {
        let z = Int(rawValue) + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension LocalDate: LosslessStringConvertible {
    /// Reads `YYYY-MM-DD`; nil for anything else, or a day the calendar does not have.
    package init?(_ text: String) {
        let utf8 = text.utf8Span
        let bytes = utf8.span
        func number(_ places: Range<Int>) -> Int? {
            var number = 0
            for place in places {
                guard (48...57).contains(bytes[place]) else { return nil }
                number = number * 10 + Int(bytes[place]) - 48
            }
            return number
        }
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    package var description: String {
        let (year, month, day) = civil
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

/// A time on the wall clock: minutes since midnight.
package struct WallTime: RawRepresentable, Hashable, Sendable, LosslessStringConvertible {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Reads `HH:MM`, 00:00 to 23:59.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]]
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let hour = UInt16(digits[0] - 48) * 10 + UInt16(digits[1] - 48)
        let minute = UInt16(digits[2] - 48) * 10 + UInt16(digits[3] - 48)
        guard hour < 24, minute < 60 else { return nil }
        rawValue = hour * 60 + minute
    }

    package var description: String { "\(padded(Int(rawValue) / 60, 2)):\(padded(Int(rawValue) % 60, 2))" }
}

/// What a wall clock shows: a day, and a time to the minute.
package struct WallMoment: Hashable, Comparable, Sendable {
    package var date: LocalDate
    package var time: WallTime

    package init(date: LocalDate, time: WallTime) {
        self.date = date
        self.time = time
    }

    package static func < (a: WallMoment, b: WallMoment) -> Bool {
        (a.date.rawValue, a.time.rawValue) < (b.date.rawValue, b.time.rawValue)
    }
}

/// The rules of one time zone, as data: they are resolved once, outside, and kept in the journal, so that replaying it
/// gives the same sessions on a machine with newer zone tables.
package struct TimeZoneRules: Hashable, Sendable {
    /// From this second on (since 1970), wall clocks are `offsetSeconds` ahead of UTC.
    package struct Change: Hashable, Sendable {
        package var fromSecond: Int64
        package var offsetSeconds: Int32

        package init(fromSecond: Int64, offsetSeconds: Int32) {
            self.fromSecond = fromSecond
            self.offsetSeconds = offsetSeconds
        }
    }

    package let name: String
    /// In the order of time; the first holds for everything before it too. Never empty.
    package let changes: [Change]

    package init(name: String, changes: [Change]) {
        precondition(!changes.isEmpty, "a zone needs at least one offset")
        self.name = name
        self.changes = changes
    }

    package static let utc = TimeZoneRules(name: "UTC", changes: [Change(fromSecond: 0, offsetSeconds: 0)])

    package func offset(atSecond second: Int64) -> Int64 {
        let next = changes.firstIndex { $0.fromSecond > second } ?? changes.count
        return Int64(changes[max(0, next - 1)].offsetSeconds)
    }

    /// The first moment from `now` on at which other rules have another offset; nil where there is none.
    package func firstDifference(from other: TimeZoneRules, after now: Instant) -> Instant? {
        let begin = floorDivide(now.rawValue, 1_000)
        let places = ([begin] + (changes + other.changes).map(\.fromSecond)).filter { $0 >= begin }.sorted()
        return places.first { offset(atSecond: $0) != other.offset(atSecond: $0) }.map { Instant(rawValue: $0 * 1_000) }
    }

    /// The moment a wall clock shows this time on this day. A time that the clock change skips is read with the offset
    /// before the change, so it lies as long after the gap as it was meant to lie after its begin; a time that comes
    /// twice is the first.
    package func instant(of date: LocalDate, _ time: WallTime) -> Instant {
        let wall = Int64(date.rawValue) * 86_400 + Int64(time.rawValue) * 60
        // Offsets never differ by more than a day, so the offset in force a day earlier is the one before any change
        // nearby.
        let before = offset(atSecond: wall - 86_400)
        let after = offset(atSecond: wall + 86_400)
        for candidate in [wall - max(before, after), wall - min(before, after)]
        where candidate + offset(atSecond: candidate) == wall {
            return Instant(rawValue: candidate * 1_000)
        }
        return Instant(rawValue: (wall - before) * 1_000)
    }

    /// The day and time that a wall clock shows at this moment.
    package func wall(at instant: Instant) -> WallMoment {
        let second = floorDivide(instant.rawValue, 1_000)
        let local = second + offset(atSecond: second)
        let day = floorDivide(local, 86_400)
        return WallMoment(
            date: LocalDate(rawValue: Int32(day)), time: WallTime(rawValue: UInt16((local - day * 86_400) / 60)))
    }
}

private func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : (a - b + 1) / b }

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
