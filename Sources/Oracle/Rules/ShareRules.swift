import Scheduling

// The shares of a session: what a policy keeps for some, and what is left of it for the others.
extension Situation {
    /// What is free in the session is kept for others.
    func quota(_ place: Place) -> Verdict {
        guard place.service != nil else { return .no }
        var refusals: [Refusal] = []
        var isCertain = true
        for policy in place.policies {
            let shares = policy.terms.filter {
                $0.rule == .quota && ($0.pools.isEmpty || $0.pools.contains(place.sitting.id.pool))
            }
            let foreign = foreign(place, shares)
            guard foreign.perhaps else {
                isCertain = false
                continue
            }
            if !foreign.surely { isCertain = false }
            for demand in place.fitting {
                let needed = demand.slots * demand.units
                let units = forSale(place, shares)
                for limit in units where limit < needed {
                    refusals.append(
                        Refusal(
                            .quota, policyVersion: policy.version, authority: .department, limit: UInt32(limit)))
                }
                if units.upperBound >= needed { isCertain = false }
            }
            // A claim of one who has two of the shares lessens both: it may have made room, and be gone without a fact.
            if shares.contains(where: { share in shares.contains { $0 != share && $0.mayShareTakers(with: share) } }) {
                isCertain = false
            }
        }
        return Verdict(refusals: refusals, isCertain: isCertain && !refusals.isEmpty)
    }

    /// Whether some shares in force were of others: without them nothing is kept, however little is free.
    private func foreign(_ place: Place, _ shares: [PolicyTerm]) -> (perhaps: Bool, surely: Bool) {
        let own = Taker(place.wish.by.channel, place.service, place.patientClass)
        let others = shares.filter { !$0.isFor(own) }.map { givenBack($0, place.sitting) }
        return (others.contains { !$0.surely }, others.contains { !$0.perhaps })
    }

    /// Units of the session that were for sale to a place: at least, and at most.
    private func forSale(_ place: Place, _ shares: [PolicyTerm]) -> ClosedRange<Int> {
        // A write of several places claims them first, and its fact stands behind what came between.
        let isClaimed = place.wish.places.count > 1 || place.wish.touch != nil
        let positions = isClaimed ? catalogue : visits
        let own = Taker(place.wish.by.channel, place.service, place.patientClass)
        var (least, most): ([(kept: Int, isOwn: Bool)], [(kept: Int, isOwn: Bool)]) = ([], [])
        for share in shares {
            let isOwn = share.isFor(own)
            let taken = taken(of: share, place, positions)
            let back = givenBack(share, place.sitting)
            let low = back.perhaps ? 0 : max(0, Int(share.limit) - taken.upperBound)
            let high = back.surely ? 0 : max(0, Int(share.limit) - taken.lowerBound)
            least.append((isOwn ? low : high, isOwn))
            most.append((isOwn ? high : low, isOwn))
        }
        let free = free(place, positions)
        return Self.forSale(free.lowerBound, least)...Self.forSale(free.upperBound, most)
    }

    /// What is left of so many free units beside the shares of others, the first of which have what there is.
    private static func forSale(_ free: Int, _ shares: [(kept: Int, isOwn: Bool)]) -> Int {
        var (left, foreign) = (free, 0)
        for share in shares {
            let kept = min(share.kept, left)
            left -= kept
            if !share.isOwn { foreign += kept }
        }
        return free - foreign
    }

    /// Free units of the slots that had not begun, with those of the old place of a move within the session.
    private func free(_ place: Place, _ positions: ClosedRange<UInt64>) -> ClosedRange<Int> {
        let sitting = place.sitting
        let old = place.givenUp.flatMap { $0.id.session == sitting.id ? $0 : nil }
        var (least, most) = (0, 0)
        let stop = sitting.stopped(in: positions)
        for slot in sitting.capacities.indices where sitting.start(slot) > clock.lowerBound.rawValue {
            if let from = stop.surely, slot >= from { continue }
            let isSurelyOpen = stop.perhaps.map { slot < $0 } ?? true
            let capacity = sitting.capacity(slot, in: positions)
            let surely = model.units(sitting, slot: slot) {
                $0.id == old?.id || model.surelyOccupies($0, in: positions)
            }
            let perhaps = model.units(sitting, slot: slot) { $0.id == old?.id || model.mayOccupy($0, in: positions) }
            let before = place.before.map { units(of: $0, place.wish, in: sitting, slot) }
            let claimed = beside.reduce(0) { sum, wish in
                wish.claimsUnits
                    ? wish.places.reduce(sum) { $0 + units(of: $1, wish, in: sitting, slot).upperBound } : sum
            }
            let passedOn = old.map { $0.slots.contains(slot) ? $0.units : 0 } ?? 0
            let (low, high) = (before.reduce(0) { $0 + $1.lowerBound }, before.reduce(0) { $0 + $1.upperBound })
            if sitting.start(slot) > clock.upperBound.rawValue, isSurelyOpen {
                least += max(0, capacity.lowerBound - perhaps - claimed - high) + passedOn
            }
            most += max(0, capacity.upperBound - surely - low) + passedOn
        }
        return least...max(least, most)
    }

