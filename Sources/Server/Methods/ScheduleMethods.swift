import Engine
import Journal
import Scheduling
import Wire

extension MethodTable {
    /// When there is something to book.
    static let scheduleMethods = [
        MethodRow(
            .generateSessions, PBGenerateSessionsRequest.self, PBSessionsReply.self, needs: .writeSchedule,
            "Opens the sessions that the templates describe, for a range of days.",
            counting: elements("templates", inField: 3)
        ) { request throws(ProtocolError) in
            let (from, to) = try days(request.from, request.to, atMost: Limits.generationDays)
            return .generateSessions(from: from, to: to, templates: request.templates)
        } answer: {
            PBSessionsReply($0)
        },
        MethodRow(
            .openSessions, PBOpenSessionsRequest.self, PBSessionsReply.self, needs: .writeSchedule,
            "Opens sessions that no template describes.", counting: elements("sessions", inField: 1)
        ) { request throws(ProtocolError) in
            .openSessions(try request.drafts())
        } answer: {
            PBSessionsReply($0)
        },
        MethodRow(
            .listSessions, PBListSessionsRequest.self, PBListSessionsReply.self, needs: .readSchedule,
            "Lists the sessions of a range of days, of a department or a pool, with what is taken of each slot."
        ) { request, connection throws(ProtocolError) in
            let page = Page(request.limit, connection)
            let listing = try Listing(
                request.department, request.pool, request.from, request.to, after: request.after,
                request.afterStartMs, page)
            return { engine, _ throws(EngineError) in PBListSessionsReply(try await listing.sessions(in: engine), page)
            }
        },
        MethodRow(
            .lockSlots, PBLockSlotsRequest.self, PBLockReply.self, needs: .writeSchedule,
            "Withdraws units of a slot, of a stretch of a session or of a whole one."
        ) { request throws(ProtocolError) in
            .lockSlots(SessionID(rawValue: request.session), try SlotLock(request))
        } answer: {
            PBLockReply($0)
        },
        MethodRow(
            .unlockSlots, PBUnlockSlotsRequest.self, PBLockReply.self, needs: .writeSchedule,
            "Ends a lock, so that what it withdrew can be sold again."
        ) { request throws(ProtocolError) in
            .unlockSlots(SessionID(rawValue: request.session), request.lock)
        } answer: {
            PBLockReply($0)
        },
        MethodRow(
            .listLocks, PBListLocksRequest.self, PBListLocksReply.self, needs: .readSchedule,
            "Lists the locks in force in the sessions of a range of days, of a department or a pool."
        ) { request, connection throws(ProtocolError) in
            let page = Page(request.limit, connection)
            let listing = try Listing(
                request.department, request.pool, request.from, request.to, after: request.after,
                request.afterStartMs, page)
            return { engine, _ throws(EngineError) in
                PBListLocksReply(try await listing.sessions(in: engine), page, listing.from, listing.to)
            }
        },
        MethodRow(
            .previewSessions, PBPreviewSessionsRequest.self, PBPreviewSessionsReply.self, needs: .readSchedule,
            "Says what GENERATE_SESSIONS would do with the same days and templates, and changes nothing.",
            counting: elements("templates", inField: 3)
        ) { request, connection throws(ProtocolError) in
            let (from, to) = try days(request.from, request.to, atMost: Limits.generationDays)
            let templates = request.templates
            let page = Page(request.limit, connection)
            let after = request.hasAfter ? try request.after.place() : nil
            return { engine, _ throws(EngineError) in
                let catalogue = try await engine.catalogue().value
                return PBPreviewSessionsReply(
                    try await engine.previewSessions(from: from, to: to, templates: templates), catalogue, after: after,
                    page)
            }
        },
        MethodRow(
            .searchSlots, PBSearchSlotsRequest.self, PBSearchSlotsReply.self, needs: .readSchedule,
            "Finds slots that can still be booked, by department, service or resource, in order of time."),
        MethodRow(
            .dayCounts, PBDayCountsRequest.self, PBDayCountsReply.self, needs: .readSchedule,
            "Counts free units, capacity, sold units and sessions of each day, for a calendar."),
        MethodRow(
            .explainSlot, PBExplainSlotRequest.self, PBExplainSlotReply.self, needs: .readSchedule,
            "Tells what every rule of a booking says of one slot, service, channel and patient."
        ) { request, connection throws(ProtocolError) in
            let question = try SlotQuestion(request, on: connection)
            return { engine, _ throws(EngineError) in PBExplainSlotReply(try await engine.explain(question)) }
        },
    ]
}

