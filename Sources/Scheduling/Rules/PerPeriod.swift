/// RULE_PER_PERIOD: one patient, one department, so many appointments in any seven days, a month or a quarter.
///
/// Of a term it reads services and pools, which say what is refused, the limit, and the days: 7, 31 for the month of
/// the slot's day, 92 for its quarter. All of the patient's appointments with the department count, ended ones too.
enum PerPeriod {
    static let about = RuleAbout(
        "the patient has as many appointments in this department in the period as are allowed",
        remedy: "choose a day outside the period", chinese: RuleWords("本周期内在本科室的预约已达上限", remedy: "请选择其他周期的日期"),
        needs: [.patient, .service], terms: [.limit, .period])

    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ tally: PatientTally) throws(Refusal) {
        guard !tally.conduct.visits.isEmpty else { return }
        let department = asking.department
        let days = tally.conduct.visits.filter { $0.department == department }.map(\.date)
        for term in asking.policy.terms where term.rule == .perPeriod && term.concerns(asking) {
            guard term.count(days, beside: asking.day) < term.limit else {
                throw Refusal(
                    .perPeriod, policyVersion: asking.policy.version, authority: .department, limit: term.limit)
            }
        }
    }
}
