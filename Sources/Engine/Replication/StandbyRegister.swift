import Journal
import NIOConcurrencyHelpers

/// Who follows this primary, and what a yes needs because of it: ``StandbyWatch`` with hands.
final class StandbyRegister: Sendable {
    private let watch: NIOLockedValueBox<StandbyWatch>
    private let nextID = NIOLockedValueBox<UInt64>(1)
    private let journal: Journal
    private let clock: any EngineClock
    private let news: @Sendable (StandingNews) -> Void

    init(
        _ policy: StandbyPolicy?, isAlone: Bool, followed: Position?, journal: Journal, clock: any EngineClock,
        news: @escaping @Sendable (StandingNews) -> Void
    ) {
        self.journal = journal
        self.clock = clock
        self.news = news
        watch = NIOLockedValueBox(
            StandbyWatch(
                policy, isAlone: isAlone, followed: followed?.rawValue, now: clock.reading().passed / 1_000_000))
        settle()
    }

    /// What has passed, a suspension included: a machine that slept through its lease has none left.
    private var now: Int64 { clock.reading().passed / 1_000_000 }

    /// Why no yes is given at this moment, if none is.
    var silence: String? {
        let now = now
        return watch.withLockedValue { $0.silence(now: now) }
    }

    /// Whether nothing was heard of the standby for longer than a yes on this disk alone is good for.
    var isLeaseOver: Bool {
        let now = now
        return watch.withLockedValue { $0.isLeaseOver(now: now) }
    }

    /// Up to where a standby has everything; nil where none is expected, and none has followed.
    var safePosition: Position? {
        watch.withLockedValue { $0.isExpected || $0.safe != nil ? Position($0.safe ?? 0) : nil }
    }

    var current: StandbyWatch { watch.withLockedValue { $0 } }
    var heardMillisecondsAgo: Int64 { max(0, now - current.lastHeard) }

    /// - Throws: `overloaded` while another standby follows.
    func attach(_ name: String, asker: UInt64) throws(EngineError) -> UInt64 {
        let id = nextID.withLockedValue { next in
            defer { next += 1 }
            return next
        }
        let now = now
        let other = watch.withLockedValue { watch in
            let other = watch.other(than: asker)
            if other == nil { watch.attached(id, name, asker: asker, now: now) }
            return other
        }
        if let other { throw .anotherFollows(other) }
        settle(isChanged: false)
        return id
    }

    /// - Throws: `overloaded` while another standby than this one follows.
    func checkAlone(_ asker: UInt64) throws(EngineError) {
        if let other = current.other(than: asker) { throw .anotherFollows(other) }
    }

    /// The moment, for a sign of life: what the standby gives back with its answer.
    var moment: Int64 { now }

    func confirm(_ id: UInt64, _ position: Position, beat: Int64?) {
        let now = now
        let last = journal.diskPosition.rawValue
        let (confirmed, before, after) = watch.withLockedValue { watch in
            let before = watch
            let confirmed = watch.confirmed(id, position.rawValue, beat: beat, last: last, now: now)
            return (confirmed, before, watch)
        }
        guard let confirmed else { return }
        if before.needs != after.needs { settle() }
        journal.confirm(Position(confirmed))
        if let follower = after.follower, follower.isCaughtUp, before.follower?.isCaughtUp == false {
            news(.standbyCaughtUp(follower.name))
        }
    }

    func detach(_ id: UInt64) {
        let now = now
        watch.withLockedValue { $0.detached(id, now: now) }
        settle(isChanged: false)
    }

    func goOnAlone() {
        watch.withLockedValue { $0.goOnAlone() }
        settle()
    }

    /// - Returns: Whether the primary went on alone just now.
    func tick() -> Bool {
        let now = now
        let wentAlone = watch.withLockedValue { $0.tick(now: now) }
        if wentAlone { settle() }
        return wentAlone
    }

    /// Tells the journal what durable means from now on, and whether the standby that is to confirm it is there.
    /// - Parameter isChanged: false where it means what it meant.
    private func settle(isChanged: Bool = true) {
        watch.withLockedValue { watch in
            journal.setUnheard(watch.needs == .confirmation && watch.follower == nil)
            guard isChanged else { return }
            switch watch.needs {
            case .disk: journal.askForConfirmations(from: nil)
            case .confirmation: journal.askForConfirmations(from: Position(watch.follower?.confirmed ?? 0))
            }
        }
    }
}

extension EngineError {
    /// One standby at a time: of two, each would have some of what was acknowledged, and neither surely all of it.
    fileprivate static func anotherFollows(_ name: String) -> EngineError {
        EngineError(
            .overloaded, "a primary has one standby, and \(name) follows already; stop that one first",
            retryAfterMilliseconds: 1_000)
    }
}
