import Engine
import Glibc
import Journal
import Logging
import NIOCore
import Wire

/// One connection: the thin shell around ``SessionStateMachine`` that turns bytes into frames, and what the machine
/// says into bytes. Lives on its event loop.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let shared: SessionLoop
    var machine: SessionStateMachine
    var encoder = FrameEncoder()
    /// Replies of this tick; they go out together.
    var outgoing = ByteBuffer()
    var origin = ConnectionOrigin(channel: nil, operatorName: "")
    var requests = RequestQueue()
    /// Searches of this connection that went with others and are not answered.
    var searchesInBatches = 0
    var feeds: [UInt32: Task<Void, Never>] = [:]
    /// Up to where each feed has been handed to the socket.
    var feedPositions: [UInt32: Position] = [:]
    /// The names of those that have one.
    var feedNames: [UInt32: String] = [:]
    /// Nanoseconds of the monotonic clock at which the bytes at hand were read. Asked for once a read, not once a
    /// frame.
    private(set) var readAt: UInt64 = 0
    /// The standby that follows over this connection.
    var fed: Fed?
    /// Feeds that wait until the other side has read more.
    var pushesWaiting: [CheckedContinuation<Bool, Never>] = []

    private(set) var context: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var wasGreeted = false
    private var isUnheard = false
    private var handshakeTimer: Scheduled<Void>?
    private var lingerTimer: Scheduled<Void>?
    private var alarm: (at: UInt64, task: Scheduled<Void>)?
    private var hasHeldRead = false
    /// Why the connection ends, where the client is to blame.
    private var lastWord: (method: UInt8, id: UInt32, error: ProtocolError)?

    init(_ shared: SessionLoop) {
        self.shared = shared
        let limits = shared.configuration.limits
        machine = SessionStateMachine(inFlightLimit: limits.inFlight, subscriptionLimit: limits.subscriptions)
        decoder = FrameDecoder(limit: limits.frameBytes)
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: The channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        guard shared.identity.census.accepted() else {
            isUnheard = true
            context.close(promise: nil)
            return
        }
        shared.joined(self)
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        handshakeTimer = shared.eventLoop.scheduleTask(
            in: .milliseconds(shared.configuration.limits.handshakeMilliseconds)
        ) { session.value.handshakeTimedOut() }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !machine.isClosing else { return }
        let bytes = unwrapInboundIn(data)
        readAt = NIODeadline.now().uptimeNanoseconds
        shared.counters.receivedBytes += UInt64(bytes.readableBytes)
        decoder.feed(bytes)
        do {
            while !machine.isClosing, let frame = try decoder.next() { received(frame) }
        } catch {
            let id = machine.isInUse(error.requestID) ? 0 : error.requestID
            if !machine.isEnding { end(error.method, id, error.error) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flushReplies()
        // What came until now was sent before the client could know what was agreed on.
        if machine.welcomed() { decoder.features = encoder.features }
        context.fireChannelReadComplete()
    }

    /// Nothing more is read from a connection whose other side does not read: what it sends then waits in the network,
    /// not here. Work that waits here stops no reading, for a request for a sign of life may stand behind it.
    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { hasHeldRead = true }
    }

    private var mayRead: Bool { machine.isClosing || isWritable }

    func resumeReading() {
        guard hasHeldRead, mayRead else { return }
        hasHeldRead = false
        context?.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            resumePushes(isOpen: true)
            startRequests()
            resumeReading()
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        endSubscriptions()
        machine.close()
        self.context = nil
        outgoing = ByteBuffer()
        requests.removeAll()
        handshakeTimer?.cancel()
        lingerTimer?.cancel()
        alarm?.task.cancel()
        shared.identity.census.left(wasGreeted: wasGreeted)
        if !isUnheard { shared.left(self) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let number = (error as? IOError)?.errnoCode, [ETIMEDOUT, EHOSTUNREACH, ENETUNREACH].contains(number) {
            peerVanished()
        }
        shared.logger.debug("connection broke", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    /// Ends the connection where the other side has vanished with data on their way to it.
    func lookForPeer() {
        guard let options = context?.channel as? any SocketOptionProvider else { return }
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        options.getTCPInfo().whenSuccess { info in
            guard info.hasVanished else { return }
            session.value.peerVanished()
            session.value.abandon()
        }
    }

    private func peerVanished() {
        shared.counters.vanishedPeers += 1
        shared.logger.notice(
            "connection ended", metadata: ["why": "the other side has vanished: its system answers no more"])
    }

    // MARK: Frames

    private func received(_ frame: Frame) {
        switch machine.received(frame.header) {
        case .ignore: break
        case .hello: greet(frame)
        case .fail(let error): refuse(frame.header, error)
        case .failUnnamed(let error): end(frame.header.method, 0, error)
        case .request(let method): carryOut(method, frame)
        }
    }

    /// Answers with what is wrong, and ends the connection where the code says so.
    func refuse(_ header: FrameHeader, _ error: ProtocolError) {
        if error.code.endsConnection {
            end(header.method, header.requestID, error)
        } else {
            writeFailure(header.method, header.requestID, error)
        }
    }

    func writeFailure(_ method: UInt8, _ id: UInt32, _ error: ProtocolError) {
        shared.counters.told(error.code)
        write(FrameHeader(method: method, flags: .failure, requestID: id)) { $0.writeMessage(PBFailure(error)) }
    }

    /// Appends a frame of this server's making. What the other side cannot take is said in a failure instead.
    func write(_ header: FrameHeader, body: (inout ByteBuffer) -> Void) {
        var header = header
        header.epoch = shared.engine.tenure.epoch
        do {
            try encoder.write(header, into: &outgoing, body: body)
        } catch {
            shared.logger.warning("an answer was larger than its reader takes", metadata: ["error": "\(error)"])
            // A push answers nobody, and a failure is a sentence.
            guard header.flags == .reply else { return }
            let tooLarge = ProtocolError(
                .frameTooLarge, "the answer is larger than the frame limit this connection named; ask for less at once",
                maybeApplied: header.knownMethod?.isWrite ?? false)
            writeFailure(header.method, header.requestID, tooLarge)
        }
    }

    var needsFlush: Bool { outgoing.readableBytes > 0 }

    func flushReplies() {
        if needsFlush {
            shared.counters.sentBytes += UInt64(outgoing.readableBytes)
            context?.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
            // Where the socket took everything the storage is ours alone again, and is used again; not when it has
            // grown large.
            if outgoing.capacity > 1 << 18 { outgoing = ByteBuffer() } else { outgoing.clear() }
        }
        if machine.isDrained { hangUp() }
    }

    /// Counts a request that was answered by itself, not with the tick's batch.
    func ended(_ method: Method, _ outcome: RequestOutcome, readAt: UInt64) {
        shared.counters.ended(method, outcome)
        shared.counters.took(NIODeadline.now().uptimeNanoseconds - readAt, method)
    }

    // MARK: The handshake

    private func greet(_ frame: Frame) {
        handshakeTimer?.cancel()
        do throws(ProtocolError) {
            let welcome = try welcome(try PBHello(first: frame.payload))
            write(FrameHeader(.hello, flags: .reply, requestID: frame.header.requestID)) { $0.writeMessage(welcome) }
            let features = Features(rawValue: welcome.features)
            encoder.features = features
            machine.greeted(batchLimit: Int(welcome.batchLimit))
            ended(.hello, .done, readAt: readAt)
        } catch {
            ended(.hello, .failed, readAt: readAt)
            end(frame.header.method, frame.header.requestID, error)
        }
    }

    private func welcome(_ hello: PBHello) throws(ProtocolError) -> PBWelcome {
        let configuration = shared.configuration
        origin = try hello.accepted(by: configuration)
        guard shared.identity.census.greet() else {
            throw ProtocolError(
                .tooManyConnections,
                "this server has \(configuration.limits.connections) connections, the most it takes",
                retryAfterMilliseconds: 1_000)
        }
        wasGreeted = true
        let clientLimit = hello.frameLimit == 0 ? WireLimits.frameBytes : Int(hello.frameLimit)
        encoder.limit = min(clientLimit, WireLimits.frameBytes)
        origin.replyBytes = encoder.limit
        return PBWelcome(
            identity: shared.identity, role: shared.engine.role, epoch: shared.engine.epoch,
            configuration: configuration,
            features: Features(rawValue: hello.features).intersection(.known), replyLimit: encoder.limit,
            now: shared.now())
    }

    private func handshakeTimedOut() {
        guard machine.isAwaitingHello else { return }
        end(0, 0, ProtocolError(.handshakeRequired, "no HELLO came in time"))
    }

    // MARK: Deadlines

    /// Nanoseconds of the monotonic clock at which the caller stops waiting; nil: never.
    func deadline(of header: FrameHeader) -> UInt64? {
        guard header.deadlineMilliseconds > 0 else { return nil }
        let deadline = NIODeadline.now().uptimeNanoseconds + UInt64(header.deadlineMilliseconds) * 1_000_000
        setAlarm(at: deadline)
        return deadline
    }

    /// One timer for all requests of the connection, set to the earliest deadline; it looks through them when it fires.
    private func setAlarm(at deadline: UInt64) {
        if let alarm, alarm.at <= deadline { return }
        alarm?.task.cancel()
        // At most one look a millisecond, however the deadlines lie.
        let at = max(deadline, NIODeadline.now().uptimeNanoseconds + 1_000_000)
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        alarm = (
            at, shared.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(at)) { session.value.alarmRang() }
        )
    }

    private func alarmRang() {
        alarm = nil
        let expired = machine.expire(now: NIODeadline.now().uptimeNanoseconds)
        requests.abandon(Set(expired.map(\.serial)))
        for (id, _, method, isWrite) in expired {
            let error = ProtocolError(
                .deadlineExceeded, "the deadline passed before the answer was ready", maybeApplied: isWrite)
            writeFailure(method.rawValue, id, error)
        }
        startRequests()
        flushReplies()
        if let next = machine.nextDeadline { setAlarm(at: next) }
    }

    // MARK: The end

    /// The server stops: this connection is answered what was taken of it, and nothing more.
    func drain(reason: String) {
        guard let lastRequest = machine.drain() else {
            if machine.isAwaitingHello { hangUp() }
            return
        }
        endSubscriptions()
        var goodbye = PBGoodbye()
        goodbye.reason = reason
        goodbye.lastRequest = lastRequest
        write(FrameHeader(.goodbye, flags: .push, requestID: 0)) { $0.writeMessage(goodbye) }
        flushReplies()
    }

    /// Ends the connection as soon as what was taken before is answered, and says why with its last frame: a client
    /// that hangs up when it reads that has missed nothing.
    private func end(_ method: UInt8, _ id: UInt32, _ error: ProtocolError) {
        shared.logger.notice("connection ended", metadata: ["code": "\(error.code)", "why": "\(error.message)"])
        lastWord = (method, id, error)
        endSubscriptions()
        machine.end()
        guard !machine.isDrained else { return hangUp() }
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        lingerTimer = shared.eventLoop.scheduleTask(
            in: .milliseconds(shared.configuration.limits.drainMilliseconds)
        ) { session.value.hangUp() }
    }

    /// Sends what is left and closes the sending side, then hears nothing more until the other side has closed too:
    /// closing at once with unread bytes would make the system throw away the last frame on its way.
    private func hangUp() {
        guard !machine.isClosing else { return }
        machine.close()
        endSubscriptions()
        requests.removeAll()
        if let lastWord { writeFailure(lastWord.method, lastWord.id, lastWord.error) }
        flushReplies()
        context?.close(mode: .output, promise: nil)
        resumeReading()
        lingerTimer?.cancel()
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        lingerTimer = shared.eventLoop.scheduleTask(
            in: .milliseconds(shared.configuration.limits.lingerMilliseconds)
        ) { session.value.abandon() }
    }

    /// Closes at once.
    func abandon() { context?.close(promise: nil) }
}
