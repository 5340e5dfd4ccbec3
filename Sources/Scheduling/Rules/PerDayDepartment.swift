/// RULE_PER_DAY_DEPARTMENT: one patient, one day, one department. Published notices: one, sometimes also per doctor.
enum PerDayDepartment {
    static let about = RuleAbout(
        "the patient has as many appointments in this department on this day as are allowed",
        remedy: "choose another day",
        chinese: RuleWords("当日在本科室的预约已达上限", remedy: "请选择其他日期"), needs: .patient)

    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ tally: PatientTally) throws(Refusal) {
        let limit = asking.policy.perDayDepartment
        guard limit == 0 || tally.onDayInDepartment < limit else {
            throw Refusal(
                .perDayDepartment, policyVersion: asking.policy.version, authority: .department, limit: limit)
        }
    }
}
