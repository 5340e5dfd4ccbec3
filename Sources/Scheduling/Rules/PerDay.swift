/// RULE_PER_DAY: one patient, one day. Published notices: two or three in all.
enum PerDay {
    static let about = RuleAbout(
        "the patient has as many appointments on this day as are allowed", remedy: "choose another day",
        chinese: RuleWords("当日预约总数已达上限", remedy: "请选择其他日期"),
        needs: .patient)

    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ tally: PatientTally) throws(Refusal) {
        let limit = asking.policy.perDay
        guard limit == 0 || tally.onDay < limit else {
            throw Refusal(.perDay, policyVersion: asking.policy.version, authority: .hospital, limit: limit)
        }
    }
}
