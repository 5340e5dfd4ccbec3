import Engine
import Scheduling

/// Whether a refusal can be right: whether somewhere between the question and the refusal's place in the journal the
/// rule stood in the way, given the facts there and the claims of what went on beside it.
///
/// A claim is invisible in the journal, so everything that ran in the same stretch and might have claimed the place
/// counts. Where nothing ran beside it and no fact came between, this is exact.
struct RefusalCheck {
    let model: NaiveModel
    let low: UInt64
    let high: UInt64
    let at: Instant
    let beside: [Execution]

    func isJustified(_ refusal: Refusal, of write: Write, item: Int) -> Bool {
        switch write.command {
        case .book(let patient, let item, _): isJustified(refusal, patient, item, of: write, excluding: nil)
        case .bookTogether(let patient, let items, _):
            items.indices.contains(item)
                && isJustified(refusal, patient, items[item], of: write, excluding: nil)
        case .change(let id, let transition, let ifVersion, _):
            isJustified(refusal, id, ifVersion) { NaiveModel.mayBegin(transition, in: $0) }
                || isTimely(refusal, id, transition)
        case .move(let id, let slot, let ifVersion, _):
            isJustified(refusal, id, ifVersion) { $0 == .held || $0 == .booked }
                || (model.visits[id].map { visit in
                    let item = Command.Item(slot: slot, service: visit.service)
                    return isJustified(refusal, visit.patient, item, of: write, excluding: id)
                } ?? false)
        }
    }

    // MARK: Places

    private func isJustified(
        _ refusal: Refusal, _ patient: PatientID, _ item: Command.Item, of write: Write, excluding: AppointmentID?
    ) -> Bool {
        guard let sitting = model.sittings[item.slot.session] else { return false }
        let slot = Int(item.slot.index)
        if refusal.rule == .slotPast, sitting.archived != nil { return true }
        guard slot < sitting.capacities.count else { return false }
        switch refusal.rule {
        case .slotPast: return sitting.start(slot) <= at.rawValue
        case .serviceNotOffered:
            let pools = model.pools[Int(item.slot.pool.rawValue) - 1].inForce(low, high)
            return pools.contains { !$0.services.contains(item.service) }
                || demands(item.service).contains { slot + $0.slots > sitting.capacities.count }
        case .slotFull: return isFull(item, sitting, refusal)
        case .perDay, .perDayDepartment, .overlap:
            return stands(refusal, in: patient, item, sitting, of: write, excluding: excluding)
        default: return false
        }
    }

    private func demands(_ service: ServiceID) -> [(slots: Int, units: Int)] {
        guard service.rawValue >= 1, Int(service.rawValue) <= model.services.count else { return [] }
        return model.services[Int(service.rawValue) - 1].inForce(low, high).map { (Int($0.slots), Int($0.units)) }
    }

    private func isFull(_ item: Command.Item, _ sitting: NaiveModel.Sitting, _ refusal: Refusal) -> Bool {
        let first = Int(item.slot.index)
        return demands(item.service).contains { demand in
            guard first + demand.slots <= sitting.capacities.count else { return false }
            let slots = first..<first + demand.slots
            guard slots.contains(where: { sitting.capacities[$0] == Int(refusal.limit) }) else { return false }
            return slots.contains { slot in
                let taken = model.mostTaken(sitting.id, slot: slot, from: low, to: high) + claimed(sitting.id, slot)
                return sitting.capacities[slot] - taken < demand.units
            }
        }
    }

    /// Units that joint bookings and moves beside it may have claimed in a slot.
    func claimed(_ session: SessionID, _ slot: Int) -> Int {
        let joint = claims { write in
            switch write.command {
            case .bookTogether, .move: true
            case .book, .change: false
            }
        }
        return joint.reduce(0) { sum, claim in
            guard claim.item.slot.session == session else { return sum }
            let first = Int(claim.item.slot.index)
            let most = demands(claim.item.service).filter { (first..<first + $0.slots).contains(slot) }.map(\.units)
            return sum + (most.max() ?? 0)
        }
    }

