import Scheduling

// The rules about when a policy lets something be done. A time of day is what a clock on the hospital's wall shows.
extension Situation {
    /// The first and the last moment at which it may have been judged, each with what a clock on the wall showed by
    /// every zone that may have been the hospital's, in minutes since 1970 began on it.
    private var clocks: [(now: Int64, wall: Int)] {
        let zones = model.hospital.inForce(catalogue).map(\.zone)
        return (zones.isEmpty ? [.utc] : zones).flatMap { zone in
            [clock.lowerBound, clock.upperBound].map { moment in
                let wall = zone.wall(at: moment)
                return (now: moment.rawValue, wall: Int(wall.date.rawValue) * 1_440 + Int(wall.time.rawValue))
            }
        }
    }

    /// When the time of a term comes for what is on a day, in the same minutes.
    private func comes(_ term: PolicyTerm, for day: LocalDate) -> Int? {
        term.at.map { (Int(day.rawValue) - Int(term.days)) * 1_440 + Int($0.rawValue) }
    }

    /// Whether a term speaks of a place: a list that is empty speaks of everything, another of what it names.
    func speaks(_ term: PolicyTerm, of place: Place) -> Bool {
        (term.services.isEmpty || term.services.contains { $0 == place.service })
            && (term.pools.isEmpty || term.pools.contains(place.sitting.id.pool))
            && (term.channels.isEmpty || term.channels.contains(place.wish.by.channel))
            && (term.classes.isEmpty || term.classes.contains { $0 == place.patientClass })
    }

    // MARK: Release

    /// The stages of the releases that speak of a place, those for the same together, in the order of the policy.
    private func releases(_ policy: Policy, _ place: Place) -> [[PolicyTerm]] {
        let stages = policy.terms.filter { $0.rule == .notReleased && speaks($0, of: place) }
        return stages.reduce(into: []) { releases, stage in
            let own = releases.firstIndex { $0[0].isForTheSame(as: stage) }
            if let own { releases[own].append(stage) } else { releases.append([stage]) }
        }
    }

    /// The share in percent that is for sale by the stages of one release; nil where none has begun.
    private func share(_ stages: [PolicyTerm], _ place: Place, at wall: Int) -> UInt32? {
        let begun = stages.compactMap { stage in comes(stage, for: place.date).map { (begins: $0, share: stage.limit) }
        }
        .filter { $0.begins <= wall }
        return begun.max { $0.begins < $1.begins }?.share
    }

    /// It is not for sale yet, or no more of its session is.
    func notReleased(_ place: Place) -> Verdict {
        let (begin, share) = (notBegun(place), shareSold(place))
        return Verdict(
            refusals: begin.refusals + share.refusals, isCertain: begin.isCertain || share.isCertain)
    }

    /// No stage of a release has begun.
    func notBegun(_ place: Place) -> Verdict {
        closed(place.policies, .notReleased) { policy, clock in
            releases(policy, place).contains { share($0, place, at: clock.wall) == nil }
        }
    }

    /// What a clock on the wall showed whenever the share that is for sale was another: at the first and the last
    /// moment, and as each stage between them began.
    private func walls(_ policy: Policy, _ place: Place) -> [Int] {
        let ends = clocks.map(\.wall)
        let begins = releases(policy, place).joined().compactMap { comes($0, for: place.date) }
        guard let first = ends.min(), let last = ends.max() else { return ends }
        return ends + begins.filter { first < $0 && $0 < last }
    }

    /// The share that is for sale is sold.
    func shareSold(_ place: Place) -> Verdict {
        let all = place.sitting.capacities.reduce(0, +)
        let sold = sold(for: place)
        var refusals: [Refusal] = []
        var isCertain = true
        for policy in place.policies {
            for wall in walls(policy, place) {
                let shares = releases(policy, place).compactMap { share($0, place, at: wall) }.filter { $0 < 100 }
                let most = shares.map { max(1, all * Int($0) / 100) }
                for demand in place.fitting {
                    let more = unitsMore(place, demand)
                    refusals += most.filter { more > 0 && sold.upperBound + more > $0 }.map {
                        Refusal(
                            .notReleased, policyVersion: policy.version, authority: .department, limit: UInt32($0))
                    }
                    if more == 0 || !most.contains(where: { sold.lowerBound + more > $0 }) { isCertain = false }
                }
            }
        }
        return Verdict(refusals: refusals, isCertain: isCertain && !refusals.isEmpty)
    }

    /// The units that a place adds to what its session has sold: none that a move within it gives up.
    private func unitsMore(_ place: Place, _ demand: Wish.Demand) -> Int {
        let old = place.givenUp.flatMap { $0.id.session == place.sitting.id ? $0 : nil }
        return max(0, demand.slots * demand.units - (old.map { $0.slots.count * $0.units } ?? 0))
    }

    // MARK: Closing

    /// A term's time has come, or it is no more than its minutes to the start.
    private func isOver(_ term: PolicyTerm, _ day: LocalDate, _ start: Int64, _ clock: (now: Int64, wall: Int)) -> Bool
    {
        let isTooLate = comes(term, for: day).map { $0 <= clock.wall } ?? false
        return isTooLate || term.minutes > 0 && start - clock.now <= Int64(term.minutes) * 60_000
    }

    /// It is too short before the slot to book it.
    func bookingClosed(_ place: Place) -> Verdict {
        closed(place.policies, .bookingClosed) { policy, clock in
            policy.terms.contains { term in
                term.rule == .bookingClosed && speaks(term, of: place)
                    && isOver(term, place.date, place.sitting.start(place.first), clock)
            }
        }
    }

    /// It is too short before the slot to cancel what is booked in it, or to give it up for another.
    func tooLate(_ touched: Touched) -> Verdict {
        guard touched.touch.act == .transition(.cancel) || touched.touch.act == .move, let visit = touched.visit,
            let sitting = touched.sitting, let department = model.department(of: sitting.id.pool)
        else { return .no }
        let paid = touched.versions.filter { $0.state != .held }
        guard !paid.isEmpty else { return .no }
        let first = visit.slots.lowerBound
        var verdict = closed(model.policies(of: department, in: catalogue), .tooLate) { policy, clock in
            policy.terms.contains { term in
                term.rule == .tooLate && (term.services.isEmpty || term.services.contains(visit.service))
                    && (term.pools.isEmpty || term.pools.contains(sitting.id.pool))
                    && (term.channels.isEmpty || term.channels.contains(touched.by.channel))
                    && isOver(term, sitting.date(first), sitting.start(first), clock)
            }
        }
        if paid.count < touched.versions.count { verdict.isCertain = false }
        return verdict
    }

    // MARK: Parts

    /// The verdict of a rule that is a question of the policy and of what clocks show.
    private func closed(
        _ policies: [Policy], _ rule: Rule, _ isClosed: (Policy, (now: Int64, wall: Int)) -> Bool
    ) -> Verdict {
        let clocks = clocks
        let verdicts = policies.map { policy in (policy, clocks.filter { isClosed(policy, $0) }.count) }
        return Verdict(
            refusals: verdicts.filter { $0.1 > 0 }.map {
                Refusal(rule, policyVersion: $0.0.version, authority: .department)
            },
            isCertain: !verdicts.isEmpty && verdicts.allSatisfy { $0.1 == clocks.count })
    }
}

extension PolicyTerm {
    fileprivate func isForTheSame(as other: PolicyTerm) -> Bool {
        (services, pools) == (other.services, other.pools) && (channels, classes) == (other.channels, other.classes)
    }
}
