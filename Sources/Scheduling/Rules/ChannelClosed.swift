/// RULE_CHANNEL_CLOSED: the policy's terms that concern the service and the pool name the channel.
///
/// Of a term it reads services, pools and channels; a term must name a channel, for without one it would open the slots
/// to none.
enum ChannelClosed {
    static let about = RuleAbout(
        "the department’s policy does not open the slot to this channel",
        remedy: "book through a channel that the policy names",
        chinese: RuleWords("该号源未向此渠道开放", remedy: "请通过已开放的渠道预约，例如窗口"), needs: [.channel, .service],
        terms: [.channels, .someChannel])

    @inline(__always)
    static func judge(_ asking: borrowing Asking) throws(Refusal) {
        guard !asking.policy.terms.isEmpty, let channel = asking.origin?.channel else { return }
        for term in asking.policy.terms where term.rule == .channelClosed {
            guard term.concerns(service: asking.service, pool: asking.slot.session.pool) else { continue }
            if !term.channels.contains(channel) {
                throw Refusal(.channelClosed, policyVersion: asking.policy.version, authority: .department)
            }
        }
    }
}
