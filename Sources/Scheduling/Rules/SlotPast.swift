/// RULE_SLOT_PAST: the first slot lies ahead.
enum SlotPast {
    static let about = RuleAbout("the slot has begun already", remedy: "choose a later slot (haoyuan slots)")

    @inline(__always)
    static func judge(_ asking: borrowing Asking) throws(Refusal) {
        guard asking.start > asking.now else { throw Refusal(.slotPast) }
    }
}
