extension Catalogue {
    /// Refuses shares that are larger than the sessions they are of, as far as templates tell how large those are:
    /// a term that names pools against each template of theirs, one that names none against the largest. What a draft
    /// does not touch stays as it is, and a template whose days are over opens no session any more.
    ///
    /// Shares that are too large together are none of this: the later ones have what the earlier ones leave.
    ///
    /// - Parameter now: nil for all templates, whenever their days are.
    func checkShares(of draft: CatalogueDraft, at now: Instant?) throws(InvalidCatalogue) {
        let today = now.map { hospital.zone.wall(at: $0).date }
        for policy in draft.policies {
            let department = departments[code: policy.department]?.id
            let judging = department.flatMap { departmentPolicies[$0] } ?? self.policy
            let what = department == nil ? "the hospital's policy" : "policy of department ‘\(policy.department)’"
            for (index, term) in judging.terms.enumerated() where term.rule == .quota {
                let concerned = templates(of: term, in: judging).filter { $0.isValid(from: today) }
                let small = concerned.filter { $0.units < term.limit }
                guard let largest = small.max(by: { $0.units < $1.units }),
                    !term.pools.isEmpty || small.count == concerned.count
                else { continue }
                throw InvalidCatalogue(
                    "\(what): terms[\(index)]: a quota above the capacity: it keeps \(term.limit) units of each session, "
                        + "template ‘\(largest.code)’ gives one \(largest.units); lower its limit")
            }
        }
        for template in draft.templates.compactMap({ templates[code: $0.code] }) {
            guard template.isValid(from: today), let department = pools[template.pool.rawValue]?.department else {
                continue
            }
            let terms = policy(for: department).terms.filter { $0.rule == .quota && $0.pools.contains(template.pool) }
            guard let term = terms.first(where: { $0.limit > template.units }) else { continue }
            throw InvalidCatalogue(
                "template ‘\(template.code)’: a quota above the capacity: a term of the policy keeps \(term.limit) units "
                    + "of each session of its pool, the template gives one \(template.units); lower the term's limit")
        }
    }

    /// The templates of the pools in whose sessions a policy's term keeps units.
    private func templates(of term: PolicyTerm, in policy: Policy) -> [Template] {
        templates.all.filter { template in
            guard let department = pools[template.pool.rawValue]?.department else { return false }
            return self.policy(for: department).department == policy.department
                && (term.pools.isEmpty || term.pools.contains(template.pool))
        }
    }
}

extension Template {
    /// Whether it says anything of a day from this one on.
    fileprivate func isValid(from today: LocalDate?) -> Bool {
        guard let today, let validUntil else { return true }
        return validUntil >= today
    }

    /// Units of each of its sessions.
    fileprivate var units: UInt32 { UInt32(slots) * UInt32(capacity) }
}
