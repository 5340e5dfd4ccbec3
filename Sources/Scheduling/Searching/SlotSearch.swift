import HeapModule

/// One search for free slots of some pools.
///
/// Each pool's sessions lie in the order of their starts and never overlap, so a search is a merge: one cursor for each
/// pool stands on its next free slot, and the earliest of them goes out. It looks at what comes before the last slot it
/// gives, not at all there is.
package struct SlotSearch: Sendable {
    package var from: LocalDate
    package var to: LocalDate
    package var after: (start: Instant, slot: SlotID)?
    /// One more than was asked for tells that there is more.
    package var limit: Int
    /// What is asked of each slot; slot and times are filled in here. Its policy is that of all pools of one search.
    package var asking: Asking
    /// What the patient has; nil where the search names none.
    package var holdings: PatientHoldings?
    /// Sessions that take nothing.
    package var clashing = ClashingSessions()

    package init(
        from: LocalDate, to: LocalDate, after: (start: Instant, slot: SlotID)?, limit: Int, asking: Asking,
        holdings: PatientHoldings? = nil
    ) {
        self.from = from
        self.to = to
        self.after = after
        self.limit = limit
        self.asking = asking
        self.holdings = holdings
    }

    /// Whether a booking of just this would be taken, as far as the search says enough to tell: the rules of a booking.
    /// That its pool offers the service is known, or the pool were not searched.
    @inline(__always)
    func isBookable(_ asking: borrowing Asking, in session: borrowing Session) -> Bool {
        do throws(Refusal) {
            try RuleList.judge(asking, isOffered: true, isElsewhere: clashing.hold(session.id, at: asking.now))
            if let holdings { try RuleList.judge(asking, holdings.tally(for: asking)) }
            try RuleList.judge(asking, session)
            return true
        } catch {
            return false
        }
    }

    /// No wall clock is more than 14 hours ahead of UTC, so no slot of this day starts before.
    package static func earliestStart(of date: LocalDate) -> Instant {
        Instant(rawValue: (Int64(date.rawValue) * 24 - 14) * 3_600_000)
    }

    /// The first `limit` free slots of these pools, by start, then by id.
    package func run(_ pools: [PoolID], in book: PoolBook) -> [FreeSlot] {
        // One copy of what is asked serves all slots: they are thousands.
        var asking = asking
        asking.isWithinShares = true
        let isUnruled = asking.policy.terms.isEmpty && holdings == nil && clashing.isEmpty
        var cursors: [Cursor] = []
        cursors.reserveCapacity(pools.count)
        for pool in pools {
            let first = book.look(at: pool) { Cursor.first(of: self, &asking, pool, isUnruled, in: $0) }
            if case .some(.some(let cursor)) = first { cursors.append(cursor) }
        }
        var heads = Heap(cursors.indices.map { Head(cursor: $0, on: cursors[$0].head) })
        var found: [FreeSlot] = []
        found.reserveCapacity(min(limit, 256))
        while found.count < limit, let head = heads.min {
            let place = head.cursor
            found.append(cursors[place].head)
            if book.look(at: cursors[place].pool, { cursors[place].advance(self, &asking, isUnruled, in: $0) }) == true
            {
                heads.replaceMin(with: Head(cursor: place, on: cursors[place].head))
            } else {
                heads.removeMin()
            }
        }
        return found
    }

    /// By start, then by id; the first `limit`.
    package static func merge(_ parts: [[FreeSlot]], limit: Int) -> [FreeSlot] {
        let sorted = parts.joined().sorted { ($0.start, $0.slot.rawValue) < ($1.start, $1.slot.rawValue) }
        return Array(sorted.prefix(limit))
    }

    /// No slot that starts before this moment is wanted.
    fileprivate var earliest: Instant { max(asking.now.advanced(milliseconds: 1), after?.start ?? asking.now) }

    /// The first slot of a session that is wanted, from this one on.
    /// - Parameters:
    ///   - wanted: those on the days asked for.
    ///   - isUnruled: no rule needs to be asked in this session: what fits can be booked.
    fileprivate func first(
        in session: borrowing Session, from slot: Int, of wanted: Range<Int>, _ isUnruled: Bool, _ asking: inout Asking
    ) -> FreeSlot? {
        // What comes after a slot that was wanted is late enough.
        var index = max(wanted.lowerBound, slot > 0 ? slot : session.times.firstSlot(startingFrom: earliest))
        let end = min(wanted.upperBound, session.slots.count + 1 - Int(asking.span))
        while index < end {
            // Most slots that a search passes over are full; no other rule needs to be asked of those.
            if session.fits(slot: UInt16(index), span: asking.span, units: asking.units) {
                let id = SlotID(session: session.id, index: UInt16(index))
                if isUnruled || isBookable(id, &asking, in: session) {
                    let start = session.times.start(ofSlot: UInt16(index))
                    if after.map({ (start, id.rawValue) > ($0.start, $0.slot.rawValue) }) ?? true {
                        return FreeSlot(id, start, span: asking.span, in: session)
                    }
                }
            }
            index += 1
        }
        return nil
    }

    /// Apart, so that a search where no rule needs to be asked pays nothing for them.
    @inline(never)
    private func isBookable(_ slot: SlotID, _ asking: inout Asking, in session: borrowing Session) -> Bool {
        asking.times = session.times
        asking.slot = slot
        return isBookable(asking, in: session)
    }
}

