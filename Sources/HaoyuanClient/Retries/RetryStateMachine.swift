/// When a request may be sent again.
enum RetrySafety: Hashable, Sendable {
    /// Twice is as once: reads, and writes with a key.
    case repeatable
    /// Only while it is certain that no try has been applied.
    case whileUnapplied
}

/// Decides after each failed try whether there is another, and when. Knows no clock: moments (nanoseconds of a
/// monotonic clock) and randomness come in.
struct RetryStateMachine {
    enum Decision: Sendable {
        case retry(after: Duration)
        case giveUp(HaoyuanError)
    }

    private let safety: RetrySafety
    private let backoff: ClientConfiguration.Backoff
    private let deadline: UInt64?
    private var tries = 0
    /// Some try so far may have been applied: whatever the last one says, that stays true.
    private(set) var mayHaveBeenApplied = false

    /// - Parameter deadline: after it, nobody waits; nil: for ever.
    init(_ safety: RetrySafety, backoff: ClientConfiguration.Backoff, deadline: UInt64?) {
        self.safety = safety
        self.backoff = backoff
        self.deadline = deadline
    }

    /// - Parameter jitter: 0 to 1, at random.
    mutating func failed(_ error: HaoyuanError, now: UInt64, jitter: Double) -> Decision {
        tries += 1
        mayHaveBeenApplied = mayHaveBeenApplied || error.mayHaveBeenApplied
        let told = error.forRequest(sentWrite: mayHaveBeenApplied)
        guard error.isRetryable, error.code != .deadlineExceeded,
            safety == .repeatable || !mayHaveBeenApplied
        else { return .giveUp(told) }
        let delay = max(backoff.delay(afterTries: tries, jitter: jitter), error.retryAfter ?? .zero)
        if let deadline, now &+ delay.nanoseconds >= deadline { return .giveUp(told) }
        return .retry(after: delay)
    }
}

extension ClientConfiguration.Backoff {
    /// How long to wait after the `tries`th failure (from 1): doubling from `first` to `longest`, shortened by up to
    /// half.
    func delay(afterTries tries: Int, jitter: Double) -> Duration {
        let doublings = min(max(tries - 1, 0), 30)
        let full = min(longest, first * (1 << doublings))
        return full * (1 - 0.5 * min(max(jitter, 0), 1))
    }
}

extension Duration {
    /// Whole nanoseconds, 0 for a negative duration, and no more than 63 bits hold.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < Int64.max / 1_000_000_000 - 1 else { return UInt64(Int64.max) }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
