/// RULE_BLOCKED: the patient missed or cancelled late so often that the policy lets them book no more for a while.
///
/// Of a term it reads services, pools and channels, which say what is refused; the limit in no-shows within so many
/// days; the days that a block lasts; minutes before the start, within which a cancellation counts too, and its weight
/// in percent. A department's own policy counts what was missed there, the hospital's everything.
enum Blocked {
    static let about = RuleAbout(
        "the patient is blocked after no-shows or late cancellations",
        remedy: "appeal, book through a channel that is not blocked, such as the window, or wait for the block’s end",
        chinese: RuleWords("因爽约次数达到上限，暂停预约", remedy: "可申诉，或到窗口办理"),
        needs: [.patient, .channel, .service], terms: [.channels, .limit, .minutes, .ladder])

    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ tally: PatientTally) throws(Refusal) {
        guard !tally.conduct.strikes.isEmpty else { return }
        let strikes = asking.policy.counted(tally.conduct.strikes)
        var end: UInt32 = 0
        for term in asking.policy.terms where term.rule == .blocked && term.concerns(asking) {
            end = max(end, term.blockedUntil(strikes, at: asking.now) ?? 0)
        }
        guard end == 0 else {
            throw Refusal(.blocked, policyVersion: asking.policy.version, authority: .department, limit: end)
        }
    }
}

extension Refusal {
    /// When what refuses is over: of a block, whose limit is its last minute.
    package var until: Instant? { rule == .blocked ? Instant(minute: limit) : nil }
}
