import NIOCore
import Wire

/// One connection as seen by those who wait on it: ids, limits, who gets which answer, and who is told what when it
/// ends. No socket, no clock: events in, what to do out. `Waiter` is whatever an answer is handed to.
struct ConnectionStateMachine<Waiter> {
    struct Request {
        var method: Method
        var payload: ByteBuffer
        /// What it counts against the server's limit of unanswered requests.
        var weight: Int
        /// Nanoseconds of the monotonic clock; nil: for ever.
        var deadline: UInt64?
        /// Names it for a cancellation.
        var ticket: UInt64
        var waiter: Waiter
    }

    struct Failed {
        var waiter: Waiter
        var error: HaoyuanError
    }

    /// A request that was sent. Its waiter is gone when nobody waits any more; the id stays taken until the server has
    /// answered.
    struct Pending {
        var waiter: Waiter?
        var isWrite: Bool
        var isSubscribe: Bool
        var weight: Int
        var deadline: UInt64?
        var ticket: UInt64
    }

    enum Submission {
        case send(UInt32, Request)
        /// It is queued until the handshake is done, or until the server has answered enough.
        case wait
        case fail(Failed)
    }

    enum Reception {
        case welcome
        case handshakeFailure
        case answer(Waiter, id: UInt32, isFailure: Bool)
        case push
        case subscriptionFailure
        case goodbye
        /// A failure that belongs to the connection.
        case connectionFailure
        /// A late answer to somebody who no longer waits.
        case nothing
        case violation(String)
    }

    private enum Phase {
        case opening
        case ready
        case draining
        case closed(HaoyuanError)
    }

    static var helloID: UInt32 { 1 }

    private var phase = Phase.opening
    private var queue = CircularBuffer<Request>()
    private var pending = RequestTable<Pending>()
    private var subscriptions: Set<UInt32> = []
    private var inFlight = 0
    private var inFlightLimit = WireLimits.inFlight
    private var batchLimit = WireLimits.batchLength
    private var lastID: UInt32 = helloID

    init() {}

    var isOpening: Bool { if case .opening = phase { true } else { false } }
    var isDraining: Bool { if case .draining = phase { true } else { false } }
    /// Nothing sent is unanswered.
    var isIdle: Bool { pending.isEmpty }

    // MARK: Requests

    mutating func submit(_ request: Request) -> Submission {
        switch phase {
        case .closed(let error):
            return .fail(Failed(waiter: request.waiter, error: error))
        case .draining:
            return .fail(Failed(waiter: request.waiter, error: .draining))
        case .opening:
            queue.append(request)
            return .wait
        case .ready:
            if let error = tooHeavy(request) { return .fail(Failed(waiter: request.waiter, error: error)) }
            guard queue.isEmpty, hasRoom(for: request) else {
                queue.append(request)
                return .wait
            }
            return .send(register(request), request)
        }
    }

    /// The next queued request that may go now; nil when there is none.
    mutating func next() -> Submission? {
        guard case .ready = phase, let request = queue.first else { return nil }
        if let error = tooHeavy(request) {
            queue.removeFirst()
            return .fail(Failed(waiter: request.waiter, error: error))
        }
        guard hasRoom(for: request) else { return nil }
        queue.removeFirst()
        return .send(register(request), request)
    }

    /// A request that got its id could not be encoded; nothing of it was sent.
    mutating func unsend(_ id: UInt32) {
        if let request = pending.remove(id) { inFlight -= request.weight }
    }

    private func tooHeavy(_ request: Request) -> HaoyuanError? {
        guard request.weight > min(inFlightLimit, batchLimit) else { return nil }
        let most = min(inFlightLimit, batchLimit)
        return HaoyuanError(.batchTooLong, "a batch of \(request.weight) requests; this server takes \(most)")
    }

    private func hasRoom(for request: Request) -> Bool { inFlight + request.weight <= inFlightLimit }

    private mutating func freeID() -> UInt32 {
        repeat {
            lastID &+= 1
        } while lastID <= Self.helloID || pending.contains(lastID) || subscriptions.contains(lastID)
        return lastID
    }

    private mutating func register(_ request: Request) -> UInt32 {
        _ = freeID()
        inFlight += request.weight
        pending.insert(
            Pending(
                waiter: request.waiter, isWrite: request.method.isWrite, isSubscribe: request.method == .subscribe,
                weight: request.weight, deadline: request.deadline, ticket: request.ticket),
            for: lastID)
        return lastID
    }

    // MARK: Silence

    /// Whether the server owes anything: an answer, or the pushes of a subscription.
    var isOwed: Bool { !pending.isEmpty || !subscriptions.isEmpty }

    /// Takes an id for a request whose answer nobody waits for; nil where nothing can be asked now.
    mutating func probe() -> UInt32? {
        guard case .ready = phase else { return nil }
        let id = freeID()
        inFlight += 1
        pending.insert(
            Pending(waiter: nil, isWrite: false, isSubscribe: false, weight: 1, deadline: nil, ticket: 0), for: id)
        return id
    }

    /// Takes no more requests; what was sent will still be answered. What was not comes out as failed and not applied.
    mutating func retire(_ error: HaoyuanError) -> [Failed] {
        guard case .ready = phase else { return [] }
        phase = .draining
        defer { queue.removeAll() }
        return queue.map { Failed(waiter: $0.waiter, error: error) }
    }

