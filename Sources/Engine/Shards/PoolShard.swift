import Journal
import Scheduling

/// Owns the pools of some departments: decides what is free, gives out numbers, and puts each fact into the journal in
/// the same step in which it becomes true here. So the journal has the facts of a pool in the order in which they
/// happened.
actor PoolShard {
    private var book: PoolBook
    private let journal: Journal
    private let view: EngineView
    private let history: History
    /// Filled and emptied within one step; kept for their memory.
    private var records = RecordBatch()
    private var writer = ByteWriter()
    private var expiredHolds: UInt64 = 0
    /// The last position whose facts are in `book`; what a reading here reflects.
    private var position: Position

    init(_ book: PoolBook, journal: Journal, view: EngineView, history: History) {
        self.book = book
        self.journal = journal
        self.view = view
        self.history = history
        position = journal.lastPosition
    }

    // MARK: Bookings and changes of one appointment

    struct Order: Sendable {
        /// The write's place in its batch.
        var index: Int
        var command: Command
        var asking: Asking
        /// Nil for a write without a key.
        var answered: Event.Answered?
    }

    struct Result: Sendable {
        var index: Int
        var verdict: PoolBook.Verdict
        /// Where the fact stands; zero when there is none.
        var position = Position.zero
    }

    /// Carries out independent orders, in their order, and hands their facts to the journal in one go.
    func carryOut(_ orders: [Order]) -> [Result] {
        var results: [Result] = []
        results.reserveCapacity(orders.count)
        for order in orders {
            let verdict = book.decide(order.command, order.asking)
            if case .fact(let fact) = verdict { becomeTrue(fact, order) }
            results.append(Result(index: order.index, verdict: verdict))
        }
        guard !records.isEmpty else { return results }
        let count = records.count
        let last = append()
        // Every fact took one place of the batch, in the order of the orders.
        var next = last.advanced(by: 1 - count)
        for index in results.indices {
            guard case .fact = results[index].verdict else { continue }
            results[index].position = next
            next = next.next
        }
        return results
    }

    private func becomeTrue(_ fact: Fact, _ order: Order) {
        guard let origin = order.asking.origin else { preconditionFailure("a write says who asks") }
        let now = order.asking.now
        let isSound = book.evolve(fact, channel: origin.channel, at: now)
        precondition(isSound, "what was decided here can become true here")
        record(Event(at: now, by: origin, answer: order.answered, fact: fact))
    }

    // MARK: Bookings that span pools

    /// Takes units and numbers ahead of the fact: for all requests, or for none and the index of the first refused one
    /// is told.
    func claim(_ requests: [(item: Int, asking: Asking)]) -> Swift.Result<[Taken], RefusedItem> {
        var claimed: [Taken] = []
        for (item, asking) in requests {
            do throws(Refusal) {
                claimed.append(try book.claim(asking))
            } catch {
                for taken in claimed { book.release(claim: taken.appointment) }
                return .failure(RefusedItem(refusal: error, item: item))
            }
        }
        return .success(claimed)
    }

    /// Takes the new place of a move ahead of the fact. Units of the old place that the new one needs are not asked for
    /// again: nobody else gets them while the move lasts, and `finishMove` passes them on.
    func claim(_ asking: Asking, movedFrom id: AppointmentID) throws(Refusal) -> Taken {
        guard let old = book.record(id) else { return try book.claim(asking) }
        var taken = try book.claim(asking.beyond(old, of: id.session))
        taken.slot = UInt16(asking.slot.index)
        taken.span = asking.span
        return taken
    }

    func release(_ claims: [AppointmentID]) {
        for claim in claims { book.release(claim: claim) }
    }

    /// The claims have become facts, which stand at this position.
    func finish(_ taken: [Taken], by origin: Origin, at now: Instant, position: Position) {
        for taken in taken {
            book.release(claim: taken.appointment)
            book.evolve(taken, channel: origin.channel, at: now)
        }
        self.position = max(self.position, position)
    }

    enum MoveBegin: Sendable {
        case begun(Change, AppointmentRecord)
        case refused(Refusal)
        case unknown
    }

    /// Judges whether an appointment may be moved, and keeps everybody else's hands off it until the move ends.
    func beginMove(_ id: AppointmentID, _ command: Command, _ asking: Asking) -> MoveBegin {
        switch book.decide(command, asking) {
        case .fact(.changed(let change)):
            guard let record = book.record(id) else { return .unknown }
            book.lock(id)
            return .begun(change, record)
        case .refused(let refusal): return .refused(refusal)
        case .unknown: return .unknown
        case .fact: preconditionFailure("a move begins with the change of its old appointment")
        }
    }

    /// The move is over: with a change it has become a fact, at this position; without one it did not take place.
    func endMove(_ id: AppointmentID, _ change: Change?, at now: Instant, position: Position) {
        book.unlock(id)
        guard let change else { return }
        book.evolve(change, at: now)
        self.position = max(self.position, position)
    }

    /// The move ends within this shard: the old place is given up and the new one taken in one step, so that nobody
    /// comes between them where they overlap.
    func finishMove(_ change: Change, _ taken: Taken, by origin: Origin, at now: Instant, position: Position) {
        endMove(change.appointment, change, at: now, position: position)
        finish([taken], by: origin, at: now, position: position)
    }

    // MARK: Time

    /// Lets what is due become true; tells it, so that the patients it concerns can be told.
    func runTimers(now: Instant, limit: Int) -> [Fact] {
        let facts = book.decideDue(now: now, limit: limit)
        for fact in facts {
            book.evolve(fact, channel: Origin.system.channel, at: now)
            record(Event(at: now, by: .system, fact: fact))
            if case .changed = fact { expiredHolds += 1 }
        }
        if !records.isEmpty { _ = append() }
        return facts
    }

    // MARK: Sessions

    /// Opens what is not open yet; conflicts are told and stop no other.
    func open(_ openings: some Sequence<SessionOpening> & Sendable, by origin: Origin, now: Instant) -> (
        opened: Int, unchanged: Int, [SessionConflict]
    ) {
        var opened: [SessionDefinition] = []
        var unchanged = 0
        var conflicts: [SessionConflict] = []
        for opening in openings {
            do throws(SessionConflict) {
                guard let definition = try book.decideOpening(opening) else {
                    unchanged += 1
                    continue
                }
                book.evolve(definition)
                record(Event(at: now, by: origin, fact: .sessionOpened(definition)))
                opened.append(definition)
            } catch {
                conflicts.append(error)
            }
        }
        if !opened.isEmpty {
            _ = append()
            view.update { view in
                for definition in opened { view.timetable.open(definition.id, definition.times) }
            }
        }
        return (opened.count, unchanged, conflicts)
    }

    /// Sends sessions whose appointments have all ended to the history table, as many as fit one go; tells whether
    /// these were all, whose appointments left memory, and from which position on they are in that table.
    func archive(
        before horizon: Instant, now: Instant
    ) -> (isAll: Bool, gone: [(AppointmentID, PatientID)], position: Position) {
        let limit = EngineLimits.sessionsArchivedPerTurn
        let found = book.archivable(before: horizon, limit: limit)
        guard !found.isEmpty else { return (true, [], position) }
        var left: [(AppointmentID, PatientID)] = []
        var writes: [TableWrite] = []
        var ids: [SessionID] = []
        for id in found where left.count < EngineLimits.appointmentsArchivedPerTurn {
            guard let session = book.session(id) else { continue }
            ids.append(id)
            writes += SessionTables.archive(session)
            left += session.gone
            record(Event(at: now, by: .system, fact: .sessionArchived(id)))
            book.archive(id)
        }
        _ = append(tables: writes)
        view.update { view in for id in ids { view.timetable.close(id) } }
        return (found.count < limit && ids.count == found.count, left, position)
    }

    // MARK: Following

    /// Takes over what a primary's pools did; tells what that means to patients, and which facts could not follow on
    /// what is here.
    /// - Parameters:
    ///   - places: of the events that concern this shard.
    ///   - owns: whether a pool is this shard's: of an event about several appointments others may lie elsewhere.
    func apply(
        _ events: ArraySlice<PositionedEvent>, at places: [Int], _ catalogue: CatalogueSnapshot,
        owns: @Sendable (PoolID) -> Bool
    ) -> (settlements: [PatientShard.Settlement], faults: [Violation]) {
        var settlements: [PatientShard.Settlement] = []
        settlements.reserveCapacity(places.count)
        var faults: [Violation] = []
        var sessions: [Fact] = []
        for place in places {
            let (at, channel) = (events[place].event.at, events[place].event.by.channel)
            // A fact with a pool of its own is this shard's, or the event were not among these.
            let isWhole = events[place].event.fact.pool != nil
            events[place].event.fact.forEachPart { part in
                var fact = part
                switch part {
                case .sessionOpened(let definition):
                    fact = .sessionOpened(definition.resolved(in: catalogue.catalogue.hospital.zone))
                    sessions.append(fact)
                case .sessionArchived(let id):
                    sessions.append(fact)
                    guard let session = book.session(id) else { break }
                    // After the fact: a start that finds the fact and not these writes makes them anew.
                    history.write(SessionTables.archive(session))
                    settlements += session.gone.map { .archived($0, $1) }
                default: guard isWhole || fact.pool.map(owns) ?? false else { return }
                }
                let (isSound, times) = book.follow(fact, channel: channel, at: at)
                if !isSound {
                    faults.append(
                        Violation("record \(events[place].position): its fact does not follow on what was there"))
                }
                if let settlement = settlement(fact, times, catalogue) { settlements.append(settlement) }
            }
            position = events[place].position
        }
        guard !sessions.isEmpty else { return (settlements, faults) }
        view.update { view in
            for fact in sessions {
                switch fact {
                case .sessionOpened(let definition): view.timetable.open(definition.id, definition.times)
                case .sessionArchived(let id): view.timetable.close(id)
                default: break
                }
            }
        }
        return (settlements, faults)
    }

    private func settlement(
        _ fact: Fact, _ times: SessionTimes?, _ catalogue: CatalogueSnapshot
    ) -> PatientShard.Settlement? {
        switch fact {
        case .booked(let taken):
            guard let times, let department = catalogue.department(of: taken.appointment.pool) else { return nil }
            let commitment = PatientBook.Commitment(
                times, slot: taken.slot, span: taken.span, department: department)
            return .found(taken.appointment, taken.patient, commitment, taken.state)
        case .changed(let change): return .changed(change.appointment, change.patient, change.state)
        default: return nil
        }
    }

    // MARK: Checkpoints

    /// The sessions a checkpoint that begins now has to write.
    func dirtySessions() -> [SessionID] { book.dirtySessions.sorted { $0.rawValue < $1.rawValue } }

    /// Writes what these sessions changed since their last checkpoint, until about so many bytes are written. One slice
    /// of a checkpoint: short enough to serve between two.
    /// - Returns: how many of the sessions are written, at least one.
    func checkpoint(_ ids: some Sequence<SessionID> & Sendable, bytes: Int) -> Int {
        var writes: [TableWrite] = []
        var size = 0
        var done = 0
        for id in ids {
            guard size < bytes else { break }
            done += 1
            guard let session = book.session(id) else { continue }
            let changes = SessionTables.changes(of: session)
            size += changes.reduce(0) { $0 + $1.pendingBytes }
            writes += changes
            book.markClean(id)
        }
        if !writes.isEmpty { journal.write(writes) }
        return done
    }

    // MARK: Reading

    func appointments(_ ids: [AppointmentID]) -> ([Appointment], Position) {
        (ids.compactMap { book.appointment($0) }, position)
    }

    func appointments(in id: SessionID) -> ([Appointment]?, Position) {
        guard let session = book.session(id) else { return (nil, position) }
        let found = session.appointments.enumerated().compactMap { index, record in
            record.map {
                Appointment(id: AppointmentID(session: id, number: UInt32(index + 1)), record: $0, times: session.times)
            }
        }
        return (found, position)
    }

    func sessions(of pools: [PoolID], from: LocalDate, to: LocalDate, limit: Int) -> ([SessionSummary], Position) {
        var found: [SessionSummary] = []
        for pool in pools {
            guard let sessions = book.sessions(of: pool) else { continue }
            for session in sessions.ending(after: SlotSearch.earliestStart(of: from)) {
                if session.times.date > to.advanced(days: 1) { break }
                if !session.times.slots(from: from, to: to).isEmpty { found.append(SessionSummary(session)) }
                if found.count == limit { return (found, position) }
            }
        }
        return (found, position)
    }

    /// A search's part of this shard.
    struct SearchOrder: Sendable {
        /// The query's place in its batch.
        let index: Int
        let search: SlotSearch
        let pools: [PoolID]

        init(index: Int, _ search: SlotSearch, _ pools: [PoolID]) {
            self.index = index
            self.search = search
            self.pools = pools
        }
    }

    /// The free slots each order asks for, in the order of the orders.
    func search(_ orders: [SearchOrder]) -> ([[FreeSlot]], Position) {
        (orders.indices.map { orders[$0].search.run(orders[$0].pools, in: book) }, position)
    }

    /// How much there is, and how many holds have run out since the start.
    func counts() -> (PoolBook.Counts, expiredHolds: UInt64) { (book.counts, expiredHolds) }

    /// A copy for the invariants.
    func snapshot() -> PoolBook { book }

    // MARK: Inside

    private func record(_ event: Event) {
        writer.removeAll()
        event.encode(into: &writer)
        do throws(JournalError) {
            try records.append(writer.bytes)
        } catch {
            preconditionFailure("an event within the limits fits a record: \(error)")
        }
    }

    private func append(tables: [TableWrite] = []) -> Position {
        position = journal.append(records, tables: tables)
        records.removeAll()
        return position
    }
}

extension Session {
    /// Its appointments and whose they are, for the patients' sake when it leaves memory.
    fileprivate var gone: [(AppointmentID, PatientID)] {
        appointments.enumerated().compactMap { index, record in
            record.map { (AppointmentID(session: id, number: UInt32(index + 1)), $0.patient) }
        }
    }
}

extension Asking {
    /// What is asked for, less the slots that an appointment of the same session has already. Whole, where the two
    /// differ in their shape: then nothing is passed on.
    fileprivate func beyond(_ old: AppointmentRecord, of session: SessionID) -> Asking {
        let (first, oldFirst) = (Int(slot.index), Int(old.slot))
        let shift = abs(first - oldFirst)
        guard slot.session == session, span == old.span, units == old.units, shift < Int(span) else { return self }
        var beyond = self
        if first > oldFirst { beyond.slot = SlotID(session: session, index: UInt16(oldFirst + Int(span))) }
        beyond.span = UInt8(shift)
        return beyond
    }
}
