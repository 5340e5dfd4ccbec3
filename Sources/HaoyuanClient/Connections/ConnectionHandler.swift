import NIOCore
import Wire

/// The thin shell around ``ConnectionStateMachine``: bytes to frames, actions to the socket. Lives on one event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias Waiter = CheckedContinuation<Result<ByteBuffer, HaoyuanError>, Never>
    typealias Machine = ConnectionStateMachine<Waiter>

    /// What the connection tells its owner.
    struct Owner {
        /// It takes no more requests; told once.
        var ended: (_ wasWelcomed: Bool) -> Void
        /// What a server says of itself; an error where it is not the one to ask.
        var welcomed: (_ role: PBRole, _ epoch: UInt32) -> HaoyuanError?
        /// The highest epoch seen anywhere, for the servers to hold against their own.
        var epoch: () -> UInt32
        /// An answer said that another server should be asked.
        var misdirected: () -> Void
        /// How long a server that owes an answer may be silent; nil: for ever.
        var silence: Duration?
        /// The pushes of a subscription, where there is one.
        var feed: FeedQueue?
    }

    private let hello: PBHello
    private let peer: String
    private let owner: Owner
    private let eventLoop: any EventLoop
    private var machine = Machine()
    private var decoder = FrameDecoder()
    private var encoder = FrameEncoder()
    private var outgoing = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var wasWelcomed = false
    private var hasEnded = false
    private var alarm: (at: UInt64, task: Scheduled<Void>)?
    private var heard = NIODeadline.now()
    private var isReading = true
    private var isProbed = false
    private var watch: RepeatedTask?

    init(hello: PBHello, peer: String, owner: Owner, eventLoop: any EventLoop) {
        self.hello = hello
        self.peer = peer
        self.owner = owner
        self.eventLoop = eventLoop
    }

    // MARK: Requests

    func submit(_ requests: [Machine.Request]) {
        var earliest = UInt64.max
        for request in requests {
            earliest = min(earliest, request.deadline ?? .max)
            carryOut(machine.submit(request))
        }
        flush()
        if earliest != .max { setAlarm(at: earliest) }
    }

    func cancel(ticket: UInt64) { tell(machine.cancel(ticket: ticket)) }

    /// Ends the connection; everybody who waits gets this error.
    func close(_ error: HaoyuanError) {
        end(telling: machine.closed(error))
        owner.feed?.finish(error)
        alarm?.task.cancel()
        alarm = nil
        watch?.cancel()
        watch = nil
        context?.close(promise: nil)
    }

    /// The attempt to connect takes too long.
    func openingTimedOut() {
        if machine.isOpening { close(.connectionFailed("\(peer) did not complete the handshake in time")) }
    }

    private func carryOut(_ submission: Machine.Submission) {
        switch submission {
        case .wait: break
        case .fail(let failed): tell([failed])
        case .send(let id, let request):
            let header = FrameHeader(
                request.method, requestID: id, deadlineMilliseconds: remaining(request.deadline), epoch: owner.epoch())
            do {
                try encoder.write(header, into: &outgoing) { $0.writeImmutableBuffer(request.payload) }
            } catch {
                machine.unsend(id)
                request.waiter.resume(returning: .failure(HaoyuanError(error)))
            }
        }
    }

    private func sendQueued() {
        while let submission = machine.next() { carryOut(submission) }
    }

    private func flush() {
        guard let context, outgoing.readableBytes > 0 else { return }
        context.writeAndFlush(NIOAny(outgoing), promise: nil)
        // Where the socket took everything the storage is ours alone again, and is used again.
        outgoing.clear()
    }

    private func remaining(_ deadline: UInt64?) -> UInt32 {
        guard let deadline else { return 0 }
        let now = NIODeadline.now().uptimeNanoseconds
        return deadline > now ? UInt32(clamping: max(1, (deadline - now) / 1_000_000)) : 1
    }

    private func tell(_ failed: [Machine.Failed]) {
        for one in failed { one.waiter.resume(returning: .failure(one.error)) }
    }

    /// The owner hears of the end first: a caller that is told and tries again at once must not come back here.
    private func end(telling failed: [Machine.Failed]) {
        if !hasEnded {
            hasEnded = true
            owner.ended(wasWelcomed)
        }
        tell(failed)
    }

    // MARK: Deadlines

    /// One timer for all that wait, set to the earliest deadline; it looks through them when it fires.
    private func setAlarm(at deadline: UInt64) {
        if let alarm, alarm.at <= deadline { return }
        alarm?.task.cancel()
        // At most one look a millisecond, however the deadlines lie.
        let at = max(deadline, NIODeadline.now().uptimeNanoseconds + 1_000_000)
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(at)) { handler.value.alarmRang() }
        alarm = (at, task)
    }

    private func alarmRang() {
        alarm = nil
        tell(machine.expire(now: NIODeadline.now().uptimeNanoseconds))
        if let next = machine.nextDeadline { setAlarm(at: next) }
    }

    // MARK: The channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        do {
            try encoder.write(FrameHeader(.hello, requestID: Machine.helloID), into: &outgoing) {
                $0.writeMessage(hello)
            }
        } catch {
            close(HaoyuanError(error))
        }
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = .now()
        isProbed = false
        decoder.feed(unwrapInboundIn(data))
        do {
            while !hasClosed, let frame = try decoder.next() { received(frame) }
        } catch {
            close(.lost("\(peer) sent what cannot be read: \(error.error.message)"))
        }
    }

    private var hasClosed: Bool { hasEnded && !machine.isDraining }

    func channelReadComplete(context: ChannelHandlerContext) {
        sendQueued()
        flush()
        if machine.isDraining, machine.isIdle { close(.draining) }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        close(wasWelcomed ? .lost("\(peer) closed the connection") : .connectionFailed("\(peer) closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(wasWelcomed ? .lost("\(peer): \(error)") : .connectionFailed("\(peer): \(error)"))
    }

    // MARK: Frames

    private func received(_ frame: Frame) {
        switch machine.received(frame.header) {
        case .nothing: break
        case .welcome: welcomed(frame.payload)
        case .answer(let waiter, _, let isFailure):
            answer(waiter, isFailure ? .failure(failure(frame.payload)) : .success(frame.payload))
        case .handshakeFailure:
            close(failure(frame.payload))
        case .connectionFailure:
            let cause = failure(frame.payload)
            close(
                HaoyuanError(
                    wasWelcomed ? .connectionLost : cause.code, "\(peer) ended the connection: \(cause)",
                    isRetryable: cause.isRetryable))
        case .push: pushed(frame.payload)
        case .subscriptionFailure: owner.feed?.finish(failure(frame.payload))
        case .goodbye:
            let last = (try? PBGoodbye(payload: frame.payload))?.lastRequest ?? 0
            end(telling: machine.goodbye(lastRequest: last))
        case .violation(let what):
            close(HaoyuanError(.protocolViolation, "\(peer) sent \(what)"))
        }
    }

    /// Hands out an answer. One that says to ask another server ends this connection for the next caller.
    private func answer(_ waiter: Waiter, _ result: Result<ByteBuffer, HaoyuanError>) {
        if case .failure(let error) = result, error.code == .notPrimary || error.code == .standbyAway {
            owner.misdirected()
        }
        waiter.resume(returning: result)
    }

    /// Takes no more requests, and closes when what was sent is answered.
    func retire() {
        end(telling: machine.retire(.notPrimary("another server is asked from now on")))
        if machine.isDraining, machine.isIdle { close(.draining) }
    }

    // MARK: Silence

    private func watchSilence() {
        guard let silence = owner.silence else { return }
        let nanoseconds = Int64(clamping: silence.nanoseconds)
        let (half, quarter) = (TimeAmount.nanoseconds(nanoseconds / 2), TimeAmount.nanoseconds(nanoseconds / 4))
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        watch = eventLoop.scheduleRepeatedTask(initialDelay: half, delay: quarter) { _ in handler.value.look(half) }
    }

    /// Half of the silence that is borne: time for a question; all of it: the end.
    private func look(_ half: TimeAmount) {
        let silent = NIODeadline.now() - heard
        guard isReading, machine.isOwed, silent >= half else { return }
        if isProbed, silent >= half * 2 {
            return close(.lost("\(peer) has said nothing for \(silent.nanoseconds / 1_000_000) ms"))
        }
        guard !isProbed else { return }
        isProbed = true
        // One that takes no more requests cannot be asked; it has the same time.
        guard let id = machine.probe() else { return }
        do {
            try encoder.write(FrameHeader(.status, requestID: id), into: &outgoing) {
                $0.writeMessage(PBStatusRequest())
            }
            flush()
        } catch {
            machine.unsend(id)
        }
    }

    private func welcomed(_ payload: ByteBuffer) {
        do {
            let welcome = try PBWelcome(payload: payload)
            let features = Features(rawValue: welcome.features)
            guard Features(rawValue: hello.features).isSuperset(of: features),
                welcome.version == UInt32(FrameHeader.version)
            else {
                close(HaoyuanError(.protocolViolation, "\(peer) agreed to what was not offered"))
                return
            }
            if let error = owner.welcomed(welcome.role, welcome.epoch) {
                close(error.at(peer))
                return
            }
            decoder.features = features
            encoder.features = features
            if welcome.frameLimit != 0 { encoder.limit = min(Int(welcome.frameLimit), WireLimits.frameBytes) }
            wasWelcomed = true
            machine.welcomed(inFlightLimit: Int(welcome.inFlightLimit), batchLimit: Int(welcome.batchLimit))
            watchSilence()
            sendQueued()
        } catch {
            close(HaoyuanError(error))
        }
    }

    private func failure(_ payload: ByteBuffer) -> HaoyuanError {
        do {
            return HaoyuanError(try PBFailure(payload: payload))
        } catch {
            return HaoyuanError(.protocolViolation, "a failure that cannot be read", mayHaveBeenApplied: true)
        }
    }

    // MARK: Pushes

    private func pushed(_ payload: ByteBuffer) {
        guard let feed = owner.feed else { return }
        do {
            let hasRoom = feed.push(try PBFeedPush(payload: payload))
            if !hasRoom { setReading(false) }
        } catch {
            close(HaoyuanError(error))
        }
    }

    /// A slow consumer of a feed slows its own connection only.
    func setReading(_ isOn: Bool) {
        isReading = isOn
        heard = .now()
        context?.channel.setOption(.autoRead, value: isOn).whenFailure { _ in }
        if isOn { context?.read() }
    }
}

extension HaoyuanError {
    /// The same, with the server it is about.
    fileprivate func at(_ peer: String) -> HaoyuanError {
        HaoyuanError(code, "\(peer): \(message)", isRetryable: isRetryable, retryAfter: retryAfter)
    }

    /// The connection broke; whether a request had been sent is said for each.
    package static func lost(_ message: String) -> HaoyuanError {
        HaoyuanError(.connectionLost, message, isRetryable: true)
    }
}
