import Scheduling

/// Why a write cannot be asked of the shards at all.
enum Unresolved: Error {
    case refused(Refusal)
    /// By a shard that may have put it into the journal.
    case recorded(RefusedItem)
    case failed(EngineError)
}

extension EngineView.Snapshot {
    /// Looks up what an item names, and judges it as far as timetable and catalogue go.
    /// - Parameter hold: false to book at once.
    func resolve(
        _ item: Command.Item, patient: PatientID, hold: Bool, by origin: Origin, now: Instant, wall: WallMoment
    ) throws(Unresolved) -> Asking {
        let session = item.slot.session
        guard timetable.knows(session), let department = catalogue.department(of: session.pool) else {
            throw .failed(EngineError(.notFound, "there is no slot \(item.slot.rawValue)"))
        }
        guard let demand = catalogue.demand(of: item.service) else {
            throw .failed(EngineError(.notFound, "there is no service \(item.service.rawValue)"))
        }
        guard knows(patient) else {
            throw .failed(
                EngineError(
                    .notFound,
                    "there is no patient of id \(patient.rawValue); register first, or find the id by an identifier"))
        }
        guard let times = timetable[session] else { throw .refused(Refusal(.slotPast)) }
        guard item.slot.index < UInt32(times.slots) else {
            throw .failed(EngineError(.notFound, "there is no slot \(item.slot.rawValue)"))
        }
        let policy = catalogue.policy(of: session.pool)
        let asking = Asking(
            origin: origin, patient: patient, patientClass: item.patientClass, service: item.service, slot: item.slot,
            span: demand.slots, units: demand.units, times: times, department: department, policy: policy, now: now,
            wall: wall,
            holdUntil: hold ? now.advanced(milliseconds: Int64(policy.holdSeconds) * 1_000) : nil)
        do throws(Refusal) {
            try RuleList.judge(
                asking, isOffered: catalogue.offers(item.service, in: session.pool),
                isElsewhere: clashing.hold(session, at: now))
        } catch {
            throw .refused(error)
        }
        return asking
    }

    /// What is known of a write that names no slot but a pool: who asks, and when. Nil where there is no such pool.
    func asking(_ pool: PoolID, by origin: Origin, now: Instant, wall: WallMoment) -> Asking? {
        guard let department = catalogue.department(of: pool) else { return nil }
        return Asking(
            origin: origin, patient: nil, service: nil,
            slot: SlotID(session: SessionID(pool: pool, index: 0), index: 0),
            span: 1, units: 1, times: .none, department: department, policy: catalogue.policy(of: pool), now: now,
            wall: wall)
    }

    func knows(_ patient: PatientID) -> Bool { patient.rawValue >= 1 && patient.rawValue <= patients }
}
