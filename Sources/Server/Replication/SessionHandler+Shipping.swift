import Engine
import Journal
import Logging
import NIOCore
import Wire

/// A standby that is being fed over one connection.
struct Fed {
    let id: UInt32
    let name: String
    let pump: ShippingPump
    /// Nil while a copy is sent.
    let feeder: Feeder?
    let task: Task<Void, Never>
    let pulse: RepeatedTask
    /// When it last gave a sign of life.
    var heard: NIODeadline
}

/// The standby of one connection: at most one, fed until either side ends it or is silent too long.
extension SessionHandler {
    func follow(_ frame: Frame, deadline: UInt64?) throws(ProtocolError) {
        let request = try FollowRequest(PBFollowRequest(payload: frame.payload))
        guard fed == nil else { throw .invalid("follow", "this connection follows already; open another") }
        let id = frame.header.requestID
        let serial = try machine.take(id, .follow, isWrite: false, deadline: deadline)
        let (engine, readAt) = (shared.engine, readAt)
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        shared.begin {
            FeedingStart(request, engine)
        } back: { start in
            session.value.mayFollow(id, serial: serial, request.name, start)
            session.value.ended(.follow, start.outcome, readAt: readAt)
        }
    }

    private func mayFollow(_ id: UInt32, serial: UInt64, _ name: String, _ start: FeedingStart) {
        guard machine.answered(id, serial: serial) else { return start.letGo() }
        defer { flushReplies() }
        var reply = PBFollowReply()
        reply.epoch = shared.engine.epoch
        reply.position = shared.engine.settledPosition.rawValue
        switch start {
        case .refused(let error): return writeFailure(Method.follow.rawValue, id, error)
        case .answered(.cutBack(let tip)):
            shared.logger.notice("a standby must cut back", metadata: ["standby": "\(name)", "to": "\(tip)"])
            reply.answer = .cutBack
            reply.common = PBLogTip(tip)
            return write(FrameHeader(.follow, flags: .reply, requestID: id)) { $0.writeMessage(reply) }
        case .answered(.stream), .answered(.copy): break
        }
        guard fed == nil, machine.followed(id) else {
            start.letGo()
            return writeFailure(
                Method.follow.rawValue, id, ProtocolError(.draining, "this connection takes no standby; reconnect"))
        }
        if case .answered(.stream(let feeder)) = start {
            reply.answer = .stream
            reply.position = feeder.position.rawValue
        } else {
            reply.answer = .copy
        }
        write(FrameHeader(.follow, flags: .reply, requestID: id)) { $0.writeMessage(reply) }
        feed(id, name, start)
    }

    private func feed(_ id: UInt32, _ name: String, _ start: FeedingStart) {
        let session = NIOLoopBound(self, eventLoop: shared.eventLoop)
        let pump = ShippingPump(
            id: id, engine: shared.engine, encoder: encoder, session: session, eventLoop: shared.eventLoop)
        var feeder: Feeder?
        if case .answered(.stream(let found)) = start { feeder = found }
        let task = shared.begin(onLoop: feeder != nil) { () -> ProtocolError? in
            switch start {
            case .answered(.stream(let feeder)): await pump.stream(feeder)
            case .answered(.copy(let copy)): await pump.copy(copy)
            case .answered(.cutBack), .refused: nil
            }
        } back: { error in
            session.value.feedingEnded(id, error)
        }
        let beat = TimeAmount.milliseconds(ReplicationLimits.heartbeatMilliseconds)
        let pulse = shared.eventLoop.scheduleRepeatedTask(initialDelay: beat, delay: beat) { _ in session.value.beat() }
        fed = Fed(id: id, name: name, pump: pump, feeder: feeder, task: task, pulse: pulse, heard: .now())
        shared.logger.notice(
            feeder == nil ? "a standby takes a copy" : "a standby follows", metadata: ["standby": "\(name)"])
        // At once: until it has answered one, a primary that acknowledges alone has no lease.
        if feeder != nil { self.beat() }
    }

    /// A sign of life of the standby, and how far it has come. Nothing answers it.
    func confirm(_ frame: Frame) throws(ProtocolError) {
        let message = try PBConfirmation(payload: frame.payload)
        guard fed?.id == message.follow else { return }
        fed?.heard = .now()
        ended(.confirmation, .done, readAt: readAt)
        fed?.feeder?.confirm(
            Position(message.position), beat: message.hasBeat ? Int64(clamping: message.beat) : nil)
    }

    /// The stream begins, or half a second has passed.
    private func beat() {
        guard let fed else { return }
        guard NIODeadline.now() - fed.heard <= .milliseconds(ReplicationLimits.silenceMilliseconds) else {
            shared.logger.warning("a standby is silent; hanging up", metadata: ["standby": "\(fed.name)"])
            return abandon()
        }
        guard shared.engine.role == .primary else {
            return feedingEnded(
                fed.id, .followAnother)
        }
        guard isWritable else { return }
        var push = PBFollowPush()
        push.position = shared.engine.diskPosition.rawValue
        push.epoch = shared.engine.epoch
        if let feeder = fed.feeder { push.beat = UInt64(clamping: feeder.beat) }
        push.nowMs = shared.engine.nowMilliseconds
        write(FrameHeader(.follow, flags: .push, requestID: fed.id)) { $0.writeMessage(push) }
        flushReplies()
    }

    private func feedingEnded(_ id: UInt32, _ error: ProtocolError?) {
        guard fed?.id == id else { return }
        endShipping()
        guard machine.unfollowed(id), let error else { return }
        shared.logger.notice("a standby cannot be fed", metadata: ["why": "\(error)"])
        writeFailure(Method.follow.rawValue, id, error)
        flushReplies()
    }

    /// The standby is gone, or is to go.
    func endShipping() {
        guard let fed else { return }
        self.fed = nil
        fed.pulse.cancel()
        fed.task.cancel()
        fed.feeder?.end()
        if fed.feeder != nil {
            shared.logger.notice("a standby follows no more", metadata: ["standby": "\(fed.name)"])
        }
    }
}

/// What a standby is told.
private enum FeedingStart: Sendable {
    case answered(FollowAnswer)
    case refused(ProtocolError)

    init(_ request: FollowRequest, _ engine: Engine) {
        do throws(EngineError) {
            self = .answered(try engine.follow(request))
        } catch {
            self = .refused(ProtocolError(error))
        }
    }

    /// For the counters.
    var outcome: RequestOutcome { if case .refused = self { .failed } else { .done } }

    /// Nobody is there any more.
    func letGo() {
        switch self {
        case .answered(.stream(let feeder)): feeder.end()
        case .answered(.copy(let copy)): copy.close()
        case .answered(.cutBack), .refused: break
        }
    }
}

extension ProtocolError {
    /// What a standby is told whose primary is one no more.
    static let followAnother = ProtocolError(.notPrimary, "another server has become primary; follow that one")
}
