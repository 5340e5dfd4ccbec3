import Engine
import Oracle
import Scheduling

extension SlotQuestion {
    /// A booking of just what is asked about.
    var wish: Wish {
        .take(
            [Wish.Place(slot: slot, service: service, patientClass: patientClass)], for: patient, isHold: false,
            by: origin ?? .system)
    }
}

// Explanations: every rule of a booking speaks once. What refuses may have stood in the way at a moment between
// question and answer. What passes did not stand in the way all the time. What was not judged was not named.
extension AnswerJudge {
    func explanation(_ explanation: Explanation, of question: SlotQuestion) {
        let beside = chronicle.beside([execution]).flatMap(\.operation.writes).map { Wish($0) }
        // The engine asked its clock between these two.
        let situations = [execution.notBefore, Instant(rawValue: chronicle.latestMoment)].map { now in
            var situation = Situation(model, from: low, to: high, now: now, beside: beside)
            situation.clock = clock
            return situation
        }
        let rules = explanation.verdicts.map(\.rule)
        expect(
            rules.count == Set(rules).count && Set(rules) == Set(Situation.rulesOfTaking),
            "it explains \(rules) where \(Situation.rulesOfTaking) judge")
        let unjudged = Situation.unjudged(
            channel: question.origin != nil, patient: question.patient != nil,
            patientClass: question.patientClass != nil, service: true)
        let session = question.slot.session
        let mayBeGone = model.sittings[session]?.archived != nil || model.mayBeArchived(session)
        for verdict in explanation.verdicts {
            let rule = verdict.rule
            switch verdict.judgement {
            case .refuses(let refusal):
                chronicle.coverage.note("rules that an explanation refuses by")
                expect(
                    refusal.rule == rule
                        && situations.contains { $0.mayRefuse(question.wish, item: 0, with: refusal) },
                    "it says that \(rule.name) refuses, so: \(refusal)")
            case .passes:
                // A standby may not know yet of the moment that its primary has told.
                let isOfTime = rule == .slotPast && !execution.isOfPrimary
                expect(
                    isOfTime || !situations.allSatisfy { $0.surelyRefuses(question.wish, by: rule) },
                    "it says that \(rule.name) passes, which refuses")
                expect(!unjudged.contains(rule), "it says that \(rule.name) passes, and was not told enough")
            case .notJudged(let needs):
                // Of slots that the session does not have nothing is judged at the pool.
                let mayNotFit = situations.contains {
                    $0.mayRefuse(question.wish, item: 0, with: Refusal(.serviceNotOffered))
                }
                expect(
                    needs.isEmpty ? mayBeGone || mayNotFit : unjudged.contains(rule),
                    "it says that it has not judged \(rule.name)")
            }
        }
    }
}
