/// RULE_OVERLAP: a patient is in one place at a time (P-29).
enum Overlap {
    static let about = RuleAbout(
        "the patient has another appointment at that time",
        remedy: "choose another time, or move or cancel the other one",
        chinese: RuleWords("与您已有的预约时间冲突", remedy: "请选择其他时间，或改约、取消已有预约"), needs: .patient)

    @inline(__always)
    static func judge(_ tally: PatientTally) throws(Refusal) {
        guard !tally.overlaps else { throw Refusal(.overlap) }
    }
}
