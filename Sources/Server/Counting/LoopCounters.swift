import Engine
package import Journal
package import Scheduling
package import Wire

/// How a request ended, as its caller sees it.
package enum RequestOutcome: Int, Sendable, CaseIterable {
    /// Answered; of a batch the frame, whatever became of the writes in it.
    case done
    /// Answered with a lawful no.
    case refused
    /// Answered with an error.
    case failed
    /// Its answer found nobody: the deadline had passed, or the connection was gone.
    case unheard
}

/// What one event loop has counted since the server's start. Lives on its event loop, so that counting takes no lock
/// and no atomic; a batch is added in one go. A reader asks each loop and adds up.
package struct LoopCounters: Sendable {
    /// Requests of one method.
    package struct Requests: Sendable {
        /// By ``RequestOutcome``.
        package private(set) var outcomes = [UInt64](repeating: 0, count: RequestOutcome.allCases.count)
        /// From the frame's reading to its answer in the socket's buffer; one for each request that has ended.
        package private(set) var durations = DurationBuckets()

        mutating func add(_ outcome: RequestOutcome, times: UInt64) { outcomes[outcome.rawValue] += times }
        mutating func add(duration: UInt64, times: UInt64) { durations.add(duration, times: times) }

        mutating func add(_ other: Requests) {
            for index in outcomes.indices { outcomes[index] += other.outcomes[index] }
            durations.add(other.durations)
        }
    }

    /// By the method's number, which is the index.
    private var requests = [Requests](
        repeating: Requests(), count: Int(Method.allCases.reduce(0) { max($0, $1.rawValue) }) + 1)
    /// Writes, alone or in batches, that the engine answered. What was not lawful never got there, and is an error
    /// only.
    package private(set) var writes = WriteTally()
    /// Errors told to callers, by their number, which is the index: frames, connections and elements of batches.
    private var errors = [UInt64](
        repeating: 0, count: Int(ErrorCode.allCases.reduce(0) { max($0, $1.rawValue) }) + 1)
    /// Bytes read from sockets.
    package var receivedBytes: UInt64 = 0
    /// Bytes handed to sockets.
    package var sentBytes: UInt64 = 0

    /// Connections that ended because the other side was there no more.
    package var vanishedPeers: UInt64 = 0

    init() {}

    /// Requests of this method that have ended.
    package subscript(method: Method) -> Requests { requests[Int(method.rawValue)] }

    /// How often this error was told.
    package subscript(code: ErrorCode) -> UInt64 { errors[Int(code.rawValue)] }

    mutating func told(_ code: ErrorCode) { errors[Int(code.rawValue)] += 1 }

    mutating func ended(_ method: Method, _ outcome: RequestOutcome, times: UInt64 = 1) {
        requests[Int(method.rawValue)].add(outcome, times: times)
    }

    /// - Parameter duration: nanoseconds.
    mutating func took(_ duration: UInt64, _ method: Method, times: UInt64 = 1) {
        requests[Int(method.rawValue)].add(duration: duration, times: times)
    }

    mutating func add(_ tally: WriteTally) { writes.add(tally) }

    mutating func add(_ other: LoopCounters) {
        for index in requests.indices { requests[index].add(other.requests[index]) }
        for index in errors.indices { errors[index] += other.errors[index] }
        writes.add(other.writes)
        receivedBytes += other.receivedBytes
        sentBytes += other.sentBytes
        vanishedPeers += other.vanishedPeers
    }
}

/// What became of writes that reached the engine: the sum over one tick's batch, then over a loop.
package struct WriteTally: Sendable {
    /// Carried out, repetitions included.
    package private(set) var done: UInt64 = 0
    /// Refused, repetitions included.
    package private(set) var refused: UInt64 = 0
    /// Neither: an error says why.
    package private(set) var failed: UInt64 = 0
    /// Of those done and refused: answered from the first try's memory.
    package private(set) var repeated: UInt64 = 0
    /// By the rule's number, which is the index.
    private var rules = [UInt64](repeating: 0, count: Self.ruleCount)

    private static let ruleCount = Int(Rule.allCases.reduce(0) { max($0, $1.rawValue) }) + 1

    init() {}

    /// Refusals by this rule.
    package subscript(rule: Rule) -> UInt64 { rules[Int(rule.rawValue)] }

    @inline(__always)
    mutating func count(_ answer: borrowing Answer) {
        if answer.again { repeated += 1 }
        switch answer.outcome {
        case .done, .told: done += 1
        case .refused(let refusal, _):
            refused += 1
            rules[Int(refusal.rule.rawValue)] += 1
        case .failed: failed += 1
        }
    }

    mutating func add(_ other: WriteTally) {
        done += other.done
        refused += other.refused
        failed += other.failed
        repeated += other.repeated
        for index in rules.indices { rules[index] += other.rules[index] }
    }
}
