package import NIOCore
import NIOPosix
package import Wire

/// Something that keeps one connection busy: makes requests, looks at answers. Lives on the connection's event loop, so
/// it needs no locks and no task per request.
package protocol LoadSource {
    /// What it has to say in the end.
    associatedtype Summary: Sendable

    /// Writes the next request's payload.
    ///
    /// - Returns: Its method, and how many operations it stands for; nil when there are no more.
    mutating func next(into payload: inout ByteBuffer) -> (method: Wire.Method, operations: Int)?

    /// An answer came.
    mutating func answered(_ payload: ByteBuffer, method: Wire.Method, operations: Int, afterNanoseconds: UInt64)

    /// An error came instead.
    mutating func failed(_ error: HaoyuanError, operations: Int)

    var summary: Summary { get }
}

/// A connection for measuring: a closed loop that keeps so many requests unanswered, without retries.
package enum LoadConnection {
    /// Connects, sends until the source has no more, and hangs up when everything is answered.
    ///
    /// - Parameters:
    ///   - depth: Requests unanswered at any time; a batch is one.
    ///   - makeSource: Called on the event loop.
    /// - Throws: When the connection cannot be made, or ends before all is answered.
    package static func run<Source: LoadSource>(
        to address: ClientConfiguration.Address, _ configuration: ClientConfiguration, on eventLoop: any EventLoop,
        depth: Int, makeSource: @escaping @Sendable () -> Source
    ) async throws(HaoyuanError) -> Source.Summary {
        precondition(depth >= 1, "a closed loop has at least one request under way")
        let promise = eventLoop.makePromise(of: Source.Summary.self)
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 16_384, maximum: 1 << 20)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = LoadHandler(
                            makeSource(), hello: configuration.hello, depth: depth, finished: promise)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(host: address.host, port: address.port).get()
            let summary = try await promise.futureResult.get()
            try? await channel.close().get()
            return summary
        } catch {
            promise.fail(error)
            throw (error as? HaoyuanError) ?? .connectionFailed("no connection to \(address): \(error)")
        }
    }
}

/// The closed loop. Requests and answers of one tick go out and are counted together.
final class LoadHandler<Source: LoadSource>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Pending {
        let method: Wire.Method
        let operations: Int
        let sentAt: UInt64
    }

    private var source: Source
    private let hello: PBHello
    private let depth: Int
    private let finished: EventLoopPromise<Source.Summary>
    private var decoder = FrameDecoder()
    private var encoder = FrameEncoder()
    private var outgoing = ByteBuffer()
    private var payload = ByteBuffer()
    private var pending = RequestTable<Pending>()
    private var isWelcome = false
    private var isExhausted = false
    private var lastID: UInt32 = 1

    init(_ source: Source, hello: PBHello, depth: Int, finished: EventLoopPromise<Source.Summary>) {
        self.source = source
        self.hello = hello
        self.depth = depth
        self.finished = finished
    }

    func channelActive(context: ChannelHandlerContext) {
        write(FrameHeader(.hello, requestID: 1)) { $0.writeMessage(hello) }
        flush(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.feed(unwrapInboundIn(data))
        do {
            while let frame = try decoder.next() { try received(frame) }
        } catch let error as HaoyuanError {
            fail(error, context)
        } catch {
            fail(.lost("\(error)"), context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isWelcome { fill() }
        flush(context)
        if isExhausted, pending.isEmpty { finished.succeed(source.summary) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finished.fail(HaoyuanError.lost("the server closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(.lost("\(error)"), context) }

    private func fail(_ error: HaoyuanError, _ context: ChannelHandlerContext) {
        finished.fail(error)
        context.close(promise: nil)
    }

    private func received(_ frame: Frame) throws {
        let header = frame.header
        let error = header.flags.contains(.error) ? HaoyuanError(try PBFailure(payload: frame.payload)) : nil
        guard isWelcome else {
            if let error { throw error }
            let features = Features(rawValue: try PBWelcome(payload: frame.payload).features)
            decoder.features = features
            encoder.features = features
            isWelcome = true
            return
        }
        guard let request = pending.remove(header.requestID) else {
            if let error { throw error }
            return
        }
        if let error {
            source.failed(error, operations: request.operations)
        } else {
            source.answered(
                frame.payload, method: request.method, operations: request.operations,
                afterNanoseconds: NIODeadline.now().uptimeNanoseconds - request.sentAt)
        }
    }

    private func fill() {
        while !isExhausted, pending.count < depth {
            payload.clear()
            guard let (method, operations) = source.next(into: &payload) else {
                isExhausted = true
                return
            }
            repeat { lastID &+= 1 } while lastID <= 1 || pending.contains(lastID)
            let sentAt = NIODeadline.now().uptimeNanoseconds
            pending.insert(Pending(method: method, operations: operations, sentAt: sentAt), for: lastID)
            write(FrameHeader(method, requestID: lastID)) { $0.writeImmutableBuffer(payload) }
        }
    }

    private func write(_ header: FrameHeader, body: (inout ByteBuffer) -> Void) {
        do {
            try encoder.write(header, into: &outgoing, body: body)
        } catch {
            preconditionFailure("a load's requests fit the protocol's frames: \(error)")
        }
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard outgoing.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
        outgoing.clear()
    }
}
