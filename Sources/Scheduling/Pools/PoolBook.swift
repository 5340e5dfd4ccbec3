internal import HeapModule

/// The pools (号源池) of one shard: what is free, who has which number, and which holds expire when.
///
/// Pure: `decide` judges and changes nothing, `evolve` applies a fact and judges nothing. Recovery, a standby and the
/// verifier call `evolve` alone. Claims (`claim`, `release`) are the only state that is no fact; they live for the
/// length of one booking that spans shards and never reach the journal.
package struct PoolBook: Sendable {
    /// By pool id; nil for pools of other shards.
    private var pools: ContiguousArray<PoolSessions?> = []
    /// What is to happen by itself, and when. An entry that has nothing left to do is skipped when its time comes.
    var timers = Heap<Timer>()
    /// Appointments that a move in progress is about to end.
    private(set) var moving: Set<AppointmentID> = []
    /// Sessions that have something no checkpoint has yet.
    package private(set) var dirtySessions: Set<SessionID> = []
    package internal(set) var counts = Counts()
    /// Sessions with a refund that is due.
    package internal(set) var refunding: Set<SessionID> = []

    /// How much there is in memory.
    package struct Counts: Hashable, Sendable {
        package var sessions = 0
        package var slots = 0
        package var appointments = 0
        package var holds = 0

        package init() {}

        package static func + (a: Counts, b: Counts) -> Counts {
            var sum = a
            sum.sessions += b.sessions
            sum.slots += b.slots
            sum.appointments += b.appointments
            sum.holds += b.holds
            return sum
        }
    }

    package init() {}

    // MARK: Looking

    package func session(_ id: SessionID) -> Session? {
        let pool = Int(id.pool.rawValue)
        guard pool < pools.count else { return nil }
        return pools[pool]?[id.index]
    }

    package func sessions(of pool: PoolID) -> PoolSessions? {
        Int(pool.rawValue) < pools.count ? pools[Int(pool.rawValue)] : nil
    }

    /// Whether this session was opened here and is gone: archived.
    package func isArchived(_ id: SessionID) -> Bool {
        sessions(of: id.pool)?.isArchived(id.index) ?? false
    }

    /// Nil where the session is unknown or archived.
    package func times(of id: SessionID) -> SessionTimes? { look(at: id) { $0.times } }

    package func record(_ id: AppointmentID) -> AppointmentRecord? { found(id)?.record }

    package func appointment(_ id: AppointmentID) -> Appointment? {
        found(id).map { Appointment(id: id, record: $0.record, times: $0.times, payment: payment(of: id)) }
    }

    /// Every session, by pool and index.
    package var allSessions: some Sequence<Session> { pools.lazy.compactMap { $0 }.flatMap(\.inOrderOfOpening) }

    /// Every session of a part of the pools; all parts one after the other are all sessions, in their order.
    package func sessions(part: Int, of parts: Int) -> some Sequence<Session> {
        pools[pools.count * part / parts..<pools.count * (part + 1) / parts]
            .lazy.compactMap { $0 }.flatMap(\.inOrderOfOpening)
    }

    /// The ids of every session that was ever opened here, archived ones too.
    package var allSessionIDs: [SessionID] {
        pools.indices.flatMap { pool in
            (0..<(pools[pool]?.nextIndex ?? 0)).map {
                SessionID(pool: PoolID(rawValue: UInt32(pool)), index: $0)
            }
        }
    }

    // MARK: Deciding

    /// What a pool says to a command.
    package enum Verdict: Sendable {
        case fact(Fact)
        case refused(Refusal)
        /// There is no such appointment here.
        case unknown
    }

    /// The one door: what becomes of a command that concerns this pool alone, or the part of it that does.
    ///
    /// Of a `move` it is the change that ends the old appointment. What the timetable, the catalogue and the patient
    /// know was judged before: `RuleList` has the order.
    /// - Parameter asking: of a command that names an appointment, what the caller knows; the rest is filled in here.
    package func decide(_ command: Command, _ asking: borrowing Asking) -> Verdict {
        do throws(Refusal) {
            switch command {
            case .book: return .fact(.booked(try decideTaking(asking)))
            case .change(let id, let transition, let ifVersion, let reason):
                guard let found = found(id) else { return .unknown }
                let change = ChangeAsking(found, transition, ifVersion: ifVersion, isMoving: moving.contains(id))
                try RuleList.judge(change, asking)
                return .fact(.changed(change.next(id, transition.target, reason)))
            case .move(let id, _, let ifVersion, let reason):
                guard let found = found(id) else { return .unknown }
                let change = ChangeAsking(found, .cancel, ifVersion: ifVersion, isMoving: moving.contains(id))
                try RuleList.judge(move: change, asking)
                return .fact(.changed(change.next(id, .moved, reason)))
            case .confirmPaid(let id, let payment, let ifVersion, let reason):
                guard let found = found(id) else { return .unknown }
                let change = ChangeAsking(found, .confirm, ifVersion: ifVersion, isMoving: moving.contains(id))
                try RuleList.judge(change, asking)
                return .fact(.changed(change.next(id, .booked, reason, payment)))
            case .stopSession(let id, let from, let reason):
                return try decideStop(id, from: from, reason: reason, asking).map { .fact($0) } ?? .unknown
            default:
                guard let subject = command.subject else { preconditionFailure("no pool decides on this alone") }
                let fact = try look(at: subject.session) { session throws(Refusal) in
                    try session.decide(command, asking)
                }
                return (fact ?? nil).map { .fact($0) } ?? .unknown
            }
        } catch {
            return .refused(error)
        }
    }

    /// The appointment that these slots would become, or why not.
    package func decideTaking(_ asking: borrowing Asking) throws(Refusal) -> Taken {
        asking.taken(try number(for: asking))
    }

    /// When the next timer is due; nil where none is set.
    package var nextDue: Instant? { timers.min?.at }

    /// What is due by now, at most `limit` facts. What it returns must be evolved: its timers are taken off.
    package mutating func decideDue(now: Instant, limit: Int) -> [Fact] {
        var facts: [Fact] = []
        var postponed: [Timer] = []
        due: while facts.count < limit, let next = timers.min, next.at <= now {
            _ = timers.popMin()
            switch next.purpose {
            case .holdExpiry(let id):
                guard let record = record(id), record.state == .held else { continue }
                if moving.contains(id) {
                    postponed.append(next)
                } else {
                    facts.append(
                        .changed(
                            Change(
                                appointment: id, patient: record.patient, state: .expired, version: record.version + 1,
                                reason: "")))
                }
            case .ofSession(let id, Timer.restOfStop):
                // A turn of its own, so that no hold both runs out and is stopped in one.
                let rest = facts.isEmpty ? look(at: id) { $0.decideStopRest(moving: moving, limit: limit) } : nil
                if rest.map({ $0.facts.isEmpty && !$0.isWhole }) ?? !facts.isEmpty { postponed.append(next) }
                if let rest { facts = rest.facts }
                if !facts.isEmpty { break due }
            case .ofSession(let id, Timer.refunds):
                // A turn of its own, too: numbers of refunds follow on each other.
                guard facts.isEmpty else {
                    postponed.append(next)
                    continue
                }
                facts = look(at: id) { $0.decideRefunds(now: now, limit: limit) } ?? []
                if facts.count == limit { postponed.append(next) }
                if !facts.isEmpty { break due }
            case .ofSession(let id, let number):
                if let fact = look(at: id, { $0.decideDue(number) }) ?? nil { facts.append(fact) }
            }
        }
        for timer in postponed { timers.insert(timer) }
        return facts
    }

    /// A session as the pool would open it, or the sentence that says what stands in its way. Nil where just this
    /// session is open.
    package func decideOpening(_ opening: SessionOpening) throws(SessionConflict) -> SessionDefinition? {
        let (pool, times) = (opening.pool, opening.times)
        let sessions = sessions(of: pool)
        if let other = sessions?.overlapping(times) {
            guard opening.describes(other) else {
                throw SessionConflict(pool: pool, times: times, .overlaps(other.id))
            }
            // One opened by hand is as good as a template's, and a template's as good as one by hand.
            guard let its = other.template, let own = opening.template, its != own else { return nil }
            throw SessionConflict(pool: pool, times: times, .taken(other.id, by: its, from: own))
        }
        if let other = sessions?.first(of: opening.day) {
            throw SessionConflict(pool: pool, times: times, .twice(other.id))
        }
        let index = sessions?.nextIndex ?? 0
        guard index < Limits.sessionsPerPool else { throw SessionConflict(pool: pool, times: times, .exhausted) }
        return SessionDefinition(
            id: SessionID(pool: pool, index: index), times: times, template: opening.template,
            capacities: opening.capacities, wallStart: opening.wallStart)
    }

    /// Sessions that ended before `horizon` and in which every appointment has ended.
    package func archivable(before horizon: Instant, limit: Int) -> [SessionID] {
        var found: [SessionID] = []
        for case let pool? in pools {
            for session in pool.endingBefore(horizon) where session.live == 0 && session.claims.isEmpty {
                if session.owesMoney || isTouched(session.id) { continue }
                found.append(session.id)
                if found.count == limit { return found }
            }
        }
        return found
    }

    /// The open sessions that ended before a moment, those of a pool side by side.
    func sessionsEnding(before moment: Instant) -> some Sequence<Session> {
        pools.lazy.compactMap { $0 }.flatMap { $0.endingBefore(moment) }
    }

    // MARK: Evolving

    /// Applies what concerns pools in a fact; the rest of it is somebody else's. A fact that is reflected already
    /// changes nothing. Of a fact about several appointments each is applied that lies in a pool of this book; the
    /// others are for other books. False when the fact cannot follow on what is here: the journal or a checkpoint is
    /// damaged.
    @discardableResult
    package mutating func evolve(_ event: borrowing Event) -> Bool {
        evolve(event.fact, channel: event.by.channel, at: event.at)
    }

    /// Applies what concerns pools in a fact that came by this channel at this moment.
    @discardableResult
    package mutating func evolve(_ fact: Fact, channel: Channel, at: Instant) -> Bool {
        switch fact {
        case .booked(let taken), .takenAgain(let taken), .chosen(let taken, _):
            return evolve(taken, channel: channel, at: at)
        case .bookedTogether(let all):
            var isSound = true
            for taken in all where sessions(of: taken.appointment.pool) != nil {
                isSound = evolve(taken, channel: channel, at: at) && isSound
            }
            return isSound
        case .changed(let change): return evolve(change, at: at)
        case .moved(let from, let to):
            let hasOld = sessions(of: from.appointment.pool) != nil
            if hasOld, !evolve(from, at: at) { return false }
            let hasNew = sessions(of: to.appointment.pool) != nil
            return !hasNew || evolve(to, channel: channel, at: at)
        case .sessionOpened(let definition): return evolve(definition.opened(at: at))
        case .sessionStopped(let id, let stop): return evolve(stop, of: id, at: at)
        case .sessionArchived(let id):
            archive(id)
            return true
        case .sessionWithdrawn(let id):
            guard session(id)?.isEmpty ?? true else { return false }
            archive(id)
            return true
        default:
            // Of a session as a whole, or nothing of this book's.
            guard fact.kind.row.home == .pool, let session = fact.session else { return true }
            return evolve(fact, in: session)
        }
    }

    /// Applies a fact about a session as a whole.
    private mutating func evolve(_ fact: Fact, in id: SessionID) -> Bool {
        defer { if case .refund = fact { noteRefunds(of: id) } }
        guard let (isSound, timer) = modify(id, { $0.evolve(fact) }) else { return isArchived(id) }
        if let timer { timers.insert(Timer(at: timer.at, .ofSession(id, timer.number))) }
        return isSound
    }

    /// Applies a fact about one appointment or session that somebody else decided.
    /// - Returns: Whether it can follow on what is here, and for a new appointment when its session is.
    package mutating func follow(_ fact: Fact, channel: Channel, at: Instant) -> (isSound: Bool, times: SessionTimes?) {
        let isSound = evolve(fact, channel: channel, at: at)
        guard case .booked(let taken) = fact else { return (isSound, nil) }
        return (isSound, look(at: taken.appointment.session) { $0.times })
    }

    @discardableResult
    package mutating func evolve(_ taken: Taken, channel: Channel, at: Instant) -> Bool {
        let isThere = restore(
            AppointmentRecord(taken, channel: channel, made: at, changed: at, state: taken.state, version: 1),
            taken.appointment)
        guard isThere else { return isArchived(taken.appointment.session) }
        if let payment = taken.payment { keep(payment, of: taken) }
        return true
    }

    @discardableResult
    package mutating func evolve(_ change: Change, at: Instant) -> Bool {
        let id = change.appointment
        let outcome = modify(id.session) { session in
            let wasHeld = session[id.number]?.state == .held
            let isSound = session.apply(change, at: at)
            return (isSound, wasHeld && session[id.number]?.state != .held)
        }
        guard let (isSound, holdEnded) = outcome else { return isArchived(id.session) }
        if holdEnded { counts.holds -= 1 }
        if change.state.returnsMoney { dueRefunds(of: id.session, at: at) }
        return isSound
    }

    @discardableResult
    package mutating func evolve(_ definition: SessionDefinition) -> Bool {
        let id = definition.id
        guard session(id) == nil, !isArchived(id) else { return true }
        guard withPool(id.pool, { $0.open(Session(definition)) }) else { return false }
        dirtySessions.insert(id)
        counts.sessions += 1
        counts.slots += definition.capacities.count
        return true
    }

    /// Takes a session out of memory, or notes that it was taken out before (checkpoints know it, the log no longer
    /// does).
    package mutating func archive(_ id: SessionID) {
        if let session = session(id) {
            counts.sessions -= 1
            counts.slots -= session.slots.count
            for case let record? in session.appointments {
                counts.appointments -= 1
                if record.state == .held { counts.holds -= 1 }
            }
            dirtySessions.remove(id)
            refunding.remove(id)
        }
        withPool(id.pool) { $0.archive(id.index) }
    }

    /// Puts an appointment in its place, in whatever state it is; one that is there already stays as it is. False where
    /// its session is not open, or its slots are not there or not free.
    @discardableResult
    package mutating func restore(_ record: AppointmentRecord, _ id: AppointmentID) -> Bool {
        let outcome = modify(id.session) { session in
            let isNew = session[id.number] == nil
            return (isNew, isSound: session.put(record, number: id.number))
        }
        guard let (isNew, isSound) = outcome, isSound else { return false }
        guard isNew else { return true }
        counts.appointments += 1
        if record.state == .held {
            counts.holds += 1
            if let until = record.holdUntil { timers.insert(Timer(at: until, .holdExpiry(id))) }
        }
        return true
    }

    /// Puts many appointments of one session in their places, as `restore` does one: a session is looked for once.
    /// - Parameter fault: told of each that has no place.
    package mutating func restore(
        _ appointments: ContiguousArray<(id: AppointmentID, record: AppointmentRecord)>, of session: SessionID,
        _ fault: (AppointmentID) -> Void
    ) {
        var added = 0
        var held: [(id: AppointmentID, until: Instant?)] = []
        let found: Void? = modify(session) { session in
            // What the log adds comes next, some for most sessions.
            session.makeRoom(for: appointments.count + appointments.count / 8)
            for (id, record) in appointments where id.session == session.id {
                let isNew = session[id.number] == nil
                guard session.put(record, number: id.number) else {
                    fault(id)
                    continue
                }
                guard isNew else { continue }
                added += 1
                if record.state == .held { held.append((id, record.holdUntil)) }
            }
        }
        counts.appointments += added
        counts.holds += held.count
        for case let (id, until?) in held { timers.insert(Timer(at: until, .holdExpiry(id))) }
        for (id, record) in appointments where found == nil || id.session != session {
            if !restore(record, id) { fault(id) }
        }
    }

    // MARK: Claims

    /// Takes units and a number ahead of the fact.
    package mutating func claim(_ asking: borrowing Asking) throws(Refusal) -> Taken {
        _ = try number(for: asking)
        let claim = Session.Claim(asking)
        let number = modify(asking.slot.session) { $0.claim(claim) }
        guard let number else { preconditionFailure("a slot that fits lies in an open session") }
        return asking.taken(number)
    }

    /// Gives up what `claim` took, or makes room for its fact.
    package mutating func release(claim id: AppointmentID) { modify(id.session) { $0.release(claim: id.number) } }

    /// Keeps everybody else's hands off an appointment that a move is about to end.
    package mutating func lock(_ id: AppointmentID) { moving.insert(id) }
    package mutating func unlock(_ id: AppointmentID) { moving.remove(id) }

    // MARK: Checkpoints

    package mutating func markClean(_ id: SessionID) {
        modify(id) { $0.markClean() }
        dirtySessions.remove(id)
    }

    // MARK: Inside

    /// The number that these slots would get, or why they get none.
    private func number(for asking: borrowing Asking) throws(Refusal) -> UInt32 {
        let pool = Int(asking.slot.pool.rawValue)
        guard pool < pools.count, pools[pool] != nil else { throw Refusal(.slotPast) }
        let number = try pools[pool]!.look(at: asking.slot.session.index) { session throws(Refusal) in
            try RuleList.judge(asking, session)
            return session.nextNumber
        }
        guard let number else { throw Refusal(.slotPast) }
        return number
    }

    /// An appointment and the times of its session, in one look.
    func found(_ id: AppointmentID) -> (record: AppointmentRecord, times: SessionTimes)? {
        look(at: id.session) { session in session[id.number].map { ($0, session.times) } } ?? nil
    }

    /// Looks at a pool's sessions where they lie; nil when the pool has none here.
    @inline(__always)
    func look<Result>(at pool: PoolID, _ body: (borrowing PoolSessions) -> Result) -> Result? {
        let pool = Int(pool.rawValue)
        guard pool < pools.count, pools[pool] != nil else { return nil }
        return body(pools[pool]!)
    }

    @inline(__always)
    func look<Result, Failure>(
        at id: SessionID, _ body: (borrowing Session) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        let pool = Int(id.pool.rawValue)
        guard pool < pools.count, pools[pool] != nil else { return nil }
        return try pools[pool]!.look(at: id.index, body)
    }

    @discardableResult
    @inline(__always)
    mutating func modify<Result>(_ id: SessionID, _ body: (inout Session) -> Result) -> Result? {
        let pool = Int(id.pool.rawValue)
        guard pool < pools.count else { return nil }
        let result = pools[pool]?.modify(id.index) { session in
            let wasDirty = session.isDirty
            let result = body(&session)
            return (result, becameDirty: !wasDirty && session.isDirty)
        }
        if result?.becameDirty == true { dirtySessions.insert(id) }
        return result?.0
    }

    private mutating func withPool<Result>(_ id: PoolID, _ body: (inout PoolSessions) -> Result) -> Result {
        while pools.count <= Int(id.rawValue) { pools.append(nil) }
        return body(&pools[Int(id.rawValue), default: PoolSessions()])
    }

    /// Sessions whose refunds have a timer; the invariants ask.
    package var timedRefunds: Set<SessionID> {
        Set(
            timers.unordered.compactMap {
                if case .ofSession(let id, Timer.refunds) = $0.purpose { id } else { nil }
            })
    }

    /// Whether a held appointment has its timer; the invariants ask.
    package var timedHolds: Set<AppointmentID> {
        Set(timers.unordered.compactMap { if case .holdExpiry(let id) = $0.purpose { id } else { nil } })
    }
}

extension Asking {
    /// The appointment that is made of it, under a number.
    fileprivate func taken(_ number: UInt32) -> Taken {
        guard let patient, let service else { preconditionFailure("an appointment is for a patient and a service") }
        return Taken(
            appointment: AppointmentID(session: slot.session, number: number), patient: patient,
            slot: UInt16(slot.index), span: span, units: units, service: service,
            state: holdUntil == nil ? .booked : .held, holdUntil: holdUntil, patientClass: patientClass)
    }
}

extension ContiguousArray {
    /// The element at this index, made first where it is nil.
    fileprivate subscript<Wrapped>(index: Int, default make: @autoclosure () -> Wrapped) -> Wrapped
    where Element == Wrapped? {
        get { self[index] ?? make() }
        _modify {
            if self[index] == nil { self[index] = make() }
            yield &self[index]!
        }
    }
}
