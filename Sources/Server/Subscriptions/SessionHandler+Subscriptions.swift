import Engine
import Journal
import NIOCore
import Wire

/// Subscriptions of one connection.
extension SessionHandler {
    func subscribe(_ frame: Frame, deadline: UInt64?) throws(ProtocolError) {
        let request = try PBSubscribeRequest(payload: frame.payload)
        let id = frame.header.requestID
        let serial = try machine.take(id, .subscribe, isWrite: false, isSubscribe: true, deadline: deadline)
        let (engine, readAt) = (shared.engine, readAt)
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        shared.begin {
            await FeedStart(request, engine)
        } back: { start in
            session.value.subscribed(id, serial: serial, readAt: readAt, start)
        }
    }

    private func subscribed(_ id: UInt32, serial: UInt64, readAt: UInt64, _ start: FeedStart) {
        var outcome = RequestOutcome.unheard
        defer { ended(.subscribe, outcome, readAt: readAt) }
        guard machine.answered(id, serial: serial) else { return }
        outcome = .failed
        defer { flushReplies() }
        switch start {
        case .beyond(let error): writeFailure(Method.subscribe.rawValue, id, error)
        case .after(let position):
            guard machine.subscribed(id) else {
                writeFailure(
                    Method.subscribe.rawValue, id, ProtocolError(.draining, "this server is stopping; reconnect"))
                return
            }
            var reply = PBSubscribeReply()
            reply.after = position.rawValue
            write(FrameHeader(.subscribe, flags: .reply, requestID: id)) { $0.writeMessage(reply) }
            outcome = .done
            feedPositions[id] = position
            shared.identity.census.subscriptionsChanged(by: 1)
            let pump = SubscriptionPump(
                id: id, engine: shared.engine, encoder: encoder,
                session: NIOLoopBound(self, eventLoop: shared.eventLoop), eventLoop: shared.eventLoop)
            feeds[id] = shared.begin {
                await pump.run(after: position)
            } back: { error in
                if let error { pump.session.value.feedFailed(id, error) }
            }
        }
    }

    func unsubscribe(_ frame: Frame) throws(ProtocolError) {
        let subscription = try PBUnsubscribeRequest(payload: frame.payload).subscription
        guard machine.unsubscribed(subscription) else {
            throw ProtocolError(.notFound, "there is no subscription \(subscription) on this connection")
        }
        endSubscription(subscription)
        write(FrameHeader(.unsubscribe, flags: .reply, requestID: frame.header.requestID)) {
            $0.writeMessage(PBUnsubscribeReply())
        }
        ended(.unsubscribe, .done, readAt: readAt)
    }

    /// Sends one push.
    ///
    /// - Parameters:
    ///   - through: what the feed has been given with it; nil for a standby, which says itself how far it is.
    ///   - continuation: told whether to go on, at once or when the other side has read more.
    func push(
        _ frame: ByteBuffer, _ id: UInt32, through: Position?, _ continuation: CheckedContinuation<Bool, Never>
    ) {
        guard feeds[id] != nil || fed?.id == id, let context else {
            continuation.resume(returning: false)
            return
        }
        flushReplies()
        feedPositions[id] = through
        shared.counters.sentBytes += UInt64(frame.readableBytes)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        if isWritable {
            continuation.resume(returning: true)
        } else if self.context == nil {
            // The write itself found the connection gone; nobody would ever resume this one.
            continuation.resume(returning: false)
        } else {
            pushesWaiting.append(continuation)
        }
    }

    func resumePushes(isOpen: Bool) {
        let waiting = pushesWaiting
        pushesWaiting = []
        for continuation in waiting { continuation.resume(returning: isOpen) }
    }

    /// The engine cannot go on with a feed.
    func feedFailed(_ id: UInt32, _ error: EngineError) {
        guard machine.unsubscribed(id) else { return }
        endSubscription(id)
        let told = shared.engine.tenure.isDeposed ? .deposed : ProtocolError(error)
        writeFailure(Method.subscribe.rawValue, id, told)
        flushReplies()
    }

    private func endSubscription(_ id: UInt32) {
        guard let task = feeds.removeValue(forKey: id) else { return }
        feedPositions[id] = nil
        task.cancel()
        shared.identity.census.subscriptionsChanged(by: -1)
    }

    func endSubscriptions() {
        for id in Array(feeds.keys) { endSubscription(id) }
        endShipping()
        resumePushes(isOpen: false)
    }
}

/// Where a subscription begins.
private enum FeedStart: Sendable {
    case after(Position)
    case beyond(ProtocolError)

    init(_ request: PBSubscribeRequest, _ engine: Engine) async {
        if request.latest {
            self = .after(engine.settledPosition)
        } else if request.after == 0 {
            let oldest = await engine.status().journal.oldestPosition
            self = .after(oldest == .zero ? .zero : oldest.previous)
        } else {
            // What somebody was told was durable then; a primary that has just begun waits for its standby to say so
            // again.
            let (after, last) = (Position(request.after), engine.lastPosition)
            let isKnown = after <= last
            self =
                isKnown
                ? .after(after) : .beyond(.invalid("after", "\(after) is beyond the journal's last position \(last)"))
        }
    }
}
