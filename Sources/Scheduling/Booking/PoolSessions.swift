/// The sessions of one pool: by index for those who have an id, by start for those who search.
package struct PoolSessions: Sendable {
    /// Where a session lies for as long as it is open. One that is neither open nor archived is awaited: checkpoints and the
    /// log's tail may bring sessions in any order.
    private struct Place: Sendable {
        var session: Session?
        var isArchived = false
    }

    /// By index, from `firstIndex` on; everything before that is archived.
    private var places: ContiguousArray<Place> = []
    private var firstIndex: UInt32 = 0
    /// Indexes of the open sessions, by start. Sessions of a pool never overlap, so this is also the order of their ends.
    private var byStart: ContiguousArray<UInt32> = []

    /// The index the next session gets; indexes of archived sessions are not used again.
    package var nextIndex: UInt32 { firstIndex + UInt32(places.count) }

    package subscript(index: UInt32) -> Session? { place(of: index).flatMap { places[$0].session } }

    package func isArchived(_ index: UInt32) -> Bool {
        index < firstIndex || place(of: index).map { places[$0].isArchived } ?? false
    }

    package var inOrderOfOpening: some Sequence<Session> { places.lazy.compactMap(\.session) }

    /// Sessions whose start lies at or after this moment, in the order of their starts.
    package func starting(from start: Instant) -> some Sequence<Session> {
        byStart[position(ofFirstStartingFrom: start)...].lazy.compactMap { self[$0] }
    }

    /// Sessions that ended before this moment, the oldest first.
    package func endingBefore(_ end: Instant) -> some Sequence<Session> {
        byStart.lazy.compactMap { self[$0] }.prefix { $0.times.end < end }
    }

    /// A session that is open at some of these times. Open sessions never overlap each other, so only the last one that starts
    /// before these times and the first one that does not can.
    package func overlapping(_ times: SessionTimes) -> Session? {
        let position = position(ofFirstStartingFrom: times.start)
        for neighbour in [position - 1, position] where byStart.indices.contains(neighbour) {
            if let session = self[byStart[neighbour]], session.times.overlaps(times) { return session }
        }
        return nil
    }

    /// False when the session's times cannot stand beside the sessions that are here. One that is here or archived is left as it is.
    mutating func open(_ session: Session) -> Bool {
        let index = session.id.index
        guard self[index] == nil, !isArchived(index) else { return true }
        guard overlapping(session.times) == nil else { return false }
        places[reserve(index)].session = session
        byStart.insert(index, at: position(ofFirstStartingFrom: session.times.start))
        return true
    }

    /// Removes a session, or notes that it was removed before it could be seen here.
    mutating func archive(_ index: UInt32) {
        guard !isArchived(index) else { return }
        if let session = self[index] {
            let position = position(ofFirstStartingFrom: session.times.start)
            precondition(byStart[position] == index, "every open session stands in the order of starts")
            byStart.remove(at: position)
        }
        places[reserve(index)] = Place(session: nil, isArchived: true)
        let gone = places.prefix { $0.isArchived }.count
        guard gone >= 64 || gone == places.count else { return }
        firstIndex += UInt32(gone)
        places.removeFirst(gone)
    }

    /// Looks at a session where it lies: a copy would retain each of its arrays. Nil when it is not open here.
    @inline(__always)
    func look<Result, Failure>(
        at index: UInt32, _ body: (borrowing Session) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let place = place(of: index), places[place].session != nil else { return nil }
        return try body(places[place].session!)
    }

    /// Changes a session where it lies; nil when it is not open here.
    @inline(__always)
    mutating func modify<Result>(_ index: UInt32, _ body: (inout Session) -> Result) -> Result? {
        guard let place = place(of: index), places[place].session != nil else { return nil }
        return body(&places[place].session!)
    }

    private func place(of index: UInt32) -> Int? {
        index >= firstIndex && index < nextIndex ? Int(index - firstIndex) : nil
    }

    /// The place of an index that has never been seen or lies in `places`.
    private mutating func reserve(_ index: UInt32) -> Int {
        while nextIndex <= index { places.append(Place()) }
        return Int(index - firstIndex)
    }

    private func position(ofFirstStartingFrom start: Instant) -> Int {
        var low = 0
        var high = byStart.count
        while low < high {
            let middle = (low + high) / 2
            guard let begin = look(at: byStart[middle], { $0.times.start }) else {
                preconditionFailure("the order of starts names only open sessions")
            }
            if begin < start { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
