import Journal
import Scheduling

/// What is read of a shard's pools.
extension PoolShard {
    // Each reading comes with the last fact that it shows and that may not be told yet; zero where there is none.

    func appointments(_ ids: [AppointmentID]) -> ([Appointment], shown: Position) {
        // A session that is opened or archived concerns all of its appointments.
        let asked = Set(ids.lazy.flatMap { [$0.rawValue, $0.session.rawValue << 20] })
        let shown = unsettled.last(after: journal.settledPosition) { asked.contains($0) }
        return (ids.compactMap { book.appointment($0) }, shown)
    }

    func appointments(in id: SessionID, from number: UInt32, limit: Int?) -> ([Appointment]?, shown: Position) {
        let shown = unsettled.last(after: journal.settledPosition) { $0 >> 20 == id.rawValue }
        guard let session = book.session(id) else { return (nil, shown) }
        var found: [Appointment] = []
        for (index, record) in session.appointments.enumerated().dropFirst(Int(number) - 1) {
            if found.count == limit { break }
            guard let record else { continue }
            let id = AppointmentID(session: id, number: UInt32(index + 1))
            found.append(
                Appointment(id: id, record: record, times: session.times, payment: session.payments[id.number]))
        }
        return (found, shown)
    }

    func sessions(
        of pools: [PoolID], from: LocalDate, to: LocalDate, after: (start: Instant, session: SessionID)?, limit: Int
    ) -> ([SessionSummary], shown: Position) {
        var found: [SessionSummary] = []
        for pool in pools.sorted(by: { $0.rawValue < $1.rawValue }) where found.count < limit {
            guard let sessions = book.sessions(of: pool) else { continue }
            let last = after.flatMap { $0.session.pool == pool ? $0.start : nil }
            let earliest = SlotSearch.earliestStart(of: from)
            for session in sessions.ending(after: max(earliest, last ?? earliest)) {
                if let last, session.times.start <= last { continue }
                if session.times.date > to.advanced(days: 1) { break }
                if !session.times.slots(from: from, to: to).isEmpty { found.append(SessionSummary(session)) }
                if found.count == limit { break }
            }
        }
        return (found, shown(unsettledSessions(), of: pools, from: from, to: to))
    }

    /// The free slots each order asks for, in the order of the orders.
    func search(_ orders: [SearchOrder]) -> [(slots: [FreeSlot], shown: Position)] {
        let sessions = unsettledSessions()
        return orders.indices.map { index in
            let slots = orders[index].search.run(orders[index].pools, in: book)
            let (from, to) = (orders[index].search.from, orders[index].search.to)
            // What begins after the last slot that it shows was not looked at.
            let end = slots.count == orders[index].search.limit ? slots.last?.start : nil
            return (slots, shown(sessions, of: orders[index].pools, from: from, to: to, until: end))
        }
    }

    /// What each order's days have, in the order of the orders.
    func count(_ orders: [SearchOrder]) -> [(days: [DayCount], shown: Position)] {
        let sessions = unsettledSessions()
        return zip(orders, SharedCounts.counts(of: orders, in: book)).map { order, days in
            (days, shown(sessions, of: order.pools, from: order.search.from, to: order.search.to))
        }
    }

    /// Counts what happened in these pools, and tells of which sessions.
    /// - Parameter book: of the days that count; nothing is counted in it yet.
    func report(_ pools: [PoolID], into book: CountBook) -> (CountBook, counted: [SessionID], shown: Position) {
        var filled = book
        var counted: [SessionID] = []
        for case let sessions? in pools.map({ self.book.sessions(of: $0) }) {
            for session in sessions.ending(after: SlotSearch.earliestStart(of: book.from)) {
                if session.times.date > book.to.advanced(days: 1) { break }
                guard !session.times.slots(from: book.from, to: book.to).isEmpty else { continue }
                filled.add(session)
                counted.append(session.id)
            }
        }
        return (filled, counted, shown(unsettledSessions(), of: pools, from: book.from, to: book.to))
    }

    /// The sessions with facts that may not be told yet.
    private func unsettledSessions() -> [(session: SessionID, times: SessionTimes?, position: Position)] {
        unsettled.sessions(after: journal.settledPosition).map { ($0, book.times(of: $0), $1) }
    }

    /// The last of these facts that a look at these pools and days shows.
    private func shown(
        _ sessions: [(session: SessionID, times: SessionTimes?, position: Position)], of pools: [PoolID],
        from: LocalDate, to: LocalDate, until end: Instant? = nil
    ) -> Position {
        var shown = unsettled.unknown(after: journal.settledPosition)
        for (session, times, position) in sessions where position > shown {
            // One that was archived is not in the book any more, so it is not known when it was.
            if let times, times.slots(from: from, to: to).isEmpty || end.map({ times.start > $0 }) ?? false { continue }
            if pools.contains(session.pool) { shown = position }
        }
        return shown
    }

    /// Adds what the rules at the pool say of a slot of this session.
    func explain(_ asking: Asking?, of id: SessionID, in before: Explanation) -> (Explanation, shown: Position) {
        let shown = unsettled.last(after: journal.settledPosition) { $0 >> 20 == id.rawValue }
        return (book.explain(asking, of: id, in: before), shown)
    }

    /// How much there is, and how many holds have run out since the start.
    func counts() -> (PoolBook.Counts, expiredHolds: UInt64) { (book.counts, expiredHolds) }

    /// Refunds of these pools, with the last fact of this shard that may not be told yet: a refund that is closed is
    /// shown by its absence.
    func refunds(
        of pools: Set<PoolID>, closedToo: Bool, after: RefundID?, limit: Int
    ) -> ([Refund], shown: Position) {
        let shown = unsettled.last(after: journal.settledPosition) { _ in true }
        return (book.refunds(in: pools, closedToo: closedToo, after: after, limit: limit), shown)
    }

    /// A copy for the invariants.
    func snapshot() -> PoolBook { book }
}
