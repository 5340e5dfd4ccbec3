import Scheduling
import Testing

/// What a policy's times of day mean where clocks change, by the rule that reads them.
@Suite struct `Times of policy terms` {
    private func isReleased(_ day: String, at moment: Instant, days: UInt32, _ time: String) throws -> Bool {
        var world = World(zone: .berlin)
        let session = world.open(on: day, at: "08:00")
        var draft = CatalogueDraft()
        draft.policies = [
            .init(
                department: "", perDayDepartment: 0, perDay: 0, holdSeconds: 900,
                terms: [.init(rule: .notReleased, limit: 100, days: days, at: WallTime(time))])
        ]
        world.put(draft)
        world.now = moment
        let request = world.request(1, World.Wish(session: session, slot: 0))
        return rule { () throws(Refusal) in
            try RuleList.judge(request, isOffered: true, isElsewhere: false)
        } == nil
    }

    @Test(arguments: [
        ("2025-06-29", "23:59", false), ("2025-06-30", "06:59", false), ("2025-06-30", "07:00", true),
        ("2025-07-01", "00:00", true),
    ])
    func `a time comes on the wall clock, so many days before the day of the slot`(
        date: String, time: String, isReleased: Bool
    ) throws {
        let moment = World.at(date, time, in: .berlin)
        #expect(try self.isReleased("2025-07-07", at: moment, days: 7, "07:00") == isReleased)
        #expect(
            try self.isReleased("2025-07-07", at: moment.advanced(milliseconds: -1), days: 7, "07:00")
                == (isReleased && time != "07:00"))
    }

    @Test func `a time that a clock change skips comes with the change`() throws {
        // At 02:00 it is 03:00.
        let change = Instant(rawValue: 1_743_296_400_000)
        let before = change.advanced(milliseconds: -1)
        #expect(try !isReleased("2025-03-31", at: before, days: 1, "02:30"))
        #expect(try isReleased("2025-03-31", at: change, days: 1, "02:30"))
    }

    @Test func `a time that comes twice comes with the first, and not from the change to the second`() throws {
        // At 03:00 it is 02:00.
        let change = Instant(rawValue: 1_761_440_400_000)
        for (minutes, isCome) in [(-31, false), (-30, true), (-1, true), (0, false), (29, false), (30, true)] {
            let moment = change.advanced(milliseconds: Int64(minutes) * 60_000)
            #expect(try isReleased("2025-10-27", at: moment, days: 1, "02:30") == isCome, "\(minutes)")
        }
    }
}
