/// RULE_STATE: the appointment's state allows the change (docs/reference/states.md shows which does); a lock that is
/// ended is in force, a session that is resumed is stopped, a refund that is closed is due, and an appointment has few
/// payments.
enum WrongState {
    static let about = RuleAbout(
        "the appointment’s state does not allow this, or the lock has ended, the session is not stopped, "
            + "the refund is closed, or it was paid for too often",
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

    static func judge(closing refund: Refund) throws(Refusal) {
        guard refund.closedBy == nil else { throw Refusal(.state) }
    }

    static func judge(payments count: Int) throws(Refusal) {
        let most = Limits.paymentsPerAppointment
        guard count < most else { throw Refusal(.state, limit: UInt32(most)) }
    }

    static func judge(resume isStopped: Bool) throws(Refusal) {
        guard isStopped else { throw Refusal(.state) }
    }
}
