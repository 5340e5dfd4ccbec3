/// RULE_NOT_RELEASED: 放号. A slot is for sale from a time on the wall clock on, so many days before its day.
///
/// Of a term it reads everything but minutes. `limit` is the share in percent, of all units of the slot's session, that
/// is for sale from then on, rounded down but at least one unit; units sold to others count, locked ones do not. Terms
/// of one scope are stages: of those that have begun the latest counts, and before the first nothing is for sale. Where
/// terms of several scopes concern a booking, each must let it pass. A term with channels, services or classes does not
/// concern what names none.
enum NotReleased {
    static let about = RuleAbout(
        "the slot is not for sale yet, or no more of its session is",
        remedy: "wait for the next release that the policy names (haoyuan catalogue policies), or choose another slot",
        chinese: RuleWords("该号源尚未放号，或本次放号已约满", remedy: "请等待下次放号或选择其他日期"),
        needs: [.channel, .patientClass, .service],
        terms: [.channels, .classes, .limit, .wallTime, .someWallTime, .staged, .share])

    /// Whether anything is for sale yet.
    @inline(__always)
    static func judge(_ asking: borrowing Asking) throws(Refusal) {
        guard !asking.policy.terms.isEmpty else { return }
        for term in asking.policy.terms where term.rule == .notReleased && term.concerns(asking) {
            if share(ofScopeOf: term, asking) == 0 {
                throw Refusal(.notReleased, policyVersion: asking.policy.version, authority: .department)
            }
        }
    }

    /// Whether so much of the session is. What a move within it gives up makes room for what it takes, and what is no
    /// more than before always is for sale.
    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ session: borrowing Session) throws(Refusal) {
        guard !asking.policy.terms.isEmpty else { return }
        let given = session[asking.givenUp].map { UInt32($0.units) * UInt32($0.span) } ?? 0
        let needed = UInt32(asking.units) * (UInt32(asking.span) + UInt32(asking.passedOn))
        guard needed > given else { return }
        for term in asking.policy.terms where term.rule == .notReleased && term.concerns(asking) {
            let share = share(ofScopeOf: term, asking)
            // Before the first stage the timetable has refused it.
            guard (1..<100).contains(share) else { continue }
            let all = session.slots.reduce(0) { $0 + UInt32($1.capacity) }
            let released = max(1, all * share / 100)
            guard all - session.free - given + needed <= released else {
                throw Refusal(
                    .notReleased, policyVersion: asking.policy.version, authority: .department, limit: released)
            }
        }
    }

    /// What is for sale by the stages of a term's scope; 0 before the first has begun. A later stage has a larger
    /// share, so the largest is that of the latest.
    private static func share(ofScopeOf term: borrowing PolicyTerm, _ asking: borrowing Asking) -> UInt32 {
        var share: UInt32 = 0
        for stage in asking.policy.terms
        where stage.limit > share && stage.isOfScope(of: term) && stage.hasCome(for: asking.day, on: asking.wall) {
            share = stage.limit
        }
        return share
    }
}
