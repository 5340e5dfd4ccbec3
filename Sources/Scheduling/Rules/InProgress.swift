/// RULE_IN_PROGRESS: a move has its hands on the appointment.
enum InProgress {
    static let about = RuleAbout(
        "another change of this appointment is under way", remedy: "try again with a new key",
        chinese: RuleWords("预约正在处理中", remedy: "请稍后重试"))

    @inline(__always)
    static func judge(_ change: ChangeAsking) throws(Refusal) {
        guard !change.isMoving else { throw Refusal(.inProgress) }
    }
}
