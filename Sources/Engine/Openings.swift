import Scheduling

extension Catalogue {
    /// The templates of these codes; all where there are none.
    /// - Throws: `.notFound` for an unknown code, `.invalidArgument` for one that is named twice.
    func chosen(_ codes: [String]) throws(EngineError) -> [Template] {
        guard !codes.isEmpty else { return templates.all }
        var chosen: [Template] = []
        for code in codes {
            guard !chosen.contains(where: { $0.code == code }) else {
                throw EngineError(.invalidArgument, "templates: ‘\(code)’ is named twice")
            }
            guard let template = templates[code: code] else {
                throw EngineError(.notFound, "templates: there is no template ‘\(code)’")
            }
            chosen.append(template)
        }
        return chosen
    }

    /// What these templates say of these days, which lie in `SessionTimes.days`.
    /// - Throws: `.invalidArgument` beyond `EngineLimits.sessionsPerGeneration`.
    func roster(
        from: LocalDate, to: LocalDate, templates chosen: [Template]
    ) throws(EngineError) -> RosterPlan {
        try checkZone()
        try checkDays(from, to, within: SessionTimes.days, most: Limits.generationDays)
        var plan = RosterPlan()
        let leaves = Leaves(self)
        for template in chosen {
            let calendar = template.calendar.flatMap { calendars[$0.rawValue] }
            var date = from
            while date <= to {
                add(template.roster(on: date, calendar), of: template, on: date, leaves, to: &plan)
                guard plan.count <= EngineLimits.sessionsPerGeneration else {
                    throw EngineError(
                        .invalidArgument,
                        "from, to, templates: more than \(EngineLimits.sessionsPerGeneration) sessions in one request; "
                            + "ask for fewer days, or for some of the templates")
                }
                date = date.advanced(days: 1)
            }
        }
        return plan
    }

    private func add(
        _ day: RosterDay, of template: Template, on date: LocalDate, _ leaves: Leaves, to plan: inout RosterPlan
    ) {
        let place = Generation.TemplateDay(template: template.id, date: date)
        switch day {
        case .none(.validity), .none(.weekday): break
        case .none(.holiday(let calendar)): plan.absences[place] = .holiday(calendar)
        case .none(.closed(let reason)): plan.absences[place] = .closed(reason)
        case .unjudged(let calendar): plan.unjudged[place] = calendar
        case .session(let shift):
            let times = SessionTimes(
                date: date, start: hospital.zone.instant(of: date, shift.start), slotMinutes: shift.slotMinutes,
                slots: shift.slots, in: hospital.zone)
            if let pool = pools[template.pool.rawValue], let leave = leaves.closing(pool, times) {
                plan.absences[place] = .leave(leave)
                return
            }
            let capacities = [UInt16](repeating: shift.capacity, count: Int(shift.slots))
            plan.openings.append(
                SessionOpening(
                    pool: template.pool, times: times, template: template.id, capacities: capacities,
                    wallStart: shift.start))
        }
    }

    /// Sessions as a caller describes them, or what is wrong with the first that cannot be.
    func openings(_ drafts: [SessionDraft]) throws(EngineError) -> [SessionOpening] {
        try checkZone()
        var openings: [SessionOpening] = []
        for (index, draft) in drafts.enumerated() { openings.append(try opening(draft, index: index)) }
        return openings
    }

    /// A session as a caller describes it, or what is wrong with it.
    func opening(_ draft: SessionDraft, index: Int) throws(EngineError) -> SessionOpening {
        func invalid(_ problem: String) -> EngineError {
            EngineError(.invalidArgument, "sessions[\(index)]: \(problem)")
        }
        guard let pool = pools[code: draft.pool] else {
            throw EngineError(.notFound, "sessions[\(index)]: there is no pool ‘\(draft.pool)’")
        }
        guard SessionTimes.days.contains(draft.date) else {
            throw invalid(
                "date \(draft.date): sessions lie between \(SessionTimes.days.lowerBound) and \(SessionTimes.days.upperBound)"
            )
        }
        guard draft.slotMinutes >= 1, draft.slotMinutes <= UInt32(Limits.slotMinutes) else {
            throw invalid("slot_minutes is \(draft.slotMinutes), it must be 1 to \(Limits.slotMinutes)")
        }
        guard (1...Limits.slotsPerSession).contains(draft.capacities.count) else {
            throw invalid("capacities: 1 to \(Limits.slotsPerSession) slots")
        }
        guard draft.capacities.allSatisfy({ $0 <= UInt32(Limits.capacityPerSlot) }) else {
            throw invalid("capacities: at most \(Limits.capacityPerSlot) units in a slot")
        }
        guard draft.capacities.contains(where: { $0 > 0 }) else {
            throw invalid("capacities: at least one slot must have capacity")
        }
        guard Int(draft.slotMinutes) * draft.capacities.count <= Limits.sessionMinutes else {
            throw invalid("longer than \(Limits.sessionMinutes) minutes")
        }
        let times = SessionTimes(
            date: draft.date, start: hospital.zone.instant(of: draft.date, draft.start),
            slotMinutes: UInt16(draft.slotMinutes), slots: UInt16(draft.capacities.count), in: hospital.zone)
        return SessionOpening(
            pool: pool.id, times: times, template: nil, capacities: draft.capacities.map { UInt16($0) },
            wallStart: draft.start)
    }

