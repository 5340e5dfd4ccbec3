import Wire

/// One connection as the server sees it: which frames are lawful now, which requests are unanswered, and when it is
/// over. No socket, no clock: events in, what to do out.
struct SessionStateMachine {
    enum Reception: Equatable {
        /// Read the `Hello`, then call ``greeted(batchLimit:)`` or end the session.
        case hello
        /// Read the message, then call ``take(_:_:weight:isWrite:isSubscribe:deadline:)`` or answer with what is wrong.
        case request(Method)
        /// Answer with this; the code says whether the connection ends with it.
        case fail(ProtocolError)
        /// The same, under request id 0: the frame's id is that of another request, which has an answer of its own.
        case failUnnamed(ProtocolError)
        /// The connection is ending; nothing that comes is heard any more.
        case ignore
    }

    /// A request that was taken and is not answered yet.
    private struct Taken {
        /// Tells this request from a later one under the same id.
        var serial: UInt64
        /// Every answer names it, also the one that the deadline gives.
        var method: Method
        var weight: Int
        var isWrite: Bool
        var isSubscribe: Bool
        /// Nanoseconds of the monotonic clock.
        var deadline: UInt64?
    }

    private enum Phase {
        case awaitingHello
        /// The `Welcome` is written, and not on its way yet.
        case welcoming
        case ready
        case draining
        /// The client did something wrong; it gets the answers that it is owed, then is told.
        case ending
        case closing
    }

    private let inFlightLimit: Int
    private let subscriptionLimit: Int
    private var batchLimit = 0
    private var phase = Phase.awaitingHello
    private var taken = RequestTable<Taken>()
    private var subscriptions: Set<UInt32> = []
    private var subscribing = 0
    /// Requests taken and not answered; a batch counts as the requests it holds.
    private(set) var inFlight = 0
    /// The request under which a standby is fed.
    private var follow: UInt32?
    private var serial: UInt64 = 0
    private var lastTaken: UInt32 = 0

    init(inFlightLimit: Int, subscriptionLimit: Int) {
        self.inFlightLimit = inFlightLimit
        self.subscriptionLimit = subscriptionLimit
    }

    @inline(__always) var isAwaitingHello: Bool { if case .awaitingHello = phase { true } else { false } }
    @inline(__always) var isClosing: Bool { if case .closing = phase { true } else { false } }
    @inline(__always) var isEnding: Bool { if case .ending = phase { true } else { false } }
    /// Nothing more is taken, and everything that was taken is answered.
    @inline(__always) var isDrained: Bool {
        switch phase {
        case .draining, .ending: taken.isEmpty
        case .awaitingHello, .welcoming, .ready, .closing: false
        }
    }
    var liveSubscriptions: Set<UInt32> { subscriptions }

    // MARK: Frames

    func received(_ header: FrameHeader) -> Reception {
        if isClosing || isEnding { return .ignore }
        guard header.requestID != 0 else { return .fail(ProtocolError(.malformedFrame, "request id 0 is reserved")) }
        guard !isInUse(header.requestID) else {
            return .failUnnamed(
                ProtocolError(.malformedFrame, "request id \(header.requestID) is in use on this connection"))
        }
        guard header.flags.isDisjoint(with: .fromServer) else {
            return .fail(ProtocolError(.malformedFrame, "a client sends requests, neither replies nor pushes"))
        }
        if case .awaitingHello = phase {
            guard header.knownMethod == .hello, header.requestID == 1 else {
                return .fail(ProtocolError(.handshakeRequired, "the first frame is HELLO, with request id 1"))
            }
            return .hello
        }
        if case .welcoming = phase {
            return .fail(ProtocolError(.handshakeRequired, "nothing may be sent before WELCOME has come"))
        }
        guard header.knownMethod != .hello else {
            return .fail(ProtocolError(.handshakeRequired, "HELLO comes once on a connection"))
        }
        if case .draining = phase { return .fail(ProtocolError(.draining, "this server is stopping; reconnect")) }
        guard let method = header.knownMethod, method.isRequest else {
            return .fail(ProtocolError(.unknownMethod, "method \(header.method) is unknown here"))
        }
        return .request(method)
    }

    /// Whether an unanswered request, a subscription or a standby goes by this id: then no error may.
    func isInUse(_ id: UInt32) -> Bool { taken.contains(id) || subscriptions.contains(id) || follow == id }

    /// - Parameter batchLimit: Most requests of one batch on this connection.
    mutating func greeted(batchLimit: Int) {
        guard case .awaitingHello = phase else { return }
        phase = .welcoming
        self.batchLimit = batchLimit
    }

    /// The `Welcome` is on its way.
    /// - Returns: Whether it was for this connection to wait for.
    mutating func welcomed() -> Bool {
        guard case .welcoming = phase else { return false }
        phase = .ready
        return true
    }

    // MARK: Requests

