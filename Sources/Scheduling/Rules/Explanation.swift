/// What every rule of a booking says of one slot, beside the first refusal that a booking is answered with.
package struct Explanation: Sendable {
    /// What one rule says.
    package enum Judgement: Hashable, Sendable {
        case passes
        case refuses(Refusal)
        /// The request must name these for the rule to be judged. Nothing, where there is no slot any more to judge.
        case notJudged(needs: SearchNaming)
    }

    /// A rule, and what it says.
    package struct Verdict: Hashable, Sendable {
        package var rule: Rule
        package var judgement: Judgement

        package init(_ rule: Rule, _ judgement: Judgement) {
            self.rule = rule
            self.judgement = judgement
        }

        /// The refusal, where it is one.
        package var refusal: Refusal? {
            if case .refuses(let refusal) = judgement { refusal } else { nil }
        }
    }

    /// In the order in which a booking asks the rules, each rule once.
    package private(set) var verdicts: [Verdict] = []
    /// What the request says of what rules may need.
    private let named: SearchNaming

    package init(naming named: SearchNaming) { self.named = named }

    /// What a booking of just this would be answered with now, as far as the rules were judged; nil where none refuses.
    package var refusal: Refusal? { verdicts.lazy.compactMap(\.refusal).first }

    /// Asks one rule.
    /// - Parameter state: what it judges; nil where that is not known, so that it cannot be judged.
    mutating func ask<State>(_ rule: Rule, of state: State?, _ judge: (State) throws(Refusal) -> Void) {
        let missing = rule.about.needs.subtracting(named)
        guard let state else { return note(Verdict(rule, .notJudged(needs: missing))) }
        do throws(Refusal) {
            try judge(state)
            note(Verdict(rule, missing.isEmpty ? .passes : .notJudged(needs: missing)))
        } catch {
            note(Verdict(rule, .refuses(error)))
        }
    }

    /// There is no slot any more, which a booking is told where it comes upon it.
    mutating func noteGone() { note(Verdict(.slotPast, .refuses(Refusal(.slotPast)))) }

    /// A rule that is asked in two places speaks once: where it first refuses, else where it is first asked.
    private mutating func note(_ verdict: Verdict) {
        if let there = verdicts.firstIndex(where: { $0.rule == verdict.rule }) {
            guard verdicts[there].refusal == nil, verdict.refusal != nil else { return }
            verdicts.remove(at: there)
        }
        verdicts.append(verdict)
    }
}

/// The rules of a booking once more, each asked whatever those before it said. They are the same functions in the same
/// order as in `RuleList`: Tests/HouseTests compares the two, and a property test compares what they say.
///
/// Beside the list and not of it: a booking ends at the first refusal and keeps nothing, and pays for none of this.
extension RuleList {
    /// `BOOK`, explained: what the timetable and the catalogue know.
    /// - Parameter asking: nil where the slot's session is gone.
    package static func explain(
        _ asking: Asking?, isOffered: Bool, isElsewhere: Bool, in explanation: inout Explanation
    ) {
        if asking == nil { explanation.noteGone() }
        explanation.ask(.slotPast, of: asking) { asking throws(Refusal) in try SlotPast.judge(asking) }
        explanation.ask(.serviceNotOffered, of: asking) { asking throws(Refusal) in
            try ServiceNotOffered.judge(asking, isOffered: isOffered)
        }
        explanation.ask(.channelClosed, of: asking) { asking throws(Refusal) in try ChannelClosed.judge(asking) }
        explanation.ask(.notReleased, of: asking) { asking throws(Refusal) in try NotReleased.judge(asking) }
        explanation.ask(.bookingClosed, of: asking) { asking throws(Refusal) in try BookingClosed.judge(asking) }
        explanation.ask(.resourceElsewhere, of: asking) { _ throws(Refusal) in
            try ResourceElsewhere.judge(isElsewhere: isElsewhere)
        }
    }

    /// `BOOK`, explained: at the patient.
    /// - Parameter holdings: nil where the request names no patient.
    package static func explain(_ asking: Asking?, _ holdings: PatientHoldings?, in explanation: inout Explanation) {
        let judged = asking.flatMap { asking in holdings.map { (asking, $0.tally(for: asking)) } }
        explanation.ask(.blocked, of: judged) { judged throws(Refusal) in try Blocked.judge(judged.0, judged.1) }
        explanation.ask(.perDayDepartment, of: judged) { judged throws(Refusal) in
            try PerDayDepartment.judge(judged.0, judged.1)
        }
        explanation.ask(.perDay, of: judged) { judged throws(Refusal) in try PerDay.judge(judged.0, judged.1) }
        explanation.ask(.perPeriod, of: judged) { judged throws(Refusal) in try PerPeriod.judge(judged.0, judged.1) }
        // Slots that the session does not have are at no time at which the patient could be elsewhere.
        let fitting = judged.flatMap { $0.0.end <= $0.0.times.end ? $0 : nil }
        explanation.ask(.overlap, of: fitting) { judged throws(Refusal) in try Overlap.judge(judged.1) }
        explanation.ask(.patientAppointments, of: judged) { judged throws(Refusal) in
            try PatientAppointments.judge(judged.1)
        }
    }

    /// `BOOK`, explained: at the pool.
    /// - Parameter session: nil where it is gone.
    package static func explain(_ asking: Asking?, _ session: Session?, in explanation: inout Explanation) {
        if asking != nil, session == nil { explanation.noteGone() }
        let judged = asking.flatMap { asking in session.map { (asking, $0) } }
        explanation.ask(.sessionStopped, of: judged) { judged throws(Refusal) in
            try SessionStopped.judge(judged.0, judged.1)
        }
        explanation.ask(.numbersExhausted, of: judged) { judged throws(Refusal) in
            try NumbersExhausted.judge(judged.1)
        }
        explanation.ask(.serviceNotOffered, of: judged) { judged throws(Refusal) in
            try ServiceNotOffered.judge(judged.0, judged.1)
        }
        // Of slots that the session does not have nothing is free, sold or kept.
        let fitting = judged.flatMap { $0.1.has($0.0) ? $0 : nil }
        explanation.ask(.slotFull, of: fitting) { judged throws(Refusal) in try SlotFull.judge(judged.0, judged.1) }
        explanation.ask(.quota, of: fitting) { judged throws(Refusal) in try Quota.judge(judged.0, judged.1) }
        explanation.ask(.notReleased, of: fitting) { judged throws(Refusal) in
            try NotReleased.judge(judged.0, judged.1)
        }
    }
}

extension PoolBook {
    /// Adds what the rules say that are asked at the pool.
    /// - Parameter asking: nil where the timetable knows already that the session is gone.
    package func explain(_ asking: Asking?, of session: SessionID, in explanation: Explanation) -> Explanation {
        var explanation = explanation
        RuleList.explain(asking, asking == nil ? nil : self.session(session), in: &explanation)
        return explanation
    }
}
