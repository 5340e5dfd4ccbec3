import Journal
package import Scheduling

/// What a patient did, what follows from it now, and what was said against it.
package struct PatientStanding: Sendable {
    package var strikes: [Strike] = []
    package var blocks: [Block] = []
    package var appeals: [Appeal] = []

    /// A term that refuses bookings of the patient now.
    package struct Block: Sendable {
        /// Whose policy has it; nil for the hospital's.
        package var department: DepartmentID?
        package var policyVersion: UInt32
        package var term: PolicyTerm
        package var until: Instant
    }
}

extension Engine {
    /// A patient's no-shows and late cancellations, the blocks that follow from them, and the appeals.
    package func standing(of patient: PatientID) async throws(EngineError) -> Reading<PatientStanding> {
        let position = await included(.patients)
        let snapshot = view.current
        var shown = try registration(of: patient, in: snapshot)
        let (strikes, appeals, last) = await shards.patients[shards.index(of: patient)].conduct(of: patient)
        let judging = snapshot.changes.last(
            after: journal.settledPosition, for: .init(department: nil, pool: nil, isJudged: true),
            in: snapshot.catalogue)
        shown = max(shown, last, judging)
        var standing = PatientStanding(strikes: strikes, appeals: appeals)
        let granted = appeals.filter { $0.decision?.granted ?? false }.map(\.appointment)
        let counted = strikes.filter { !granted.contains($0.appointment) }
        let catalogue = snapshot.catalogue.catalogue
        let now = time.now()
        let policies =
            [catalogue.policy]
            + catalogue.departments.all.compactMap { department in
                catalogue.departmentPolicies[department.id]
            }
        for policy in policies {
            let strikes = policy.counted(counted)
            for term in policy.terms where term.rule == .blocked {
                guard let end = term.blockedUntil(strikes, at: now) else { continue }
                standing.blocks.append(
                    PatientStanding.Block(
                        department: policy.department, policyVersion: policy.version, term: term,
                        until: Instant(minute: end)))
            }
        }
        try await untilDurable(shown)
        return Reading(standing, at: position)
    }

    /// Appeals of all patients that wait for their decision, the oldest first.
    package func openAppeals() async throws(EngineError) -> Reading<[Appeal]> {
        let position = await included(.patients)
        var found: [Appeal] = []
        var shown = Position.zero
        for shard in shards.patients {
            let (some, last) = await shard.openAppeals()
            found += some
            shown = max(shown, last)
        }
        found.sort { ($0.filed, $0.appointment.rawValue) < ($1.filed, $1.appointment.rawValue) }
        try await untilDurable(shown)
        return Reading(found, at: position)
    }
}
