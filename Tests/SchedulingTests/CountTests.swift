import Oracle
import Scheduling
import Testing

@Suite struct `Counts of what happened` {
    /// Of everything in the days around the world's sessions.
    private static func count(
        _ world: World, by groupings: Set<CountBy> = [.total], on date: String = "2025-07-01"
    ) -> CountBook {
        guard let day = LocalDate(date) else { preconditionFailure(date) }
        var book = CountBook(from: day, to: day, by: groupings, world.catalogue)
        for session in world.pools.allSessions { book.add(session) }
        return book
    }

    private static func total(_ world: World) -> Figures { count(world).rows[.total]?[0] ?? Figures() }

    @Test func `each appointment is one of sold, cancelled, stopped, moved, held and lapsed, a moved one sold once`()
        throws
    {
        var world = World()
        _ = world.service()
        let session = world.open(slots: 8)
        let ids = try (0..<6).map { try world.book(UInt64($0) + 1, session, slot: $0) }
        _ = try world.hold(7, session, slot: 6)
        let lapsed = try world.hold(8, session, slot: 7)
        try world.change(lapsed, .cancel)
        try world.change(ids[0], .cancel)
        _ = try world.move(ids[1], to: session, slot: 7)
        world.now = World.at("2025-07-01", "09:00")
        try world.change(ids[2], .noShow)
        for step in [Transition.arrive, .call, .start, .complete] { try world.change(ids[3], step) }
        let total = Self.total(world)
        #expect(total.offered == 8 && total.soldUnits == 5 && total.sold == 5)
        #expect((total.cancelled, total.moved, total.noShow, total.completed) == (1, 1, 1, 1))
        #expect((total.held, total.lapsed, total.stopped) == (1, 1, 0))
        #expect(total.booked == 7 && total.lead[7] == 7, "a month ahead, the place that was moved to among them")
    }

    @Test func `a cancellation is late by the terms of any channel`() throws {
        var world = World()
        _ = world.service()
        var draft = CatalogueDraft()
        draft.policies = [
            .init(
                department: "", perDayDepartment: 0, perDay: 0, holdSeconds: 900,
                terms: [.init(rule: .tooLate, channels: [.app], days: 1, at: WallTime("15:00"))])
        ]
        world.put(draft)
        let session = world.open()
        let ids = try (0..<2).map { try world.book(UInt64($0) + 1, session, slot: $0) }
        world.now = World.at("2025-06-30", "14:59")
        try world.change(ids[0], .cancel)
        world.now = World.at("2025-06-30", "15:00")
        try world.change(ids[1], .cancel)
        #expect((Self.total(world).cancelled, Self.total(world).late) == (2, 1))
    }

    @Test func `a session is sold out when its last unit goes, counted from its release`() throws {
        var world = World()
        _ = world.service()
        var draft = CatalogueDraft()
        draft.policies = [
            .init(
                department: "", perDayDepartment: 0, perDay: 0, holdSeconds: 900,
                terms: [.init(rule: .notReleased, limit: 100, days: 7, at: WallTime("07:00"))])
        ]
        world.put(draft)
        let session = world.open(slots: 2)
        world.now = World.at("2025-06-24", "07:00").advanced(milliseconds: 5_900)
        let first = try world.book(1, session, slot: 0)
        world.now = world.now.advanced(milliseconds: 60_000)
        _ = try world.book(2, session, slot: 1)
        #expect((Self.total(world).soldOut, Self.total(world).sellingSeconds) == (1, 65))
        #expect(Self.total(world).selling[1] == 1)
        // What is given back later takes nothing away from it.
        world.now = world.now.advanced(milliseconds: 60_000)
        try world.change(first, .cancel)
        #expect((Self.total(world).soldOut, Self.total(world).sellingSeconds) == (1, 65))
    }

    @Test func `a night counts on both days, and an hour by the clock on the wall`() throws {
        var world = World()
        _ = world.service()
        let session = world.open(at: "23:00", slots: 4, minutes: 30)
        _ = try world.book(1, session, slot: 3)
        let evening = Self.count(world, by: [.total, .hour])
        #expect(evening.rows[.total]?[0]?.offered == 2 && evening.rows[.total]?[0]?.sessions == 1)
        // 2025-07-01 is a Tuesday.
        #expect(evening.rows[.hour]?.keys.sorted() == [24 + 23])
        let morning = Self.count(world, by: [.total, .hour], on: "2025-07-02")
        #expect(morning.rows[.hour]?.keys.sorted() == [48])
        #expect(morning.rows[.total]?[0]?.sold == 1 && morning.rows[.total]?[0]?.sessions == 0)
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `whatever random commands did, each figure is that of a recount from the log`(seed: UInt64) {
        var rounds = CommandRounds(seed: seed)
        // An archived session is counted as it was last.
        var sessions: [SessionID: Session] = [:]
        for _ in 1...1_000 {
            rounds.playOne()
            for session in rounds.world.pools.allSessions { sessions[session.id] = session }
        }
        var model = NaiveModel()
        for (index, event) in rounds.world.journal.enumerated() { model.apply(event, at: UInt64(index) + 1) }
        let days = sessions.values.map(\.times.date)
        guard let first = days.min(), let last = days.max() else { return }
        let all = Set(CountBy.allCases)
        for (from, to) in [(first, last), (first.advanced(days: 1), first.advanced(days: 1))] {
            var book = CountBook(from: from, to: to, by: all, rounds.world.catalogue)
            for session in sessions.values { book.add(session) }
            let recount = Recount(Situation(model, now: rounds.world.now), from...to, by: all) { _ in true }
            for (cell, bounds) in recount.bounds {
                #expect(bounds.lowerBound == bounds.upperBound, "\(cell) is in doubt")
                let figures = book.rows[cell.by]?[cell.key] ?? Figures()
                #expect(figures.named[cell.figure] == bounds.lowerBound, "\(cell), seed \(seed)")
            }
            let sum = book.rows[.total]?[0] ?? Figures()
            #expect(sum.sold > 0 && sum.cancelled > 0 && sum.lapsed > 0 || from == to)
            #expect(sum.soldUnits <= sum.offered)
            for by in [CountBy.day, .department, .pool] {
                var parts = Figures()
                for figures in (book.rows[by] ?? [:]).values { parts += figures }
                #expect(parts == sum, "the rows by \(by) do not add up, seed \(seed)")
            }
        }
    }
}

extension Figures {
    /// By the names that the recount has for them.
    var named: [String: Int] {
        var named = [
            "offered": offered, "sold units": soldUnits, "sold": sold, "completed": completed, "no-show": noShow,
            "cancelled": cancelled, "late": late, "stopped": stopped, "moved": moved, "held": held, "lapsed": lapsed,
            "sessions": sessions, "sold out": soldOut, "selling seconds": sellingSeconds,
        ]
        for index in lead.indices {
            named["lead \(index)"] = lead[index]
            named["selling \(index)"] = selling[index]
        }
        return named.mapValues { Int($0) }
    }
}
