import Wire

/// Requests that one read brought and one flush answered: counted together, since they differ in nothing.
struct RequestRuns {
    private struct Run {
        var method: Method
        var outcome: RequestOutcome
        var readAt: UInt64
        var length: UInt64
    }

    private var runs: [Run] = []

    mutating func add(_ method: Method, _ outcome: RequestOutcome, readAt: UInt64) {
        if let last = runs.indices.last, runs[last].readAt == readAt, runs[last].outcome == outcome,
            runs[last].method == method
        {
            runs[last].length += 1
        } else {
            runs.append(Run(method: method, outcome: outcome, readAt: readAt, length: 1))
        }
    }

    /// - Parameter now: nanoseconds of the monotonic clock, when the answers had been written.
    func count(in counters: inout LoopCounters, now: UInt64) {
        for run in runs {
            counters.ended(run.method, run.outcome, times: run.length)
            counters.took(now - run.readAt, run.method, times: run.length)
        }
    }
}
