/// What the worlds went through, counted: a simulator that never crashes or never refuses anything shows nothing.
package struct Coverage: Sendable {
    /// By name; the names are sentences' ends such as "crashes" or "refused: slotFull".
    package private(set) var counts: [String: Int] = [:]

    package init() {}

    package mutating func note(_ name: String, _ times: Int = 1) { counts[name, default: 0] += times }

    package mutating func add(_ other: Coverage) {
        for (name, times) in other.counts { counts[name, default: 0] += times }
    }
}
