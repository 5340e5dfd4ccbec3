import Engine
import Journal
import NIOCore
import Wire

/// Subscriptions of one connection.
extension SessionHandler {
    func subscribe(_ frame: Frame, deadline: UInt64?) throws(ProtocolError) {
        let request = try PBSubscribeRequest(payload: frame.payload)
        guard !request.resume || !request.name.isEmpty else {
            throw .invalid("resume", "only a named reader has a position to resume from; name it")
        }
        let id = frame.header.requestID
        let serial = try machine.take(id, .subscribe, isWrite: false, isSubscribe: true, deadline: deadline)
        let (engine, readAt) = (shared.engine, readAt)
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        shared.begin { () async -> Result<FeedCursor, EngineError> in
            do throws(EngineError) {
                return .success(try await engine.subscribe(FeedStart(request)))
            } catch {
                return .failure(error)
            }
        } back: { start in
            session.value.subscribed(request, id, serial: serial, readAt: readAt, start)
        }
    }

    private func subscribed(
        _ request: PBSubscribeRequest, _ id: UInt32, serial: UInt64, readAt: UInt64,
        _ start: Result<FeedCursor, EngineError>
    ) {
        var outcome = RequestOutcome.unheard
        defer { ended(.subscribe, outcome, readAt: readAt) }
        guard machine.answered(id, serial: serial) else { return }
        outcome = .failed
        defer { flushReplies() }
        switch start {
        case .failure(let error): writeFailure(Method.subscribe.rawValue, id, ProtocolError(error))
        case .success(let cursor):
            guard machine.subscribed(id) else {
                writeFailure(
                    Method.subscribe.rawValue, id, ProtocolError(.draining, "this server is stopping; reconnect"))
                return
            }
            var reply = PBSubscribeReply()
            reply.after = cursor.through.rawValue
            reply.isNew = cursor.isOfNewName
            write(FrameHeader(.subscribe, flags: .reply, requestID: id)) { $0.writeMessage(reply) }
            outcome = .done
            feedPositions[id] = cursor.through
            shared.identity.census.subscriptionsChanged(by: 1)
            if !request.name.isEmpty {
                feedNames[id] = request.name
                shared.engine.subscriptionsChanged(of: request.name, by: 1)
            }
            let pump = SubscriptionPump(
                id: id, tellsRefusedPatients: request.refusedPatients, engine: shared.engine, encoder: encoder,
                session: NIOLoopBound(self, eventLoop: shared.eventLoop), eventLoop: shared.eventLoop)
            feeds[id] = shared.begin {
                await pump.run(from: cursor)
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
        if let name = feedNames.removeValue(forKey: id) { shared.engine.subscriptionsChanged(of: name, by: -1) }
        task.cancel()
        shared.identity.census.subscriptionsChanged(by: -1)
    }

    func endSubscriptions() {
        for id in Array(feeds.keys) { endSubscription(id) }
        endShipping()
        resumePushes(isOpen: false)
    }
}

extension FeedStart {
    /// What a request asks for.
    fileprivate init(_ request: PBSubscribeRequest) {
        let place: Place =
            request.latest
            ? .latest : request.after == 0 ? .oldest : .after(Position(request.after), epoch: request.afterEpoch)
        self.init(
            place, name: request.name.isEmpty ? nil : request.name, resumes: request.resume,
            stored: request.after == 0 ? nil : (Position(request.after), request.afterEpoch))
    }
}
