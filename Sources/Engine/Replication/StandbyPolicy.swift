/// What a yes of a primary means, and what becomes of it while the standby is away.
package struct StandbyPolicy: Hashable, Sendable {
    /// What a yes means.
    package enum Acknowledgement: Hashable, Sendable {
        /// On this disk. No yes is given, though, where the standby has not answered anything that was sent to it
        /// within this long: it may have been promoted. A primary that has just started has not heard of it yet.
        case local(leaseMilliseconds: Int64)
        /// On this disk and on the standby's.
        case standby
    }

    /// What happens when the standby is away.
    package enum Absence: Hashable, Sendable {
        /// No yes is given until it is back or somebody says to go on alone.
        case wait
        /// After this long the primary goes on alone by itself. Gives up the promise that an old primary that wakes up
        /// acknowledges nothing.
        case goOnAlone(afterMilliseconds: Int64)
    }

    package var acknowledgement: Acknowledgement
    package var absence: Absence

    package init(acknowledgement: Acknowledgement = .standby, absence: Absence = .wait) {
        self.acknowledgement = acknowledgement
        self.absence = absence
    }
}

/// A primary's view of its standby: a machine without hands. Told what happens, it says what a yes needs.
///
/// Without a policy no standby is expected: one that follows is fed, and nothing waits for it.
struct StandbyWatch: Sendable {
    /// What a yes needs at this moment.
    enum Needs: Hashable, Sendable {
        /// This disk.
        case disk
        /// This disk, and the standby's word.
        case confirmation
    }

    private let policy: StandbyPolicy?
    /// The connections over which the one standby follows at this moment, in the order in which they came. The last one
    /// counts; when it goes, the one before does again: a request to follow may arrive when the one who sent it has
    /// long sent another.
    private var followers: [Follower] = []
    var follower: Follower? { followers.last }
    /// Somebody, or the policy, said to go on without a standby until one has caught up.
    private(set) var isAlone: Bool
    private(set) var lastHeard: Int64
    /// When the newest sign of life that the standby has answered was sent. Its answer may have lain in a socket while
    /// this process was stopped, so the moment it is read says nothing. Nil before the first.
    private var proven: Int64?
    private var awaySince: Int64
    /// The last position that a standby has confirmed, as far as this process knows; nil where none has ever followed.
    private(set) var safe: UInt64?

    struct Follower: Hashable, Sendable {
        var id: UInt64
        var name: String
        /// Which standby it is; 0 where it does not say.
        var asker: UInt64
        /// The last position it has on its disk.
        var confirmed: UInt64
        var isCaughtUp: Bool
        /// It was there when somebody said to go on without it: it is waited for again only when it has everything.
        var wasLeft = false
    }

    /// - Parameter isAlone: whether it begins alone: a standby that was just promoted has none of its own.
    /// - Parameter followed: what an earlier process kept of ``safe``.
    init(_ policy: StandbyPolicy?, isAlone: Bool, followed: UInt64? = nil, now: Int64) {
        self.policy = policy
        self.isAlone = isAlone
        safe = followed
        lastHeard = now
        awaySince = now
    }

    /// The name of a standby that follows and is another than this one: no second one may. One that does not say which
    /// it is (0) may be any, so every other connection is another's.
    func other(than asker: UInt64) -> String? { followers.last { asker == 0 || $0.asker != asker }?.name }

    /// The standby follows over this connection now, which counts instead of those before.
    mutating func attached(_ id: UInt64, _ name: String, asker: UInt64, now: Int64) {
        precondition(other(than: asker) == nil, "a primary has one standby")
        followers.append(Follower(id: id, name: name, asker: asker, confirmed: 0, isCaughtUp: false))
        // It may be promoted from now on, and has said nothing of what it has.
        safe = safe ?? 0
        lastHeard = now
    }

    /// It has everything up to `position`; `last` is what this disk has. Nil where it is not the one that counts.
    /// - Parameter beat: when what it answers was sent; nil where it answers nothing.
    mutating func confirmed(_ id: UInt64, _ position: UInt64, beat: Int64?, last: UInt64, now: Int64) -> UInt64? {
        guard let place = followers.firstIndex(where: { $0.id == id }) else { return nil }
        followers[place].confirmed = max(followers[place].confirmed, position)
        guard place == followers.count - 1 else { return nil }
        safe = max(safe ?? 0, followers[place].confirmed)
        var follower = followers[place]
        lastHeard = now
        // No standby can have seen what was not sent yet.
        if let beat, beat <= now { proven = max(proven ?? beat, beat) }
        // Caught up once, it is waited for from then on, however far the load runs ahead.
        if follower.confirmed + (follower.wasLeft ? 0 : Self.caughtUpWithin) >= last { follower.isCaughtUp = true }
        if follower.isCaughtUp, isWithinLease(now: now) { isAlone = false }
        followers[place] = follower
        return follower.confirmed
    }

    mutating func detached(_ id: UInt64, now: Int64) {
        followers.removeAll { $0.id == id }
        if followers.isEmpty { awaySince = now }
    }

    /// The standby of this moment is not waited for again before it has everything.
    mutating func goOnAlone() {
        isAlone = true
        // One that is expected counts again when it is back.
        if policy == nil, followers.isEmpty { safe = nil }
        for place in followers.indices {
            followers[place].isCaughtUp = false
            followers[place].wasLeft = true
        }
    }

    /// Whether a yes on this disk alone would be good if it went on with its standby: it would stop at once otherwise.
    private func isWithinLease(now: Int64) -> Bool {
        guard let policy, case .local(let lease) = policy.acknowledgement else { return true }
        return proven.map { now - $0 <= lease } ?? false
    }

    /// Time has passed: true when the policy makes the primary go on alone from now on.
    mutating func tick(now: Int64) -> Bool {
        guard let policy, !isAlone, follower == nil, case .goOnAlone(let after) = policy.absence,
            now - awaySince >= after
        else { return false }
        isAlone = true
        return true
    }

    var needs: Needs { policy?.acknowledgement == .standby && !isAlone ? .confirmation : .disk }

    /// Why no yes is given, if none is.
    func silence(now: Int64) -> String? {
        guard let policy, !isAlone else { return nil }
        switch policy.acknowledgement {
        case .standby: return follower == nil ? "the standby is away, and a yes needs it" : nil
        case .local(let lease):
            guard let proven else {
                return "nothing was heard of the standby since the start; it may have been promoted"
            }
            let silent = now - proven
            return silent > lease ? "nothing was heard of the standby for \(silent) ms; it may have been promoted" : nil
        }
    }

    /// Whether a yes on this disk alone is not good any more.
    func isLeaseOver(now: Int64) -> Bool {
        guard let policy, !isAlone, case .local = policy.acknowledgement else { return false }
        return silence(now: now) != nil
    }

    var isExpected: Bool { policy != nil }

    /// Records by which a standby may trail and still count as caught up, so that under load it ever does.
    private static let caughtUpWithin: UInt64 = 100_000
}