    // MARK: What comes from the server

    mutating func welcomed(inFlightLimit: Int, batchLimit: Int) {
        guard case .opening = phase else { return }
        phase = .ready
        self.inFlightLimit = max(1, inFlightLimit)
        self.batchLimit = max(1, batchLimit)
    }

    mutating func received(_ header: FrameHeader) -> Reception {
        let isFailure = header.flags.contains(.error)
        if header.flags.contains(.push) {
            guard !isOpening else { return .violation("a push before the handshake was done") }
            if header.knownMethod == .goodbye { return .goodbye }
            return subscriptions.contains(header.requestID) ? .push : .nothing
        }
        guard header.flags.contains(.reply) else { return .violation("a frame that is neither reply nor push") }
        guard header.requestID != 0 else {
            return isFailure ? .connectionFailure : .violation("an answer to request id 0")
        }
        if isOpening {
            guard header.requestID == Self.helloID else { return .violation("an answer before the handshake was done") }
            return isFailure ? .handshakeFailure : .welcome
        }
        guard let request = pending.remove(header.requestID) else {
            return subscriptions.remove(header.requestID) != nil && isFailure ? .subscriptionFailure : .nothing
        }
        inFlight -= request.weight
        if request.isSubscribe, !isFailure { subscriptions.insert(header.requestID) }
        guard let waiter = request.waiter else { return .nothing }
        return .answer(waiter, id: header.requestID, isFailure: isFailure)
    }

    /// The server stops. What it did not take comes out as failed and not applied; what it took will still be answered.
    mutating func goodbye(lastRequest: UInt32) -> [Failed] {
        guard case .ready = phase else { return [] }
        phase = .draining
        var failed = queue.map { Failed(waiter: $0.waiter, error: .draining) }
        queue.removeAll()
        // Ids only grow, and wrap around once in four thousand million requests.
        for id in ids(where: { id, _ in Int32(bitPattern: id &- lastRequest) > 0 }) {
            guard let request = pending.remove(id) else { continue }
            inFlight -= request.weight
            if let waiter = request.waiter { failed.append(Failed(waiter: waiter, error: .draining)) }
        }
        return failed
    }

    // MARK: The end of waiting

    /// Those whose deadline has passed.
    mutating func expire(now: UInt64) -> [Failed] {
        release { deadline, _ in
            deadline.map { $0 <= now } ?? false
        } error: { wasSent, isWrite in
            HaoyuanError(
                .deadlineExceeded,
                wasSent ? "no answer came before the deadline" : "the deadline passed before the request could be sent",
                isRetryable: true, mayHaveBeenApplied: wasSent && isWrite)
        }
    }

    /// The one whose task was cancelled.
    mutating func cancel(ticket: UInt64) -> [Failed] {
        release { _, own in
            own == ticket
        } error: { wasSent, isWrite in
            HaoyuanError(.cancelled, "the task was cancelled", mayHaveBeenApplied: wasSent && isWrite)
        }
    }

    /// The earliest deadline anybody has.
    var nextDeadline: UInt64? {
        var earliest = queue.lazy.compactMap(\.deadline).min() ?? .max
        pending.forEach { _, request in
            if request.waiter != nil, let deadline = request.deadline { earliest = min(earliest, deadline) }
        }
        return earliest == .max ? nil : earliest
    }

    /// The connection is over. Everybody who waits is told; what had been sent may have been applied.
    mutating func closed(_ error: HaoyuanError) -> [Failed] {
        if case .closed = phase { return [] }
        phase = .closed(error)
        var failed = queue.map { Failed(waiter: $0.waiter, error: error) }
        queue.removeAll()
        pending.forEach { _, request in
            guard let waiter = request.waiter else { return }
            failed.append(Failed(waiter: waiter, error: error.forRequest(sentWrite: request.isWrite)))
        }
        pending = RequestTable()
        subscriptions = []
        inFlight = 0
        return failed
    }

    private mutating func release(
        _ isOver: (_ deadline: UInt64?, _ ticket: UInt64) -> Bool,
        error: (_ wasSent: Bool, _ isWrite: Bool) -> HaoyuanError
    ) -> [Failed] {
        var failed: [Failed] = []
        if queue.contains(where: { isOver($0.deadline, $0.ticket) }) {
            var kept = CircularBuffer<Request>()
            for request in queue {
                if isOver(request.deadline, request.ticket) {
                    failed.append(Failed(waiter: request.waiter, error: error(false, request.method.isWrite)))
                } else {
                    kept.append(request)
                }
            }
            queue = kept
        }
        for id in ids(where: { _, request in request.waiter != nil && isOver(request.deadline, request.ticket) }) {
            guard var request = pending.remove(id), let waiter = request.waiter else { continue }
            failed.append(Failed(waiter: waiter, error: error(true, request.isWrite)))
            request.waiter = nil
            pending.insert(request, for: id)
        }
        return failed
    }

    private func ids(where condition: (UInt32, Pending) -> Bool) -> [UInt32] {
        var ids: [UInt32] = []
        pending.forEach { id, request in if condition(id, request) { ids.append(id) } }
        return ids
    }
}

extension HaoyuanError {
    static let draining = HaoyuanError(
        .draining, "the server is stopping and did not take the request", isRetryable: true)
}

extension ConnectionStateMachine.Request: Sendable where Waiter: Sendable {}
