/// RULE_RESOURCE_ELSEWHERE: no resource of the slot's pool is in an earlier session of another pool at that time.
enum ResourceElsewhere {
    static let about = RuleAbout(
        "a doctor, device or room of the slot’s pool is in an earlier session of another pool at that time",
        remedy: "choose a slot of another session; haoyuan status names the two that overlap",
        chinese: RuleWords("该时段医师或设备另有安排", remedy: "请选择其他时段"))

    /// - Parameter isElsewhere: as the timetable knows it.
    @inline(__always)
    static func judge(isElsewhere: Bool) throws(Refusal) {
        guard !isElsewhere else { throw Refusal(.resourceElsewhere) }
    }
}
