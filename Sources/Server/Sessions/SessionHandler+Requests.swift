import Engine
import NIOCore
import Scheduling
import Wire

extension SessionHandler {
    /// Decodes a request and sends it on its way, or answers with what is wrong with it.
    func carryOut(_ method: Method, _ frame: Frame) {
        let tenure = shared.standing.tenure
        if tenure.isDeposed || frame.header.epoch > tenure.epoch, let error = method.misdirected(frame.header, tenure) {
            refuse(frame.header, error)
            return ended(method, .failed, readAt: readAt)
        }
        let deadline = deadline(of: frame.header)
        do {
            switch method {
            case .book:
                let message = try PBBookRequest(fastPayload: frame.payload)
                try take(Write(message, on: origin, deadline: deadline), method, frame.header)
            case .change:
                let message = try PBChangeRequest(fastPayload: frame.payload)
                try take(Write(message, on: origin, deadline: deadline), method, frame.header)
            case .move:
                let message = try PBMoveRequest(payload: frame.payload)
                try take(Write(message, on: origin, deadline: deadline), method, frame.header)
            case .bookTogether:
                let message = try PBBookTogetherRequest(payload: frame.payload)
                try take(Write(message, on: origin, deadline: deadline), method, frame.header)
            case .batch: try batch(frame, deadline: deadline)
            case .searchSlots: try search(frame, deadline: deadline)
            case .dayCounts: try count(frame, deadline: deadline)
            case .subscribe: try subscribe(frame, deadline: deadline)
            case .unsubscribe: try unsubscribe(frame)
            case .follow: try follow(frame, deadline: deadline)
            case .confirmation: try confirm(frame)
            // The table of methods says how the rest is decoded and run.
            default: try ask(method, frame, deadline: deadline)
            }
        } catch {
            refuse(frame.header, error)
            ended(method, .failed, readAt: readAt)
        }
    }

    private func take(_ write: Write, _ method: Method, _ header: FrameHeader) throws(ProtocolError) {
        let serial = try machine.take(header.requestID, method, isWrite: true, deadline: write.deadline)
        let sink = LoopBatch.Sink(
            session: self, method: method, id: header.requestID, serial: serial, readAt: readAt,
            kind: method == .bookTogether ? .together : .single)
        shared.batch.add(write, sink)
    }

    private func batch(_ frame: Frame, deadline: UInt64?) throws(ProtocolError) {
        try machine.checkBatch(try PBBatchRequest.count(in: frame.payload))
        let id = frame.header.requestID
        try shared.batch.addBatch(frame.payload, on: origin, deadline: deadline) { plan throws(ProtocolError) in
            let serial = try machine.take(id, .batch, weight: max(1, plan.count), isWrite: true, deadline: deadline)
            return LoopBatch.Sink(
                session: self, method: .batch, id: id, serial: serial, readAt: readAt, kind: .batch(plan))
        }
    }

    /// A short search goes with the others of this tick; one that may take long, or whose caller does not read, waits
    /// its turn.
    private func search(_ frame: Frame, deadline: UInt64?) throws(ProtocolError) {
        let query = try SlotQuery(PBSearchSlotsRequest(fastPayload: frame.payload), on: origin)
        guard query.limit <= EngineLimits.slotsPerShortSearch, !query.nextFree, isWritable,
            shared.searches.hasRoom(for: self)
        else {
            let bytes = frame.payload.readableBytes
            return try ask(query.alone, .searchSlots, frame.header, bytes: bytes, deadline: deadline)
        }
        let serial = try machine.take(frame.header.requestID, .searchSlots, isWrite: false, deadline: deadline)
        shared.searches.add(
            query,
            SearchSink(session: self, header: frame.header, serial: serial, deadline: deadline, readAt: readAt))
    }

    /// As with a search: one of few departments and pools goes with the others of this tick.
    private func count(_ frame: Frame, deadline: UInt64?) throws(ProtocolError) {
        let query = try DayQuery(PBDayCountsRequest(fastPayload: frame.payload), on: origin)
        guard query.isShort, isWritable, shared.countings.hasRoom(for: self) else {
            let bytes = frame.payload.readableBytes
            return try ask(query.alone, .dayCounts, frame.header, bytes: bytes, deadline: deadline)
        }
        let serial = try machine.take(frame.header.requestID, .dayCounts, isWrite: false, deadline: deadline)
        shared.countings.add(
            query,
            SearchSink(session: self, header: frame.header, serial: serial, deadline: deadline, readAt: readAt))
    }

    private func ask(_ method: Method, _ frame: Frame, deadline: UInt64?) throws(ProtocolError) {
        guard let decode = MethodTable[method].decode else {
            preconditionFailure("carryOut has a case for every method whose row does not say how it is decoded")
        }
        let bytes = frame.payload.readableBytes
        try ask(try decode(frame.payload, origin), method, frame.header, bytes: bytes, deadline: deadline)
    }

