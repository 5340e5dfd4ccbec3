import Journal
import Scheduling

// "Any of these": each slot is asked for as a booking would ask, until one is given. Patient and pool are left as they
// were by those that are refused, and the one fact says what was taken and why the slots before it were not.
extension WritePipeline {
    func bookAny(
        _ index: Int, _ patient: PatientID, _ items: [Command.Item], hold: Bool, _ batch: inout Batch
    ) async {
        var judged: [Swift.Result<Asking, Refusal>] = []
        for (place, item) in items.enumerated() {
            do throws(Unresolved) {
                judged.append(
                    .success(
                        try batch.snapshot.resolve(
                            item, patient: patient, hold: hold, by: batch.asked[index].by, now: batch.now,
                            wall: batch.wall)))
            } catch {
                guard case .refused(let refusal) = error else {
                    return unresolved(index, error, item: place, &batch)
                }
                judged.append(.failure(refusal))
            }
        }
        let asker = batch.asker(index)
        let patients = shards.patients[shards.index(of: patient)]
        let mark = spreading.begin(.anything)
        defer { spreading.end(mark) }
        var passed: [Refusal] = []
        for asked in judged {
            switch await take(asked, passed: passed, patients, asker, batch) {
            case .failure(let refusal): passed.append(refusal)
            case .success((let fact, let position)): return batch.answer(index, fact.outcome, at: position)
            }
        }
        let write = batch.asked[index]
        let fact = Fact.answered(.noneFits(passed))
        let position = append(Event(at: batch.now, by: write.by, answer: batch.answered(index), fact: fact))
        batch.answer(index, fact.outcome, at: position)
    }

    private func take(
        _ asked: Swift.Result<Asking, Refusal>, passed: [Refusal], _ patients: PatientShard, _ asker: PoolShard.Asker,
        _ batch: Batch
    ) async -> Swift.Result<(Fact, Position), Refusal> {
        let asking: Asking
        switch asked {
        case .failure(let refusal): return .failure(refusal)
        case .success(let resolved): asking = resolved
        }
        let claim: PatientBook.Claim
        switch await patients.claimTogether([asking]) {
        case .failure(let refused): return .failure(refused.refusal)
        case .success(let claims): claim = claims[0]
        }
        let result = await shards.pools[poolShard(of: asking.slot.pool, batch)].choose(
            asking, passed: passed, for: asker)
        switch result {
        case .failure: await patients.settle([.refused(claim)])
        case .success((.chosen(let taken, _), let position)):
            await patients.settle([.made(claim, taken.appointment, position)])
        case .success: preconditionFailure("a choice leads to one appointment")
        }
        return result
    }
}
