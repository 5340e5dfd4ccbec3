import Scheduling

/// All shards, and which of them owns what. Departments and patients are dealt by their ids, so nothing about it is
/// stored and the number of shards may change from one start to the next.
struct Shards: Sendable {
    let pools: [PoolShard]
    let patients: [PatientShard]

    func index(of patient: PatientID) -> Int { Int(patient.rawValue % UInt64(patients.count)) }

    func index(of department: DepartmentID) -> Int { Int(department.rawValue) % pools.count }

    /// Nil where there is no such pool.
    func index(of pool: PoolID, in snapshot: EngineView.Snapshot) -> Int? {
        snapshot.catalogue.department(of: pool).map { index(of: $0) }
    }

    /// When something is to happen by itself next; nil where nothing is.
    func nextDue() async -> Instant? {
        var next: Instant?
        for shard in pools {
            if let due = await shard.nextDue() { next = min(next ?? due, due) }
        }
        return next
    }

    /// Tells each patient shard its part.
    func settle(_ settlements: [[PatientShard.Settlement]]) async {
        for (shard, part) in settlements.enumerated() where !part.isEmpty { await patients[shard].settle(part) }
    }

    /// Deals settlements to their shards and tells them.
    func settle(_ settlements: [PatientShard.Settlement]) async {
        guard patients.count > 1 else { return await settle([settlements]) }
        var parts = [[PatientShard.Settlement]](repeating: [], count: patients.count)
        for settlement in settlements { parts[index(of: settlement.patient)].append(settlement) }
        await settle(parts)
    }
}
