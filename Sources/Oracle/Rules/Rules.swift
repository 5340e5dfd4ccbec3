package import Scheduling

/// How a rule stood towards a wish in a situation.
struct Verdict {
    /// The refusals that it may have led to; none where it never stood in the way.
    var refusals: [Refusal] = []
    /// Whether it stood in the way all the time, whichever of what may have been was.
    var isCertain = false

    static let no = Verdict()
}

// The rules said once more, each in one function. A refusal is right where its rule may have stood in the way, a fact
// is wrong where a rule surely did, and where nothing is in doubt the two are one.
//
// A new rule is a function here or in one of the files beside this one, its line in `verdict`, and its place in
// `stages`.
extension Situation {
    /// The rules in the order in which they are asked. All places of a wish pass one stage before the first comes to
    /// the next.
    private static let stages: [[Rule]] = [
        [.inProgress, .version, .state, .holdExpired, .tooEarly, .tooLate],
        [.slotPast, .serviceNotOffered, .channelClosed, .notReleased, .bookingClosed, .resourceElsewhere],
        [.blocked, .perDayDepartment, .perDay, .perPeriod, .overlap, .patientAppointments],
        [.sessionStopped, .numbersExhausted, .slotFull, .quota, .notReleased],
    ]

    /// What one rule says in one stage: of a release first whether it has begun, and at last whether its share is sold.
    private func verdict(of rule: Rule, _ asked: Asked, inStage stage: Int) -> Verdict {
        guard rule == .notReleased, let place = asked.place else { return verdict(of: rule, asked) }
        return stage == Self.stages.count - 1 ? shareSold(place) : notBegun(place)
    }

    /// What one rule says.
    private func verdict(of rule: Rule, _ asked: Asked) -> Verdict {
        switch rule {
        case .inProgress: asked.touched.map(inProgress) ?? .no
        case .version: asked.touched.map(version) ?? .no
        case .state: asked.touched.map(state) ?? .no
        case .holdExpired: asked.touched.map(holdExpired) ?? .no
        case .tooEarly: asked.touched.map(tooEarly) ?? .no
        case .tooLate: asked.touched.map(tooLate) ?? .no
        case .slotPast: asked.place.map(slotPast) ?? .no
        case .serviceNotOffered: asked.place.map(serviceNotOffered) ?? .no
        case .channelClosed: asked.place.map(channelClosed) ?? .no
        case .notReleased: asked.place.map(notReleased) ?? .no
        case .bookingClosed: asked.place.map(bookingClosed) ?? .no
        case .resourceElsewhere: asked.place.map(resourceElsewhere) ?? .no
        case .perDayDepartment: asked.place.map(perDayDepartment) ?? .no
        case .perDay: asked.place.map(perDay) ?? .no
        case .overlap: asked.place.map(overlap) ?? .no
        case .patientAppointments: asked.place.map(patientAppointments) ?? .no
        case .sessionStopped: asked.place.map(sessionStopped) ?? .no
        case .numbersExhausted: asked.place.map(numbersExhausted) ?? .no
        case .slotFull: asked.place.map(slotFull) ?? .no
        case .quota: asked.place.map(quota) ?? .no
        case .blocked: asked.place.map(blocked) ?? .no
        case .perPeriod: asked.place.map(perPeriod) ?? .no
        }
    }

    /// A term of the policy speaks of the place, and not of the channel.
    func channelClosed(_ place: Place) -> Verdict {
        let closing = place.policies.filter { policy in
            policy.terms.contains { term in
                term.rule == .channelClosed && !term.channels.contains(place.wish.by.channel)
                    && (term.services.isEmpty || term.services.contains { $0 == place.service })
                    && (term.pools.isEmpty || term.pools.contains(place.sitting.id.pool))
            }
        }
        return Verdict(
            refusals: closing.map { Refusal(.channelClosed, policyVersion: $0.version, authority: .department) },
            isCertain: !closing.isEmpty && closing.count == place.policies.count)
    }

    // MARK: Questions

    /// Whether a wish can have been refused so.
    /// - Parameter item: The index of the place that was refused.
    package func mayRefuse(_ wish: Wish, item: Int, with refusal: Refusal) -> Bool {
        verdict(of: refusal.rule, asked(wish, item)).refusals.contains(refusal)
    }

    /// Whether a rule may stand in the way of a wish for one place, whatever it says of limits and versions.
    func mayRefuse(_ wish: Wish, by rule: Rule) -> Bool {
        let asked = asked(wish, 0)
        return Self.stages.indices.contains { stage in
            Self.stages[stage].contains(rule) && !verdict(of: rule, asked, inStage: stage).refusals.isEmpty
        }
    }

    /// What a wish is told where nothing is in doubt: the first rule that stands in its way. Nil where none does.
    package func refusal(of wish: Wish) -> Refusal? {
        let items = (0..<max(1, wish.places.count)).map { asked(wish, $0) }
        for (number, stage) in Self.stages.enumerated() {
            for asked in items {
                for rule in stage {
                    if let refusal = verdict(of: rule, asked, inStage: number).refusals.first { return refusal }
                }
            }
        }
        return nil
    }

    /// A rule that surely stands in the way of a wish for one place; nil where none of those that are not left out
    /// does.
    package func surelyRefuses(_ wish: Wish, leavingOut unjudged: [Rule]) -> Rule? {
        let asked = asked(wish, 0)
        return Self.stages.joined().first { !unjudged.contains($0) && verdict(of: $0, asked).isCertain }
    }

    /// Whether a rule may stand in the way of a wish for one place.
    package func mayRefuse(_ wish: Wish, leavingOut unjudged: [Rule]) -> Bool {
        let asked = asked(wish, 0)
        return Self.stages.joined().contains { !unjudged.contains($0) && !verdict(of: $0, asked).refusals.isEmpty }
    }

    /// The rules that a wish for a new place is asked, in the order of the stages; one of two stages where it is first.
    package static let rulesOfTaking = stages.dropFirst().joined().reduce(into: [Rule]()) { rules, rule in
        if !rules.contains(rule) { rules.append(rule) }
    }

    /// Whether a rule surely stands in the way of a wish for one place.
    package func surelyRefuses(_ wish: Wish, by rule: Rule) -> Bool { verdict(of: rule, asked(wish, 0)).isCertain }

    /// The rules that a search cannot judge, by what it does not name.
    package static func unjudged(channel: Bool, patient: Bool, patientClass: Bool, service: Bool) -> Set<Rule> {
        Set(channel && service ? [] : [.channelClosed, .quota])
            .union(channel && patientClass && service ? [] : [.notReleased, .bookingClosed])
            .union(channel && patient && service ? [] : [.blocked])
            .union(patient && service ? [] : [.perPeriod])
            .union(patient ? [] : [.perDayDepartment, .perDay, .overlap, .patientAppointments])
    }

    /// The first rule that surely stands in the way of one place of a wish.
    func bar(_ asked: Asked) -> Rule? { Self.stages.joined().first { verdict(of: $0, asked).isCertain } }
}
