import Journal
import Scheduling

// A payment that is reported. Its pool is asked first: mostly it says at once what becomes of the money. Only after a
// hold's end is the number asked for again, as a booking would: timetable, catalogue, patient, pool. Until that is
// decided no other write touches the appointment, so one payment reported twice at a time is judged once.
extension WritePipeline {
    func reportPayment(_ index: Int, _ id: AppointmentID, _ payment: Payment, _ batch: inout Batch) async {
        guard id.session.isWhole, let place = shards.index(of: id.pool, in: batch.snapshot) else {
            return failUnknown(index, &batch)
        }
        let pool = shards.pools[place]
        let asker = batch.asker(index)
        let mark = spreading.begin(.anything)
        defer { spreading.end(mark) }
        switch await pool.takePayment(id, payment, for: asker) {
        case .unknown: failUnknown(index, &batch)
        case .settled(let outcome, let position): batch.answer(index, outcome, at: position)
        case .late(let record, let ended):
            if let ended { await shards.patients[shards.index(of: record.patient)].settle([ended]) }
            let (outcome, position) = await takeAgain(id, payment, record, pool, asker, batch)
            batch.answer(index, outcome, at: position)
        }
    }

    /// Asks for the number of a hold that has run out; where a rule stands in its way, the money goes back.
    private func takeAgain(
        _ id: AppointmentID, _ payment: Payment, _ record: AppointmentRecord, _ pool: PoolShard,
        _ asker: PoolShard.Asker, _ batch: Batch
    ) async -> (Outcome, Position) {
        var asker = asker
        asker.patient = record.patient
        let slot = SlotID(session: id.session, index: record.slot)
        let item = Command.Item(slot: slot, service: record.service, patientClass: record.patientClass)
        let asking: Asking
        do throws(Unresolved) {
            asking = try batch.snapshot.resolve(
                item, patient: record.patient, hold: false, by: asker.origin, now: batch.now, wall: batch.wall)
        } catch {
            // What an appointment names was there when it was made, and nothing of a catalogue goes.
            guard case .refused(let refusal) = error else { preconditionFailure("an appointment names what is there") }
            return await pool.refund(id, payment, rule: refusal.rule, for: asker)
        }
        let patient = shards.patients[shards.index(of: record.patient)]
        switch await patient.claimTogether([asking]) {
        case .failure(let refused): return await pool.refund(id, payment, rule: refused.refusal.rule, for: asker)
        case .success(let claims):
            let (fact, position) = await pool.takeAgain(id, payment, asking, for: asker)
            if case .takenAgain(let taken) = fact {
                await patient.settle([.made(claims[0], taken.appointment, position)])
            } else {
                await patient.settle([.refused(claims[0])])
            }
            return (fact.outcome, position)
        }
    }
}

extension PoolShard {
    enum PaymentStep: Sendable {
        /// What became of it stands in the journal.
        case settled(Outcome, Position)
        /// The hold has run out, and no other write touches the appointment. Its end is told in this step where it was
        /// not.
        case late(AppointmentRecord, ended: PatientShard.Settlement?)
        case unknown
    }

    /// Takes a payment that is reported, as far as its pool alone can say what becomes of it.
    func takePayment(_ id: AppointmentID, _ payment: Payment, for asker: Asker) -> PaymentStep {
        var asker = asker
        asker.patient = book.record(id)?.patient
        switch book.decidePayment(id, payment, now: asker.now) {
        case .unknown: return .unknown
        case .refused(let refusal):
            let refused = refuse(refusal, item: 0, asker)
            return .settled(.refused(refusal, item: 0), refused.position ?? .zero)
        case .known(let standing):
            let fact = Fact.answered(.payment(standing))
            return .settled(fact.outcome, tell(fact, for: asker))
        case .fact(let fact): return .settled(fact.outcome, tell(fact, for: asker))
        case .late(let record, let ending):
            let ended = ending.map { change in
                PatientShard.Settlement.changed(
                    id, record.patient, .expired, .none, expire(change, now: asker.now))
            }
            lock(id)
            return .late(record, ended: ended)
        }
    }

    /// The payment gets the number again, or a rule of the pool stands in its way and the money goes back.
    func takeAgain(
        _ id: AppointmentID, _ payment: Payment, _ asking: Asking, for asker: Asker
    ) -> (Fact, Position) {
        do throws(Refusal) {
            let taken = try book.decideTakingAgain(id, payment, asking)
            unlock(id)
            return (.takenAgain(taken), tell(.takenAgain(taken), for: asker))
        } catch {
            let fact = dueRefund(id, payment, rule: error.rule, for: asker)
            return (fact, tell(fact, for: asker))
        }
    }

    /// The money of a late payment goes back, because of a rule that was asked elsewhere.
    func refund(_ id: AppointmentID, _ payment: Payment, rule: Rule, for asker: Asker) -> (Outcome, Position) {
        let fact = dueRefund(id, payment, rule: rule, for: asker)
        return (fact.outcome, tell(fact, for: asker))
    }

    private func dueRefund(_ id: AppointmentID, _ payment: Payment, rule: Rule, for asker: Asker) -> Fact {
        unlock(id)
        guard let fact = book.decideRefund(id, payment, rule: rule, now: asker.now) else {
            preconditionFailure("an appointment that a payment has its hands on stays in memory")
        }
        return fact
    }

    /// The first of a choice that this pool gives, with what stood in the way of those before.
    func choose(
        _ asking: Asking, passed: [Refusal], for asker: Asker
    ) -> Swift.Result<(Fact, Position), Refusal> {
        do throws(Refusal) {
            let fact = Fact.chosen(try book.decideTaking(asking), passed: passed)
            return .success((fact, tell(fact, for: asker)))
        } catch {
            return .failure(error)
        }
    }
}
