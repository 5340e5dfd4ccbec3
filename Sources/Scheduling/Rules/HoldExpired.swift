/// RULE_HOLD_EXPIRED: a hold is confirmed or moved before it runs out.
enum HoldExpired {
    static let about = RuleAbout(
        "the hold had run out before it was confirmed", remedy: "hold or book a slot again",
        chinese: RuleWords("占号已超时", remedy: "请重新预约"))

    /// It has ended already: more than "the state does not allow this".
    @inline(__always)
    static func judge(ended change: ChangeAsking) throws(Refusal) {
        guard change.record.state != .expired else { throw Refusal(.holdExpired) }
    }

    /// It is about to be ended, and the timer has not come round yet.
    @inline(__always)
    static func judge(_ change: ChangeAsking, _ asking: borrowing Asking) throws(Refusal) {
        guard change.record.state == .held, let until = change.record.holdUntil else { return }
        guard until > asking.now else { throw Refusal(.holdExpired) }
    }
}
