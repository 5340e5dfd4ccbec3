/// RULE_NUMBERS_EXHAUSTED: a session gives out so many numbers, and none twice.
enum NumbersExhausted {
    static let about = RuleAbout(
        "the session has given out its last number, of appointments or of locks",
        remedy: "choose another session; lock a longer stretch at once",
        chinese: RuleWords("该班次序号已用尽", remedy: "请选择其他班次"))

    @inline(__always)
    static func judge(_ session: borrowing Session) throws(Refusal) {
        guard session.nextNumber <= Limits.numbersPerSession else { throw Refusal(.numbersExhausted) }
    }

    /// A lock has a number, too.
    static func judge(lockIn session: borrowing Session) throws(Refusal) {
        guard session.lockCount < Limits.locksPerSession else {
            throw Refusal(.numbersExhausted, limit: UInt32(Limits.locksPerSession))
        }
    }
}
