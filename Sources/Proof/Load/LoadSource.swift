import HaoyuanClient
import NIOCore
import Wire

/// One request of a load, as it is remembered until its answer comes.
struct LoadRequest: Sendable {
    var method: Wire.Method
    /// Index of what the load counts it under; below the load's number of kinds.
    var kind: Int
    /// Operations it stands for: one, or those of a batch.
    var operations: Int
    /// Whatever the source knows it by.
    var tag: UInt64

    init(_ method: Wire.Method, kind: Int = 0, operations: Int = 1, tag: UInt64 = 0) {
        self.method = method
        self.kind = kind
        self.operations = operations
        self.tag = tag
    }
}

/// What became of a request's operations.
struct LoadOutcome: Hashable, Sendable {
    var done = 0
    /// A lawful no.
    var refused = 0
    /// Each by itself, or with their frame.
    var failed = 0
    /// Answered as repetitions of an earlier try.
    var repeated = 0

    init(done: Int = 0, refused: Int = 0, failed: Int = 0) {
        self.done = done
        self.refused = refused
        self.failed = failed
    }

    static func + (a: LoadOutcome, b: LoadOutcome) -> LoadOutcome {
        var sum = LoadOutcome(done: a.done + b.done, refused: a.refused + b.refused, failed: a.failed + b.failed)
        sum.repeated = a.repeated + b.repeated
        return sum
    }

    /// Counts one operation's outcome.
    mutating func count(_ outcome: PBOutcome) {
        switch outcome.result {
        case .done: done += 1
        case .refused: refused += 1
        case .failed, .unspecified, .UNRECOGNIZED: failed += 1
        }
        if outcome.again { repeated += 1 }
    }
}

/// Makes the requests of a load and looks at the answers. It lives on one event loop and serves all connections of it,
/// so it needs no locks and no task per request; it is a class, for a generic type would be looked up at run time.
protocol LoadSource: AnyObject {
    /// Writes the next request's payload.
    ///
    /// - Returns: What it is; nil when there is nothing to send. It is asked again after the next answer.
    func next(into payload: inout ByteBuffer) -> LoadRequest?

    /// An answer came.
    /// - Throws: When it cannot be read: all operations of the request then count as failed.
    func answered(_ request: LoadRequest, _ payload: ByteBuffer) throws(ProtocolError) -> LoadOutcome

    /// An error came instead of an answer.
    func failed(_ request: LoadRequest, _ error: HaoyuanError)
}
