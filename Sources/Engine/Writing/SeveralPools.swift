import Journal
import Scheduling

// Writes that concern several pools: claims at the patient and at every pool, then one fact, then the claims become it.
// The key stays under way until the last pool knows, so a checkpoint keeps the fact in the log until then.
extension WritePipeline {
    func bookTogether(
        _ index: Int, _ patient: PatientID, _ items: [Command.Item], hold: Bool, _ batch: inout Batch
    ) async {
        var resolved: [Asking] = []
        for (place, item) in items.enumerated() {
            do throws(Unresolved) {
                resolved.append(
                    try batch.snapshot.resolve(
                        item, patient: patient, hold: hold, by: batch.asked[index].by, now: batch.now,
                        wall: batch.wall))
            } catch {
                return unresolved(index, error, item: place, &batch)
            }
        }
        let patientShard = shards.patients[shards.index(of: patient)]
        let claims: [PatientBook.Claim]
        switch await patientShard.claimTogether(resolved) {
        case .failure(let refused): return batch.refuse(index, refused)
        case .success(let granted): claims = granted
        }
        switch await claimAtPools(resolved, batch.snapshot, for: batch.asker(index)) {
        case .failure(let refused):
            await patientShard.settle(claims.map { .refused($0) })
            batch.refuse(index, refused)
        case .success(var taken):
            let itinerary = taken[0].appointment
            for place in taken.indices { taken[place].itinerary = itinerary }
            let write = batch.asked[index]
            let fact = Fact.bookedTogether(taken)
            let mark = spreading.begin(.anything)
            let position = append(
                Event(at: batch.now, by: write.by, answer: batch.answered(index), fact: fact))
            for shard in shards.pools.indices {
                let part = taken.filter { poolShard(of: $0.appointment.pool, batch) == shard }
                if part.isEmpty { continue }
                await shards.pools[shard].finish(part, by: write.by, at: batch.now, position: position)
            }
            await patientShard.settle(zip(claims, taken).map { .made($0, $1.appointment, position) })
            spreading.end(mark)
            batch.answer(index, fact.outcome, at: position)
        }
    }

    func move(
        _ index: Int, _ id: AppointmentID, to slot: SlotID, ifVersion: UInt32, reason: String, _ batch: inout Batch
    ) async {
        guard let oldShard = shards.index(of: id.pool, in: batch.snapshot) else { return failUnknown(index, &batch) }
        let old = shards.pools[oldShard]
        let change: Change
        let record: AppointmentRecord
        let payment: Payment?
        let write = batch.asked[index]
        guard let asking = batch.snapshot.asking(id.pool, by: write.by, now: batch.now, wall: batch.wall) else {
            preconditionFailure("a pool that a shard owns is in the catalogue")
        }
        var asker = batch.asker(index)
        switch await old.beginMove(id, write.command, asking, for: asker) {
        case .refused(let refused): return batch.refuse(index, refused)
        case .unknown: return failUnknown(index, &batch)
        case .begun(let begun, let found, let paid): (change, record, payment) = (begun, found, paid)
        }
        asker.patient = record.patient
        do throws(Unresolved) {
            var taken = try await claimForMove(id, record, to: slot, for: asker, batch)
            taken.fact.payment = payment
            let mark = spreading.begin(.anything)
            let new = shards.pools[poolShard(of: slot.pool, batch)]
            let position = await old.finishMove(change, taken.fact, takingHere: new === old, for: asker)
            if new !== old { await new.finish([taken.fact], by: write.by, at: batch.now, position: position) }
            await shards.patients[shards.index(of: record.patient)].settle([
                .made(taken.claim, taken.fact.appointment, position),
                .changed(id, record.patient, .moved, .none, position),
            ])
            spreading.end(mark)
            batch.answer(index, Fact.moved(from: change, to: taken.fact).outcome, at: position)
        } catch {
            await old.abandonMove(id)
            unresolved(index, error, patient: record.patient, &batch)
        }
    }

    /// Claims the new place of a move at the patient and at its pool, both or neither.
    private func claimForMove(
        _ id: AppointmentID, _ record: AppointmentRecord, to slot: SlotID, for asker: PoolShard.Asker, _ batch: Batch
    ) async throws(Unresolved) -> (fact: Taken, claim: PatientBook.Claim) {
        let item = Command.Item(slot: slot, service: record.service, patientClass: record.patientClass)
        var asking = try batch.snapshot.resolve(
            item, patient: record.patient, hold: false, by: asker.origin, now: batch.now, wall: batch.wall)
        if record.state == .held { asking.holdUntil = record.holdUntil }
        let patientShard = shards.patients[shards.index(of: record.patient)]
        let claim: PatientBook.Claim
        switch await patientShard.claimTogether([asking], excluding: id) {
        case .failure(let refused): throw .recorded(refused)
        case .success(let claims): claim = claims[0]
        }
        let pool = shards.pools[poolShard(of: slot.pool, batch)]
        switch await pool.claim(asking, movedFrom: id, for: asker) {
        case .success(var taken):
            taken.movedFrom = id
            return (taken, claim)
        case .failure(let refused):
            await patientShard.settle([.refused(claim)])
            throw .recorded(refused)
        }
    }

    /// Claims at every pool, in the order of the shards; all or none. What is claimed comes back in the order asked.
    private func claimAtPools(
        _ requests: [Asking], _ snapshot: EngineView.Snapshot, for asker: PoolShard.Asker
    ) async -> Result<[Taken], RefusedItem> {
        var parts = [[(item: Int, asking: Asking)]](repeating: [], count: shards.pools.count)
        for (item, request) in requests.enumerated() {
            guard let shard = shards.index(of: request.slot.pool, in: snapshot) else {
                preconditionFailure("a resolved slot has a pool")
            }
            parts[shard].append((item, request))
        }
        var taken = [Taken?](repeating: nil, count: requests.count)
        for shard in parts.indices where !parts[shard].isEmpty {
            switch await shards.pools[shard].claim(parts[shard], for: asker) {
            case .success(let granted):
                for ((item, _), fact) in zip(parts[shard], granted) { taken[item] = fact }
            case .failure(let refused):
                for earlier in 0..<shard where !parts[earlier].isEmpty {
                    await shards.pools[earlier].release(parts[earlier].compactMap { taken[$0.item]?.appointment })
                }
                return .failure(refused)
            }
        }
        return .success(taken.compactMap { $0 })
    }

    func poolShard(of pool: PoolID, _ batch: Batch) -> Int {
        guard let shard = shards.index(of: pool, in: batch.snapshot) else {
            preconditionFailure("an appointment's pool is known")
        }
        return shard
    }
}
