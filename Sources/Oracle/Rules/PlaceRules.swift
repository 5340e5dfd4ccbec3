import Scheduling

// The rules about a place that is asked for.
extension Situation {
    /// It has begun, or went to the history table.
    func slotPast(_ place: Place) -> Verdict {
        let hasBegun = place.sitting.start(place.first) <= now.rawValue
        guard let archived = place.sitting.archived else {
            return hasBegun ? Verdict(refusals: [Refusal(.slotPast)], isCertain: true) : .no
        }
        return Verdict(refusals: [Refusal(.slotPast)], isCertain: hasBegun || archived <= visits.lowerBound)
    }

    /// Its pool does not offer the service, or its session ends too early for it.
    func serviceNotOffered(_ place: Place) -> Verdict {
        guard let service = place.service else { return .no }
        let pools = pools(place.sitting.id.pool)
        let offering = pools.count { $0.services.contains(service) }
        let fitting = place.fitting.count
        guard offering < pools.count || fitting < place.demands.count else { return .no }
        return Verdict(refusals: [Refusal(.serviceNotOffered)], isCertain: offering == 0 || fitting == 0)
    }

    /// A resource of its pool is, at that time and from now on, in a session of another pool that comes before it.
    func resourceElsewhere(_ place: Place) -> Verdict {
        let own = place.sitting
        let pools = pools(own.id.pool)
        guard pools.contains(where: { !$0.resources.isEmpty }) else { return .no }
        var verdict = Verdict.no
        for case let other? in model.pools.map(\.last) where other.id != own.id.pool {
            let others = self.pools(other.id)
            guard others.contains(where: { there in pools.contains { $0.shares(there) } }) else { continue }
            let isSurelyShared = others.allSatisfy { there in pools.allSatisfy { $0.shares(there) } }
            for case let sitting? in (model.sittingsOfPool[other.id] ?? []).map({ model.sittings[$0] })
            where sitting.opened <= visits.upperBound && sitting.archived.map({ $0 > visits.lowerBound }) ?? true
                && sitting.comesBefore(own, after: now.rawValue)
            {
                verdict.refusals = [Refusal(.resourceElsewhere)]
                if isSurelyShared && sitting.archived == nil && sitting.opened <= visits.lowerBound {
                    verdict.isCertain = true
                }
            }
        }
        return verdict
    }

    /// Its session does not take place from one of its slots on, or from an earlier one.
    func sessionStopped(_ place: Place) -> Verdict {
        guard !place.sitting.stops.isEmpty else { return .no }
        let (surely, perhaps) = place.sitting.stopped(in: visits)
        let ends = place.demands.map { place.first + $0.slots }
        guard let perhaps, ends.contains(where: { $0 > perhaps }) else { return .no }
        let isCertain = surely.map { from in ends.allSatisfy { $0 > from } } ?? false
        return Verdict(refusals: [Refusal(.sessionStopped, authority: .department)], isCertain: isCertain)
    }

    /// The session has given out all its numbers.
    func numbersExhausted(_ place: Place) -> Verdict {
        let limit = Int(Limits.numbersPerSession)
        let ahead = beside.flatMap(\.places).count { $0.slot.session == place.sitting.id } + place.before.count
        guard place.sitting.visits.count + ahead >= limit else { return .no }
        return Verdict(refusals: [Refusal(.numbersExhausted)], isCertain: place.sitting.visits.count >= limit)
    }

    /// One of its slots has too few units left.
    func slotFull(_ place: Place) -> Verdict {
        var refusals: [Refusal] = []
        var isCertain = true
        for demand in place.fitting {
            let free = place.slots(demand).map { self.free($0, for: place, demand) }
            if free.contains(where: { $0.lowerBound < demand.units }) {
                refusals += place.slots(demand).map {
                    Refusal(.slotFull, authority: .department, limit: UInt32(place.sitting.capacities[$0]))
                }
            }
            if !free.contains(where: { $0.upperBound < demand.units }) { isCertain = false }
        }
        return Verdict(refusals: refusals, isCertain: isCertain && !refusals.isEmpty)
    }
}

extension Pool {
    fileprivate func shares(_ other: Pool) -> Bool { resources.contains(where: other.resources.contains) }
}

extension NaiveModel.Sitting {
    /// Whether it begins before another that it overlaps after this moment; of two that begin together, the one with
    /// the lower id does.
    fileprivate func comesBefore(_ other: NaiveModel.Sitting, after now: Int64) -> Bool {
        let (own, its) = (start(0), other.start(0))
        let (end, itsEnd) = (start(capacities.count), other.start(other.capacities.count))
        return (own, id.rawValue) < (its, other.id.rawValue) && its < end && min(end, itsEnd) > now
    }
}
