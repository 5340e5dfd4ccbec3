package import Scheduling

// Facts about what a patient did: what they change, and what may stand against them.

extension NaiveModel {
    /// An appeal, with the positions of its facts.
    package struct Pleading: Sendable {
        package let patient: PatientID
        package let filed: UInt64
        package let filer: String
        package let reason: String
        package var decision: (position: UInt64, granted: Bool, by: String)?
    }

    mutating func file(_ step: AppealStep, _ event: Event, _ position: UInt64) {
        appeals[step.appointment] = Pleading(
            patient: step.patient, filed: position, filer: event.by.operatorName, reason: step.reason)
    }

    mutating func decide(_ step: AppealStep, _ event: Event, _ position: UInt64) {
        appeals[step.appointment]?.decision = (position, step.granted, event.by.operatorName)
    }

    /// Visits that speak against a patient, by their ids, with what they say: nil of a no-show, else the minutes that
    /// were left.
    package func strikes(of patient: PatientID) -> [AppointmentID: Int64?] {
        Dictionary(uniqueKeysWithValues: missteps(of: patient).map { ($0.visit, $0.left) })
    }
}

extension Situation {
    func filed(_ step: AppealStep) -> String? {
        guard model.appeals[step.appointment] == nil else { return "there was an appeal about it" }
        return model.missteps(of: step.patient).contains { $0.visit == step.appointment }
            ? nil : "nothing speaks against the patient there"
    }

    func decided(_ step: AppealStep, _ event: Event) -> String? {
        guard let appeal = model.appeals[step.appointment], appeal.patient == step.patient else {
            return "there is no such appeal"
        }
        guard appeal.decision == nil else { return "it was decided before" }
        guard !event.by.operatorName.isEmpty else { return "it says not who decided" }
        return event.by.operatorName == appeal.filer ? "its decider filed it" : nil
    }

    func mayRefuse(appeal step: AppealStep, isDecision: Bool) -> Bool {
        guard let appeal = model.appeals[step.appointment], appeal.patient == step.patient else { return false }
        return isDecision
            ? appeal.decision.map { $0.position <= visits.upperBound } ?? false : appeal.filed <= visits.upperBound
    }

    /// A no-show that the engine found: its session is over, and the patient was booked and never came.
    func foundNoShow(_ change: Change, _ event: Event) -> String? {
        guard let visit = model.visits[change.appointment], let sitting = model.sittings[visit.id.session],
            let department = model.department(of: sitting.id.pool)
        else { return "there is no such appointment" }
        guard visit.last.state == .booked else { return "who is \(visit.last.state) is no no-show" }
        guard sitting.start(sitting.capacities.count) < event.at.rawValue else { return "its session is not over" }
        if let stop = sitting.stops.last, stop.ended == nil, visit.slots.contains(where: { $0 >= stop.from }) {
            return "its session was stopped"
        }
        let finds = model.policies(of: department, in: catalogue).contains { policy in
            policy.terms.contains { $0.rule == .blocked }
        }
        return finds ? nil : "no policy has no-shows found"
    }
}

extension NaiveModel {
    /// Whether what a write about an appeal names was there at a position.
    func knows(_ step: AppealStep, isDecision: Bool, at position: UInt64) -> Bool {
        guard knows(step.patient, at: position) else { return false }
        guard isDecision else {
            return missteps(of: step.patient).contains { $0.visit == step.appointment && $0.position <= position }
        }
        return appeals[step.appointment].map { $0.patient == step.patient && $0.filed <= position } ?? false
    }
}
