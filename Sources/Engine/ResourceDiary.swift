import NIOConcurrencyHelpers
import Scheduling

/// When every open session is, pool by pool, in one place for all shards: pools that share a doctor, a device or a room
/// may lie in different ones. Only openings and the catalogue look here; a booking reads no more than the sessions that
/// clash, which stand in the view.
final class ResourceDiary: Sendable {
    typealias Row = TimeRow<SessionID>

    /// Two open sessions that a resource is in at one time.
    struct Clash: Hashable, Sendable {
        let resource: ResourceID
        let first: SessionID
        /// It begins later, or at the same time and has the higher id: the one that takes nothing more.
        let second: SessionID
        /// The first end of the two: after it the resource is in one place again.
        let until: Instant

        fileprivate init(_ resource: ResourceID, _ one: Row.Entry, _ other: Row.Entry) {
            let order = { (entry: Row.Entry) in (entry.times.startMinute, entry.holder.rawValue) }
            let (early, late) = order(one) < order(other) ? (one, other) : (other, one)
            self.resource = resource
            first = early.holder
            second = late.holder
            until = min(early.times.end, late.times.end)
        }
    }

    private struct State {
        var rows: [PoolID: Row]
        /// None in normal service: no opening and no change of the catalogue makes one.
        var clashes: [Clash] = []
    }

    private let box: NIOLockedValueBox<State>

    init(_ timetable: Timetable, _ catalogue: CatalogueSnapshot) {
        var entries: [PoolID: [Row.Entry]] = [:]
        timetable.forEachOpen { id, times in entries[id.pool, default: []].append(.init(times: times, holder: id)) }
        var state = State(rows: entries.mapValues { Row($0) })
        state.clashes = Self.clashes(state.rows, catalogue)
        box = NIOLockedValueBox(state)
    }

    /// One of the same hour, whose changes this one never hears of.
    var copy: ResourceDiary { ResourceDiary(box.withLockedValue { $0 }) }

    private init(_ state: State) { box = NIOLockedValueBox(state) }

    /// All that clash, also those that are over.
    var clashes: [Clash] { box.withLockedValue { $0.clashes } }

    /// The sessions of each pool, as they are now.
    var rows: [PoolID: Row] { box.withLockedValue { $0.rows } }

    /// Takes the time of a session, unless a resource of its pool is elsewhere then.
    /// - Parameter catalogue: asked for when no other opening and no change of the catalogue can come between.
    func reserve(
        _ id: SessionID, _ times: SessionTimes, now: Instant, _ catalogue: () -> CatalogueSnapshot
    ) -> SessionConflict.Reason? {
        box.withLockedValue { state in
            if let reason = Self.elsewhere(id.pool, times, now, state.rows, catalogue()) { return reason }
            state.rows[id.pool, default: Row()].insert(times, id)
            return nil
        }
    }

    /// Where a resource of an open session's pool is at the same time: data of earlier versions may have it so.
    func elsewhere(
        _ id: SessionID, _ times: SessionTimes, now: Instant, in catalogue: CatalogueSnapshot
    ) -> SessionConflict.Reason? {
        box.withLockedValue { Self.elsewhere(id.pool, times, now, $0.rows, catalogue) }
    }

    /// Takes note of sessions that were opened or closed, whatever they overlap.
    /// - Parameters:
    ///   - catalogue: asked for when no change of the catalogue can come between.
    ///   - publish: told of the sessions that clash now, where others did before, while nothing else changes.
    func follow(
        _ facts: [Fact], _ catalogue: () -> CatalogueSnapshot, publish: (ClashingSessions) -> Void
    ) {
        box.withLockedValue { state in
            let before = state.clashes
            for fact in facts {
                switch fact {
                case .sessionOpened(let definition): Self.open(definition, in: &state, catalogue())
                case .sessionArchived(let id), .sessionWithdrawn(let id):
                    state.rows[id.pool]?.removeAll { $0 == id }
                    if !state.clashes.isEmpty { state.clashes.removeAll { $0.first == id || $0.second == id } }
                default: break
                }
            }
            if state.clashes != before { publish(ClashingSessions(state.clashes)) }
        }
    }