    /// Sessions begin at the hospital's wall time: no zone is guessed, or the same morning would stand twice once it is
    /// named.
    private func checkZone() throws(EngineError) {
        guard !hospital.name.isEmpty else {
            throw EngineError(
                .invalidArgument,
                "hospital: its time zone is not named, so no session can be opened; put the hospital with its name and its "
                    + "time_zone, such as Asia/Shanghai, first (UTC where sessions opened before are to stand as they do)"
            )
        }
    }

    /// A conflict for people: which pool, when, and what stands in the way.
    /// - Parameter plan: of the generation that it is of; why a template has no session on a day stands there.
    func sentence(_ conflict: SessionConflict, _ plan: RosterPlan = RosterPlan()) -> String {
        let pool = pools[conflict.pool.rawValue]?.code ?? "?"
        let start = hospital.zone.wall(at: conflict.times.start)
        let place = "pool ‘\(pool)’, \(start.date) \(start.time)"
        switch conflict.reason {
        case .overlaps(let other): return "\(place): overlaps its \(other)"
        case .taken(let other, let its, let own):
            return "\(place): template ‘\(code(of: own))’ wants just the hours of \(other), which template "
                + "‘\(code(of: its))’ has opened; give one of the two other hours"
        case .twice(let other): return "\(place): its template has \(other) on that day already"
        case .exhausted: return "pool ‘\(pool)’ has had \(Limits.sessionsPerPool) sessions; open another pool"
        case .elsewhere(let resource, let other):
            let there = pools[other.pool.rawValue]?.code ?? "?"
            return "\(place): its resource ‘\(code(of: resource))’ is in \(other) of pool ‘\(there)’ at that time"
        case .kept(let id, let template, let keeping, let begin):
            let name = template.map { code(of: $0) } ?? "?"
            let reason =
                switch keeping {
                case .appointments(0): "is being booked"
                case .appointments(1): "has 1 appointment"
                case .appointments(let count): "has \(count) appointments"
                case .locks(let numbers): "has lock \(numbers.map { "\($0)" }.joined(separator: ", ")) in force"
                case .stopped: "is stopped"
                case .refunds: "has a refund that is due"
                case .begun: "has begun"
                }
            let now = begin.map { other in
                let cause =
                    switch other.isOfZone {
                    case true?: "the zone's clock changes, its hours are the same"
                    case false?: "its hours"
                    case nil: "its hours or the zone's clock changes"
                    }
                return "begins at \(hospital.zone.wall(at: other.begin).time) now, by \(cause)"
            }
            let day = template.map { Generation.TemplateDay(template: $0, date: conflict.times.date) }
            let absence = day.flatMap { plan.absences[$0] }.map { "has none that day: \(words($0))" }
            return
                "\(place): template ‘\(name)’ \(absence ?? now ?? "says something else now"), but \(id) \(reason); "
                + "it stays as it is"
        case .blocked(let id, let template, let wanted, let begin, let obstacle):
            let start = hospital.zone.wall(at: begin)
            let there = wanted == conflict.pool ? "" : " in pool ‘\(pools[wanted.rawValue]?.code ?? "?")’"
            return "\(place): template ‘\(code(of: template))’ says \(start.time)\(there) now, but \(words(obstacle)); "
                + "\(id) stays as it is"
        }
    }

    /// A session for people: its id, its pool, and when it is.
    func place(of session: SessionID, _ timetable: Timetable) -> String {
        let start = timetable[session].map { hospital.zone.wall(at: $0.start) }
        let when = start.map { " (\($0.date) \($0.time))" } ?? ""
        return "\(session) of pool ‘\(pools[session.pool.rawValue]?.code ?? "?")’\(when)"
    }

    func code(of resource: ResourceID) -> String { resources[resource.rawValue]?.code ?? "?" }
    /// What stands where a session of a pool is wanted, as the end of "… but".
    private func words(_ obstacle: SessionConflict.Obstacle) -> String {
        let occupant =
            switch obstacle.occupant {
            case .session(let id):
                obstacle.resource == nil ? "\(id)" : "\(id) of pool ‘\(pools[id.pool.rawValue]?.code ?? "?")’"
            case .template(let template): "what template ‘\(code(of: template))’ says for that day"
            }
        guard let resource = obstacle.resource else { return "\(occupant) stands there" }
        return "its resource ‘\(code(of: resource))’ is in \(occupant) at that time"
    }

    func code(of template: TemplateID) -> String { templates[template.rawValue]?.code ?? "?" }
}

/// Whether these days are days, in their order, and not too many.
func checkDays(
    _ from: LocalDate, _ to: LocalDate, within range: ClosedRange<LocalDate> = LocalDate.range, most: Int
) throws(EngineError) {
    guard range.contains(from), range.contains(to) else {
        throw EngineError(
            .invalidArgument, "from, to: days lie between \(range.lowerBound) and \(range.upperBound)")
    }
    guard from <= to else { throw EngineError(.invalidArgument, "to: \(to) is before \(from)") }
    guard Int(to.rawValue - from.rawValue) < most else {
        throw EngineError(.invalidArgument, "from, to: more than \(most) days")
    }
}
