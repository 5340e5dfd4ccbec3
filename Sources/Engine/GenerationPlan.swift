import Scheduling

/// Which outdated sessions make room: those whose template's day can stand as the template says it now, beside all that
/// stays. Where it cannot, the old session is kept, and the conflict names what stands in the way.
///
/// It is decided before anything is withdrawn: an hour that is given up for one that is not to be had is lost to the
/// hospital, though nothing was wrong with it.
struct GenerationPlan: Sendable {
    typealias Row = TimeRow<SessionID>
    typealias TemplateDay = Generation.TemplateDay

    /// In the order in which they were found.
    private(set) var going: [OutdatedSession] = []
    private(set) var conflicts: [SessionConflict] = []

    /// Nothing goes, nothing stays.
    init() {}

    /// - Parameters:
    ///   - outdated: with what keeps each.
    ///   - wanted: as the templates say it now, in the order in which they are opened.
    ///   - rows: when all open sessions are.
    init(
        _ outdated: [OutdatedSession], wanted: [SessionOpening], rows: [PoolID: Row], _ catalogue: CatalogueSnapshot,
        now: Instant
    ) {
        conflicts = outdated.compactMap(\.conflict)
        var kept = Set(outdated.filter { $0.conflict != nil }.map(\.day))
        // What else is outdated on a day of which a session stays goes, too, and nothing is opened for it.
        var leaving = Dictionary(grouping: outdated.filter { $0.conflict == nil }, by: \.day)
        var isSettled = leaving.isEmpty
        // What is kept may stand where another was to go, so all is looked at anew until nothing more is kept.
        while !isSettled {
            var day = Day(rows, without: leaving.values.joined().map(\.id), catalogue, now: now)
            isSettled = true
            for opening in wanted {
                guard let wish = opening.day, !kept.contains(wish), opening.times.end > now else { continue }
                guard let obstacle = day.obstacle(to: opening) else {
                    day.plan(opening, of: wish.template)
                    continue
                }
                guard let staying = leaving.removeValue(forKey: wish) else { continue }
                conflicts += staying.map { $0.staying(for: opening, obstacle) }
                kept.insert(wish)
                isSettled = false
            }
        }
        going = outdated.filter { $0.conflict == nil && leaving[$0.day] != nil }
    }

    /// What stands at all times while a generation is planned: what stays, and what is to be opened.
    private struct Day {
        private var rows: [PoolID: Row]
        private var planned: [PoolID: TimeRow<TemplateID>] = [:]
        private let catalogue: CatalogueSnapshot
        private let now: Instant

        init(_ rows: [PoolID: Row], without going: [SessionID], _ catalogue: CatalogueSnapshot, now: Instant) {
            self.rows = rows
            self.catalogue = catalogue
            self.now = now
            let gone = Set(going)
            for pool in Set(gone.map(\.pool)) { self.rows[pool]?.removeAll { gone.contains($0) } }
        }

        mutating func plan(_ opening: SessionOpening, of template: TemplateID) {
            planned[opening.pool, default: TimeRow()].insert(opening.times, template)
        }

        func obstacle(to opening: SessionOpening) -> SessionConflict.Obstacle? {
            if let occupant = occupant(of: opening.pool, opening.times, after: Instant(minute: 0)) {
                return .init(occupant: occupant, resource: nil)
            }
            for (resource, other) in catalogue.sharing(with: opening.pool) {
                if let occupant = occupant(of: other, opening.times, after: now) {
                    return .init(occupant: occupant, resource: resource)
                }
            }
            return nil
        }

        private func occupant(
            of pool: PoolID, _ times: SessionTimes, after now: Instant
        ) -> SessionConflict.Obstacle.Occupant? {
            if let there = rows[pool]?.overlapping(times, after: now).first { return .session(there.holder) }
            return planned[pool]?.overlapping(times, after: now).first.map { .template($0.holder) }
        }
    }
}