    /// Whether a batch of this many requests is lawful, before any of it is decoded.
    func checkBatch(_ count: Int) throws(ProtocolError) {
        guard count <= batchLimit else {
            throw ProtocolError(.batchTooLong, "a batch of \(count) requests, at most \(batchLimit)")
        }
    }

    /// Takes a request whose message is good. It is unanswered until ``answered(_:serial:)``.
    ///
    /// - Parameters:
    ///   - weight: A batch counts as the requests it holds.
    ///   - deadline: Nanoseconds of the monotonic clock.
    /// - Returns: What to give back with the answer.
    mutating func take(
        _ id: UInt32, _ method: Method, weight: Int = 1, isWrite: Bool, isSubscribe: Bool = false, deadline: UInt64?
    ) throws(ProtocolError) -> UInt64 {
        guard inFlight + weight <= inFlightLimit else {
            throw ProtocolError(
                .overloaded, "\(inFlight) requests of this connection are unanswered, at most \(inFlightLimit)",
                retryAfterMilliseconds: WireLimits.retryAfterMilliseconds)
        }
        if isSubscribe {
            guard subscriptions.count + subscribing < subscriptionLimit else {
                throw ProtocolError(
                    .tooManySubscriptions,
                    "this connection has \(subscriptionLimit) subscriptions, the most it may have")
            }
            subscribing += 1
        }
        serial += 1
        inFlight += weight
        lastTaken = id
        taken.insert(
            Taken(
                serial: serial, method: method, weight: weight, isWrite: isWrite, isSubscribe: isSubscribe,
                deadline: deadline), for: id)
        return serial
    }

    /// Whether anybody still waits for this answer.
    func isWaitedFor(_ id: UInt32, serial: UInt64) -> Bool { !isClosing && taken[id]?.serial == serial }

    /// - Returns: Whether anybody still waits for this answer. No, when the deadline has been answered instead.
    mutating func answered(_ id: UInt32, serial: UInt64) -> Bool {
        guard isWaitedFor(id, serial: serial) else { return false }
        release(id)
        return true
    }

    private mutating func release(_ id: UInt32) {
        guard let request = taken.remove(id) else { return }
        inFlight -= request.weight
        if request.isSubscribe { subscribing -= 1 }
    }

    // MARK: Subscriptions

    /// The subscription that was taken under this id is answered, and its id stays in use. Nothing is subscribed on a
    /// connection that is going away.
    mutating func subscribed(_ id: UInt32) -> Bool {
        guard case .ready = phase else { return false }
        subscriptions.insert(id)
        return true
    }

    /// - Returns: Whether there was such a subscription.
    mutating func unsubscribed(_ id: UInt32) -> Bool { subscriptions.remove(id) != nil }

    // MARK: A standby

    /// A standby is fed under this id from now on. Nobody is on a connection that is going away, or that feeds one
    /// already.
    mutating func followed(_ id: UInt32) -> Bool {
        guard case .ready = phase, follow == nil else { return false }
        follow = id
        return true
    }

    /// - Returns: Whether one was.
    mutating func unfollowed(_ id: UInt32) -> Bool {
        guard follow == id else { return false }
        follow = nil
        return true
    }

    // MARK: Deadlines

    /// Ids of the requests that nobody waits for any more, each with its method and whether it may have been applied.
    /// They count as answered.
    mutating func expire(now: UInt64) -> [(id: UInt32, serial: UInt64, method: Method, isWrite: Bool)] {
        var expired: [(id: UInt32, serial: UInt64, method: Method, isWrite: Bool)] = []
        taken.forEach { id, request in
            if let deadline = request.deadline, deadline <= now {
                expired.append((id, request.serial, request.method, request.isWrite))
            }
        }
        for request in expired { release(request.id) }
        return expired
    }

    /// The earliest deadline of an unanswered request.
    var nextDeadline: UInt64? {
        var earliest: UInt64?
        taken.forEach { _, request in
            if let deadline = request.deadline { earliest = min(earliest ?? deadline, deadline) }
        }
        return earliest
    }

    // MARK: The end

    /// The server stops: nothing more is taken.
    ///
    /// - Returns: The last request id that was taken, for `Goodbye`; nil when there is nobody to say goodbye to.
    mutating func drain() -> UInt32? {
        switch phase {
        case .welcoming, .ready:
            phase = .draining
            subscriptions = []
            follow = nil
            return lastTaken
        case .awaitingHello, .draining, .ending, .closing:
            return nil
        }
    }

    /// The client did what ends its connection: nothing more is heard, and what was taken is answered.
    mutating func end() {
        guard !isClosing else { return }
        phase = .ending
        subscriptions = []
        follow = nil
    }

    /// The connection ends; answers that still come are for nobody.
    mutating func close() {
        phase = .closing
        taken = RequestTable()
        subscriptions = []
        follow = nil
        subscribing = 0
        inFlight = 0
    }
}
