import Simulation
import Testing

@Suite struct SimulationTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a world keeps every promise`(seed: UInt64) {
        let report = Simulation.run(Plan(seed: seed))
        #expect(report.finding == nil, "seed \(seed): haoyuan-simulate --seed \(seed) --trace")
    }

    @Test(arguments: [3, 17, 336, 473] as [UInt64])
    func `the same seed lives the same life to the last byte, traced or not`(seed: UInt64) {
        let first = Simulation.run(Plan(seed: seed))
        let second = Simulation.run(Plan(seed: seed), isTraced: true)
        #expect(first.hash == second.hash && first.turns == second.turns)
        #expect(first.coverage.counts == second.coverage.counts)
        #expect(first.trace.isEmpty && !second.trace.isEmpty)
    }

    @Test
    func `other seeds live other lives`() {
        #expect(Set((1...20).map { Simulation.run(Plan(seed: $0)).hash }).count == 20)
    }

    @Test
    func `the worlds go through what they are there for`() {
        var coverage = Coverage()
        for seed in 1...60 as ClosedRange<UInt64> { coverage.add(Simulation.run(Plan(seed: seed)).coverage) }
        let wanted = [
            "crashes", "failed syncs", "stops in good order", "checkpoints", "segments begun", "segments dropped",
            "messages lost", "messages doubled", "retries", "answers given again", "facts: booked", "facts: held",
            "facts: moved", "facts: booked-together", "facts: expired", "facts: cancelled", "refused: slotFull",
            "refused: overlap", "refused: perDay", "refused: state", "refused: version", "failures: storageFull",
            "events read from the feed", "states compared", "copies taken", "streams begun", "connections torn",
            "promotions", "facts: epoch-began", "promotions that left records behind", "logs cut back",
            "primaries deposed", "former primaries that come back", "standbys compared", "failures: standbyAway",
            "facts: reader-marked", "named readers that went on", "named readers that went away",
            "facts: reader-dropped",
        ]
        for name in wanted { #expect(coverage.counts[name, default: 0] > 0, "never: \(name)") }
        #expect(coverage.counts["worlds left unjudged", default: 0] == 0)
    }

    @Test
    func `what is left out stays out, and the rest is as it was`() {
        var overrides = Overrides()
        overrides.without = [.crash, .failedSync, .restart, .standby]
        overrides.operations = 30
        for seed in 1...20 as ClosedRange<UInt64> {
            let counts = Simulation.run(Plan(seed: seed, overrides: overrides)).coverage.counts
            // The one crash is the audit's own.
            #expect(counts["crashes", default: 0] == 1)
            #expect(counts["operations", default: 0] <= 30)
        }
    }

    @Test
    func `about half of the worlds have a standby, and one without it is as it was before there were any`() {
        #expect((60...140).contains((1...200).count { Plan(seed: $0).hasStandby }))
        var overrides = Overrides()
        overrides.without = [.standby]
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(!Plan(seed: seed, overrides: overrides).hasStandby)
            let counts = Simulation.run(Plan(seed: seed, overrides: overrides)).coverage.counts
            #expect(counts["streams begun"] == nil && counts["failures: notPrimary"] == nil)
        }
    }

    @Test
    func `shrinking keeps what the failure needs and leaves out everything else`() {
        // Fails as long as loss is on and operations 11 and 25 are sent.
        var shrinker = Shrinker(seed: 7, from: Overrides(), tries: 2_000) { overrides in
            let count = Plan(seed: 7, overrides: overrides).operations
            return count > 25 && overrides.skipped.isDisjoint(with: [11, 25]) && !overrides.without.contains(.loss)
        }
        #expect(Plan(seed: 7).operations > 30)
        shrinker.run()
        #expect(shrinker.overrides.operations == 26)
        #expect(shrinker.operations == 2)
        #expect(shrinker.overrides.without == Set(FaultKind.allCases).subtracting([.loss]))
    }
}
