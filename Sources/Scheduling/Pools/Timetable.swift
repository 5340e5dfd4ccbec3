/// When every open session is, by id: what a request needs to know before it reaches the shards. An immutable value
/// that pools replace when they open or archive sessions; readers keep the one they took.
package struct Timetable: Sendable {
    /// One pool's part. Its array is shared until the pool changes.
    private var pools: ContiguousArray<ContiguousArray<SessionTimes?>> = []

    package init() {}

    /// Nil where no such session is open.
    package subscript(_ id: SessionID) -> SessionTimes? {
        let pool = Int(id.pool.rawValue)
        guard pool < pools.count, id.index < pools[pool].count else { return nil }
        return pools[pool][Int(id.index)]
    }

    /// Whether this session was ever open.
    package func knows(_ id: SessionID) -> Bool {
        Int(id.pool.rawValue) < pools.count && id.index < pools[Int(id.pool.rawValue)].count
    }

    /// Every open session, by pool and index.
    package func forEachOpen(_ body: (SessionID, SessionTimes) -> Void) {
        for (pool, sessions) in pools.enumerated() {
            for (index, times) in sessions.enumerated() {
                guard let times else { continue }
                body(SessionID(pool: PoolID(rawValue: UInt32(pool)), index: UInt32(index)), times)
            }
        }
    }

    package mutating func open(_ id: SessionID, _ times: SessionTimes) {
        reserve(id)
        pools[Int(id.pool.rawValue)][Int(id.index)] = times
    }

    package mutating func close(_ id: SessionID) {
        reserve(id)
        pools[Int(id.pool.rawValue)][Int(id.index)] = nil
    }

    private mutating func reserve(_ id: SessionID) {
        while pools.count <= Int(id.pool.rawValue) { pools.append([]) }
        while pools[Int(id.pool.rawValue)].count <= Int(id.index) { pools[Int(id.pool.rawValue)].append(nil) }
    }
}
