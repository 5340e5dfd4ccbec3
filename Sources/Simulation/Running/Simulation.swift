/// What became of one seed.
package struct Report: Sendable {
    package let plan: Plan
    /// The first thing that was wrong; nil when all was well.
    package let finding: String?
    /// Follows from everything that happened: the same seed gives the same.
    package let hash: UInt64
    package let turns: Int
    package let coverage: Coverage
    /// Empty unless asked for.
    package let trace: [String]
}

/// Runs seeds.
package enum Simulation {
    /// Lets one world live, from an empty disk to the last audit, on the calling thread.
    package static func run(_ plan: Plan, isTraced: Bool = false) -> Report {
        let world = World(plan, isTraced: isTraced)
        world.live()
        var finding = world.casebook.finding
        var coverage = world.casebook.coverage
        coverage.note("turns", world.turns)
        if finding == World.unobserved {
            finding = nil
            coverage.note("worlds left unjudged")
        }
        world.casebook.mix(UInt64(world.turns))
        return Report(
            plan: plan, finding: finding, hash: world.casebook.hash, turns: world.turns, coverage: coverage,
            trace: world.trace.lines)
    }
}
