import Engine
import Journal
import Scheduling

/// Something a client wants, from the first sending to the answer that settles it.
final class Operation {
    let index: Int
    let client: Int
    let request: Request
    let origin: Origin
    /// Sendings so far.
    var attempt = 0
    /// The attempt whose answer was to come back later.
    var retried = 0
    /// The client has its answer.
    var isSettled = false
    /// The client went away without one.
    var isGivenUp = false

    init(index: Int, client: Int, request: Request) {
        self.index = index
        self.client = client
        let channels = Channel.allCases.filter { $0 != .system }
        let origin = Origin(channel: channels[client % channels.count], operatorName: "operation \(index)")
        self.origin = origin
        guard case .writes(let writes) = request else {
            self.request = request
            return
        }
        // Who asks an old question again asks it in the old name.
        self.request = .writes(
            writes.map {
                Write(key: $0.key, by: $0.by == .system ? origin : $0.by, deadline: $0.deadline, command: $0.command)
            })
    }

    var writes: [Write] { if case .writes(let writes) = request { writes } else { [] } }

    /// In whose names its facts may be: its own, and that of a question which is asked again.
    var origins: Set<Origin> { Set(writes.map(\.by)).union([origin]) }
}

/// One arrival of a request at an engine: what the engine was then, and what it may have seen.
final class Execution {
    let id: Int
    let operation: Operation
    let process: Casebook.Process
    /// The stretch without an idle moment in which it began.
    let stretch: Int
    /// Everything up to here was applied everywhere when it began.
    let settled: UInt64
    /// No fact it leads to may be older than this.
    let notBefore: Instant
    /// On disk when it began.
    let durable: UInt64
    /// The last position that its server had told of when it began.
    let told: UInt64
    /// Whether its server was the primary when it began, and whether that had been told of a later one.
    let isOfPrimary: Bool
    let isFenced: Bool
    var response: Response?

    init(
        id: Int, operation: Operation, process: Casebook.Process, stretch: Int, settled: UInt64, notBefore: Instant,
        durable: UInt64, told: UInt64, isOfPrimary: Bool, isFenced: Bool
    ) {
        self.id = id
        self.operation = operation
        self.process = process
        self.stretch = stretch
        self.settled = settled
        self.notBefore = notBefore
        self.durable = durable
        self.told = told
        self.isOfPrimary = isOfPrimary
        self.isFenced = isFenced
    }
}
