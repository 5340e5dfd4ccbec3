/// RULE_TOO_EARLY: a patient arrives on the day, and is a no-show only after the start.
enum TooEarly {
    static let about = RuleAbout(
        "it is too early: arriving begins with the day, a no-show with the start", remedy: "wait for it",
        chinese: RuleWords("未到就诊日期或时间", remedy: "请到时再办理"))

    @inline(__always)
    static func judge(_ change: ChangeAsking, _ asking: borrowing Asking) throws(Refusal) {
        switch change.transition {
        case .arrive:
            guard asking.today >= change.times.date(ofSlot: change.record.slot) else {
                throw Refusal(.tooEarly, authority: .department)
            }
        case .noShow:
            guard asking.now >= change.times.start(ofSlot: change.record.slot) else { throw Refusal(.tooEarly) }
        case .confirm, .cancel, .call, .start, .complete, .stop: break
        }
    }
}
