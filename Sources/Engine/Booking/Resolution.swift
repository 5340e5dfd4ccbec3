import Scheduling

/// An item whose slot and service exist and lie ahead, with everything the shards ask about it.
struct ResolvedItem {
    var request: PoolBook.Request
    var commitment: PatientBook.Commitment
    var policy: Policy
}

/// Why an item cannot be asked of the shards at all.
enum Unresolved: Error {
    case refused(Refusal)
    case failed(EngineError)
}

extension EngineView.Snapshot {
    /// Looks up what an item names. The order of the checks is the protocol's: exists? past? offered?
    /// - Parameter hold: nil to book at once, else until when.
    func resolve(
        _ item: Command.Item, patient: PatientID, hold: Bool, now: Instant
    ) throws(Unresolved) -> ResolvedItem {
        let session = item.slot.session
        guard timetable.knows(session), let department = catalogue.department(of: session.pool) else {
            throw .failed(EngineError(.notFound, "there is no slot \(item.slot.rawValue)"))
        }
        guard let demand = catalogue.demand(of: item.service) else {
            throw .failed(EngineError(.notFound, "there is no service \(item.service.rawValue)"))
        }
        guard knows(patient) else {
            throw .failed(EngineError(.notFound, "there is no patient \(patient.rawValue); register first"))
        }
        guard let times = timetable[session] else { throw .refused(Refusal(.slotPast)) }
        guard item.slot.index < UInt32(times.slots) else {
            throw .failed(EngineError(.notFound, "there is no slot \(item.slot.rawValue)"))
        }
        let slot = UInt16(item.slot.index)
        guard times.start(ofSlot: slot) > now else { throw .refused(Refusal(.slotPast)) }
        guard catalogue.offers(item.service, in: session.pool), Int(slot) + Int(demand.slots) <= Int(times.slots) else {
            throw .refused(Refusal(.serviceNotOffered))
        }
        let policy = catalogue.catalogue.policy(for: department)
        return ResolvedItem(
            request: PoolBook.Request(
                patient: patient, slot: item.slot, service: item.service, span: demand.slots, units: demand.units,
                holdUntil: hold ? now.advanced(milliseconds: Int64(policy.holdSeconds) * 1_000) : nil),
            commitment: PatientBook.Commitment(times, slot: slot, span: demand.slots, department: department),
            policy: policy)
    }

    func knows(_ patient: PatientID) -> Bool { patient.rawValue >= 1 && patient.rawValue <= patients }
}
