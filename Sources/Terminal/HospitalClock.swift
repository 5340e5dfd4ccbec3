package import Scheduling
import ZoneTables

/// Moments as the hospital's wall clocks show them.
package struct HospitalClock {
    private let zone: TimeZoneRules

    /// By the zone tables of this machine: for times of no hospital that a server tells the clock changes of.
    package init(zone name: String) throws(CommandFailure) {
        do throws(ZoneTableError) {
            zone = try ZoneTables.machine.rules(of: name)
        } catch {
            throw CommandFailure(.notHere, "times of \(name) cannot be shown: \(error)")
        }
    }

    /// UTC's.
    package static var utc: HospitalClock { HospitalClock(TimeZoneRules.utc) }

    /// By clock changes that are known, the earliest first and at least one: from which second since 1970 on, and how
    /// many seconds ahead of UTC.
    package init(changes: [(from: Int64, offset: Int32)]) {
        zone = TimeZoneRules(name: "", changes: changes.map { .init(fromSecond: $0.from, offsetSeconds: $0.offset) })
    }

    /// By rules that are known.
    package init(_ rules: TimeZoneRules) { zone = rules }

    /// One that is always so many seconds ahead of UTC.
    package init(offset seconds: Int32) {
        zone = TimeZoneRules(name: "", changes: [.init(fromSecond: 0, offsetSeconds: seconds)])
    }

    /// The day, as `YYYY-MM-DD`, or the one so many days later.
    package func day(_ milliseconds: Int64, plus days: Int32 = 0) -> String {
        wall(milliseconds).date.advanced(days: days).description
    }

    /// `08:15`.
    package func time(_ milliseconds: Int64) -> String { wall(milliseconds).time.description }

    /// `2026-03-09 08:15`.
    func minute(_ milliseconds: Int64) -> String {
        let (date, time, _) = wall(milliseconds)
        return "\(date) \(time)"
    }

    /// `2026-03-09 08:15:07`.
    package func second(_ milliseconds: Int64) -> String {
        let (date, time, second) = wall(milliseconds)
        return "\(date) \(time):\(second < 10 ? "0" : "")\(second)"
    }

    /// `08:15–08:30`.
    package func stretch(_ start: Int64, _ end: Int64) -> String { "\(time(start))–\(time(end))" }

    /// ISO 8601 with the zone's offset, to the millisecond: `2026-03-09T08:15:00.000+08:00`.
    package func iso(_ milliseconds: Int64) -> String {
        let (date, time, second) = wall(milliseconds)
        let offset = offset(milliseconds)
        let minutes = abs(offset) / 60
        let sign = offset < 0 ? "-" : "+"
        let fraction = Self.floorModulo(milliseconds, 1_000)
        return "\(date)T\(time):\(Self.padded(Int64(second), 2)).\(Self.padded(fraction, 3))"
            + (offset == 0 ? "Z" : "\(sign)\(Self.padded(minutes / 60, 2)):\(Self.padded(minutes % 60, 2))")
    }

    /// The moment, in seconds since 1970, at which the wall clock shows this (told as if the wall clock were UTC's).
    /// What a clock change skips is read with the offset before it; what it shows twice is the first.
    package func moment(wallSecond wall: Int64) -> Int64 {
        // Offsets never differ by more than a day, so the offset a day earlier is the one before any change nearby.
        let before = offset((wall - 86_400) * 1_000)
        let after = offset((wall + 86_400) * 1_000)
        for candidate in [wall - max(before, after), wall - min(before, after)]
        where candidate + offset(candidate * 1_000) == wall {
            return candidate
        }
        return wall - before
    }

    private func offset(_ milliseconds: Int64) -> Int64 {
        zone.offset(atSecond: Self.floorDivide(milliseconds, 1_000))
    }

    private func wall(_ milliseconds: Int64) -> (date: LocalDate, time: WallTime, second: Int) {
        // What lies beyond the years that a calendar has is shown as their end.
        let milliseconds = min(max(milliseconds, -Self.farthest), Self.farthest)
        let local = Self.floorDivide(milliseconds, 1_000) + offset(milliseconds)
        let second = Self.floorModulo(local, 86_400)
        return (
            LocalDate(rawValue: Int32(Self.floorDivide(local, 86_400))), WallTime(rawValue: UInt16(second / 60)),
            Int(second % 60)
        )
    }

    /// Some 100,000 years from 1970, in milliseconds.
    private static let farthest: Int64 = 36_525_000 * 86_400_000

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { (a - floorModulo(a, b)) / b }
    private static func floorModulo(_ a: Int64, _ b: Int64) -> Int64 { (a % b + b) % b }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
