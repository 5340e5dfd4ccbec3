/// A session as a pool is asked to open it.
package struct SessionOpening: Sendable {
    package var pool: PoolID
    package var times: SessionTimes
    package var template: TemplateID?
    /// Units of each slot.
    package var capacities: [UInt16]
    /// What clocks on the wall are to show at its start.
    package var wallStart: WallTime?

    package init(
        pool: PoolID, times: SessionTimes, template: TemplateID?, capacities: [UInt16], wallStart: WallTime? = nil
    ) {
        self.pool = pool
        self.times = times
        self.template = template
        self.capacities = capacities
        self.wallStart = wallStart
    }

    /// Whether the session is just this one, whatever it was opened by.
    func describes(_ session: Session) -> Bool {
        session.times.startMinute == times.startMinute && describes(laterOrEarlier: session)
    }

    /// Whether the session is this one but for its begin.
    fileprivate func describes(laterOrEarlier session: Session) -> Bool {
        session.id.pool == pool && session.times.slotMinutes == times.slotMinutes
            && session.slots.map(\.capacity) == capacities
    }
}

/// What a generation speaks of: some templates, some days, and the sessions that there should be.
package struct Generation: Sendable {
    /// A template's session of a day; there is one at most.
    package struct TemplateDay: Hashable, Sendable {
        package let template: TemplateID
        package let date: LocalDate

        package init(template: TemplateID, date: LocalDate) {
            self.template = template
            self.date = date
        }
    }

    package let from, to: LocalDate
    private let templates: Set<TemplateID>
    private let wanted: [TemplateDay: SessionOpening]
    /// Days of templates whose calendars cannot judge them: what is open there stays.
    private let unjudged: Set<TemplateDay>

    package init(
        from: LocalDate, to: LocalDate, templates: Set<TemplateID>, wanted: [SessionOpening],
        unjudged: Set<TemplateDay> = []
    ) {
        self.from = from
        self.to = to
        self.templates = templates
        self.unjudged = unjudged
        let days = wanted.compactMap { opening in opening.day.map { ($0, opening) } }
        self.wanted = Dictionary(days, uniquingKeysWith: { first, _ in first })
    }

    /// Whether one of the templates opened the session, and would not open it now. What is over is left alone.
    func isOutdated(_ session: Session, now: Instant) -> Bool {
        guard let template = session.template, templates.contains(template),
            from <= session.times.date, session.times.date <= to, session.times.end > now
        else { return false }
        let day = TemplateDay(template: template, date: session.times.date)
        guard unjudged.isEmpty || !unjudged.contains(day) else { return false }
        return wanted[day].map { !$0.describes(session) } ?? true
    }

    /// When an outdated session would begin now, where nothing else of it is to change.
    package func otherBegin(of session: Session) -> OtherBegin? {
        guard let template = session.template,
            let opening = wanted[TemplateDay(template: template, date: session.times.date)],
            opening.describes(laterOrEarlier: session)
        else { return nil }
        let isOfZone = session.wallStart.map { $0 == opening.wallStart }
        return OtherBegin(begin: opening.times.start, isOfZone: isOfZone)
    }

    /// The begin that an outdated session would have.
    package struct OtherBegin: Hashable, Sendable {
        package let begin: Instant
        /// Whether its hours are the same, and the zone's clock changes have become others; nil where that is not known
        /// of a session that was opened by a version before.
        package let isOfZone: Bool?
    }
}

extension SessionOpening {
    /// The day of its template that it is; nil where it has none.
    package var day: Generation.TemplateDay? { template.map { .init(template: $0, date: times.date) } }
}

extension PoolBook {
    /// Sessions of one pool that a generation finds open, and whose templates say something else now.
    package func outdated(in pool: PoolID, _ generation: Generation, now: Instant) -> [OutdatedSession] {
        guard let sessions = sessions(of: pool) else { return [] }
        return sessions.ending(after: SlotSearch.earliestStart(of: generation.from))
            .prefix { $0.times.date <= generation.to }
            .compactMap { session -> OutdatedSession? in
                guard let template = session.template, generation.isOutdated(session, now: now) else { return nil }
                let day = Generation.TemplateDay(template: template, date: session.times.date)
                do throws(SessionConflict) {
                    _ = try decideWithdrawal(session.id, generation, now: now)
                    return OutdatedSession(id: session.id, times: session.times, day: day, conflict: nil)
                } catch {
                    return OutdatedSession(id: session.id, times: session.times, day: day, conflict: error)
                }
            }
    }

