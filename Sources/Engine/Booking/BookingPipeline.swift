import Journal
import Scheduling

/// The way of a reservation: key, patient, pool, journal, reply. A batch takes each step once for all its writes, so a
/// write pays for a fraction of a hop.
///
/// No step waits between a check and the change it guards: each shard judges and changes in one go, and what one shard
/// has granted while another is still being asked is a claim, which counts at once.
struct BookingPipeline: Sendable {
    let journal: Journal
    let keys: KeyWindow
    let view: EngineView
    let shards: Shards
    let standing: Standing
    let register: StandbyRegister

    /// Answers every write, in the order given, once its answer is durable.
    func execute(_ writes: [Write], now: Instant, monotonic: UInt64) async -> [Answer] {
        var batch = Batch(writes, now: now, snapshot: view.current)
        begin(&batch, monotonic: monotonic)
        var singles = resolveSingles(&batch)
        await claim(&singles, &batch)
        await carryOut(&singles, &batch)
        for index in writes.indices where batch.answers[index] == nil && batch.entries[index] != nil {
            switch writes[index].command {
            case .bookTogether(let patient, let items, let hold):
                await bookTogether(index, patient, items, hold: hold, &batch)
            case .move(let id, let slot, let ifVersion, let reason):
                await move(index, id, to: slot, ifVersion: ifVersion, reason: reason, &batch)
            case .book, .change: break
            }
        }
        recordRefusals(&batch)
        await finish(&batch)
        await collect(&batch)
        withholdAfterLease(&batch)
        return batch.answers.map { answer in
            guard let answer else { preconditionFailure("every write is answered") }
            return answer
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
        for (index, write) in batch.writes.enumerated() {
            if let error = write.fault {
                batch.fail(index, error)
                continue
            }
            asking.append(index)
            // A known key is answered whatever the disk or the clock say.
            asked.append(
                KeyStripe.Asked(
                    key: write.key, fingerprint: Fingerprint(write.command).value,
                    mayBegin: refusal == nil && !write.isLate(at: monotonic)))
        }
        for (place, begin) in keys.begin(asked, journalAt: journalAt, now: batch.now).enumerated() {
            let index = asking[place]
            switch begin {
            case .answered(let answer):
                batch.answers[index] = answer.answer(again: true)
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
                guard let error = batch.writes[index].isLate(at: monotonic) ? .tooLate : refusal else {
                    preconditionFailure("what may begin is begun")
                }
                batch.fail(index, error)
            case .fresh(let ticket):
                batch.entries[index] = Batch.Entry(ticket: ticket, fingerprint: asked[place].fingerprint)
            }
        }
    }

    // MARK: Writes that concern one pool

    /// The bookings and changes of one appointment, dealt to their shards.
    private struct Singles {
        var claims: [[PatientShard.ClaimRequest]]
        var requests: [[PoolBook.Request]]
        var orders: [[PoolShard.Order]]
        /// By write: the claim it holds at its patient.
        var claimed: [PatientBook.Claim?]
    }

    private func resolveSingles(_ batch: inout Batch) -> Singles {
        var singles = Singles(
            claims: Array(repeating: [], count: shards.patients.count),
            requests: Array(repeating: [], count: shards.patients.count),
            orders: Array(repeating: [], count: shards.pools.count),
            claimed: Array(repeating: nil, count: batch.writes.count))
        for (index, write) in batch.writes.enumerated() where batch.entries[index] != nil {
            switch write.command {
            case .book(let patient, let item, let hold):
                do throws(Unresolved) {
                    let resolved = try batch.snapshot.resolve(item, patient: patient, hold: hold, now: batch.now)
                    let shard = shards.index(of: patient)
                    singles.claims[shard].append(
                        PatientShard.ClaimRequest(
                            index: index, patient: patient, commitment: resolved.commitment, policy: resolved.policy))
                    singles.requests[shard].append(resolved.request)
                } catch {
                    unresolved(index, error, &batch)
                }
            case .change(let id, let transition, let ifVersion, let reason):
                guard let shard = shards.index(of: id.pool, in: batch.snapshot) else {
                    fail(index, .unknown(id), &batch)
                    continue
                }
                singles.orders[shard].append(
                    PoolShard.Order(
                        index: index, by: write.by, answered: batch.answered(index),
                        work: .change(id, transition, ifVersion: ifVersion, reason: reason)))
            case .bookTogether, .move: break
            }
        }
        return singles
    }

    /// Asks the patients; what they grant becomes an order for a pool.
    private func claim(_ singles: inout Singles, _ batch: inout Batch) async {
        for shard in shards.patients.indices where !singles.claims[shard].isEmpty {
            let results = await shards.patients[shard].claim(singles.claims[shard])
            for (place, result) in results.enumerated() {
                let index = singles.claims[shard][place].index
                switch result {
                case .refused(let refusal): batch.refuse(index, refusal)
                case .claimed(let claim):
                    singles.claimed[index] = claim
                    let request = singles.requests[shard][place]
                    guard let pool = shards.index(of: request.slot.pool, in: batch.snapshot) else {
                        preconditionFailure("a resolved slot has a pool")
                    }
                    singles.orders[pool].append(
                        PoolShard.Order(
                            index: index, by: batch.writes[index].by, answered: batch.answered(index),
                            work: .take(request)))
                }
            }
        }
    }

    /// Lets the pools decide, and tells the patients what became of their claims.
    private func carryOut(_ singles: inout Singles, _ batch: inout Batch) async {
        var settlements = [[PatientShard.Settlement]](repeating: [], count: shards.patients.count)
        let zone = batch.snapshot.catalogue.catalogue.hospital.zone
        for shard in shards.pools.indices where !singles.orders[shard].isEmpty {
            let results = await shards.pools[shard].carryOut(singles.orders[shard], zone: zone, now: batch.now)
            for result in results {
                let claim = singles.claimed[result.index]
                var settlement: PatientShard.Settlement?
                switch result.outcome {
                case .taken(let taken):
                    batch.done(result.index, taken, at: result.position)
                    settlement = claim.map { .made($0, taken.appointment) }
                case .changed(let change):
                    let receipt = Receipt(
                        appointment: change.appointment, state: change.state, version: change.version, holdUntil: nil)
                    batch.done(result.index, receipt, at: result.position)
                    if !change.state.occupiesSlot {
                        settlement = .changed(change.appointment, change.patient, change.state)
                    }
                case .refused(let refusal):
                    batch.refuse(result.index, refusal)
                    settlement = claim.map { .refused($0) }
                case .unknownAppointment:
                    failUnknown(result.index, &batch)
                }
                if let settlement { settlements[shards.index(of: settlement.patient)].append(settlement) }
            }
        }
        await shards.settle(settlements)
    }

    /// An archived appointment has ended, so no transition is allowed; any other that no pool knows does not exist. The
    /// view of this moment is asked: the session may have been archived since the batch took its own.
    func failUnknown(_ index: Int, _ batch: inout Batch) {
        let id: AppointmentID
        switch batch.writes[index].command {
        case .change(let appointment, _, _, _), .move(let appointment, _, _, _): id = appointment
        case .book, .bookTogether: preconditionFailure("only these name an appointment")
        }
        let timetable = view.current.timetable
        if timetable.knows(id.session), timetable[id.session] == nil {
            batch.refuse(index, Refusal(.state))
        } else {
            fail(index, .unknown(id), &batch)
        }
    }

    // MARK: Answers

    /// A write that could not even be asked of the patient: refused by a rule, or naming what does not exist.
    func unresolved(_ index: Int, _ reason: Unresolved, item: Int = 0, _ batch: inout Batch) {
        switch reason {
        case .refused(let refusal): batch.refuse(index, refusal, item: item)
        case .failed(let error): fail(index, error, &batch)
        }
    }

    /// The write came to nothing; its key is free again.
    func fail(_ index: Int, _ error: EngineError, _ batch: inout Batch) {
        batch.fail(index, error)
        if let entry = batch.entries[index] { keys.abandon(entry.ticket) }
        batch.entries[index] = nil
    }

    private func recordRefusals(_ batch: inout Batch) {
        guard !batch.refusals.isEmpty else { return }
        var records = RecordBatch()
        var writer = ByteWriter()
        for (index, refusal, item) in batch.refusals {
            writer.removeAll()
            let event = Event(
                at: batch.now, by: batch.writes[index].by, answer: batch.answered(index),
                fact: .refused(refusal, item: item))
            event.encode(into: &writer)
            do throws(JournalError) {
                try records.append(writer.bytes)
            } catch {
                preconditionFailure("a refusal fits a record: \(error)")
            }
        }
        let last = journal.append(records)
        for (place, (index, refusal, item)) in batch.refusals.enumerated() {
            let position = records.position(of: place, appendedAt: last)
            batch.answers[index] = Answer(.refused(refusal, item: item), position: position)
        }
        batch.position = max(batch.position, last)
    }

    /// Waits for the disk, then tells the keys what they stand for.
    private func finish(_ batch: inout Batch) async {
        do throws(JournalError) {
            try await journal.whenSettled(batch.position)
        } catch {
            let unknown = EngineError(
                .internal,
                "the journal ended before this was known to be on disk (\(error.code)); ask again with the same key",
                maybeApplied: true)
            for index in batch.writes.indices where batch.answers[index]?.position != .zero {
                batch.fail(index, unknown)
            }
        }
        var finished: [(ticket: KeyWindow.Ticket, answer: StoredAnswer)] = []
        finished.reserveCapacity(batch.writes.count)
        for index in batch.writes.indices {
            guard let entry = batch.entries[index], let answer = batch.answers[index] else { continue }
            if let stored = StoredAnswer(answer) {
                finished.append((entry.ticket, stored))
            } else {
                keys.abandon(entry.ticket)
            }
        }
        keys.finish(finished)
    }

    /// A process that was stopped for a while finds out here, last thing before it speaks, that it may not any more.
    private func withholdAfterLease(_ batch: inout Batch) {
        guard register.isLeaseOver, let silence = register.silence else { return }
        for index in batch.writes.indices where batch.answers[index]?.position != .zero {
            batch.fail(index, .standbyAway(silence, maybeApplied: true))
        }
    }

    /// Adds the answers of writes that were under way elsewhere: by now they have one, or will.
    private func collect(_ batch: inout Batch) async {
        for index in batch.waiting {
            if let stored = await keys.answer(batch.writes[index].key) {
                batch.answers[index] = stored.answer(again: true)
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

extension StoredAnswer {
    /// What a key remembers of an answer; nil for a failure, which is none.
    fileprivate init?(_ answer: Answer) {
        switch answer.outcome {
        case .done(let receipt):
            let outcome: Outcome =
                receipt.together.isEmpty
                ? .done(receipt.appointment, receipt.state, version: receipt.version, holdUntil: receipt.holdUntil)
                : .together(receipt.together, receipt.state, holdUntil: receipt.holdUntil)
            self.init(outcome: outcome, position: answer.position)
        case .refused(let refusal, let item):
            self.init(outcome: .refused(refusal, item: item), position: answer.position)
        case .failed: return nil
        }
    }
}

extension Write {
    fileprivate func isLate(at monotonic: UInt64) -> Bool { deadline.map { $0 <= monotonic } ?? false }

    /// What is wrong with the write itself, whatever the state.
    fileprivate var fault: EngineError? {
        if key.isZero { return EngineError(.invalidArgument, "key: all zero is no key; choose 16 random bytes") }
        guard by.operatorName.utf8.count <= Limits.operatorBytes else {
            return EngineError(.invalidArgument, "operator: longer than \(Limits.operatorBytes) bytes")
        }
        switch command {
        case .change(_, _, _, let reason), .move(_, _, _, let reason):
            guard reason.utf8.count <= Limits.reasonBytes else {
                return EngineError(.invalidArgument, "reason: longer than \(Limits.reasonBytes) bytes")
            }
        case .bookTogether(_, let items, _):
            guard (2...Limits.itemsTogether).contains(items.count) else {
                return EngineError(.invalidArgument, "items: 2 to \(Limits.itemsTogether) are booked together")
            }
        case .book: break
        }
        return nil
    }
}
