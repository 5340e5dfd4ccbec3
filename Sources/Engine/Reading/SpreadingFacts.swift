import Journal
import NIOConcurrencyHelpers

/// Writes on their way from shard to shard: their facts may be in the journal before every shard has them. A reading
/// that says up to where it has everything waits for those that began before; that takes steps in memory, no disk.
final class SpreadingFacts: Sendable {
    /// What has the facts of a write last.
    enum Reach: Sendable {
        /// Patients: pools have them as soon as the journal.
        case patients
        /// Pools, catalogue, timetable or patients.
        case anything
    }

    struct Mark: Sendable {
        fileprivate let number: UInt64
    }

    private struct State: Sendable {
        var next: UInt64 = 0
        /// In the order in which they began.
        var open: [(number: UInt64, after: Position, reach: Reach)] = []
        var waiting: [(number: UInt64, reach: Reach, continuation: CheckedContinuation<Void, Never>)] = []

        /// The last open write that is chosen, of those whose facts such a reading looks at.
        func lastOpen(
            _ reach: Reach, where isChosen: ((number: UInt64, after: Position, reach: Reach)) -> Bool
        ) -> UInt64? {
            open.last { ($0.reach == .anything || reach == .patients) && isChosen($0) }?.number
        }
    }

    private let journal: Journal
    private let state = NIOLockedValueBox(State())

    init(journal: Journal) { self.journal = journal }

    func begin(_ reach: Reach) -> Mark {
        state.withLockedValue { state in
            state.next += 1
            state.open.append((state.next, journal.lastPosition, reach))
            return Mark(number: state.next)
        }
    }

    func end(_ mark: Mark) {
        let ready = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
            state.open.removeAll { $0.number == mark.number }
            if state.waiting.isEmpty { return [] }
            var (ready, left) = ([CheckedContinuation<Void, Never>](), state.waiting)
            left.removeAll { waiter in
                guard state.lastOpen(waiter.reach, where: { $0.number <= waiter.number }) == nil else { return false }
                ready.append(waiter.continuation)
                return true
            }
            state.waiting = left
            return ready
        }
        for continuation in ready { continuation.resume() }
    }

    /// Returns once every fact up to a position is where a reading looks.
    /// - Parameter reach: `patients` for a reading that looks at what patients have.
    func arrived(upTo position: Position, _ reach: Reach) async {
        let isThere = state.withLockedValue { $0.lastOpen(reach) { $0.after < position } == nil }
        if isThere { return }
        await withCheckedContinuation { continuation in
            let isThere = state.withLockedValue { state in
                guard let number = state.lastOpen(reach, where: { $0.after < position }) else { return true }
                state.waiting.append((number, reach, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