    /// Takes a catalogue as it is, whatever clashes by it.
    /// - Parameter publish: as of `follow`.
    func adopt(_ catalogue: CatalogueSnapshot, publish: (ClashingSessions) -> Void) {
        box.withLockedValue { Self.adopt(catalogue, in: &$0, publish) }
    }

    /// Lets a change of the catalogue happen, unless a resource would be in two places from now on by it.
    /// - Parameters:
    ///   - pools: that get resources by it, with those they get.
    ///   - catalogue: as it will be.
    ///   - publish: as of `follow`.
    /// - Returns: what stands against the change, first what is over first.
    func share(
        _ pools: [(pool: PoolID, resources: [ResourceID])], in catalogue: CatalogueSnapshot, now: Instant,
        _ change: () -> Void, publish: (ClashingSessions) -> Void
    ) -> [Clash] {
        box.withLockedValue { state in
            var found: [Clash] = []
            for (pool, resources) in pools {
                for (resource, other) in catalogue.sharing(with: pool) where resources.contains(resource) {
                    found += Self.clashes(resource, state.rows[pool], state.rows[other], after: now)
                }
            }
            guard found.isEmpty else { return Self.sorted(found) }
            change()
            // What stands may end with it; nothing begins.
            if !state.clashes.isEmpty { Self.adopt(catalogue, in: &state, publish) }
            return []
        }
    }

    private static func adopt(
        _ catalogue: CatalogueSnapshot, in state: inout State, _ publish: (ClashingSessions) -> Void
    ) {
        let now = clashes(state.rows, catalogue)
        guard now != state.clashes else { return }
        state.clashes = now
        publish(ClashingSessions(now))
    }

    private static func open(_ definition: SessionDefinition, in state: inout State, _ catalogue: CatalogueSnapshot) {
        let (id, times) = (definition.id, definition.times)
        // A standby that reads on from a copy may be told again what it has.
        let there = state.rows[id.pool, default: Row()].overlapping(times)
        guard !there.contains(where: { $0.holder == id }) else { return }
        state.rows[id.pool, default: Row()].insert(times, id)
        let entry = Row.Entry(times: times, holder: id)
        for (resource, other) in catalogue.sharing(with: id.pool) {
            for there in state.rows[other]?.overlapping(times) ?? [] {
                state.clashes.append(Clash(resource, there, entry))
            }
        }
    }

    private static func elsewhere(
        _ pool: PoolID, _ times: SessionTimes, _ now: Instant, _ rows: [PoolID: Row], _ catalogue: CatalogueSnapshot
    ) -> SessionConflict.Reason? {
        for (resource, other) in catalogue.sharing(with: pool) {
            if let there = rows[other]?.overlapping(times, after: now).first {
                return .elsewhere(resource, there.holder)
            }
        }
        return nil
    }

    /// All that clash by a catalogue.
    private static func clashes(_ rows: [PoolID: Row], _ catalogue: CatalogueSnapshot) -> [Clash] {
        var found: [Clash] = []
        for (resource, pools) in catalogue.sharedResources {
            for (place, pool) in pools.enumerated() {
                for other in pools[(place + 1)...] {
                    found += clashes(resource, rows[pool], rows[other])
                }
            }
        }
        return sorted(found)
    }

    private static func clashes(
        _ resource: ResourceID, _ row: Row?, _ other: Row?, after now: Instant = Instant(minute: 0)
    ) -> [Clash] {
        guard let row, let other, !other.entries.isEmpty else { return [] }
        return row.entries.flatMap { entry in
            other.overlapping(entry.times, after: now).map { Clash(resource, $0, entry) }
        }
    }

    /// Each once: two pools that get a resource together are looked at from both sides.
    private static func sorted(_ clashes: [Clash]) -> [Clash] {
        Set(clashes).sorted {
            ($0.until, $0.second.rawValue, $0.first.rawValue, $0.resource.rawValue)
                < ($1.until, $1.second.rawValue, $1.first.rawValue, $1.resource.rawValue)
        }
    }
}

extension ClashingSessions {
    init(_ clashes: [ResourceDiary.Clash]) {
        self.init()
        for clash in clashes { note(clash.second, until: clash.until) }
    }
}