    private func ask(
        _ run: @escaping MethodRow.Run, _ method: Method, _ header: FrameHeader, bytes: Int, deadline: UInt64?
    ) throws(ProtocolError) {
        try requests.checkRoom(for: method)
        let serial = try machine.take(header.requestID, method, isWrite: method.isWrite, deadline: deadline)
        requests.append(
            RequestQueue.Waiting(
                header: header, method: method, serial: serial, deadline: deadline, readAt: readAt, bytes: bytes,
                run: run))
        startRequests()
    }

    func startRequests() {
        while isWritable, let next = requests.start() {
            let (encoder, engine, identity) = (encoder, shared.engine, shared.identity)
            let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
            let task = shared.begin {
                await next.reply(engine, identity, encoder)
            } back: { reply in
                session.value.replied(next, reply)
            }
            requests.started(next, task)
        }
    }

    private func replied(_ request: RequestQueue.Waiting, _ reply: RequestQueue.Reply) {
        requests.finished(request)
        var outcome = RequestOutcome.unheard
        if machine.answered(request.header.requestID, serial: request.serial) {
            if let code = reply.failure { shared.counters.told(code) }
            outcome = reply.failure == nil ? .done : .failed
            outgoing.writeImmutableBuffer(reply.frame)
            flushReplies()
        }
        ended(request.method, outcome, readAt: request.readAt)
        startRequests()
    }
}

extension SlotQuery {
    /// A search that does not go with the others of its tick.
    fileprivate var alone: MethodRow.Run {
        { engine, _ throws(EngineError) in PBSearchSlotsReply(try await engine.search(self)) }
    }
}

extension DayQuery {
    /// A counting that does not go with the others of its tick.
    fileprivate var alone: MethodRow.Run {
        { engine, _ throws(EngineError) in PBDayCountsReply(try await engine.count(self)) }
    }
}

extension ProtocolError {
    static let deposed = ProtocolError(
        .notPrimary, "another server has become primary; send it there", retryAfterMilliseconds: 100)
}

extension Method {
    /// Why a request does not belong to this server: it was deposed, or its caller has seen a later primary.
    fileprivate func misdirected(_ header: FrameHeader, _ tenure: Tenure) -> ProtocolError? {
        switch self {
        // These are about the servers themselves.
        case .status, .depose, .follow, .confirmation, .unsubscribe: return nil
        default: break
        }
        if tenure.isDeposed { return .deposed }
        return ProtocolError(
            .notPrimary,
            "the caller has seen epoch \(header.epoch), this server is in \(tenure.epoch); look for the primary, or "
                + "where this one was restored and is alone, forget the epoch and read the state anew",
            retryAfterMilliseconds: 100)
    }
}

extension RequestQueue.Waiting {
    /// The whole frame that answers it: built off the event loop, since a catalogue or a month of sessions takes a
    /// while to encode.
    fileprivate func reply(_ engine: Engine, _ identity: ServerIdentity, _ encoder: FrameEncoder) async
        -> RequestQueue.Reply
    {
        if let deadline, NIODeadline.now().uptimeNanoseconds >= deadline {
            return failure(
                ProtocolError(.deadlineExceeded, "the deadline passed before the work began"), engine.tenure.epoch,
                encoder)
        }
        do {
            let message = try await run(engine, identity)
            var frame = ByteBuffer()
            let header = FrameHeader(
                method: self.header.method, flags: .reply, requestID: self.header.requestID, epoch: engine.tenure.epoch)
            do {
                try encoder.write(header, into: &frame) { $0.writeMessage(message) }
                return RequestQueue.Reply(frame: frame)
            } catch {
                var error = error
                error.message = "the answer is \(error.message); ask for less at once"
                error.maybeApplied = self.header.knownMethod?.isWrite ?? false
                return failure(error, engine.tenure.epoch, encoder)
            }
        } catch {
            return failure(ProtocolError(error), engine.tenure.epoch, encoder)
        }
    }

    private func failure(
        _ error: ProtocolError, _ epoch: UInt32, _ encoder: FrameEncoder
    ) -> RequestQueue.Reply {
        var frame = ByteBuffer()
        let header = FrameHeader(
            method: self.header.method, flags: .failure, requestID: self.header.requestID, epoch: epoch
        )
        do {
            try encoder.write(header, into: &frame) { $0.writeMessage(PBFailure(error)) }
        } catch {
            preconditionFailure("every frame limit has room for a failure, whose text is cut: \(error)")
        }
        return RequestQueue.Reply(frame: frame, failure: error.code)
    }
}
