import Scheduling
import Testing

/// Searches against a list of all slots there are, sorted and filtered.
@Suite struct `Searching for free slots` {
    private static let firstDay = LocalDate(rawValue: 20_000)
    private static let pools = (1...6 as ClosedRange<UInt32>).map { PoolID(rawValue: $0) }

    /// Pools with sessions at all hours, in an order of their own, some slots taken and some sessions archived.
    private func hospital(_ random: inout Dice) throws -> PoolBook {
        var book = PoolBook()
        for pool in Self.pools {
            var days = (0..<Int32(8)).map { Self.firstDay.advanced(days: $0) }
            days.shuffle(using: &random)
            for (index, day) in days.enumerated() {
                // From 01:30 to 23:00 in Shanghai, so the last ones go on after midnight.
                let half = UInt16.random(in: 3...46, using: &random)
                let start = TimeZoneRules.shanghai.instant(of: day, WallTime(rawValue: half * 30))
                let slots = UInt16.random(in: 1...9, using: &random)
                let definition = SessionDefinition(
                    id: SessionID(pool: pool, index: UInt32(index)),
                    times: SessionTimes(date: day, start: start, slotMinutes: 15, slots: slots, in: .shanghai),
                    template: nil,
                    capacities: (0..<slots).map { _ in UInt16.random(in: 0...3, using: &random) })
                let isOpen = book.evolve(definition)
                #expect(isOpen)
                if Int.random(in: 0..<8, using: &random) == 0 {
                    book.archive(definition.id)
                    continue
                }
                for _ in 0..<Int.random(in: 0...12, using: &random) {
                    var asking = asking(now: Instant(rawValue: 0))
                    asking.patient = PatientID(rawValue: 1)
                    asking.service = ServiceID(rawValue: 1)
                    asking.slot = SlotID(session: definition.id, index: UInt16.random(in: 0..<slots, using: &random))
                    _ = try? book.claim(asking)
                }
            }
        }
        return book
    }

    private func asking(now: Instant) -> Asking {
        Asking(
            origin: nil, patient: nil, service: nil, slot: SlotID(rawValue: 0), span: 1, units: 1, times: .none,
            department: DepartmentID(rawValue: 1), policy: .initial, now: now,
            wall: WallMoment(date: Self.firstDay, time: WallTime(rawValue: 0)))
    }

    private func naive(_ search: SlotSearch, _ pools: [PoolID], _ book: PoolBook) -> [FreeSlot] {
        var all: [FreeSlot] = []
        for session in pools.compactMap({ book.sessions(of: $0) }).flatMap({ Array($0.inOrderOfOpening) }) {
            for index in 0..<Int(session.times.slots) where index + Int(search.asking.span) <= session.slots.count {
                let part = session.slots[index..<index + Int(search.asking.span)]
                guard part.allSatisfy({ $0.free >= search.asking.units }) else { continue }
                let slot = SlotID(session: session.id, index: UInt16(index))
                let start = session.times.start(ofSlot: UInt16(index))
                guard start > search.asking.now,
                    (search.from...search.to).contains(TimeZoneRules.shanghai.wall(at: start).date)
                else { continue }
                if let after = search.after, (start, slot.rawValue) <= (after.start, after.slot.rawValue) { continue }
                all.append(
                    FreeSlot(
                        slot: slot, start: start,
                        end: session.times.end(ofSlot: UInt16(index), span: search.asking.span),
                        free: part.map(\.free).min() ?? 0, capacity: part.map(\.capacity).min() ?? 0))
            }
        }
        return Array(all.sorted { ($0.start, $0.slot.rawValue) < ($1.start, $1.slot.rawValue) }.prefix(search.limit))
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `gives what a list of all slots would, page by page`(seed: UInt64) throws {
        var random = Dice(seed: seed)
        let book = try hospital(&random)
        for _ in 0..<30 {
            let from = Self.firstDay.advanced(days: Int32.random(in: -1...7, using: &random))
            let pools = Self.pools.filter { _ in Bool.random(using: &random) } + [PoolID(rawValue: 99)]
            let now = Instant(
                minute: UInt32(Self.firstDay.rawValue) * 1_440 + UInt32.random(in: 0...9_000, using: &random))
            var asking = asking(now: now)
            asking.span = UInt8.random(in: 1...3, using: &random)
            asking.units = UInt16.random(in: 1...2, using: &random)
            var search = SlotSearch(
                from: from, to: from.advanced(days: Int32.random(in: 0...6, using: &random)), after: nil, limit: .max,
                asking: asking)
            let all = naive(search, pools, book)
            search.limit = Int.random(in: 1...7, using: &random)
            var found: [FreeSlot] = []
            while true {
                let page = search.run(pools, in: book)
                try #require(page == naive(search, pools, book))
                guard let last = page.last else { break }
                found += page
                search.after = (last.start, last.slot)
            }
            #expect(found == all)
        }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `counts of days are the sums of all slots`(seed: UInt64) throws {
        var random = Dice(seed: seed)
        let book = try hospital(&random)
        for turn in 0..<30 {
            let from = Self.firstDay.advanced(days: Int32.random(in: -1...7, using: &random))
            let pools = Self.pools.filter { _ in Bool.random(using: &random) } + [PoolID(rawValue: 99)]
            let now = Instant(
                minute: UInt32(Self.firstDay.rawValue) * 1_440 + UInt32.random(in: 0...9_000, using: &random))
            var asking = asking(now: now)
            // Half of them the way that most services go, by totals.
            if turn.isMultiple(of: 2) {
                asking.span = UInt8.random(in: 1...3, using: &random)
                asking.units = UInt16.random(in: 1...2, using: &random)
            }
            let search = SlotSearch(
                from: from, to: from.advanced(days: Int32.random(in: 0...6, using: &random)), after: nil, limit: .max,
                asking: asking)
            var days = [DayCount](repeating: DayCount(), count: Int(search.to.rawValue - from.rawValue) + 1)
            for slot in naive(search, pools, book) {
                let date = TimeZoneRules.shanghai.wall(at: slot.start).date
                days[Int(date.rawValue - from.rawValue)].free += UInt64(slot.free)
            }
            for session in pools.compactMap({ book.sessions(of: $0) }).flatMap({ Array($0.inOrderOfOpening) }) {
                var dates: Set<LocalDate> = []
                for (index, slot) in session.slots.enumerated() {
                    let date = TimeZoneRules.shanghai.wall(at: session.times.start(ofSlot: UInt16(index))).date
                    guard (search.from...search.to).contains(date) else { continue }
                    let day = Int(date.rawValue - from.rawValue)
                    days[day] += DayCount(
                        capacity: UInt64(slot.capacity), sold: UInt64(slot.taken),
                        sessions: dates.insert(date).inserted ? 1 : 0)
                }
            }
            try #require(search.counts(of: pools, in: book) == days)
        }
    }
}
