/// The sessions of one pool: by index for those who have an id, by start for those who search.
package struct PoolSessions: Sendable {
    /// Where a session lies for as long as it is open. One that is neither open nor archived is awaited: checkpoints
    /// and the log's tail may bring sessions in any order.
    private struct Place: Sendable {
        enum Standing { case awaited, open, archived }

        /// A blank one unless it is open: an optional would be copied, with a retain for each of its arrays, to be
        /// looked at.
        var session = Session.blank
        var standing = Standing.awaited

        var open: Session? { standing == .open ? session : nil }
    }

    /// An open session in the order of starts.
    private struct Opening: Sendable {
        let times: SessionTimes
        let index: UInt32
    }

    /// By index, from `firstIndex` on; everything before that is archived.
    private var places: ContiguousArray<Place> = []
    private var firstIndex: UInt32 = 0
    /// The open sessions, by start. Sessions of a pool never overlap, so this is also the order of their ends.
    private var byStart: ContiguousArray<Opening> = []

    /// The index the next session gets; indexes of archived sessions are not used again.
    package var nextIndex: UInt32 { firstIndex + UInt32(places.count) }

    package subscript(index: UInt32) -> Session? { place(of: index).flatMap { places[$0].open } }

    package func isArchived(_ index: UInt32) -> Bool {
        index < firstIndex || place(of: index).map { places[$0].standing == .archived } ?? false
    }

    package var inOrderOfOpening: some Sequence<Session> { places.lazy.compactMap(\.open) }

    /// Sessions that end after this moment, in the order of their starts.
    package func ending(after moment: Instant) -> some Sequence<Session> {
        byStart[firstPlace(endingAfter: moment)...].lazy.compactMap { self[$0.index] }
    }

    /// Open sessions: as many places as there are in the order of starts.
    var openCount: Int { byStart.count }

    /// The place, in the order of starts, of the first session that starts at or after this moment.
    func firstPlace(startingFrom start: Instant) -> Int { byStart.place { $0.times.start < start } }

    /// The place, in the order of starts, of the first session that ends after this moment.
    func firstPlace(endingAfter moment: Instant) -> Int { byStart.place { $0.times.end <= moment } }

    /// When the session in this place of the order of starts is.
    func times(inOrder place: Int) -> SessionTimes { byStart[place].times }

    /// Looks at the session in this place of the order of starts, where it lies.
    @inline(__always)
    func look<Result>(inOrder place: Int, _ body: (borrowing Session) -> Result) -> Result {
        guard let result = look(at: byStart[place].index, body) else {
            preconditionFailure("the order of starts names only open sessions")
        }
        return result
    }

    /// Sessions that ended before this moment, the oldest first.
    package func endingBefore(_ end: Instant) -> some Sequence<Session> {
        byStart.lazy.prefix { $0.times.end < end }.compactMap { self[$0.index] }
    }

    /// A session that is open at some of these times. Open sessions never overlap each other, so only the last one that
    /// starts before these times and the first one that does not can.
    package func overlapping(_ times: SessionTimes) -> Session? {
        let place = firstPlace(startingFrom: times.start)
        for neighbour in [place - 1, place] where byStart.indices.contains(neighbour) {
            if byStart[neighbour].times.overlaps(times) { return self[byStart[neighbour].index] }
        }
        return nil
    }

    /// False when the session's times cannot stand beside the sessions that are here. One that is here or archived is
    /// left as it is.
    mutating func open(_ session: Session) -> Bool {
        let index = session.id.index
        guard self[index] == nil, !isArchived(index) else { return true }
        guard overlapping(session.times) == nil else { return false }
        places[reserve(index)] = Place(session: session, standing: .open)
        byStart.insert(
            Opening(times: session.times, index: index), at: firstPlace(startingFrom: session.times.start))
        return true
    }

    /// Removes a session, or notes that it was removed before it could be seen here.
    mutating func archive(_ index: UInt32) {
        guard !isArchived(index) else { return }
        if let session = self[index] {
            let place = firstPlace(startingFrom: session.times.start)
            precondition(byStart[place].index == index, "every open session stands in the order of starts")
            byStart.remove(at: place)
        }
        places[reserve(index)] = Place(standing: .archived)
        let gone = places.prefix { $0.standing == .archived }.count
        guard gone >= 64 || gone == places.count else { return }
        firstIndex += UInt32(gone)
        places.removeFirst(gone)
    }

    /// Looks at a session where it lies: a copy would retain each of its arrays. Nil when it is not open here.
    @inline(__always)
    func look<Result, Failure>(
        at index: UInt32, _ body: (borrowing Session) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let place = place(of: index), places[place].standing == .open else { return nil }
        return try body(places[place].session)
    }

    /// Changes a session where it lies; nil when it is not open here.
    @inline(__always)
    mutating func modify<Result>(_ index: UInt32, _ body: (inout Session) -> Result) -> Result? {
        guard let place = place(of: index), places[place].standing == .open else { return nil }
        return body(&places[place].session)
    }

    private func place(of index: UInt32) -> Int? {
        index >= firstIndex && index < nextIndex ? Int(index - firstIndex) : nil
    }

    /// The place of an index that has never been seen or lies in `places`.
    private mutating func reserve(_ index: UInt32) -> Int {
        while nextIndex <= index { places.append(Place()) }
        return Int(index - firstIndex)
    }
}
