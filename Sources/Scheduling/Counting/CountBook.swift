/// Counts what happened in sessions, by day, department, pool, resource, service, channel and hour of the week.
///
/// It counts from a session's definition and its appointments alone, and those are the same in memory, in the tables
/// and in the history. So no counter has to be kept, and none can be lost.
package struct CountBook: Sendable {
    /// The days that count, both inclusive. A slot is on the day of its start.
    package let from, to: LocalDate
    package let groupings: Set<CountBy>
    private let zone: TimeZoneRules
    private let catalogue: Catalogue
    package private(set) var rows: [CountBy: [UInt32: Figures]] = [:]

    /// - Parameter catalogue: by whose terms a cancellation was late, and a session was released.
    package init(from: LocalDate, to: LocalDate, by groupings: Set<CountBy>, _ catalogue: Catalogue) {
        self.from = from
        self.to = to
        self.groupings = groupings
        self.catalogue = catalogue
        zone = catalogue.hospital.zone
        if groupings.contains(.total) { rows[.total] = [0: Figures()] }
    }

    /// Adds what another has counted.
    package mutating func add(_ other: borrowing CountBook) {
        for (by, found) in other.rows {
            for (key, figures) in found { rows[by, default: [:]][key, default: Figures()] += figures }
        }
    }

    /// Adds a session.
    /// - Parameter isWithdrawn: it was opened and taken back, so it offered nothing; what was made in it counts.
    package mutating func add(_ session: borrowing Session, isWithdrawn: Bool = false) {
        let wanted = session.times.slots(from: from, to: to)
        guard !wanted.isEmpty, let pool = catalogue.pools[session.id.pool.rawValue] else { return }
        let terms = catalogue.policy(for: pool.department).terms.filter {
            $0.pools.isEmpty || $0.pools.contains(pool.id)
        }
        var sum = SessionSum(session, wanted, zone)
        if !isWithdrawn { sum.offer(session, releasedAt: released(session.times, terms)) }
        for index in session.appointments.indices {
            guard let record = session.appointments[index] else { continue }
            sum.note(record, session.times, isLate: isLate(record, session, terms))
        }
        add(sum.all, to: .total, 0)
        add(sum.all, to: .department, pool.department.rawValue)
        add(sum.all, to: .pool, pool.id.rawValue)
        for resource in pool.resources { add(sum.all, to: .resource, resource.rawValue) }
        for (by, rows) in [
            (CountBy.day, sum.days), (.hour, sum.hours), (.service, sum.services), (.channel, sum.channels),
        ] {
            for (key, figures) in zip(rows.keys, rows.figures) { add(figures, to: by, key) }
        }
    }

    // MARK: Inside

    private mutating func add(_ figures: Figures, to by: CountBy, _ key: UInt32) {
        guard groupings.contains(by) else { return }
        rows[by, default: [:]][key, default: Figures()] += figures
    }

    /// Whether an appointment was given up when the terms of some channel would not have let it.
    private func isLate(
        _ record: AppointmentRecord, _ session: borrowing Session, _ terms: [PolicyTerm]
    ) -> Bool {
        guard record.state == .cancelled, !terms.isEmpty else { return false }
        let day = session.times.date(ofSlot: record.slot)
        let start = session.times.start(ofSlot: record.slot)
        let wall = zone.wall(at: record.changed)
        return terms.contains { term in
            term.rule == .tooLate && (term.services.isEmpty || term.services.contains(record.service))
                && term.isOver(for: day, start, at: record.changed, on: wall)
        }
    }

    /// When the first stage of a release of the session began; nil where nothing releases it.
    private func released(_ times: SessionTimes, _ terms: [PolicyTerm]) -> Instant? {
        terms.compactMap { term in
            guard term.rule == .notReleased, let at = term.at else { return nil }
            return zone.instant(of: times.date.advanced(days: -Int32(term.days)), at)
        }.min()
    }
}
