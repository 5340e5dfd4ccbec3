package import Scheduling

/// What a generation would do at this moment, as a table.
package struct GenerationPreview: Sendable {
    /// What would become of a template's day.
    package enum Fate: Hashable, Sendable {
        case opens
        /// Just this session is open already.
        case stands
        /// Its template does not say it any more, and nothing is booked in it.
        case withdrawn
        /// It is not opened, or it is outdated and stays, as the sentence says.
        case conflict(String)
        /// A holiday, an exception or a leave leaves it out, as the words say. With a session: it was opened by hand,
        /// its resources are away, and it stays.
        case absent(String)
        /// This calendar does not reach the day.
        case unjudged(String)
    }

    /// One day of a template.
    package struct Row: Sendable {
        package var fate: Fate
        package var date: LocalDate
        package var template: TemplateID?
        package var pool: PoolID?
        /// Nil where there is no session.
        package var times: SessionTimes?
        /// Of all its slots.
        package var units: UInt32
        /// One that is open.
        package var session: SessionID?
        /// Those in it that have not ended. None of them is touched.
        package var appointments: [AppointmentID]
        /// Of an open session of which nothing but the begin is to change: whether that is by the zone's clock changes,
        /// its hours being the same; nil for all others, and where it is not known.
        package fileprivate(set) var isOfZone: Bool?
        /// What the answer of the generation would say of it. Of a calendar's day that is not judged the first row has
        /// the sentence of all.
        package fileprivate(set) var sentence: String?

        package var place: Place {
            Place(
                date: date, start: times?.start.rawValue ?? 0, pool: pool?.rawValue ?? 0,
                template: template?.rawValue ?? 0, session: session?.rawValue ?? 0)
        }
    }

    /// Where a row stands among the others: a value, so that it says where to go on whatever happens meanwhile.
    package struct Place: Hashable, Comparable, Sendable {
        package var date: LocalDate
        /// Milliseconds since 1970; 0 where there is no session.
        package var start: Int64
        /// Ids; 0 for none.
        package var pool, template: UInt32
        /// What stands and goes comes behind what would open in its place.
        package var session: UInt64

        package init(date: LocalDate, start: Int64, pool: UInt32, template: UInt32, session: UInt64) {
            self.date = date
            self.start = start
            self.pool = pool
            self.template = template
            self.session = session
        }

        package static func < (one: Place, other: Place) -> Bool {
            (one.date.rawValue, one.start, one.pool, one.template, one.session)
                < (other.date.rawValue, other.start, other.pool, other.template, other.session)
        }
    }

    /// By their places, of which each has its own.
    package fileprivate(set) var rows: [Row] = []
    /// What the answer of the generation would say.
    package fileprivate(set) var sum = SessionsOpened()

    fileprivate mutating func add(
        _ fate: Fate, _ date: LocalDate, _ template: TemplateID?, _ pool: PoolID?, times: SessionTimes? = nil,
        units: UInt32 = 0, _ session: Session? = nil, outdatedBy generation: Generation? = nil
    ) {
        let live = session.map { session in
            session.appointments.enumerated().compactMap { place, record -> AppointmentID? in
                guard let record, !record.state.isEnded else { return nil }
                return AppointmentID(session: session.id, number: UInt32(place) + 1)
            }
        }
        var row = Row(
            fate: fate, date: date, template: template, pool: pool, times: times, units: units, session: session?.id,
            appointments: live ?? [])
        if case .conflict(let sentence) = fate { row.sentence = sentence }
        row.isOfZone = session.flatMap { generation?.otherBegin(of: $0) }?.isOfZone
        rows.append(row)
    }

    /// Brings the rows into their order.
    /// - Parameter unjudged: the sentence of each day that a calendar does not judge.
    fileprivate mutating func sort(_ unjudged: [Catalogue.UnjudgedDay: String]) {
        rows.sort { $0.place < $1.place }
        var untold = unjudged
        for index in rows.indices {
            guard case .unjudged(let calendar) = rows[index].fate else { continue }
            rows[index].sentence = untold.removeValue(forKey: .init(date: rows[index].date, calendar: calendar))
        }
    }
}

extension Engine {
    /// What `generateSessions` with the same days and templates would do at this moment. It begins as that does and
    /// goes on with copies, so nothing is changed.
    /// - Parameter templates: codes; empty for all.
    package func previewSessions(
        from: LocalDate, to: LocalDate, templates: [String]
    ) async throws(EngineError) -> Reading<GenerationPreview> {
        guard templates.count <= Limits.itemsPerRequest else {
            throw EngineError(
                .invalidArgument, "templates: \(templates.count) of them, at most \(Limits.itemsPerRequest)")
        }
        let position = await included(.anything)
        let now = time.now()
        let prepared = try await pipeline.prepare(
            from: from, to: to, templates: templates, view.current.catalogue.catalogue, now: now)
        var books: [PoolBook] = []
        for shard in shards.pools { books.append(await shard.snapshot()) }
        let preview = preview(prepared, &books, view.diary.copy, now: now)
        // The sessions and appointments it names may be younger than what is settled.
        try await untilDurable(lastPosition)
        return Reading(preview, at: position)
    }

