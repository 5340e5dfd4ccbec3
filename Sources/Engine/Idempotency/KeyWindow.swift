import Journal
import NIOConcurrencyHelpers
import Scheduling

/// Every write's key and first answer, for as long as a caller may come back for it. Written to from every connection at
/// once, so it is cut into stripes by key, each under its own lock and held only for a few dozen nanoseconds.
final class KeyWindow: Sendable {
    struct Ticket: Sendable {
        fileprivate let stripe: Int
        fileprivate let inStripe: KeyStripe.Ticket
    }

    enum Begin: Sendable {
        case fresh(Ticket)
        case answered(StoredAnswer)
        case reused
        case underWay
        /// Unknown, and nothing may be begun: nothing was noted of it.
        case notBegun
    }

    private static let stripeCount = 64
    private let stripes: [NIOLockedValueBox<KeyStripe>]
    private let window: Int64

    init(windowMilliseconds: Int64, seed: UInt64) {
        window = windowMilliseconds
        stripes = (0..<Self.stripeCount).map {
            NIOLockedValueBox(KeyStripe(seed: seed &+ UInt64($0), fullAt: 192 - $0 * 64 / Self.stripeCount))
        }
    }

    var count: Int { stripes.reduce(0) { $0 + $1.withLockedValue { $0.count } } }

    /// Places in memory that keys take or may take before more is asked of the system.
    var places: Int { stripes.reduce(0) { $0 + $1.withLockedValue { $0.places } } }

    /// - Parameter mayBegin: whether a write that is not known yet may be carried out at this moment. Asked here, before
    ///   anything is noted: what is refused at the door costs no memory.
    func begin(
        _ key: IdempotencyKey, _ fingerprint: UInt64, journalAt: Position, now: Instant, mayBegin: Bool = true
    ) -> Begin {
        let stripe = stripe(of: key)
        let begin = stripes[stripe].withLockedValue {
            $0.begin(key, fingerprint, journalAt: journalAt, now: now, window: window, mayBegin: mayBegin)
        }
        return switch begin {
        case .fresh(let ticket): .fresh(Ticket(stripe: stripe, inStripe: ticket))
        case .notBegun: .notBegun
        case .answered(let answer): .answered(answer)
        case .reused: .reused
        case .underWay: .underWay
        }
    }

    func finish(_ ticket: Ticket, _ answer: StoredAnswer) {
        let waiters = stripes[ticket.stripe].withLockedValue { $0.finish(ticket.inStripe, answer) }
        for waiter in waiters { waiter.resume(returning: answer) }
    }

    func abandon(_ ticket: Ticket) {
        let waiters = stripes[ticket.stripe].withLockedValue { $0.abandon(ticket.inStripe) }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// The answer of a write that is under way elsewhere; nil when it came to nothing.
    func answer(_ key: IdempotencyKey) async -> StoredAnswer? {
        let box = stripes[stripe(of: key)]
        return await withCheckedContinuation { continuation in
            let waits = box.withLockedValue { $0.wait(key, continuation) }
            if !waits { continuation.resume(returning: box.withLockedValue { $0.answer(key) }) }
        }
    }

    /// Takes over the answers of another engine, stripe by stripe; like ``begin`` it forgets what is outlived as it goes.
    func restore(_ events: ArraySlice<PositionedEvent>, now: Instant) {
        var ends = [Int](repeating: 0, count: Self.stripeCount)
        for place in events.indices {
            if let answered = events[place].event.answer { ends[stripe(of: answered.key)] += 1 }
        }
        var sum = 0
        for stripe in ends.indices {
            (ends[stripe], sum) = (sum, sum + ends[stripe])
        }
        var places = [Int](repeating: 0, count: sum)
        for place in events.indices {
            guard let answered = events[place].event.answer else { continue }
            let stripe = stripe(of: answered.key)
            places[ends[stripe]] = place
            ends[stripe] += 1
        }
        var start = 0
        for (stripe, end) in ends.enumerated() where end > start {
            stripes[stripe].withLockedValue {
                $0.forget(before: now.rawValue - window, most: 2 * (end - start))
                $0.restore(events, at: places[start..<end])
            }
            start = end
        }
    }

    /// Makes room ahead for so many answers that are about to be restored, of which there are none yet.
    func reserve(_ count: Int) {
        for stripe in stripes { stripe.withLockedValue { $0.reserve(count / Self.stripeCount) } }
    }

    /// Puts back answers from a checkpoint, in their order.
    func restore(_ answers: [KeptAnswer]) {
        var rest = answers[...]
        while let first = rest.first {
            // A checkpoint takes one stripe after the other, so neighbours are mostly of one.
            let stripe = stripe(of: first.key)
            let run = rest.prefix { self.stripe(of: $0.key) == stripe }
            stripes[stripe].withLockedValue { $0.restore(run) }
            rest = rest.dropFirst(run.count)
        }
    }

    func restore(_ kept: KeptAnswer) { stripes[stripe(of: kept.key)].withLockedValue { $0.restore(kept) } }

    func markCheckpointed() { for stripe in stripes { stripe.withLockedValue { $0.markCheckpointed() } } }

    /// A checkpoint begins. A log that is kept from the position on that this returns holds the facts of every write under
    /// way, and of every one that begins later; nil when nothing is under way.
    func beginCheckpoint() -> Position? {
        stripes.compactMap { $0.withLockedValue { $0.beginCheckpoint() } }.min()
    }

    /// At most so many answers that the checkpoint under way has still to write; none when all are taken.
    func takeUnwritten(most: Int) -> [KeptAnswer] {
        var answers: [KeptAnswer] = []
        for stripe in stripes {
            answers += stripe.withLockedValue { $0.takeUnwritten(most: most - answers.count) }
            if answers.count >= most { break }
        }
        return answers
    }

    private func stripe(of key: IdempotencyKey) -> Int {
        Int(truncatingIfNeeded: ((key.high ^ key.low) &* 0x9E37_79B9_7F4A_7C15) >> 58)
    }
}
