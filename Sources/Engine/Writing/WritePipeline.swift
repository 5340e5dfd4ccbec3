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
    let zones: ZoneWatch

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
        return batch.writes.map { under in
            guard let answer = under.answer else { preconditionFailure("every write is answered") }
            return answer
        }
    }

    /// A write that does not go with the others of its batch: it needs several pools, or the directory.
    private func carryOutAlone(_ index: Int, _ batch: inout Batch) async {
        switch batch.writes[index].write.command {
        case .bookTogether(let patient, let items, let hold):
            await bookTogether(index, patient, items, hold: hold, &batch)
        case .move(let id, let slot, let ifVersion, let reason):
            await move(index, id, to: slot, ifVersion: ifVersion, reason: reason, &batch)
        case .putCatalogue(let draft, let hospital): await put(index, draft, hospital, &batch)
        case .registerPatients(let patients): await register(index, patients, &batch)
        case .generateSessions(let from, let to, let templates):
            await generate(index, from: from, to: to, templates: templates, &batch)
        case .openSessions(let drafts): await open(index, drafts, &batch)
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
            let write = batch.writes[index].write
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
                guard let error = batch.writes[index].write.isLate(at: monotonic) ? .tooLate : refusal else {
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

    /// The writes of one pool each, all together: patients first, then pools.
    private func carryOutSingles(_ batch: inout Batch) async {
        var claims: [[PatientShard.ClaimRequest]] = Array(repeating: [], count: shards.patients.count)
        var orders: [[PoolShard.Order]] = Array(repeating: [], count: shards.pools.count)
        for index in batch.writes.indices where batch.writes[index].isOpen {
            let write = batch.writes[index].write
            switch write.command.way {
            case .patientThenPool:
                do throws(Unresolved) {
                    let asking = try resolve(write, batch)
                    claims[shards.index(of: asking.patient)].append(.init(index: index, asking: asking.asking))
                } catch {
                    unresolved(index, error, &batch)
                }
            case .pool(let pool):
                guard write.command.subject?.session.isWhole ?? true,
                    let shard = shards.index(of: pool, in: batch.snapshot),
                    let asking = batch.snapshot.asking(pool, by: write.by, now: batch.now, today: batch.today)
                else {
                    failUnknown(index, &batch)
                    continue
                }
                orders[shard].append(order(index, asking, batch))
            case .severalPools, .directory, .openings: break
            }
        }
        await claim(claims, &orders, &batch)
        // Before what the pools do next may make them untrue.
        recordRefusals(&batch)
        await carryOut(orders, &batch)
    }

    private func resolve(_ write: Write, _ batch: Batch) throws(Unresolved) -> (patient: PatientID, asking: Asking) {
        guard case .book(let patient, let item, let hold) = write.command else {
            preconditionFailure("only a booking asks its patient alone")
        }
        let asking = try batch.snapshot.resolve(
            item, patient: patient, hold: hold, by: write.by, now: batch.now, today: batch.today)
        return (patient, asking)
    }

    private func order(_ index: Int, _ asking: Asking, _ batch: Batch) -> PoolShard.Order {
        PoolShard.Order(
            index: index, command: batch.writes[index].write.command, asking: asking,
            answered: batch.writes[index].answered)
    }

    /// Asks the patients; what they grant becomes an order for a pool.
    private func claim(
        _ claims: [[PatientShard.ClaimRequest]], _ orders: inout [[PoolShard.Order]], _ batch: inout Batch
    ) async {
        for shard in shards.patients.indices where !claims[shard].isEmpty {
            let results = await shards.patients[shard].claim(claims[shard])
            for (request, result) in zip(claims[shard], results) {
                switch result {
                case .refused(let refusal): batch.refuse(request.index, refusal)
                case .claimed(let claim):
                    batch.writes[request.index].claim = claim
                    guard let pool = shards.index(of: request.asking.slot.pool, in: batch.snapshot) else {
                        preconditionFailure("a resolved slot has a pool")
                    }
                    orders[pool].append(order(request.index, request.asking, batch))
                }
            }
        }
    }

    /// Lets the pools decide, and tells the patients what became of their claims.
    private func carryOut(_ orders: [[PoolShard.Order]], _ batch: inout Batch) async {
        var settlements = [[PatientShard.Settlement]](repeating: [], count: shards.patients.count)
        for shard in shards.pools.indices where !orders[shard].isEmpty {
            for result in await shards.pools[shard].carryOut(orders[shard]) {
                var settlement = batch.writes[result.index].claim.map { PatientShard.Settlement.refused($0) }
                switch result.verdict {
                case .fact(let fact):
                    batch.answer(result.index, fact.outcome, at: result.position)
                    settlement = .init(fact, batch.writes[result.index].claim, at: result.position)
                case .refused(let refusal):
                    batch.answer(result.index, .refused(refusal, item: 0), at: result.position)
                case .unknown: failUnknown(result.index, &batch)
                }
                if let settlement { settlements[shards.index(of: settlement.patient)].append(settlement) }
            }
        }
        await shards.settle(settlements)
    }

    /// An archived appointment has ended, so no transition is allowed; any other that no pool knows does not exist. The
    /// view of this moment is asked: the session may have been archived since the batch took its own.
    func failUnknown(_ index: Int, _ batch: inout Batch) {
        guard let subject = batch.writes[index].write.command.subject else {
            preconditionFailure("only what names something can name what is not there")
        }
        let timetable = view.current.timetable
        if subject.session.isWhole, timetable.knows(subject.session), timetable[subject.session] == nil {
            batch.refuse(
                index, Refusal(subject.refusedWhenArchived), patient: archivedPatient(batch.writes[index].write))
        } else {
            fail(index, EngineError(.notFound, "there is no \(subject.name)"), &batch)
        }
    }

    /// Whose archived appointment a write names; nil where it names none, or the history table does not have it yet.
    private func archivedPatient(_ write: Write) -> PatientID? {
        switch write.command {
        case .change(let id, _, _, _), .move(let id, _, _, _): (try? history.appointment(id))?.record.patient
        default: nil
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
    func append(_ event: Event) throws(JournalError) -> Position {
        var writer = ByteWriter()
        event.encode(into: &writer)
        var records = RecordBatch()
        try records.append(writer.bytes)
        return journal.append(records)
    }

    /// Puts into the journal what timetable, catalogue and patients have refused since the last time.
    private func recordRefusals(_ batch: inout Batch) {
        guard !batch.refusals.isEmpty else { return }
        defer { batch.refusals.removeAll() }
        var records = RecordBatch()
        var writer = ByteWriter()
        for (index, refusal, item, patient) in batch.refusals {
            writer.removeAll()
            let under = batch.writes[index]
            let event = Event(
                at: batch.now, by: under.write.by, answer: under.answered,
                fact: .refused(refusal, item: item, patient: patient))
            event.encode(into: &writer)
            do throws(JournalError) {
                try records.append(writer.bytes)
            } catch {
                preconditionFailure("a refusal fits a record: \(error)")
            }
        }
        let last = journal.append(records)
        for (place, (index, refusal, item, _)) in batch.refusals.enumerated() {
            let position = records.position(of: place, appendedAt: last)
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
            if let stored = await keys.answer(batch.writes[index].write.key) {
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
