/// RULE_IN_PROGRESS: a move has its hands on the appointment; of a stop, a move or a joint booking on something of the
/// session.
enum InProgress {
    static let about = RuleAbout(
        "another change of this appointment, or something in this session, is under way",
        remedy: "try again with a new key",
        chinese: RuleWords("预约正在处理中", remedy: "请稍后重试"))

    @inline(__always)
    static func judge(_ change: ChangeAsking) throws(Refusal) {
        guard !change.isMoving else { throw Refusal(.inProgress) }
    }

    /// - Parameter isMoving: something of the session that is to be stopped or resumed is under way.
    static func judge(isMoving: Bool) throws(Refusal) {
        guard !isMoving else { throw Refusal(.inProgress) }
    }
}
