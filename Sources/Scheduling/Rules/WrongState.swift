/// RULE_STATE: the appointment's state allows the change (docs/reference/states.md shows which does); a lock that is
/// ended is in force, and a session that is resumed is stopped.
enum WrongState {
    static let about = RuleAbout(
        "the appointment’s state does not allow this, or the lock has ended, or the session is not stopped",
        remedy: "look at it with haoyuan appointments --id, or haoyuan sessions locks",
        chinese: RuleWords("当前状态不能进行该操作", remedy: "请查看预约的当前状态"))

    @inline(__always)
    static func judge(_ change: ChangeAsking) throws(Refusal) {
        guard change.transition.isAllowed(from: change.record.state) else { throw Refusal(.state) }
    }

    @inline(__always)
    static func judge(move change: ChangeAsking) throws(Refusal) {
        guard change.record.state == .held || change.record.state == .booked else { throw Refusal(.state) }
    }

    static func judge(unlock isOpen: Bool) throws(Refusal) {
        guard isOpen else { throw Refusal(.state) }
    }

    static func judge(resume isStopped: Bool) throws(Refusal) {
        guard isStopped else { throw Refusal(.state) }
    }
}
