/// RULE_SESSION_STOPPED: none of the slots belongs to a session that is stopped from that slot on; what is to be
/// stopped is not stopped already.
enum SessionStopped {
    static let about = RuleAbout(
        "the session is stopped (停诊): this slot does not take place",
        remedy: "choose a slot of another session (haoyuan slots), or sell it again with haoyuan sessions resume",
        chinese: RuleWords("该班次已停诊", remedy: "请选择其他时段"))

    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ session: borrowing Session) throws(Refusal) {
        guard session.hasStops else { return }
        try judge(upTo: Int(asking.slot.index) + Int(asking.span), session)
    }

    /// Apart, so that what most sessions have not costs a booking nothing.
    @inline(never)
    private static func judge(upTo end: Int, _ session: borrowing Session) throws(Refusal) {
        guard let stop = session.openStop, end > Int(stop.from) else { return }
        throw Refusal(.sessionStopped, authority: .department)
    }

    /// A stop of fewer slots than are stopped already, or of the same, has nothing to do.
    static func judge(stopFrom slot: UInt16, of session: borrowing Session) throws(Refusal) {
        guard let stop = session.openStop, stop.from <= slot else { return }
        throw Refusal(.sessionStopped)
    }
}