    private func preview(
        _ prepared: PreparedGeneration, _ books: inout [PoolBook], _ diary: ResourceDiary, now: Instant
    ) -> GenerationPreview {
        var preview = GenerationPreview()
        let (catalogue, snapshot) = (prepared.catalogue, prepared.snapshot)
        func shard(_ pool: PoolID) -> Int { shards.index(of: pool, in: snapshot) ?? 0 }
        var kept: [SessionConflict] = []
        for session in prepared.plan.going {
            let place = shard(session.id.pool)
            guard let there = books[place].session(session.id) else { continue }
            do throws(SessionConflict) {
                let fact = try books[place].decideWithdrawal(session.id, prepared.generation, now: now)
                books[place].evolve(fact, channel: .system, at: now)
                diary.follow([fact], { snapshot.catalogue }, publish: { _ in })
                preview.sum.withdrawn += 1
                preview.add(
                    .withdrawn, session.day.date, session.day.template, there.id.pool, times: there.times,
                    units: there.units, there, outdatedBy: prepared.generation)
            } catch {
                kept.append(error)
            }
        }
        let conflicts = prepared.plan.conflicts + kept
        preview.sum.conflicts = prepared.sentences(conflicts)
        for conflict in conflicts {
            let there = conflict.session.flatMap { books[shard($0.pool)].session($0) }
            preview.add(
                .conflict(catalogue.sentence(conflict, prepared.roster)), conflict.times.date, conflict.day?.template,
                conflict.pool, times: conflict.times, units: there?.units ?? 0, there, outdatedBy: prepared.generation)
        }
        for (place, part) in shards.parts(of: prepared.rounds(keeping: conflicts, now: now), in: snapshot) {
            let outcomes = books[place].open(part, diary, now: now) { snapshot.catalogue }
            for (opening, outcome) in zip(part, outcomes) {
                preview.add(opening, outcome, books[place], catalogue)
            }
        }
        preview.addAbsences(prepared)
        for book in books { preview.addSessionsOnLeave(book, prepared, now: now) }
        preview.sort(catalogue.sentencesByDay(prepared.roster.unjudged))
        return preview
    }
}

extension GenerationPreview {
    fileprivate mutating func add(
        _ opening: SessionOpening, _ outcome: OpeningOutcome, _ book: PoolBook, _ catalogue: Catalogue
    ) {
        let (date, units) = (opening.times.date, opening.capacities.reduce(0) { $0 + UInt32($1) })
        func add(_ fate: Fate, _ session: Session? = nil) {
            self.add(fate, date, opening.template, opening.pool, times: opening.times, units: units, session)
        }
        switch outcome {
        case .opened:
            sum.opened += 1
            add(.opens)
        case .stands(let id):
            sum.unchanged += 1
            add(.stands, id.flatMap { book.session($0) })
        case .conflict(let conflict):
            let sentence = catalogue.sentence(conflict)
            sum.conflicts.append(sentence)
            add(.conflict(sentence))
        }
    }

    /// Sessions that were opened by hand and whose resources are away: no generation asks for them or touches them.
    /// Where templates are named, those in their pools.
    fileprivate mutating func addSessionsOnLeave(_ book: PoolBook, _ prepared: PreparedGeneration, now: Instant) {
        let catalogue = prepared.catalogue
        let leaves = Leaves(catalogue)
        guard !leaves.isEmpty else { return }
        let days = prepared.generation.from...prepared.generation.to
        for session in book.allSessions where session.template == nil && days.contains(session.times.date) {
            guard session.times.end > now, prepared.pools?.contains(session.id.pool) ?? true,
                let pool = catalogue.pools[session.id.pool.rawValue],
                let leave = leaves.closing(pool, session.times)
            else { continue }
            add(
                .absent(catalogue.words(.leave(leave))), session.times.date, nil, pool.id, times: session.times,
                units: session.units, session)
        }
    }

    fileprivate mutating func addAbsences(_ prepared: PreparedGeneration) {
        let catalogue = prepared.catalogue
        func pool(_ template: TemplateID) -> PoolID? { catalogue.templates[template.rawValue]?.pool }
        for (day, absence) in prepared.roster.absences {
            add(.absent(catalogue.words(absence)), day.date, day.template, pool(day.template))
        }
        for (day, calendar) in prepared.roster.unjudged {
            add(.unjudged(catalogue.code(of: calendar)), day.date, day.template, pool(day.template))
        }
    }
}

extension SessionConflict {
    /// The outdated session that stays.
    fileprivate var session: SessionID? {
        switch reason {
        case .kept(let id, _, _, _), .blocked(let id, _, _, _, _): id
        default: nil
        }
    }
}

extension Session {
    /// Units of all its slots.
    fileprivate var units: UInt32 { slots.reduce(0) { $0 + UInt32($1.capacity) } }
}
