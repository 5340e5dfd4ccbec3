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
        ) { request, _ throws(ProtocolError) in
            let (from, to) = try days(request.from, request.to, atMost: EngineLimits.daysPerSearch)
            let department = request.department == 0 ? nil : DepartmentID(rawValue: request.department)
            let pool = request.pool == 0 ? nil : PoolID(rawValue: request.pool)
            return { engine, _ throws(EngineError) in
                PBListSessionsReply(
                    try await engine.sessions(department: department, pool: pool, from: from, to: to))
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
        ) { request, _ throws(ProtocolError) in
            let (from, to) = try days(request.from, request.to, atMost: EngineLimits.daysPerSearch)
            let department = request.department == 0 ? nil : DepartmentID(rawValue: request.department)
            let pool = request.pool == 0 ? nil : PoolID(rawValue: request.pool)
            return { engine, _ throws(EngineError) in
                PBListLocksReply(
                    try await engine.sessions(department: department, pool: pool, from: from, to: to), from, to)
            }
        },
        MethodRow(
            .searchSlots, PBSearchSlotsRequest.self, PBSearchSlotsReply.self, needs: .readSchedule,
            "Finds slots that can still be booked, by department, service or resource, in order of time."),
    ]
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

extension PBListLocksReply {
    /// Of these sessions, the locks that withdraw something on these days.
    fileprivate init(_ reading: Reading<[SessionSummary]>, _ from: LocalDate, _ to: LocalDate) {
        self.init()
        position = reading.position.rawValue
        locks = reading.value.flatMap { summary in
            let wanted = summary.times.slots(from: from, to: to)
            return summary.session.openLocks.filter { $0.range.overlaps(wanted) }.map { lock in
                var wire = PBLock()
                wire.session = summary.id.rawValue
                wire.lock = lock.number
                wire.first = UInt32(lock.first)
                wire.slots = UInt32(lock.slots)
                wire.units = UInt32(lock.units)
                wire.owner = lock.owner
                wire.reason = lock.reason
                wire.untilMs = lock.until?.rawValue ?? 0
                return wire
            }
        }
    }
}
