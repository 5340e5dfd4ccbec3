/// RULE_SLOT_FULL: free units in every slot.
enum SlotFull {
    static let about = RuleAbout(
        "no free units are left in the slot", remedy: "choose another slot (haoyuan slots)",
        chinese: RuleWords("该时段号源已满", remedy: "请选择其他时段"))

    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ session: borrowing Session) throws(Refusal) {
        let first = Int(asking.slot.index)
        guard session.fits(slot: UInt16(first), span: asking.span, units: asking.units) else {
            throw Refusal(.slotFull, authority: .department, limit: UInt32(session.slots[first].capacity))
        }
    }
}
