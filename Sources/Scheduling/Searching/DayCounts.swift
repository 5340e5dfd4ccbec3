/// What there is on one day, in units but for the sessions.
package struct DayCount: Hashable, Sendable {
    /// The sum of what a search lists as free on the day: units of slots that lie ahead, that its rules would sell.
    package var free: UInt64
    /// Of all slots of the day, those that are over among them.
    package var capacity: UInt64
    /// Units that appointments have, or are about to get.
    package var sold: UInt64
    /// Those with a slot on the day.
    package var sessions: UInt32

    package init(free: UInt64 = 0, capacity: UInt64 = 0, sold: UInt64 = 0, sessions: UInt32 = 0) {
        self.free = free
        self.capacity = capacity
        self.sold = sold
        self.sessions = sessions
    }

    package static func += (count: inout DayCount, other: DayCount) {
        count.free += other.free
        count.capacity += other.capacity
        count.sold += other.sold
        count.sessions += other.sessions
    }
}

// Counts for a calendar. A session that no rule looks into is counted by its totals; of another each slot is judged as
// a search judges it.
extension SlotSearch {
    /// What these pools have on each of the search's days, from the first to the last. What is archived is not there.
    /// Where the search stands, and its limit, do not matter.
    package func counts(of pools: [PoolID], in book: PoolBook) -> [DayCount] {
        var asking = asking
        var days = [DayCount](repeating: DayCount(), count: Int(to.rawValue - from.rawValue) + 1)
        let alike = areAlike
        for pool in pools { _ = book.look(at: pool) { count($0, &asking, alike, into: &days) } }
        return days
    }

    /// - Parameter alike: what `areAlike` says.
    private func count(
        _ sessions: borrowing PoolSessions, _ asking: inout Asking, _ alike: Bool, into days: inout [DayCount]
    ) {
        // A slot of the first day may lie in a session that began on the day before.
        var place = sessions.firstPlace(endingAfter: Self.earliestStart(of: from))
        while place < sessions.openCount {
            let times = sessions.times(inOrder: place)
            guard times.date <= to else { return }
            if times.midnights != .none {
                sessions.look(inOrder: place) { countSlots(of: $0, &asking, into: &days) }
            } else if times.date >= from {
                let day = Int(times.date.rawValue - from.rawValue)
                sessions.look(inOrder: place) { count($0, &asking, alike, into: &days[day]) }
            }
            place += 1
        }
    }

    /// A session all of whose slots are on one day.
    @inline(__always)
    private func count(
        _ session: borrowing Session, _ asking: inout Asking, _ alike: Bool, into day: inout DayCount
    ) {
        day.sessions += 1
        day.capacity += UInt64(session.capacity)
        day.sold += UInt64(session.capacity - session.free)
        guard session.free > 0, session.times.end > asking.now else { return }
        if session.times.start > asking.now, alike, session.lockCount == 0, !session.hasStops {
            asking.times = session.times
            asking.slot = SlotID(session: session.id, index: 0)
            if isOpen(asking, session) { day.free += UInt64(session.free) }
        } else {
            for index in 0..<session.slots.count { day.free += free(in: session, at: index, &asking) }
        }
    }

    /// A session that goes on after midnight: each slot counts on its own day.
    @inline(never)
    private func countSlots(of session: borrowing Session, _ asking: inout Asking, into days: inout [DayCount]) {
        var last: Int?
        for index in session.times.slots(from: from, to: to) {
            let day = Int(session.times.date(ofSlot: UInt16(index)).rawValue - from.rawValue)
            days[day].capacity += UInt64(session.slots[index].capacity)
            days[day].sold += UInt64(session.slots[index].taken)
            days[day].free += free(in: session, at: index, &asking)
            if last != day { days[day].sessions += 1 }
            last = day
        }
    }

    /// Whether the rules say the same of every free unit of a session without locks that lies ahead, so that one look
    /// is enough: no patient whose hours may clash, no service that needs more than one unit of one slot, and no terms
    /// but those that close channels, which are of whole pools. A rule that looks at single slots belongs here, too.
    private var areAlike: Bool {
        holdings == nil && asking.span == 1 && asking.units == 1
            && asking.policy.terms.allSatisfy { $0.rule == .channelClosed }
    }

    /// Whether the session sells at all, where that is the same for each of its slots.
    @inline(__always)
    private func isOpen(_ asking: borrowing Asking, _ session: borrowing Session) -> Bool {
        do throws(Refusal) {
            try RuleList.judge(asking, isOffered: true, isElsewhere: clashing.hold(session.id, at: asking.now))
            try NumbersExhausted.judge(session)
            return true
        } catch {
            return false
        }
    }

    /// The units that a search lists for a slot; 0 where it does not list the slot.
    private func free(in session: borrowing Session, at index: Int, _ asking: inout Asking) -> UInt64 {
        let end = index + Int(asking.span)
        guard session.times.start(ofSlot: UInt16(index)) > asking.now,
            session.fits(slot: UInt16(index), span: asking.span, units: asking.units)
        else { return 0 }
        asking.times = session.times
        asking.slot = SlotID(session: session.id, index: UInt16(index))
        guard isBookable(asking, in: session) else { return 0 }
        var least = session.free(inSlot: index)
        for neighbour in index + 1..<end { least = min(least, session.free(inSlot: neighbour)) }
        return UInt64(least)
    }
}
