import Scheduling

/// One search for free slots, as every shard runs it over its own pools.
struct SlotSearch: Sendable {
    var from: LocalDate
    var to: LocalDate
    /// Slots that have begun by now cannot be booked.
    var now: Instant
    /// Neighbouring slots that must be free, and the units in each.
    var span: UInt8
    var units: UInt16
    var after: (start: Instant, slot: SlotID)?
    /// One more than was asked for tells that there is more.
    var limit: Int

    /// No wall clock is more than 14 hours ahead of UTC, so no session of this day starts before.
    static func earliestStart(of date: LocalDate) -> Instant {
        Instant(rawValue: (Int64(date.rawValue) * 24 - 14) * 3_600_000)
    }

    /// The first `limit` free slots of these pools, by start, then by id.
    func run(_ pools: [PoolID], in book: PoolBook) -> [FreeSlot] {
        var found: [FreeSlot] = []
        for pool in pools {
            guard let sessions = book.sessions(of: pool) else { continue }
            let before = found.count
            for session in sessions.starting(from: Self.earliestStart(of: from)) {
                if session.times.date > to || found.count - before >= limit { break }
                if session.times.date >= from, session.free > 0 { collect(session, into: &found) }
            }
        }
        return Self.merge(found, limit: limit)
    }

    /// By start, then by id; the first `limit`.
    static func merge(_ slots: [FreeSlot], limit: Int) -> [FreeSlot] {
        let sorted = slots.sorted { ($0.start, $0.slot.rawValue) < ($1.start, $1.slot.rawValue) }
        return Array(sorted.prefix(limit))
    }

    private func collect(_ session: Session, into found: inout [FreeSlot]) {
        for index in 0..<session.times.slots {
            let start = session.times.start(ofSlot: index)
            let id = SlotID(session: session.id, index: index)
            guard start > now, isAfter(start, id) else { continue }
            guard session.fits(slot: index, span: span, units: units) else { continue }
            let slots = session.slots[Int(index)..<Int(index) + Int(span)]
            found.append(
                FreeSlot(
                    slot: id, start: start, end: session.times.end(ofSlot: index, span: span),
                    free: slots.map(\.free).min() ?? 0, capacity: slots.map(\.capacity).min() ?? 0))
        }
    }

    private func isAfter(_ start: Instant, _ slot: SlotID) -> Bool {
        guard let after else { return true }
        return (start, slot.rawValue) > (after.start, after.slot.rawValue)
    }
}
