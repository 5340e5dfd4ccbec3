package import Terminal

/// What a measurement must reach to pass, beside its audit: nothing unless asked for. So an acceptance test is one
/// command.
package struct BenchGoals: Equatable, Sendable {
    /// Operations answered in a second, in the median pass.
    package var least: Double?
    /// The p99 of all passes together.
    var p99: SpanArgument?

    package init(least: Double? = nil, p99: SpanArgument? = nil) {
        self.least = least
        self.p99 = p99
    }

    /// One check for each goal.
    func checks(answered: Double, p99 nanoseconds: UInt64) -> [Report.Check] {
        var checks: [Report.Check] = []
        if let least {
            checks.append(
                Self.check(
                    "at least \(Unit.perSecond.text(least)) are answered", holds: answered >= least,
                    found: Unit.perSecond.text(answered)))
        }
        if let p99 {
            let seconds = Double(nanoseconds) / 1e9
            checks.append(
                Self.check(
                    "the p99 is at most \(p99)", holds: seconds <= Numbers.seconds(p99.duration),
                    found: Unit.seconds.text(seconds)))
        }
        return checks
    }

    private static func check(_ name: String, holds: Bool, found: String) -> Report.Check {
        Report.Check(name: name, count: 1, problems: holds ? [] : ["it was \(found)"])
    }
}
