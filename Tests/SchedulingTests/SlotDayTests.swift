import Scheduling
import Testing

/// The day of a slot against a calendar on the wall, which is asked for every slot.
@Suite struct `The day of a slot` {
    /// Winter to summer and back, by an hour, by half an hour and by two, and the last one at midnight.
    private static let zones: [TimeZoneRules] = [
        .utc, .shanghai, .berlin, zone(37_800, 39_600, hour: 2), zone(0, 7_200, hour: 1),
        zone(-14_400, -10_800, hour: 0),
    ]

    /// Clocks go forward on 2025-03-30 at this hour, and back to it on 2025-10-26.
    private static func zone(_ winter: Int32, _ summer: Int32, hour: Int64) -> TimeZoneRules {
        func change(_ day: Int64, to: Int32) -> TimeZoneRules.Change {
            .init(fromSecond: day * 86_400 + hour * 3_600 - Int64(winter), offsetSeconds: to)
        }
        return TimeZoneRules(
            name: "\(winter) and \(summer)",
            changes: [
                .init(fromSecond: 0, offsetSeconds: winter), change(20_177, to: summer),
                change(20_387, to: winter),
            ])
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `is what a calendar shows when it starts, over two nights and clock changes`(seed: UInt64) throws {
        var random = Dice(seed: seed)
        let zone = Self.zones[Int(seed) % Self.zones.count]
        for _ in 0..<40 {
            let near: Int32 = Bool.random(using: &random) ? 20_177 : 20_387
            let day = LocalDate(rawValue: near + Int32.random(in: -3...1, using: &random))
            let minutes = UInt16.random(in: 6...240, using: &random)
            let slots = UInt16.random(in: 1...UInt16(min(512, 2_880 / Int(minutes))), using: &random)
            let start = zone.instant(of: day, WallTime(rawValue: UInt16.random(in: 0...1_439, using: &random)))
            let times = SessionTimes(date: day, start: start, slotMinutes: minutes, slots: slots, in: zone)
            let dates = (0..<slots).map { zone.wall(at: times.start(ofSlot: $0)).date }
            #expect((0..<slots).map(times.date(ofSlot:)) == dates, "\(zone.name) \(day) \(times)")
            for from in -1...4 as ClosedRange<Int32> {
                let (from, to) = (
                    day.advanced(days: from), day.advanced(days: from + Int32.random(in: 0...1, using: &random))
                )
                let wanted = dates.indices.filter { from <= dates[$0] && dates[$0] <= to }
                #expect(Array(times.slots(from: from, to: to)) == wanted)
            }
        }
    }

    @Test func `costs a session no byte`() { #expect(MemoryLayout<SessionTimes>.size == 12) }

    @Test func `is found out by the zone for a session of a journal that does not tell`() throws {
        let day = try #require(LocalDate("2025-07-01"))
        let start = TimeZoneRules.shanghai.instant(of: day, try #require(WallTime("22:00")))
        let old = SessionTimes(date: day, start: start, slotMinutes: 30, slots: 12)
        #expect(old.date(ofSlot: 11) == day)
        let known = old.resolved(in: .shanghai)
        #expect(known.date(ofSlot: 3) == day && known.date(ofSlot: 4) == day.advanced(days: 1))
        // What is known stays, whatever becomes of the zone.
        #expect(known.resolved(in: .utc) == known)
    }
}
