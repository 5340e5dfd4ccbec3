/// RULE_NUMBERS_EXHAUSTED: a session gives out so many numbers, and none twice.
enum NumbersExhausted {
    static let about = RuleAbout("the session has given out its last number", remedy: "choose another session")

    @inline(__always)
    static func judge(_ session: borrowing Session) throws(Refusal) {
        guard session.nextNumber <= Limits.numbersPerSession else { throw Refusal(.numbersExhausted) }
    }
}
