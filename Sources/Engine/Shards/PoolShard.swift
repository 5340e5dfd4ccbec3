import Journal
import Scheduling

/// Owns the pools of some departments: decides what is free, gives out numbers, and puts each fact into the journal in
/// the same step in which it becomes true here. So the journal has the facts of a pool in the order in which they
/// happened.
actor PoolShard {
    private(set) var book: PoolBook
    let journal: Journal
    private let view: EngineView
    private let history: History
    /// Filled and emptied within one step; kept for their memory.
    private var events = EventBatch()
    private(set) var expiredHolds: UInt64 = 0
    /// The minute in which no-shows were last looked for.
    private var lookedForNoShows: Int64 = -1
    /// By appointment, a session as its number 0: what a reading here waits for.
    private(set) var unsettled: UnsettledFacts

    init(_ book: PoolBook, journal: Journal, view: EngineView, history: History, unsettled: UnsettledFacts) {
        self.book = book
        self.journal = journal
        self.view = view
        self.history = history
        self.unsettled = unsettled
    }

    // MARK: Bookings and changes of one appointment

    /// Carries out independent orders, in their order, and hands their facts and refusals to the journal in one go: a
    /// refusal stands where it was true, before whatever happens here next.
    /// - Parameters:
    ///   - places: of the orders that are for this shard.
    ///   - writes: by the orders' indices.
    /// - Returns: what became of each, in the order of `places`.
    func carryOut(_ orders: [Order], at places: [Int], of writes: [Write]) -> [Result] {
        var results = Self.decide(orders, at: places, of: writes, in: &book, telling: &events)
        guard !events.records.isEmpty else { return results }
        let count = events.records.count
        let long = events.hasLong ? events.records : nil
        let last = append()
        let settled = journal.settledPosition
        // Every fact and every refusal took one place of the batch, in the order of the orders.
        var next = last.advanced(by: 1 - count)
        for index in results.indices where results[index].outcome != nil {
            results[index].position = next
            if let subject = results[index].subject { unsettled.note(subject, at: next, settled: settled) }
            next = next.next
        }
        // What was noted stands there or before.
        if let long { results.place(in: long, appendedAt: last) }
        return results
    }

    /// Lets each order become a fact or a refusal. Book and events come as arguments: as properties they were looked up
    /// anew, and the book copied, for each order.
    private static func decide(
        _ orders: [Order], at places: [Int], of writes: [Write], in book: inout PoolBook,
        telling events: inout EventBatch
    ) -> [Result] {
        var results: [Result] = []
        results.reserveCapacity(places.count)
        for place in places {
            guard let origin = orders[place].asking.origin else { preconditionFailure("a write says who asks") }
            let now = orders[place].asking.now
            switch book.decide(writes[orders[place].index].command, orders[place].asking) {
            case .fact(let fact):
                let event = Event(at: now, by: origin, answer: orders[place].answered, fact: fact)
                let isSound = book.evolve(event)
                precondition(isSound, "what was decided here can become true here")
                events.append(event)
                var result = Result(event.fact)
                if case .changed(let change) = event.fact { result.conduct = book.conduct(of: change.appointment) }
                results.append(result)
            case .refused(let refusal):
                let command = writes[orders[place].index].command
                var patient = command.patient
                switch command {
                case .change(let id, _, _, _), .confirmPaid(let id, _, _, _): patient = book.record(id)?.patient
                default: break
                }
                let fact = Fact.refused(refusal, item: 0, patient: patient)
                events.append(Event(at: now, by: origin, answer: orders[place].answered, fact: fact))
                results.append(Result(fact))
            case .unknown: results.append(Result())
            }
        }
        return results
    }

    // MARK: Bookings that span pools

    /// Takes units and numbers ahead of the fact: for all requests, or for none and the index of the first refused one
    /// is told, with the place of the refusal.
    func claim(_ requests: [(item: Int, asking: Asking)], for asker: Asker) -> Swift.Result<[Taken], RefusedItem> {
        var claimed: [Taken] = []
        for (item, asking) in requests {
            do throws(Refusal) {
                claimed.append(try book.claim(asking))
            } catch {
                for taken in claimed { book.release(claim: taken.appointment) }
                return .failure(refuse(error, item: item, asker))
            }
        }
        return .success(claimed)
    }

    /// Takes the new place of a move ahead of the fact. Units of the old place that the new one needs are not asked for
    /// again: nobody else gets them while the move lasts, and `finishMove` passes them on.
    func claim(
        _ asking: Asking, movedFrom id: AppointmentID, for asker: Asker
    ) -> Swift.Result<Taken, RefusedItem> {
        do throws(Refusal) {
            guard let old = book.record(id) else { return .success(try book.claim(asking)) }
            var taken = try book.claim(asking.beyond(old, id))
            taken.slot = UInt16(asking.slot.index)
            taken.span = asking.span
            return .success(taken)
        } catch {
            return .failure(refuse(error, item: 0, asker))
        }
    }

    func release(_ claims: [AppointmentID]) {
        for claim in claims { book.release(claim: claim) }
    }

    /// The claims have become facts, which stand at this position.
    func finish(_ taken: [Taken], by origin: Origin, at now: Instant, position: Position) {
        for taken in taken {
            book.release(claim: taken.appointment)
            book.evolve(taken, channel: origin.channel, at: now)
            note(.booked(taken), at: position)
        }
    }

    enum MoveBegin: Sendable {
        case begun(Change, AppointmentRecord, Payment?)
        case refused(RefusedItem)
        case unknown
    }

    /// Judges whether an appointment may be moved, and keeps everybody else's hands off it until the move ends.
    func beginMove(_ id: AppointmentID, _ command: Command, _ asking: Asking, for asker: Asker) -> MoveBegin {
        switch book.decide(command, asking) {
        case .fact(.changed(let change)):
            guard let record = book.record(id) else { return .unknown }
            book.lock(id)
            return .begun(change, record, book.payment(of: id))
        case .refused(let refusal):
            var asker = asker
            asker.patient = book.record(id)?.patient
            return .refused(refuse(refusal, item: 0, asker))
        case .unknown: return .unknown
        case .fact: preconditionFailure("a move begins with the change of its old appointment")
        }
    }

    /// The move did not take place.
    func abandonMove(_ id: AppointmentID) { book.unlock(id) }

    /// The move becomes a fact in the step in which its old place is given up, so that no refusal for lack of that
    /// place stands behind it. A new place of this shard is taken in the same step, so that nobody comes between them
    /// where they overlap.
    /// - Returns: where the fact stands.
    func finishMove(_ change: Change, _ taken: Taken, takingHere: Bool, for asker: Asker) -> Position {
        let fact = Fact.moved(from: change, to: taken)
        book.unlock(change.appointment)
        record(Event(at: asker.now, by: asker.origin, answer: asker.answered, fact: fact))
        let position = append()
        book.evolve(change, at: asker.now)
        note(.changed(change), at: position)
        if takingHere { finish([taken], by: asker.origin, at: asker.now, position: position) }
        return position
    }

    // MARK: Time

    /// When the next timer is due; what it was set for may be over by then.
    func nextDue() -> Instant? { book.nextDue }

    /// Lets what is due become true; tells it, and where the last of it stands, so that the patients it concerns can be
    /// told.
    func runTimers(now: Instant, limit: Int) -> (facts: [Fact], position: Position) {
        var facts = book.decideDue(now: now, limit: limit)
        facts += noShows(now: now, limit: limit - facts.count)
        for fact in facts {
            book.evolve(fact, channel: Origin.system.channel, at: now)
            record(Event(at: now, by: .system, fact: fact))
            if case .changed(let change) = fact, change.state == .expired { expiredHolds += 1 }
        }
        guard !facts.isEmpty else { return ([], .zero) }
        return (facts, append(facts))
    }

    /// No-shows in sessions that are over. Once a minute is soon enough: nobody waits for it.
    private func noShows(now: Instant, limit: Int) -> [Fact] {
        let minute = now.rawValue / 60_000
        guard minute != lookedForNoShows, limit > 0 else { return [] }
        let catalogue = view.current.catalogue
        let found = book.decideNoShows(now: now, limit: limit) { catalogue.policy(of: $0).findsNoShows }
        if found.count < limit { lookedForNoShows = minute }
        return found
    }

    // MARK: Sessions

    /// Opens what is not open yet; conflicts are told and stop no other.
    func open(_ openings: some Sequence<SessionOpening> & Sendable, by origin: Origin, now: Instant) -> (
        opened: Int, unchanged: Int, [SessionConflict]
    ) {
        var opened: [SessionDefinition] = []
        var unchanged = 0
        var conflicts: [SessionConflict] = []
        for outcome in book.open(openings, view.diary, now: now, { view.current.catalogue }) {
            switch outcome {
            case .opened(let definition):
                record(Event(at: now, by: origin, fact: .sessionOpened(definition)))
                opened.append(definition)
            case .stands: unchanged += 1
            case .conflict(let conflict): conflicts.append(conflict)
            }
        }
        if !opened.isEmpty {
            _ = append(opened.map { .sessionOpened($0) })
            view.update { view in
                for definition in opened { view.timetable.open(definition.id, definition.times) }
            }
        }
        return (opened.count, unchanged, conflicts)
    }

    /// The sessions of these pools that their templates do not say any more, with what keeps each.
    func outdated(
        _ generation: Generation, in pools: some Sequence<PoolID> & Sendable, now: Instant
    ) -> [OutdatedSession] { pools.flatMap { book.outdated(in: $0, generation, now: now) } }

    /// What a withdrawal did.
    struct Withdrawn: Sendable {
        var count = 0
        /// Something came into these meanwhile.
        var kept: [SessionConflict] = []
        /// What ended in the others leaves memory.
        var gone: [PatientShard.Settlement] = []
        /// From here on that is in the history table.
        var position = Position.zero
    }

    /// Withdraws sessions that were found outdated; those that must stay by now are told.
    func withdraw(
        _ ids: some Sequence<SessionID> & Sendable, _ generation: Generation, by origin: Origin, now: Instant
    ) -> Withdrawn {
        var done = Withdrawn()
        var facts: [Fact] = []
        var writes: [TableWrite] = []
        for id in ids {
            // Another generation may have come between.
            guard let session = book.session(id) else { continue }
            do throws(SessionConflict) {
                let fact = try book.decideWithdrawal(id, generation, now: now)
                let leaving = leaving(session, view.current.catalogue, isWithdrawn: true)
                writes += leaving.rows
                done.gone += leaving.gone
                book.evolve(fact, channel: origin.channel, at: now)
                record(Event(at: now, by: origin, fact: fact))
                facts.append(fact)
            } catch {
                done.kept.append(error)
            }
        }
        done.count = facts.count
        if !facts.isEmpty { done.position = close(facts, tables: writes) }
        return done
    }

    /// Sends sessions whose appointments have all ended to the history table, as many as fit one go; tells whether
    /// these were all, whose appointments left memory, and from which position on they are in that table.
    func archive(
        before horizon: Instant, now: Instant
    ) -> (isAll: Bool, gone: [PatientShard.Settlement], position: Position) {
        let limit = EngineLimits.sessionsArchivedPerTurn
        let found = book.archivable(before: horizon, limit: limit)
        guard !found.isEmpty else { return (true, [], .zero) }
        var left: [PatientShard.Settlement] = []
        var writes: [TableWrite] = []
        var facts: [Fact] = []
        for id in found where left.count < EngineLimits.appointmentsArchivedPerTurn {
            guard let session = book.session(id) else { continue }
            facts.append(.sessionArchived(id))
            let leaving = leaving(session, view.current.catalogue)
            writes += leaving.rows
            left += leaving.gone
            record(Event(at: now, by: .system, fact: .sessionArchived(id)))
            book.archive(id)
        }
        let position = close(facts, tables: writes)
        return (found.count < limit && facts.count == found.count, left, position)
    }

    /// Hands over records that close sessions, with what goes to the history table.
    private func close(_ facts: [Fact], tables: [TableWrite]) -> Position {
        defer { view.follow(facts) }
        return append(facts, tables: tables)
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
                case .sessionArchived(let id), .sessionWithdrawn(let id):
                    sessions.append(fact)
                    guard let session = book.session(id) else { break }
                    // After the fact: a start that finds the fact and not these writes makes them anew.
                    let leaving = leaving(session, catalogue, isWithdrawn: part.withdrawsSession)
                    history.write(leaving.rows)
                    settlements += leaving.gone
                case .sessionStopped: settlements += PatientShard.Settlement.ended(by: part, at: events[place].position)
                default: guard isWhole || fact.pool.map(owns) ?? false else { return }
                }
                let (isSound, times) = book.follow(fact, channel: channel, at: at)
                if !isSound {
                    faults.append(
                        Violation("record \(events[place].position): its fact does not follow on what was there"))
                }
                note(fact, at: events[place].position)
                if let settlement = settlement(fact, at: events[place].position, times, catalogue) {
                    settlements.append(settlement)
                }
            }
        }
        if !sessions.isEmpty { view.follow(sessions) }
        return (settlements, faults)
    }

    private func settlement(
        _ fact: Fact, at position: Position, _ times: SessionTimes?, _ catalogue: CatalogueSnapshot
    ) -> PatientShard.Settlement? {
        switch fact {
        case .booked(let taken):
            guard let times, let department = catalogue.department(of: taken.appointment.pool) else { return nil }
            let commitment = PatientBook.Commitment(
                times, slot: taken.slot, span: taken.span, department: department)
            return .found(taken.appointment, taken.patient, commitment, taken.state, position)
        case .changed(let change):
            return .changed(
                change.appointment, change.patient, change.state, book.conduct(of: change.appointment), position)
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

    // MARK: Inside

    private func record(_ event: borrowing Event) { events.append(event) }

    private func record(_ refusal: Refusal, item: Int, _ asker: Asker) {
        let fact = Fact.refused(refusal, item: UInt8(item), patient: asker.patient)
        record(Event(at: asker.now, by: asker.origin, answer: asker.answered, fact: fact))
    }

    /// Lets a fact that answers a write become true, and puts it into the journal, in one step.
    /// - Returns: where it stands.
    func tell(_ fact: Fact, for asker: Asker) -> Position {
        let isSound = book.evolve(fact, channel: asker.origin.channel, at: asker.now)
        precondition(isSound, "what was decided here can become true here")
        record(Event(at: asker.now, by: asker.origin, answer: asker.answered, fact: fact))
        return append([fact])
    }

    /// Keeps all other writes off an appointment, or lets them.
    func lock(_ id: AppointmentID) { book.lock(id) }
    func unlock(_ id: AppointmentID) { book.unlock(id) }

    /// Ends a hold that has run out before its timer has come round.
    /// - Returns: where that stands.
    func expire(_ change: Change, now: Instant) -> Position {
        let fact = Fact.changed(change)
        book.evolve(fact, channel: Origin.system.channel, at: now)
        record(Event(at: now, by: .system, fact: fact))
        expiredHolds += 1
        return append([fact])
    }

    /// Puts a refusal into the journal in the step in which it is true.
    func refuse(_ refusal: Refusal, item: Int, _ asker: Asker) -> RefusedItem {
        record(refusal, item: item, asker)
        return RefusedItem(refusal: refusal, item: item, position: append())
    }

    private func append(tables: [TableWrite] = []) -> Position {
        defer { events.removeAll() }
        return journal.append(events.records, tables: tables)
    }

    /// Hands the records over, which are those of these facts.
    private func append(_ facts: [Fact], tables: [TableWrite] = []) -> Position {
        let last = append(tables: tables)
        for (index, fact) in facts.enumerated() {
            let position = last.advanced(by: 1 + index - facts.count)
            fact.forEachPart { note($0, at: position) }
        }
        return last
    }

    private func note(_ fact: Fact, at position: Position) {
        guard let subject = fact.subject else { return }
        unsettled.note(subject, at: position, settled: journal.settledPosition)
    }
}
