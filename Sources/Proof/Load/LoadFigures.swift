import HaoyuanClient

/// What one pass of a load measured. Those of several event loops are added up.
struct LoadFigures: Sendable {
    /// One kind of request.
    struct Kind: Sendable {
        /// Frames sent.
        var requests: UInt64 = 0
        var outcome = LoadOutcome()
        /// From the moment a frame was meant to be sent to its answer, one for each frame.
        var latencies = LatencyHistogram.fine()

        init() {}
    }

    /// What was answered within one tenth of a second.
    struct Moment: Sendable {
        var operations = 0
        /// The longest latency among them, in nanoseconds.
        var longest: UInt64 = 0
    }

    /// Nanoseconds of a ``Moment``.
    static let momentNanoseconds: UInt64 = 100_000_000
    /// Moments that are told apart, an hour: what comes later counts for the last.
    private static let mostMoments = 36_000

    var kinds: [Kind]
    /// How late frames of an open loop were sent: the load's own share of their latency.
    var lateness = LatencyHistogram.fine()
    /// Latencies of what was answered while the load was marked (see `LoadGroup.mark`), and of the rest.
    var marked = LatencyHistogram.fine()
    var unmarked = LatencyHistogram.fine()
    var bytesSent = 0
    var bytesReceived = 0
    /// Errors, the first of each code as the server worded it, and how often that code came.
    private(set) var errors: [HaoyuanError.Code: (first: HaoyuanError, count: Int)] = [:]
    private(set) var moments: [Moment] = []
    /// Nanoseconds from the start to the last answer.
    private(set) var lasted: UInt64 = 0

    init(kinds: Int) { self.kinds = Array(repeating: Kind(), count: kinds) }

    var outcome: LoadOutcome { kinds.reduce(LoadOutcome()) { $0 + $1.outcome } }
    /// Operations answered in any way, errors included.
    var operations: Int { outcome.done + outcome.refused + outcome.failed }
    var requests: UInt64 { kinds.reduce(0) { $0 + $1.requests } }

    /// - Parameters:
    ///   - latency: In nanoseconds.
    ///   - at: When it was answered, in nanoseconds after the start.
    mutating func answered(
        _ request: LoadRequest, _ outcome: LoadOutcome, latency: UInt64, at: UInt64, isMarked: Bool
    ) {
        if isMarked { marked.add(latency) } else { unmarked.add(latency) }
        kinds[request.kind].outcome = kinds[request.kind].outcome + outcome
        kinds[request.kind].latencies.add(latency)
        let index = min(Self.mostMoments - 1, Int(at / Self.momentNanoseconds))
        while moments.count <= index { moments.append(Moment()) }
        moments[index].operations += request.operations
        moments[index].longest = max(moments[index].longest, latency)
        lasted = max(lasted, at)
    }

    mutating func failed(_ error: HaoyuanError) {
        errors[error.code, default: (error, 0)].count += 1
    }

    /// Adds what another event loop measured meanwhile.
    mutating func add(_ other: LoadFigures) {
        precondition(kinds.count == other.kinds.count, "figures of one load have the same kinds")
        for (index, kind) in other.kinds.enumerated() {
            kinds[index].requests += kind.requests
            kinds[index].outcome = kinds[index].outcome + kind.outcome
            kinds[index].latencies.add(kind.latencies)
        }
        lateness.add(other.lateness)
        marked.add(other.marked)
        unmarked.add(other.unmarked)
        bytesSent += other.bytesSent
        bytesReceived += other.bytesReceived
        for (code, entry) in other.errors {
            errors[code, default: (entry.first, 0)].count += entry.count
        }
        while moments.count < other.moments.count { moments.append(Moment()) }
        for (index, moment) in other.moments.enumerated() {
            moments[index].operations += moment.operations
            moments[index].longest = max(moments[index].longest, moment.longest)
        }
        lasted = max(lasted, other.lasted)
    }
}