    /// What writes beside it ask for, and for whom.
    private func claims(_ isChosen: (Write) -> Bool) -> [(patient: PatientID, item: Command.Item)] {
        var claims: [(patient: PatientID, item: Command.Item)] = []
        for write in beside.flatMap(\.operation.writes) where isChosen(write) {
            switch write.command {
            case .book(let patient, let item, _): claims.append((patient, item))
            case .bookTogether(let patient, let items, _): for item in items { claims.append((patient, item)) }
            case .move(let id, let slot, _, _):
                guard let visit = model.visits[id] else { continue }
                claims.append((visit.patient, Command.Item(slot: slot, service: visit.service)))
            case .change: break
            }
        }
        return claims
    }

    // MARK: Patients

    private func stands(
        _ refusal: Refusal, in patient: PatientID, _ item: Command.Item, _ sitting: NaiveModel.Sitting, of write: Write,
        excluding: AppointmentID?
    ) -> Bool {
        guard let department = model.department(of: sitting.id.pool) else { return false }
        typealias Place = (time: Range<Int>, date: LocalDate, department: DepartmentID)
        var places: [Place] = model.occupying(patient, from: low, to: high).filter { $0.id != excluding }
            .compactMap { model.commitment($0) }
        // Its own write is among those beside it: the items of a joint booking stand in each other's way.
        var own = true
        for claim in claims({ _ in true }) where claim.patient == patient {
            if own, claim.item == item {
                own = false
                continue
            }
            guard let there = model.sittings[claim.item.slot.session] else { continue }
            let first = Int(claim.item.slot.index)
            for demand in demands(claim.item.service) where first + demand.slots <= there.capacities.count {
                guard let other = model.department(of: there.id.pool) else { continue }
                places.append((there.time(first..<first + demand.slots), there.times.date, other))
            }
        }
        let first = Int(item.slot.index)
        let onDay = places.filter { $0.date == sitting.times.date }
        let policies = model.policies(of: department, from: low, to: high)
            .filter { $0.version == refusal.policyVersion }
        switch refusal.rule {
        case .overlap:
            return demands(item.service).contains { demand in
                let time = sitting.time(first..<first + demand.slots)
                return places.contains { $0.time.overlaps(time) }
            }
        case .perDay: return policies.contains { $0.perDay == refusal.limit && onDay.count >= Int($0.perDay) }
        case .perDayDepartment:
            let there = onDay.filter { $0.department == department }
            return policies.contains { $0.perDayDepartment == refusal.limit && there.count >= Int($0.perDayDepartment) }
        default: return false
        }
    }

    // MARK: Appointments

    private func isJustified(
        _ refusal: Refusal, _ id: AppointmentID, _ ifVersion: UInt32, mayBegin: (AppointmentState) -> Bool
    ) -> Bool {
        let isArchived = model.sittings[id.session]?.archived != nil
        guard let visit = model.visits[id] else { return refusal.rule == .state && isArchived }
        let first = visit.version(at: low) ?? 0
        let versions = visit.versions.indices.filter { $0 >= first && visit.versions[$0].position <= high }
        switch refusal.rule {
        case .state: return isArchived || versions.contains { !mayBegin(visit.versions[$0].state) }
        case .version:
            return ifVersion != 0 && versions.contains { $0 + 1 == Int(refusal.limit) && $0 + 1 != Int(ifVersion) }
        case .holdExpired:
            return versions.contains {
                let state = visit.versions[$0].state
                return state == .expired || (state == .held && visit.holdUntil.map { $0 <= at } ?? false)
            }
        case .inProgress:
            return beside.flatMap(\.operation.writes).contains {
                if case .move(let moving, _, _, _) = $0.command { moving == id } else { false }
            }
        default: return false
        }
    }

    private func isTimely(_ refusal: Refusal, _ id: AppointmentID, _ transition: Transition) -> Bool {
        guard refusal.rule == .tooEarly, let visit = model.visits[id], let sitting = model.sittings[id.session] else {
            return false
        }
        return switch transition {
        case .arrive: model.date(at: at, high) < sitting.times.date
        case .noShow: at.rawValue < sitting.start(visit.slots.lowerBound)
        default: false
        }
    }
}
