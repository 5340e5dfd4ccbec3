import Scheduling

/// A generation before anything is changed: what it withdraws and opens, and in which order. Both a generation and its
/// preview begin with it.
struct PreparedGeneration: Sendable {
    let roster: RosterPlan
    let generation: Generation
    let plan: GenerationPlan
    let catalogue: Catalogue
    /// Those of the templates that were named; nil where none were.
    let pools: Set<PoolID>?
    let snapshot: EngineView.Snapshot

    /// What is opened, first what takes the place of what went, so that nothing new comes before it. What is over is
    /// neither opened nor counted: its session may be in the history.
    /// - Parameter conflicts: of outdated sessions that stay: their days get no second one.
    func rounds(keeping conflicts: [SessionConflict], now: Instant) -> [[SessionOpening]] {
        let days = Set(conflicts.compactMap(\.day))
        let wanted = roster.openings.filter { $0.times.end > now && !($0.day.map(days.contains) ?? false) }
        let freed = Set(plan.going.map(\.day))
        let isFirst = { (opening: SessionOpening) in opening.day.map(freed.contains) ?? false }
        return [wanted.filter(isFirst), wanted.filter { !isFirst($0) }]
    }

    /// What is not opened, for people: days that no calendar judges, then outdated sessions that stay.
    func sentences(_ conflicts: [SessionConflict]) -> [String] {
        catalogue.sentences(roster.unjudged) + conflicts.map { catalogue.sentence($0, roster) }
    }
}

extension Shards {
    /// Openings shard by shard, all of one round before those of the next.
    func parts(
        of rounds: [[SessionOpening]], in snapshot: EngineView.Snapshot
    ) -> [(shard: Int, part: [SessionOpening])] {
        rounds.flatMap { round -> [(shard: Int, part: [SessionOpening])] in
            let parts = Dictionary(grouping: round) { index(of: $0.pool, in: snapshot) ?? 0 }
            return pools.indices.compactMap { shard in parts[shard].map { (shard, $0) } }
        }
    }
}

extension WritePipeline {
    /// - Parameters:
    ///   - templates: codes; empty for all.
    ///   - catalogue: whose templates they are.
    func prepare(
        from: LocalDate, to: LocalDate, templates: [String], _ catalogue: Catalogue, now: Instant
    ) async throws(EngineError) -> PreparedGeneration {
        let chosen = try catalogue.chosen(templates)
        let roster = try catalogue.roster(from: from, to: to, templates: chosen)
        let generation = Generation(
            from: from, to: to, templates: Set(chosen.map(\.id)), wanted: roster.openings,
            unjudged: Set(roster.unjudged.keys))
        let snapshot = view.current
        let outdated = await outdated(generation, snapshot, now: now)
        var plan = GenerationPlan()
        if !outdated.isEmpty {
            plan = await directory.plan(outdated, wanted: roster.openings, snapshot.catalogue, now: now)
        }
        return PreparedGeneration(
            roster: roster, generation: generation, plan: plan, catalogue: catalogue,
            pools: templates.isEmpty ? nil : Set(chosen.map(\.pool)), snapshot: snapshot)
    }
}