/// A slot that can be booked, with the neighbours a service takes beside it: `free` and `capacity` are the least over
/// all of them.
package struct FreeSlot: Hashable, Sendable {
    package var slot: SlotID
    package var start: Instant
    package var end: Instant
    /// Units.
    package var free: UInt16
    package var capacity: UInt16

    package init(slot: SlotID, start: Instant, end: Instant, free: UInt16, capacity: UInt16) {
        self.slot = slot
        self.start = start
        self.end = end
        self.free = free
        self.capacity = capacity
    }

    @inline(__always)
    fileprivate init(_ slot: SlotID, _ start: Instant, span: UInt8, in session: borrowing Session) {
        let first = Int(slot.index)
        var (free, capacity) = (session.free(inSlot: first), session.slots[first].capacity)
        for index in first + 1..<first + Int(span) {
            free = min(free, session.free(inSlot: index))
            capacity = min(capacity, session.slots[index].capacity)
        }
        self.init(
            slot: slot, start: start, end: session.times.end(ofSlot: UInt16(slot.index), span: span), free: free,
            capacity: capacity)
    }
}

/// Which cursor stands on which slot: what the merge compares and moves, and no more.
private struct Head: Comparable {
    /// Start, then id.
    let order: UInt128
    let cursor: Int

    init(cursor: Int, on slot: FreeSlot) {
        order = UInt128(UInt64(slot.start.rawValue)) << 64 | UInt128(slot.slot.rawValue)
        self.cursor = cursor
    }

    static func < (a: Head, b: Head) -> Bool { a.order < b.order }
}

/// Where a search stands in one pool: on a free slot that has not gone out.
private struct Cursor {
    let pool: PoolID
    var head: FreeSlot
    /// The session of `head`, counted in the order of starts; its slots on the days asked for.
    private let place: Int
    private let wanted: Range<Int>
    /// No rule needs to be asked in that session.
    private let isUnruled: Bool

    /// - Parameter isUnruled: neither the policy, a patient nor a clash lets a rule say no to what fits.
    static func first(
        of search: borrowing SlotSearch, _ asking: inout Asking, _ pool: PoolID, _ isUnruled: Bool,
        in sessions: borrowing PoolSessions
    ) -> Cursor? {
        // A slot of the first day may lie in a session that began on the day before; a session that is over has nothing
        // to offer.
        let place = sessions.firstPlace(endingAfter: max(SlotSearch.earliestStart(of: search.from), search.earliest))
        return find(search, &asking, pool, isUnruled, from: place, in: sessions)
    }

    /// Goes to the pool's next free slot; false when there is none.
    mutating func advance(
        _ search: borrowing SlotSearch, _ asking: inout Asking, _ isUnruled: Bool, in sessions: borrowing PoolSessions
    ) -> Bool {
        let slot = Int(head.slot.index) + 1
        // Where a slot was found before, the shares were judged then.
        let next = sessions.look(inOrder: place) { session in
            search.first(in: session, from: slot, of: wanted, self.isUnruled, &asking)
        }
        if let next {
            head = next
            return true
        }
        guard let cursor = Self.find(search, &asking, pool, isUnruled, from: place + 1, in: sessions) else {
            return false
        }
        self = cursor
        return true
    }

    private static func find(
        _ search: borrowing SlotSearch, _ asking: inout Asking, _ pool: PoolID, _ isUnruled: Bool, from first: Int,
        in sessions: borrowing PoolSessions
    ) -> Cursor? {
        var place = first
        while place < sessions.openCount {
            let times = sessions.times(inOrder: place)
            guard times.date <= search.to else { return nil }
            let wanted = times.slots(from: search.from, to: search.to)
            if !wanted.isEmpty {
                let found = sessions.look(inOrder: place) { session -> (head: FreeSlot, isUnruled: Bool)? in
                    guard session.free > 0 else { return nil }
                    let isUnruled = isUnruled && RuleList.leaveFree(session)
                    guard isUnruled || Quota.allows(asking, session) else { return nil }
                    return search.first(in: session, from: 0, of: wanted, isUnruled, &asking).map { ($0, isUnruled) }
                }
                if let found {
                    return Cursor(
                        pool: pool, head: found.head, place: place, wanted: wanted, isUnruled: found.isUnruled)
                }
            }
            place += 1
        }
        return nil
    }
}
