/// RULE_SLOT_PAST: the first slot lies ahead; what is locked, stopped or resumed is not over.
enum SlotPast {
    static let about = RuleAbout(
        "the slot has begun already, its session was archived or withdrawn, or what was to be locked, stopped or "
            + "resumed is over",
        remedy: "choose a later slot (haoyuan slots)",
        chinese: RuleWords("该时段已开始、已结束或已取消", remedy: "请选择较晚的时段"))

    @inline(__always)
    static func judge(_ asking: borrowing Asking) throws(Refusal) {
        guard asking.start > asking.now else { throw Refusal(.slotPast) }
    }

    /// A lock withdraws something that lies ahead, and ends later than now.
    static func judge(_ lock: SlotLock, of session: borrowing Session, _ asking: borrowing Asking) throws(Refusal) {
        guard session.times.end > asking.now, lock.until.map({ $0 > asking.now }) ?? true else {
            throw Refusal(.slotPast)
        }
    }

    /// A session that is stopped or sold again is not over.
    static func judge(_ session: borrowing Session, _ asking: borrowing Asking) throws(Refusal) {
        guard session.times.end > asking.now else { throw Refusal(.slotPast) }
    }
}
