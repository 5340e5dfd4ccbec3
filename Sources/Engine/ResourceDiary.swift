import NIOConcurrencyHelpers
import Scheduling

/// When every open session is, pool by pool, in one place for all shards: pools that share a doctor, a device or a room
/// may lie in different ones. Only openings and the catalogue look here; a booking never does.
final class ResourceDiary: Sendable {
    /// A session of a pool, in the order of starts.
    private struct Entry {
        let times: SessionTimes
        let id: SessionID
    }

    private let box: NIOLockedValueBox<[PoolID: [Entry]]>

    init(_ timetable: Timetable) {
        var entries: [PoolID: [Entry]] = [:]
        timetable.forEachOpen { id, times in entries[id.pool, default: []].append(Entry(times: times, id: id)) }
        for pool in entries.keys { entries[pool]?.sort { $0.times.startMinute < $1.times.startMinute } }
        box = NIOLockedValueBox(entries)
    }

    /// Takes the time of a session, unless a resource of its pool is elsewhere then.
    /// - Parameter catalogue: asked for when no other opening and no change of the catalogue can come between.
    func reserve(
        _ id: SessionID, _ times: SessionTimes, _ catalogue: () -> CatalogueSnapshot
    ) -> SessionConflict.Reason? {
        box.withLockedValue { entries in
            if let reason = Self.elsewhere(id.pool, times, entries, catalogue()) { return reason }
            Self.insert(Entry(times: times, id: id), into: &entries[id.pool, default: []])
            return nil
        }
    }

    /// Where a resource of an open session's pool is at the same time: data of earlier versions may have it so.
    func elsewhere(_ id: SessionID, _ times: SessionTimes, in catalogue: CatalogueSnapshot) -> SessionConflict.Reason? {
        box.withLockedValue { Self.elsewhere(id.pool, times, $0, catalogue) }
    }

    /// Takes note of sessions that were opened or closed, whatever they overlap.
    func follow(_ facts: [Fact]) {
        box.withLockedValue { entries in
            for fact in facts {
                switch fact {
                case .sessionOpened(let definition):
                    let entry = Entry(times: definition.times, id: definition.id)
                    Self.insert(entry, into: &entries[definition.id.pool, default: []])
                case .sessionArchived(let id), .sessionWithdrawn(let id):
                    entries[id.pool]?.removeAll { $0.id == id }
                default: break
                }
            }
        }
    }

    /// Two sessions that a resource would be in at one time.
    struct Clash {
        let resource: ResourceID
        let first: SessionID
        let second: SessionID
    }

    /// Lets a change of the catalogue happen, unless a resource would be in two places from now on by it.
    /// - Parameter pools: that get resources by it, with those they get.
    func share(
        _ pools: [(pool: PoolID, resources: [ResourceID])], in catalogue: CatalogueSnapshot, now: Instant,
        _ change: () -> Void
    ) -> Clash? {
        box.withLockedValue { entries in
            for (pool, resources) in pools {
                for (resource, other) in catalogue.sharing(with: pool) where resources.contains(resource) {
                    for entry in entries[pool] ?? [] where entry.times.end > now {
                        if let there = Self.overlapping(entry.times, in: entries[other] ?? []) {
                            return Clash(resource: resource, first: entry.id, second: there)
                        }
                    }
                }
            }
            change()
            return nil
        }
    }

    private static func elsewhere(
        _ pool: PoolID, _ times: SessionTimes, _ entries: [PoolID: [Entry]], _ catalogue: CatalogueSnapshot
    ) -> SessionConflict.Reason? {
        for (resource, other) in catalogue.sharing(with: pool) {
            if let there = overlapping(times, in: entries[other] ?? []) { return .elsewhere(resource, there) }
        }
        return nil
    }

    /// Sessions of one pool never overlap, so their order is also that of their ends.
    private static func overlapping(_ times: SessionTimes, in entries: [Entry]) -> SessionID? {
        let place = place(in: entries) { $0.end <= times.start }
        return entries.indices.contains(place) && entries[place].times.overlaps(times) ? entries[place].id : nil
    }

    private static func insert(_ entry: Entry, into entries: inout [Entry]) {
        let place = place(in: entries) { $0.start < entry.times.start }
        // A standby that reads on from a copy may be told again what it has.
        if entries.indices.contains(place), entries[place].id == entry.id { return }
        entries.insert(entry, at: place)
    }

    /// The first place of which this is not true.
    private static func place(in entries: [Entry], after isBefore: (SessionTimes) -> Bool) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(entries[middle].times) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
