import NIOConcurrencyHelpers
import NIOCore
import Wire

/// Frames on their way from a connection to the one task that reads them. When it holds enough, the connection reads no
/// more.
final class FrameInbox: Sendable {
    private struct State {
        var frames: [Frame] = []
        var bytes = 0
        var end: PeerFailure?
        var waiter: CheckedContinuation<Void, Never>?
        var resume: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())

    /// - Parameter resume: called once there is room again, where there is none now.
    /// - Returns: Whether there is room for more.
    func add(_ frames: [Frame], resume: @escaping @Sendable () -> Void) -> Bool {
        let (waiter, hasRoom) = state.withLockedValue { state in
            state.frames += frames
            for frame in frames { state.bytes += frame.payload.readableBytes }
            let hasRoom = state.bytes < ReplicationLimits.inboxBytes
            if !hasRoom { state.resume = resume }
            defer { state.waiter = nil }
            return (state.waiter, hasRoom)
        }
        waiter?.resume()
        return hasRoom
    }

    /// Nothing more will come; what waits is still handed out.
    func finish(_ failure: PeerFailure) {
        let waiter = state.withLockedValue { state in
            if state.end == nil { state.end = failure }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func next() async throws(PeerFailure) -> Frame {
        try await whenSomething()
        return state.withLockedValue { state in
            let frame = state.frames.removeFirst()
            state.bytes -= frame.payload.readableBytes
            return frame
        }
    }

    /// Everything that waits, one frame at least.
    func all() async throws(PeerFailure) -> [Frame] {
        try await whenSomething()
        let (frames, resume) = state.withLockedValue { state in
            defer {
                state.frames = []
                state.bytes = 0
                state.resume = nil
            }
            return (state.frames, state.resume)
        }
        resume?()
        return frames
    }

    private func whenSomething() async throws(PeerFailure) {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    if !state.frames.isEmpty || state.end != nil { return true }
                    precondition(state.waiter == nil, "a connection to a peer is read by one task at a time")
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            finish(PeerFailure("the task was cancelled"))
        }
        let end = state.withLockedValue { $0.frames.isEmpty ? $0.end : nil }
        if let end { throw end }
    }
}

/// The thin shell of a ``PeerConnection``: bytes to frames, and a watch over the other side's silence.
final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: FrameInbox
    private var decoder = FrameDecoder()
    private var heard = NIODeadline.now()
    private var isReading = true
    private var watch: RepeatedTask?

    init(_ inbox: FrameInbox) { self.inbox = inbox }

    func channelActive(context: ChannelHandlerContext) {
        heard = .now()
        let beat = TimeAmount.milliseconds(ReplicationLimits.heartbeatMilliseconds)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleRepeatedTask(initialDelay: beat, delay: beat) { _ in
            bound.value.handler.look(bound.value.context)
        }
        context.fireChannelActive()
    }

    private func look(_ context: ChannelHandlerContext) {
        guard isReading, NIODeadline.now() - heard > .milliseconds(ReplicationLimits.silenceMilliseconds) else {
            return
        }
        inbox.finish(PeerFailure("the other server has been silent for \(ReplicationLimits.silenceMilliseconds) ms"))
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = .now()
        decoder.feed(unwrapInboundIn(data))
        var frames: [Frame] = []
        do throws(FrameFault) {
            while let frame = try decoder.next() {
                if frame.header.knownMethod == .hello, !frame.header.flags.contains(.error),
                    let welcome = try? PBWelcome(payload: frame.payload)
                {
                    decoder.features = Features(rawValue: welcome.features)
                }
                frames.append(frame)
            }
        } catch {
            inbox.finish(PeerFailure("the other server sent what cannot be read: \(error.error.message)"))
            return context.close(promise: nil)
        }
        guard !frames.isEmpty else { return }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let hasRoom = inbox.add(frames) {
            eventLoop.execute { bound.value.handler.setReading(true, bound.value.context) }
        }
        if !hasRoom { setReading(false, context) }
    }

    private func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        isReading = isOn
        heard = .now()
        context.channel.setOption(.autoRead, value: isOn).whenFailure { _ in }
        if isOn { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch?.cancel()
        inbox.finish(PeerFailure("the other server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.finish(PeerFailure("the connection broke: \(error)"))
        context.close(promise: nil)
    }
}
