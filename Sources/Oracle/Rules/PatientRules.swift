import Scheduling

// The rules about the patient who is to have a place.
extension Situation {
    /// As many appointments that day in that department as are allowed.
    func perDayDepartment(_ place: Place) -> Verdict {
        let there = stays(beside: place).filter {
            $0.date == place.date && $0.department == place.department
        }
        return limited(place, there) { policy in
            Refusal(
                .perDayDepartment, policyVersion: policy.version, authority: .department, limit: policy.perDayDepartment
            )
        }
    }

    /// As many appointments that day as are allowed.
    func perDay(_ place: Place) -> Verdict {
        limited(place, stays(beside: place).filter { $0.date == place.date }) { policy in
            Refusal(.perDay, policyVersion: policy.version, authority: .hospital, limit: policy.perDay)
        }
    }

    /// A limit on stays: the policies under which it stands in the way refuse so. Limit 0 is none.
    private func limited(_ place: Place, _ stays: [Stay], _ refusal: (Policy) -> Refusal) -> Verdict {
        let refusals = place.policies.map(refusal).filter { $0.limit > 0 }
        let surely = stays.count { $0.isCertain && isJudgedBefore($0, place) }
        return Verdict(
            refusals: refusals.filter { stays.count >= $0.limit },
            isCertain: !refusals.isEmpty && refusals.count == place.policies.count
                && refusals.allSatisfy { surely >= $0.limit })
    }

    /// Whether a stay counts when the place is judged.
    ///
    /// What was judged beside it may have been judged after it, though its fact stands before. Under the same policy
    /// one of the two would have been refused, under another perhaps neither.
    func isJudgedBefore(_ stay: Stay, _ place: Place) -> Bool {
        guard let made = stay.made, made > catalogue.lowerBound else { return true }
        let policies = model.policies(of: place.department, in: catalogue)
        return policies.count == 1 && policies == model.policies(of: stay.department, in: catalogue)
    }

    /// The patient is elsewhere then.
    func overlap(_ place: Place) -> Verdict {
        let times = place.fitting.map { place.sitting.time(place.slots($0)) }
        let stays = stays(beside: place)
        let mayOverlap = stays.contains { stay in stay.times.contains { there in times.contains(where: there.overlaps) }
        }
        guard mayOverlap else { return .no }
        let mustOverlap = stays.contains { stay in
            stay.isCertain && stay.times.allSatisfy { there in times.allSatisfy(there.overlaps) }
        }
        return Verdict(refusals: [Refusal(.overlap)], isCertain: mustOverlap)
    }

    /// The engine keeps as many appointments of the patient in memory as it may.
    func patientAppointments(_ place: Place) -> Verdict {
        guard let patient = place.patient else { return .no }
        let kept = (model.visitsOfPatient[patient] ?? []).compactMap { id -> (most: Bool, least: Bool)? in
            guard let visit = model.visits[id] else { return nil }
            let gone = model.sittings[id.session]?.archived
            return (
                visit.made <= visits.upperBound && gone.map { $0 > visits.lowerBound } ?? true,
                visit.made <= visits.lowerBound && gone == nil
            )
        }
        let claims = stays(beside: place).count { $0.made == nil }
        guard kept.count(where: \.most) + claims >= Limits.appointmentsPerPatient else { return .no }
        return Verdict(
            refusals: [Refusal(.patientAppointments, limit: UInt32(Limits.appointmentsPerPatient))],
            isCertain: kept.count(where: \.least) >= Limits.appointmentsPerPatient)
    }
}