    /// Units that those whom a share is for had of the session, without the old place of a move within it.
    private func taken(
        of share: PolicyTerm, _ place: Place, _ positions: ClosedRange<UInt64>
    ) -> ClosedRange<Int> {
        let sitting = place.sitting
        var (least, most) = (0, 0)
        for case let visit? in sitting.visits.map({ model.visits[$0] }) where visit.id != place.givenUp?.id {
            guard share.isFor(Taker(visit.channel, visit.service, visit.patientClass)) else { continue }
            if model.surelyOccupies(visit, in: positions) { least += visit.units * visit.slots.count }
            if model.mayOccupy(visit, in: positions) { most += visit.units * visit.slots.count }
        }
        func add(_ other: Wish.Place, of wish: Wish, isCertain: Bool) {
            let visit = wish.touch.flatMap { model.visits[$0.appointment] }
            let service = other.service ?? visit?.service
            let taker = Taker(wish.by.channel, service, other.patientClass ?? visit?.patientClass)
            guard other.slot.session == sitting.id, share.isFor(taker) else { return }
            let units = (other.demand.map { [$0] } ?? service.map { demands(of: $0) } ?? []).map { $0.slots * $0.units }
            if isCertain { least += units.min() ?? 0 }
            most += units.max() ?? 0
        }
        for earlier in place.before { add(earlier, of: place.wish, isCertain: true) }
        for wish in beside where wish.claimsUnits {
            for other in wish.places { add(other, of: wish, isCertain: false) }
        }
        return least...most
    }

    /// Whether what is left of a share was everybody's again.
    private func givenBack(_ share: PolicyTerm, _ sitting: NaiveModel.Sitting) -> (perhaps: Bool, surely: Bool) {
        let zones = model.hospital.inForce(catalogue).map(\.zone)
        func isBack(at moment: Instant, in zone: TimeZoneRules) -> Bool {
            let wall = zone.wall(at: moment)
            let isLate = share.minutes != 0 && sitting.start(0) - moment.rawValue <= Int64(share.minutes) * 60_000
            guard let at = share.at else { return isLate }
            let ahead = sitting.date(0).rawValue - wall.date.rawValue
            return isLate || ahead < Int32(share.days)
                || ahead == Int32(share.days) && wall.time.rawValue >= at.rawValue
        }
        let all = zones.isEmpty ? [.utc] : zones
        return (
            all.contains { isBack(at: clock.upperBound, in: $0) },
            all.allSatisfy { isBack(at: clock.lowerBound, in: $0) }
        )
    }
}

/// Whom an appointment is for, as far as a share asks.
private struct Taker {
    let channel: Channel
    let service: ServiceID?
    let patientClass: PatientClass?

    init(_ channel: Channel, _ service: ServiceID?, _ patientClass: PatientClass?) {
        self.channel = channel
        self.service = service
        self.patientClass = patientClass
    }
}

extension PolicyTerm {
    fileprivate func isFor(_ taker: Taker) -> Bool {
        (channels.isEmpty || channels.contains { $0 == taker.channel })
            && (services.isEmpty || services.contains { $0 == taker.service })
            && (classes.isEmpty || classes.contains { $0 == taker.patientClass })
    }

    /// Whether an appointment could be for both.
    fileprivate func mayShareTakers(with other: PolicyTerm) -> Bool {
        func meet<Member: Equatable>(_ own: [Member], _ others: [Member]) -> Bool {
            own.isEmpty || others.isEmpty || own.contains(where: others.contains)
        }
        return meet(channels, other.channels) && meet(services, other.services) && meet(classes, other.classes)
    }
}
