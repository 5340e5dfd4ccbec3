/// Open sessions that take nothing more for a while: a resource of their pool is in an earlier session of another pool
/// at that time. There are none but in data of earlier versions, so it is empty in normal service.
package struct ClashingSessions: Hashable, Sendable {
    private var ends: [SessionID: Instant] = [:]

    package init() {}

    @inline(__always)
    package var isEmpty: Bool { ends.isEmpty }

    /// Takes note of a session, and of when the clash is over.
    package mutating func note(_ session: SessionID, until end: Instant) {
        ends[session] = max(ends[session] ?? end, end)
    }

    /// Whether the session takes nothing at this moment.
    @inline(__always)
    package func hold(_ session: SessionID, at now: Instant) -> Bool {
        !ends.isEmpty && (ends[session].map { $0 > now } ?? false)
    }
}
