import Journal
import Scheduling

/// The way of a write: key, patient, pool, journal, reply. A batch takes each step once for all its writes, so a
/// write pays for a fraction of a hop.
///
/// No step waits between a check and the change it guards: each shard judges and changes in one go, and what one shard
/// has granted while another is still being asked is a claim, which counts at once.
struct WritePipeline: Sendable {
    let journal: Journal
    let keys: KeyWindow
    let view: EngineView
    let directory: Directory
    let shards: Shards
    let history: History
    let standing: Standing
    let register: StandbyRegister
    let spreading: SpreadingFacts

    /// Answers every write, in the order given, once its answer is durable.
    func execute(_ writes: [Write], now: Instant, monotonic: UInt64) async -> [Answer] {
        var batch = Batch(writes, now: now, snapshot: view.current)
        begin(&batch, monotonic: monotonic)
        let mark = spreading.begin(.patients)
        await carryOutSingles(&batch)
        spreading.end(mark)
        recordRefusals(&batch)
        for index in writes.indices where batch.writes[index].isOpen {
            await carryOutAlone(index, &batch)
            recordRefusals(&batch)
        }
        await finish(&batch)
        await collect(&batch)
        withholdAfterLease(&batch)
        return batch.writes.indices.map { index in
            guard let answer = batch.writes[index].answer else { preconditionFailure("every write is answered") }
            return answer
        }
    }

    /// A write that does not go with the others of its batch: it needs several pools, or the directory.
    private func carryOutAlone(_ index: Int, _ batch: inout Batch) async {
        switch batch.asked[index].command {
        case .bookTogether(let patient, let items, let hold):
            await bookTogether(index, patient, items, hold: hold, &batch)
        case .move(let id, let slot, let ifVersion, let reason):
            await move(index, id, to: slot, ifVersion: ifVersion, reason: reason, &batch)
        case .bookAny(let patient, let items, let hold): await bookAny(index, patient, items, hold: hold, &batch)
        case .reportPayment(let id, let payment): await reportPayment(index, id, payment, &batch)
        case .putCatalogue(let draft, let hospital): await put(index, draft, hospital, &batch)
        case .registerPatients(let patients): await register(index, patients, &batch)
        case .generateSessions(let from, let to, let templates):
            await generate(index, from: from, to: to, templates: templates, &batch)
        case .openSessions(let drafts): await open(index, drafts, &batch)
        case .fileAppeal(let step), .decideAppeal(let step): await appeal(index, step.patient, &batch)
        default: preconditionFailure("a write of one pool has gone with the others")
        }
    }

    // MARK: Keys

    /// Sorts out writes that need not be carried out: repetitions, reused keys, late ones.
    private func begin(_ batch: inout Batch, monotonic: UInt64) {
        if standing.isWithheld {
            for index in batch.writes.indices { batch.fail(index, .withheld) }
            return
        }
        let journalAt = journal.lastPosition
        let refusal = EngineError.refusal(journal, standing, register)
        var asking: [Int] = []
        var asked: [KeyStripe.Asked] = []
        asking.reserveCapacity(batch.writes.count)
        asked.reserveCapacity(batch.writes.count)
        for index in batch.writes.indices {
            let write = batch.asked[index]
            if let fault = write.fault {
                batch.fail(index, EngineError(.invalidArgument, fault))
            } else if write.key.isZero {
                // Nothing is known of it, and nothing will be remembered.
                if let error = write.isLate(at: monotonic) ? .tooLate : refusal {
                    batch.fail(index, error)
                } else {
                    batch.writes[index].isOpen = true
                }
            } else {
                let fingerprint = write.fingerprint
                batch.writes[index].fingerprint = fingerprint
                asking.append(index)
                // A known key is answered whatever the disk or the clock say.
                asked.append(
                    KeyStripe.Asked(
                        key: write.key, fingerprint: fingerprint,
                        mayBegin: refusal == nil && !write.isLate(at: monotonic)))
            }
        }
        for (place, begin) in keys.begin(asked, journalAt: journalAt, now: batch.now).enumerated() {
            let index = asking[place]
            switch begin {
            case .answered(let answer):
                batch.writes[index].answer = Answer(answer, again: true)
                batch.position = max(batch.position, answer.position)
            case .reused:
                batch.fail(index, EngineError(.keyReused, "this key was used for another write; choose a new one"))
            case .underWay:
                // The first one waits for the standby, and this one would, too: its caller must learn that there may be
                // another primary.
                if let silence = register.silence {
                    batch.fail(index, .standbyAway(silence, maybeApplied: true))
                } else {
                    batch.waiting.append(index)
                }
            case .notBegun:
                guard let error = batch.asked[index].isLate(at: monotonic) ? .tooLate : refusal else {
                    preconditionFailure("what may begin is begun")
                }
                batch.fail(index, error)
            case .fresh(let ticket):
                batch.writes[index].ticket = ticket
                batch.writes[index].isOpen = true
            }
        }
    }

