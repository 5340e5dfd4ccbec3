/// The sessions of one pool: by index for those who have an id, by start for those who search.
package struct PoolSessions: Sendable {
    private enum Place: Sendable {
        case open(Session)
        case archived
        /// A later session was seen first: checkpoints and the log's tail may bring them in any order.
        case awaited
    }

    /// By index, from `firstIndex` on; everything before that is archived.
    private var places: ContiguousArray<Place> = []
    private var firstIndex: UInt32 = 0
    /// Indexes of the open sessions, by start. Sessions of a pool never overlap, so this is also the order of their ends.
    private var byStart: ContiguousArray<UInt32> = []

    /// The index the next session gets; indexes of archived sessions are not used again.
    package var nextIndex: UInt32 { firstIndex + UInt32(places.count) }

    package subscript(index: UInt32) -> Session? {
        guard index >= firstIndex, index < nextIndex, case .open(let session) = places[Int(index - firstIndex)] else {
            return nil
        }
        return session
    }

    package func isArchived(_ index: UInt32) -> Bool {
        guard index >= firstIndex else { return true }
        guard index < nextIndex, case .archived = places[Int(index - firstIndex)] else { return false }
        return true
    }

    package var inOrderOfOpening: some Sequence<Session> {
        places.lazy.compactMap { if case .open(let session) = $0 { session } else { nil } }
    }

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
        reserve(index)
        places[Int(index - firstIndex)] = .open(session)
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
        reserve(index)
        places[Int(index - firstIndex)] = .archived
        let gone = places.prefix { if case .archived = $0 { true } else { false } }.count
        guard gone >= 64 || gone == places.count else { return }
        firstIndex += UInt32(gone)
        places.removeFirst(gone)
    }

    /// Changes a session in place; nil when it is not open here.
    mutating func modify<Result>(_ index: UInt32, _ body: (inout Session) -> Result) -> Result? {
        guard index >= firstIndex, index < nextIndex else { return nil }
        let place = Int(index - firstIndex)
        guard case .open(var session) = places[place] else { return nil }
        // Leaves the array's copy, so that the session's own arrays are changed where they are.
        places[place] = .awaited
        let result = body(&session)
        places[place] = .open(session)
        return result
    }

    private mutating func reserve(_ index: UInt32) { while nextIndex <= index { places.append(.awaited) } }

    private func position(ofFirstStartingFrom start: Instant) -> Int {
        var low = 0
        var high = byStart.count
        while low < high {
            let middle = (low + high) / 2
            guard let session = self[byStart[middle]] else {
                preconditionFailure("the order of starts names only open sessions")
            }
            if session.times.start < start { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
