import Scheduling
import Testing

@Suite struct `The core against the oracle` {
    /// A seed that fails is the argument the report names; to look into it, keep it alone in this list.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `thousands of random commands are decided alike, and every promise holds after each`(seed: UInt64) {
        var rounds = CommandRounds(seed: seed)
        var done = 0
        for step in 1...1_000 {
            let before = rounds.world.journal.count
            rounds.playOne()
            if rounds.world.journal.count > before { done += 1 }
            let violations = rounds.world.violations
            guard rounds.disagreements.isEmpty, violations.isEmpty, rounds.agrees else {
                Issue.record(
                    """
                    seed \(seed), step \(step), \(rounds.lastCommand)
                    \(rounds.disagreements) \(violations) agrees: \(rounds.agrees)
                    """)
                return
            }
        }
        #expect(done > 150, "most commands must be possible, else this tests refusals only")
    }

    @Test func `all outcomes occur in those commands, and all rules but those of crowds refuse`() {
        var seen: Set<AppointmentState> = []
        var rules: Set<Rule> = []
        for seed in 1...12 as ClosedRange<UInt64> {
            var rounds = CommandRounds(seed: seed)
            for _ in 1...1_000 { rounds.playOne() }
            rules.formUnion(rounds.rulesSeen)
            for event in rounds.world.journal {
                switch event.fact {
                case .booked(let taken): seen.insert(taken.state)
                case .changed(let change): seen.insert(change.state)
                case .moved(let from, _): seen.insert(from.state)
                default: break
                }
            }
        }
        #expect(seen == Set(AppointmentState.allCases))
        // Those need a move under way, a million numbers, 500 appointments or data of an earlier version: ClaimTests,
        // PoolTests, PatientTests and ResourceClashTests.
        let others: Set<Rule> = [.inProgress, .numbersExhausted, .patientAppointments, .resourceElsewhere]
        #expect(rules == Set(Rule.allCases).subtracting(others))
    }
}