    // MARK: Writes that concern one pool

    /// The writes of one pool each, all together: patients first, then pools. All orders are made once, in one array
    /// that nothing changes afterwards; the shards are told places in it.
    private func carryOutSingles(_ batch: inout Batch) async {
        var orders: [PoolShard.Order] = []
        orders.reserveCapacity(batch.asked.count)
        var claims = [[Int]](repeating: [], count: shards.patients.count)
        var places = [[Int]](repeating: [], count: shards.pools.count)
        for index in batch.writes.indices where batch.writes[index].isOpen {
            let write = batch.asked[index]
            switch write.command.way {
            case .patientThenPool:
                do throws(Unresolved) {
                    let (patient, asking) = try resolve(write, batch)
                    claims[shards.index(of: patient)].append(orders.count)
                    orders.append(.init(index: index, asking: asking, answered: batch.answered(index)))
                } catch {
                    unresolved(index, error, &batch)
                }
            case .pool(let pool):
                guard write.command.subject?.session.isWhole ?? true,
                    let shard = shards.index(of: pool, in: batch.snapshot),
                    let asking = batch.snapshot.asking(pool, by: write.by, now: batch.now, wall: batch.wall)
                else {
                    failUnknown(index, &batch)
                    continue
                }
                places[shard].append(orders.count)
                orders.append(.init(index: index, asking: asking, answered: batch.answered(index)))
            case .severalPools, .directory, .openings, .patient: break
            }
        }
        await claim(orders, claims, &places, &batch)
        // Before what the pools do next may make them untrue.
        recordRefusals(&batch)
        await carryOut(orders, places, &batch)
    }

    private func resolve(_ write: Write, _ batch: Batch) throws(Unresolved) -> (patient: PatientID, asking: Asking) {
        guard case .book(let patient, let item, let hold) = write.command else {
            preconditionFailure("only a booking asks its patient alone")
        }
        let asking = try batch.snapshot.resolve(
            item, patient: patient, hold: hold, by: write.by, now: batch.now, wall: batch.wall)
        return (patient, asking)
    }

    /// Asks the patients; what they grant is for a pool to decide.
    private func claim(
        _ orders: [PoolShard.Order], _ claims: [[Int]], _ places: inout [[Int]], _ batch: inout Batch
    ) async {
        for shard in shards.patients.indices where !claims[shard].isEmpty {
            let results = await shards.patients[shard].claim(orders, at: claims[shard])
            for (place, result) in zip(claims[shard], results) {
                let index = orders[place].index
                switch result {
                case .refused(let refusal): batch.refuse(index, refusal)
                case .claimed(let claim):
                    batch.writes[index].claim = claim
                    guard let pool = shards.index(of: orders[place].asking.slot.pool, in: batch.snapshot) else {
                        preconditionFailure("a resolved slot has a pool")
                    }
                    places[pool].append(place)
                }
            }
        }
    }

    /// Lets the pools decide, and tells the patients what became of their claims.
    private func carryOut(_ orders: [PoolShard.Order], _ places: [[Int]], _ batch: inout Batch) async {
        var settlements = [[PatientShard.Settlement]](repeating: [], count: shards.patients.count)
        for shard in shards.pools.indices where !places[shard].isEmpty {
            let results = await shards.pools[shard].carryOut(orders, at: places[shard], of: batch.asked)
            for (place, result) in zip(places[shard], results) {
                let index = orders[place].index
                if case .told(let fact) = result.outcome {
                    for ended in PatientShard.Settlement.ended(by: fact, at: result.position) {
                        settlements[shards.index(of: ended.patient)].append(ended)
                    }
                }
                let settlement = PatientShard.Settlement(result, batch.writes[index].claim)
                if let settlement { settlements[shards.index(of: settlement.patient)].append(settlement) }
                if let outcome = result.outcome {
                    batch.answer(index, outcome, at: result.position)
                } else {
                    failUnknown(index, &batch)
                }
            }
        }
        await shards.settle(settlements)
    }

    /// An archived appointment has ended, so no transition is allowed; any other that no pool knows does not exist. The
    /// view of this moment is asked: the session may have been archived since the batch took its own.
    func failUnknown(_ index: Int, _ batch: inout Batch) {
        guard let subject = batch.asked[index].command.subject else {
            preconditionFailure("only what names something can name what is not there")
        }
        let timetable = view.current.timetable
        if subject.session.isWhole, timetable.knows(subject.session), timetable[subject.session] == nil {
            batch.refuse(
                index, Refusal(subject.refusedWhenArchived), patient: archivedPatient(batch.asked[index]))
        } else {
            fail(index, EngineError(.notFound, "there is no \(subject.name)"), &batch)
        }
    }