/// Which sessions are listed.
private struct Listing: Sendable {
    let department: DepartmentID?
    let pool: PoolID?
    let from: LocalDate
    let to: LocalDate
    let after: (start: Instant, session: SessionID)?
    let limit: Int

    init(
        _ department: UInt32, _ pool: UInt32, _ from: String, _ to: String, after: UInt64, _ afterStart: Int64,
        _ page: Page
    ) throws(ProtocolError) {
        (self.from, self.to) = try days(from, to, atMost: EngineLimits.daysPerSearch)
        self.department = department == 0 ? nil : DepartmentID(rawValue: department)
        self.pool = pool == 0 ? nil : PoolID(rawValue: pool)
        guard after < 1 << 44 else { throw ProtocolError.invalid("after", "\(after) is no session") }
        self.after = after == 0 ? nil : (Instant(rawValue: afterStart), SessionID(rawValue: after))
        limit = page.limit ?? EngineLimits.sessionsPerListing
    }

    func sessions(in engine: Engine) async throws(EngineError) -> Reading<[SessionSummary]> {
        try await engine.sessions(
            department: department, pool: pool, from: from, to: to, after: after, limit: limit)
    }
}

extension PBGenerateSessionsRequest: KeyedMessage {}
extension PBOpenSessionsRequest: KeyedMessage {}

private func days(_ from: String, _ to: String, atMost limit: Int) throws(ProtocolError) -> (LocalDate, LocalDate) {
    let (first, last) = (try LocalDate(from, field: "from"), try LocalDate(to, field: "to"))
    guard first <= last else { throw ProtocolError.invalid("to", "\(last) is before \(first)") }
    guard Int(last.rawValue - first.rawValue) < limit else {
        throw ProtocolError.invalid("to", "\(last.rawValue - first.rawValue + 1) days, at most \(limit)")
    }
    return (first, last)
}

extension PBOpenSessionsRequest {
    fileprivate func drafts() throws(ProtocolError) -> [SessionDraft] {
        var drafts: [SessionDraft] = []
        for (index, session) in sessions.enumerated() {
            drafts.append(try SessionDraft(session, field: "sessions[\(index)]"))
        }
        return drafts
    }
}

// Locks.

extension PBLockSlotsRequest: KeyedMessage {}
extension PBUnlockSlotsRequest: KeyedMessage {}

extension SlotLock {
    fileprivate init(_ request: PBLockSlotsRequest) throws(ProtocolError) {
        func small(_ number: UInt32, _ field: String, _ most: Int) throws(ProtocolError) -> UInt16 {
            guard number <= UInt32(most) else { throw ProtocolError.invalid(field, "\(number), at most \(most)") }
            return UInt16(number)
        }
        guard request.untilMs >= 0 else { throw ProtocolError.invalid("until_ms", "a moment after 1970, or 0") }
        self.init(
            first: try small(request.first, "first", Limits.slotsPerSession),
            slots: try small(request.slots, "slots", Limits.slotsPerSession),
            units: try small(request.units, "units", Limits.capacityPerSlot), owner: request.owner,
            reason: request.reason, until: request.untilMs == 0 ? nil : Instant(rawValue: request.untilMs))
    }
}

extension PBLockReply {
    fileprivate init(_ answer: Answer) {
        self.init()
        position = answer.position.rawValue
        again = answer.again
        switch answer.outcome {
        case .told(.slotsLocked(_, let lock)), .told(.slotsUnlocked(_, let lock)):
            result = .done
            self.lock = lock.number
        case .refused(let refusal, _):
            result = .refused
            rule = PBRule(refusal.rule)
            authority = PBAuthority(refusal.authority)
            limit = refusal.limit
        case .told, .done, .failed: preconditionFailure("a write about a lock is answered with one")
        }
    }
}

extension PBLock {
    init(_ lock: SlotLock, of session: SessionID) {
        self.init()
        self.session = session.rawValue
        self.lock = lock.number
        first = UInt32(lock.first)
        slots = UInt32(lock.slots)
        units = UInt32(lock.units)
        owner = lock.owner
        reason = lock.reason
        untilMs = lock.until?.rawValue ?? 0
    }
}
