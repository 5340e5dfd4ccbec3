import Scheduling

/// What became of a session that was to be opened.
enum OpeningOutcome: Sendable {
    case opened(SessionDefinition)
    /// It stands already; nil where it has gone to the history meanwhile.
    case stands(SessionID?)
    case conflict(SessionConflict)
}

extension PoolBook {
    /// Opens what is not open yet; conflicts stop no other. A generation does it with a shard's book and the diary of
    /// all shards, a preview with copies of both, so that the two cannot differ.
    /// - Parameter catalogue: as of `ResourceDiary.reserve`.
    mutating func open(
        _ openings: some Sequence<SessionOpening>, _ diary: ResourceDiary, now: Instant,
        _ catalogue: () -> CatalogueSnapshot
    ) -> [OpeningOutcome] {
        var outcomes: [OpeningOutcome] = []
        for opening in openings {
            let (pool, times) = (opening.pool, opening.times)
            do throws(SessionConflict) {
                guard let definition = try decideOpening(opening) else {
                    let there = sessions(of: pool)?.overlapping(times)
                    if times.end > now, let there,
                        let reason = diary.elsewhere(there.id, there.times, now: now, in: catalogue())
                    {
                        throw SessionConflict(pool: there.id.pool, times: there.times, reason)
                    }
                    outcomes.append(.stands(there?.id))
                    continue
                }
                if let reason = diary.reserve(definition.id, definition.times, now: now, catalogue) {
                    throw SessionConflict(pool: pool, times: times, reason)
                }
                evolve(definition.opened(at: now))
                outcomes.append(.opened(definition))
            } catch {
                outcomes.append(.conflict(error))
            }
        }
        return outcomes
    }
}
