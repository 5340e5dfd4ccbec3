import Journal
import NIOConcurrencyHelpers
import Scheduling

/// Every write's key and first answer, for as long as a caller may come back for it. Written to from every connection
/// at once, so it is cut into stripes by key, each under its own lock and held only for a few dozen nanoseconds.
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

        fileprivate init(_ begin: KeyStripe.Begin, stripe: Int) {
            self =
                switch begin {
                case .fresh(let ticket): .fresh(Ticket(stripe: stripe, inStripe: ticket))
                case .notBegun: .notBegun
                case .answered(let answer): .answered(answer)
                case .reused: .reused
                case .underWay: .underWay
                }
        }
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

    /// What becomes of each of these writes; of several with one key, the first begins. Whether one may begin is asked
    /// here, before anything is noted: what is refused at the door costs no memory.
    ///
    /// Stripe by stripe: each is locked once, and the waits for its memory run side by side.
    func begin(_ asked: [KeyStripe.Asked], journalAt: Position, now: Instant) -> [Begin] {
        var answers = [Begin](repeating: .notBegun, count: asked.count)
        forEachStripe(of: asked.indices, stripe: { stripe(of: asked[$0].key) }) { stripe, places in
            stripes[stripe].withLockedValue {
                for place in places { $0.lookAhead(asked[place].key) }
                for place in places {
                    answers[place] = Begin(
                        $0.begin(asked[place], journalAt: journalAt, now: now, window: window), stripe: stripe)
                }
            }
        }
        return answers
    }

    /// These writes have their answers. Stripe by stripe, as ``begin``.
    func finish(_ finished: [(ticket: Ticket, answer: StoredAnswer)]) {
        var waiting: [(waiter: CheckedContinuation<StoredAnswer?, Never>, answer: StoredAnswer)] = []
        forEachStripe(of: finished.indices, stripe: { finished[$0].ticket.stripe }) { stripe, places in
            stripes[stripe].withLockedValue {
                for place in places { $0.lookAhead(finished[place].ticket.inStripe) }
                for place in places {
                    let answer = finished[place].answer
                    for waiter in $0.finish(finished[place].ticket.inStripe, answer) {
                        waiting.append((waiter, answer))
                    }
                }
            }
        }
        for (waiter, answer) in waiting { waiter.resume(returning: answer) }
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

    /// Takes over the answers of another engine, stripe by stripe; like ``begin`` it forgets what is outlived as it
    /// goes.
    func restore(_ events: ArraySlice<PositionedEvent>, now: Instant) {
        forEachStripe(of: events.indices, stripe: { events[$0].event.answer.map { stripe(of: $0.key) } }) {
            stripe, places in
            stripes[stripe].withLockedValue {
                $0.forget(before: now.rawValue - window, most: 2 * places.count)
                $0.restore(events, at: places)
            }
        }
    }

    /// Deals these places to their stripes, each stripe's in their order; those without one are left out.
    private func forEachStripe(
        of places: Range<Int>, stripe: (Int) -> Int?, _ body: (_ stripe: Int, ArraySlice<Int>) -> Void
    ) {
        var ends = [Int](repeating: 0, count: Self.stripeCount)
        for place in places {
            if let stripe = stripe(place) { ends[stripe] += 1 }
        }
        var sum = 0
        for stripe in ends.indices {
            (ends[stripe], sum) = (sum, sum + ends[stripe])
        }
        var dealt = [Int](repeating: 0, count: sum)
        for place in places {
            guard let stripe = stripe(place) else { continue }
            dealt[ends[stripe]] = place
            ends[stripe] += 1
        }
        var start = 0
        for (stripe, end) in ends.enumerated() where end > start {
            body(stripe, dealt[start..<end])
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

    /// A checkpoint begins. A log that is kept from the position on that this returns holds the facts of every write
    /// under way, and of every one that begins later; nil when nothing is under way.
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
