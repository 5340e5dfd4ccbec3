/// RULE_SERVICE_NOT_OFFERED: the pool offers the service, and the session is long enough for it.
enum ServiceNotOffered {
    static let about = RuleAbout(
        "the slot’s pool does not offer the service, or the session ends before it would",
        remedy: "choose another slot or service",
        chinese: RuleWords("该时段不提供此项目", remedy: "请选择其他时段或项目"))

    @inline(__always)
    static func judge(_ asking: borrowing Asking, isOffered: Bool) throws(Refusal) {
        guard isOffered, Int(asking.slot.index) + Int(asking.span) <= Int(asking.times.slots) else {
            throw Refusal(.serviceNotOffered)
        }
    }

    /// The service may have grown since the catalogue was asked.
    @inline(__always)
    static func judge(_ asking: borrowing Asking, _ session: borrowing Session) throws(Refusal) {
        guard session.has(asking) else { throw Refusal(.serviceNotOffered) }
    }
}

extension Session {
    /// Whether it has all the slots that are asked for.
    @inline(__always)
    func has(_ asking: borrowing Asking) -> Bool { Int(asking.slot.index) + Int(asking.span) <= slots.count }
}
