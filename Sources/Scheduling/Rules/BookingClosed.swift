/// RULE_BOOKING_CLOSED: a slot is booked, held and moved to until a moment before it, and not from then on.
///
/// Of a term it reads all but the limit: a time on the wall clock so many days before the day of the slot (0: that
/// day), minutes before its start, or both, of which the earlier closes. Every term that concerns a booking closes. A
/// hold that was made before may be confirmed after.
enum BookingClosed {
    static let about = RuleAbout(
        "bookings of the slot are closed so shortly before it",
        remedy: "choose a later slot (haoyuan slots), or book through a channel that the policy leaves open",
        chinese: RuleWords("该号源已停止预约", remedy: "请选择较晚的时段或到窗口办理"),
        needs: [.channel, .patientClass, .service],
        terms: [.channels, .classes, .wallTime, .minutes, .someMoment])

    @inline(__always)
    static func judge(_ asking: borrowing Asking) throws(Refusal) {
        guard !asking.policy.terms.isEmpty else { return }
        for term in asking.policy.terms where term.rule == .bookingClosed && term.concerns(asking) {
            if term.isOver(for: asking.day, asking.start, at: asking.now, on: asking.wall) {
                throw Refusal(.bookingClosed, policyVersion: asking.policy.version, authority: .department)
            }
        }
    }
}
