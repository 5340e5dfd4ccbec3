/// RULE_VERSION: the caller saw the appointment as it is.
enum WrongVersion {
    static let about = RuleAbout(
        "the appointment has changed since", remedy: "look at it again and repeat with its version",
        chinese: RuleWords("预约已被他人修改", remedy: "请刷新后重试"))

    @inline(__always)
    static func judge(_ change: ChangeAsking) throws(Refusal) {
        guard change.ifVersion == 0 || change.ifVersion == change.record.version else {
            throw Refusal(.version, limit: change.record.version)
        }
    }
}