    /// Whose archived appointment a write names; nil where it names none, or the history table does not have it yet.
    private func archivedPatient(_ write: Write) -> PatientID? {
        switch write.command {
        case .change(let id, _, _, _), .move(let id, _, _, _), .confirmPaid(let id, _, _, _), .reportPayment(let id, _):
            (try? history.appointment(id))?.record.patient
        default: nil
        }
    }

    // MARK: Writes that concern one patient

    private func appeal(_ index: Int, _ patient: PatientID, _ batch: inout Batch) async {
        guard batch.snapshot.knows(patient) else {
            return fail(index, EngineError(.notFound, "there is no patient \(patient.rawValue)"), &batch)
        }
        let shard = shards.patients[shards.index(of: patient)]
        switch await shard.carryOut(batch.asked[index].command, for: batch.asker(index)) {
        case .answered(let outcome, let position): batch.answer(index, outcome, at: position)
        case .failed(let error): fail(index, error, &batch)
        }
    }

    // MARK: Answers

    /// A write that could not even be asked of the patient: refused by a rule, or naming what does not exist.
    func unresolved(
        _ index: Int, _ reason: Unresolved, item: Int = 0, patient: PatientID? = nil, _ batch: inout Batch
    ) {
        switch reason {
        case .refused(let refusal): batch.refuse(index, refusal, item: item, patient: patient)
        case .recorded(let refused): batch.refuse(index, refused, patient: patient)
        case .failed(let error): fail(index, error, &batch)
        }
    }

    /// The write came to nothing; its key is free again.
    func fail(_ index: Int, _ error: EngineError, _ batch: inout Batch) {
        batch.fail(index, error)
        if let ticket = batch.writes[index].ticket.take() { keys.abandon(ticket) }
    }

    /// Puts one fact into the journal by itself.
    func append(_ event: Event) -> Position {
        var events = EventBatch()
        events.append(event)
        return journal.append(events.records)
    }

    /// Puts into the journal what timetable, catalogue and patients have refused since the last time.
    private func recordRefusals(_ batch: inout Batch) {
        guard !batch.refusals.isEmpty else { return }
        defer { batch.refusals.removeAll() }
        var events = EventBatch()
        for (index, refusal, item, patient) in batch.refusals {
            events.append(
                Event(
                    at: batch.now, by: batch.asked[index].by, answer: batch.answered(index),
                    fact: .refused(refusal, item: item, patient: patient)))
        }
        let last = journal.append(events.records)
        for (place, (index, refusal, item, _)) in batch.refusals.enumerated() {
            let position = events.records.position(of: place, appendedAt: last)
            batch.answer(index, .refused(refusal, item: item), at: position)
        }
    }

    /// Waits for the disk, then tells the keys what they stand for.
    private func finish(_ batch: inout Batch) async {
        do throws(JournalError) {
            try await journal.whenSettled(batch.position, patiently: true)
        } catch {
            let unknown = EngineError(
                .internal,
                "the journal ended before this was known to be on disk (\(error.code)); ask again, "
                    + "with the same key where it had one",
                maybeApplied: true)
            for index in batch.writes.indices where batch.writes[index].answer?.position != .zero {
                batch.fail(index, unknown)
            }
        }
        var finished: [(ticket: KeyWindow.Ticket, answer: StoredAnswer)] = []
        finished.reserveCapacity(batch.writes.count)
        for index in batch.writes.indices {
            guard let ticket = batch.writes[index].ticket, let answer = batch.writes[index].answer else { continue }
            if let stored = StoredAnswer(answer) {
                finished.append((ticket, stored))
            } else {
                keys.abandon(ticket)
            }
        }
        keys.finish(finished)
    }

    /// A process that was stopped for a while finds out here, last thing before it speaks, that it may not any more.
    private func withholdAfterLease(_ batch: inout Batch) {
        guard register.isLeaseOver, let silence = register.silence else { return }
        for index in batch.writes.indices where batch.writes[index].answer?.position != .zero {
            batch.fail(index, .standbyAway(silence, maybeApplied: true))
        }
    }

    /// Adds the answers of writes that were under way elsewhere: by now they have one, or will.
    private func collect(_ batch: inout Batch) async {
        for index in batch.waiting {
            if let stored = await keys.answer(batch.asked[index].key) {
                batch.writes[index].answer = Answer(stored, again: true)
            } else {
                batch.fail(
                    index,
                    EngineError(
                        .overloaded, "the write with this key that was under way came to nothing; send it again",
                        retryAfterMilliseconds: 1))
            }
        }
    }
}

extension Write {
    fileprivate func isLate(at monotonic: UInt64) -> Bool { deadline.map { $0 <= monotonic } ?? false }
}
