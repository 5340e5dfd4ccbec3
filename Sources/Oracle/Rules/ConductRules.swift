import Scheduling

// The rules about what a patient did, or had, over longer periods.
extension NaiveModel {
    /// Something that an ended visit says against its patient, from the position of its last state on.
    struct Misstep {
        let visit: AppointmentID
        let position: UInt64
        /// When the visit was to begin, in minutes since 1970.
        let minute: Int64
        let department: DepartmentID
        /// Whole minutes that were left at a cancellation; nil of a no-show.
        let left: Int64?
    }

    /// What the log says against a patient, appeals aside.
    func missteps(of patient: PatientID) -> [Misstep] {
        (visitsOfPatient[patient] ?? []).compactMap { id in
            guard let visit = visits[id], let sitting = sittings[id.session],
                let department = department(of: id.session.pool)
            else { return nil }
            let start = sitting.start(visit.slots.lowerBound)
            func misstep(_ left: Int64?) -> Misstep {
                Misstep(
                    visit: id, position: visit.last.position, minute: start / 60_000, department: department,
                    left: left)
            }
            switch visit.last.state {
            case .noShow: return misstep(nil)
            case .cancelled:
                let before = visit.versions.count > 1 ? visit.versions[visit.versions.count - 2].state : .held
                let left = max(0, start - visit.last.at.rawValue)
                return before == .held || left >= 2 * 86_400_000 ? nil : misstep(left / 60_000)
            default: return nil
            }
        }
    }
}

extension Situation {
    /// The patient is blocked.
    func blocked(_ place: Place) -> Verdict {
        guard let patient = place.patient else { return .no }
        let all = model.missteps(of: patient)
        func granted(_ misstep: NaiveModel.Misstep) -> UInt64? {
            model.appeals[misstep.visit]?.decision.flatMap { $0.granted ? $0.position : nil }
        }
        let perhaps = all.filter { misstep in
            misstep.position <= visits.upperBound && granted(misstep).map { $0 > catalogue.lowerBound } ?? true
        }
        let surely = perhaps.filter { misstep in
            misstep.position <= catalogue.lowerBound && granted(misstep).map { $0 > visits.upperBound } ?? true
        }
        guard !perhaps.isEmpty else { return .no }
        let certain = Set(surely.map(\.visit))
        // Each of those in doubt may have been known or not.
        let doubtful = perhaps.filter { !certain.contains($0.visit) }.suffix(8)
        var verdict = Verdict(isCertain: !place.policies.isEmpty)
        for policy in place.policies {
            for choice in 0..<(1 << doubtful.count) {
                let chosen = doubtful.enumerated().filter { choice >> $0.offset & 1 == 1 }.map(\.element)
                for moment in [clock.lowerBound, clock.upperBound] {
                    guard let end = blockEnd(policy, place, surely + chosen, at: moment) else {
                        verdict.isCertain = false
                        continue
                    }
                    verdict.refusals.append(
                        Refusal(
                            .blocked, policyVersion: policy.version, authority: .department, limit: UInt32(end)))
                }
            }
        }
        return verdict
    }

    /// The last minute of all blocks that a policy makes of missteps; nil where none is in force.
    private func blockEnd(
        _ policy: Policy, _ place: Place, _ missteps: [NaiveModel.Misstep], at moment: Instant
    ) -> Int64? {
        let own = missteps.filter { policy.department == nil || policy.department == $0.department }
        var ends: [Int64] = []
        for term in policy.terms where term.rule == .blocked && speaks(term, of: place) {
            func percent(_ misstep: NaiveModel.Misstep) -> Int {
                guard let left = misstep.left else { return 100 }
                return left < Int64(term.minutes) ? Int(term.weight) : 0
            }
            for last in own where percent(last) > 0 {
                let window = own.filter {
                    last.minute - $0.minute < Int64(term.days) * 1_440 && $0.minute <= last.minute
                }
                if window.map(percent).reduce(0, +) >= Int(term.limit) * 100 {
                    ends.append(last.minute + Int64(term.blockDays) * 1_440)
                }
            }
        }
        return ends.filter { $0 * 60_000 > moment.rawValue }.max()
    }

    /// As many appointments with the department in the period as are allowed.
    func perPeriod(_ place: Place) -> Verdict {
        let here = stays(beside: place).filter { $0.department == place.department }
        let surely = here.filter { $0.isCertain && isJudgedBefore($0, place) }.map(\.date)
        // What was archived while no term asked for it is forgotten.
        let perhaps = here.map(\.date) + archivedDays(of: place)
        var verdict = Verdict(isCertain: !place.policies.isEmpty)
        for policy in place.policies {
            let terms = policy.terms.filter { $0.rule == .perPeriod && speaks($0, of: place) }
            verdict.refusals += terms.filter { count(perhaps, $0.days, place.date) >= Int($0.limit) }.map {
                Refusal(.perPeriod, policyVersion: policy.version, authority: .department, limit: $0.limit)
            }
            if !terms.contains(where: { count(surely, $0.days, place.date) >= Int($0.limit) }) {
                verdict.isCertain = false
            }
        }
        return verdict
    }

    private func archivedDays(of place: Place) -> [LocalDate] {
        guard let patient = place.patient else { return [] }
        return (model.visitsOfPatient[patient] ?? []).compactMap { id in
            guard let visit = model.visits[id], let sitting = model.sittings[id.session],
                let archived = sitting.archived, archived <= visits.upperBound, id != place.givenUp?.id,
                model.department(of: id.session.pool) == place.department, visit.last.state.takesUnits
            else { return nil }
            return sitting.date(visit.slots.lowerBound)
        }
    }

    /// How many days lie within one period with another.
    private func count(_ days: [LocalDate], _ period: UInt16, _ day: LocalDate) -> Int {
        func month(_ day: LocalDate) -> Int { day.civil.year * 12 + day.civil.month - 1 }
        if period == 31 { return days.count { month($0) == month(day) } }
        if period == 92 { return days.count { month($0) / 3 == month(day) / 3 } }
        return (day.rawValue - 6...day.rawValue).map { first in
            days.count { (first...first + 6).contains($0.rawValue) }
        }.max() ?? 0
    }
}
