/// RULE_TOO_LATE: an appointment is cancelled, or given up by a move, until a moment before it, and not from then on.
///
/// Of a term it reads services, pools and channels, a time on the wall clock so many days before the day of the slot,
/// minutes before its start, or both, of which the earlier closes. A hold is released at any time: nothing is paid yet.
/// No other transition is concerned, nor what the engine does by itself.
enum TooLate {
    static let about = RuleAbout(
        "it is too late to cancel or give up the appointment",
        remedy: "ask at a channel that the policy names no deadline for, such as the window",
        chinese: RuleWords("已超过退号时限", remedy: "请到窗口办理"),
        terms: [.channels, .wallTime, .minutes, .someMoment])

    @inline(__always)
    static func judge(_ change: ChangeAsking, _ asking: borrowing Asking) throws(Refusal) {
        guard !asking.policy.terms.isEmpty, change.record.state != .held else { return }
        let day = change.times.date(ofSlot: change.record.slot)
        let start = change.times.start(ofSlot: change.record.slot)
        let channel = asking.origin?.channel
        for term in asking.policy.terms where term.rule == .tooLate {
            guard term.concerns(service: change.record.service, pool: asking.slot.session.pool),
                term.channels.isEmpty || channel.map(term.channels.contains) ?? false
            else { continue }
            if term.isOver(for: day, start, at: asking.now, on: asking.wall) {
                throw Refusal(.tooLate, policyVersion: asking.policy.version, authority: .department)
            }
        }
    }
}