    /// Whether such a session may be withdrawn; else the conflict that it is.
    package func decideWithdrawal(
        _ id: SessionID, _ generation: Generation, now: Instant
    ) throws(SessionConflict) -> Fact {
        guard let session = session(id) else { preconditionFailure("what is withdrawn is open") }
        var keeping: SessionConflict.Keeping?
        if session.owesMoney, session.occupied == 0 {
            keeping = .refunds
        } else if !session.isEmpty || isTouched(id) {
            keeping = .appointments(session.occupied)
        } else if !session.openLocks.isEmpty {
            keeping = .locks(session.openLocks.map(\.number))
        } else if session.openStop != nil {
            keeping = .stopped
        } else if session.times.start <= now {
            keeping = .begun
        }
        if let keeping {
            throw SessionConflict(
                pool: id.pool, times: session.times,
                .kept(id, session.template, keeping, begin: generation.otherBegin(of: session)))
        }
        return .sessionWithdrawn(id)
    }
}

extension PoolSessions {
    /// The open session that a template has on a day.
    func first(of day: Generation.TemplateDay?) -> Session? {
        guard let day else { return nil }
        for session in ending(after: SlotSearch.earliestStart(of: day.date)) {
            if session.times.date > day.date { break }
            if session.template == day.template, session.times.date == day.date { return session }
        }
        return nil
    }
}

/// A session that its template does not say any more.
package struct OutdatedSession: Sendable {
    package let id: SessionID
    package let times: SessionTimes
    package let day: Generation.TemplateDay
    /// What keeps it; nil where nothing in it does.
    package let conflict: SessionConflict?

    /// The conflict that it is where it stays because its template's day cannot stand as it is said now.
    package func staying(for opening: SessionOpening, _ obstacle: SessionConflict.Obstacle) -> SessionConflict {
        SessionConflict(
            pool: id.pool, times: times,
            .blocked(id, day.template, pool: opening.pool, begin: opening.times.start, obstacle))
    }
}

/// Why a session was not opened, or an outdated one not withdrawn.
package struct SessionConflict: Error, Hashable, Sendable {
    package let pool: PoolID
    package let times: SessionTimes
    package let reason: Reason

    package init(pool: PoolID, times: SessionTimes, _ reason: Reason) {
        self.pool = pool
        self.times = times
        self.reason = reason
    }

    /// Why it does not open, or does not go.
    package enum Reason: Hashable, Sendable {
        /// A session of the same pool stands there.
        case overlaps(SessionID)
        /// Another template has opened just this session.
        case taken(SessionID, by: TemplateID, from: TemplateID)
        /// Its template has this one on that day already.
        case twice(SessionID)
        /// The pool has had as many sessions as a pool can have.
        case exhausted
        /// A resource of the pool is in a session of another pool at that time.
        case elsewhere(ResourceID, SessionID)
        /// An outdated session of a template stays; where nothing but its begin is to change, with the begin that it
        /// would have: a template's hours make another one, and so do other clock changes of the zone.
        case kept(SessionID, TemplateID?, Keeping, begin: Generation.OtherBegin?)
        /// An outdated session of a template stays, because what the template says now cannot stand.
        case blocked(SessionID, TemplateID, pool: PoolID, begin: Instant, Obstacle)
    }

    /// What stands where a session is wanted.
    package struct Obstacle: Hashable, Sendable {
        /// Who stands there.
        package enum Occupant: Hashable, Sendable {
            case session(SessionID)
            /// What another template says for that day.
            case template(TemplateID)
        }

        package let occupant: Occupant
        /// That of another pool has this resource then; nil where it is of the same pool.
        package let resource: ResourceID?

        package init(occupant: Occupant, resource: ResourceID?) {
            self.occupant = occupant
            self.resource = resource
        }
    }

    /// What keeps an outdated session from being withdrawn.
    package enum Keeping: Hashable, Sendable {
        /// So many are given in it; none where one is about to be.
        case appointments(Int)
        /// Locks in force, by number.
        case locks([UInt32])
        /// It does not take place; what would open in its stead would be sold.
        case stopped
        /// Money of its appointments is still to go back.
        case refunds
        case begun
    }
}
