import HaoyuanClient
import NIOCore
import Wire

/// One connection of a load. Requests and answers of one tick go out and are counted together.
final class LoadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Pending {
        let request: LoadRequest
        /// When it was meant to be sent, in nanoseconds of `NIODeadline`.
        let since: UInt64
    }

    private let core: LoadCore
    private let hello: PBHello
    private let welcomed: EventLoopPromise<Void>
    private var context: ChannelHandlerContext?
    private var decoder = FrameDecoder()
    private var encoder = FrameEncoder()
    private var outgoing = ByteBuffer()
    private var pending = RequestTable<Pending>()
    private var isWelcome = false
    private var lastID: UInt32 = 1

    init(_ core: LoadCore, hello: PBHello, welcomed: EventLoopPromise<Void>) {
        self.core = core
        self.hello = hello
        self.welcomed = welcomed
    }

    var unanswered: Int { pending.count }
    var isFlushed: Bool { outgoing.readableBytes == 0 }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        write(FrameHeader(.hello, requestID: 1)) { $0.writeMessage(hello) }
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        core.received(bytes: bytes.readableBytes)
        decoder.feed(bytes)
        do {
            while let frame = try decoder.next() { try received(frame) }
        } catch let error as HaoyuanError {
            fail(error)
        } catch {
            fail(.lost("\(error)"))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isWelcome { core.readComplete(self) }
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        fail(.lost("the server closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(.lost("\(error)")) }

    private func fail(_ error: HaoyuanError) {
        if isWelcome { core.ended(error) } else { welcomed.fail(error) }
        hangUp()
    }

    func hangUp() {
        let context = context
        self.context = nil
        context?.close(promise: nil)
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
            core.welcomed(self)
            welcomed.succeed()
            return
        }
        guard let known = pending.remove(header.requestID) else {
            if let error { throw error }
            return
        }
        if let error {
            core.failed(known.request, since: known.since, error)
        } else {
            core.answered(known.request, since: known.since, frame.payload)
        }
    }

    /// Puts a request among those that the next flush sends.
    ///
    /// - Parameter since: When it was meant to be sent.
    /// - Returns: How many bytes it is.
    func send(_ request: LoadRequest, _ payload: ByteBuffer, since: UInt64) -> Int {
        repeat { lastID &+= 1 } while lastID <= 1 || pending.contains(lastID)
        pending.insert(Pending(request: request, since: since), for: lastID)
        let before = outgoing.readableBytes
        write(FrameHeader(request.method, requestID: lastID)) { $0.writeImmutableBuffer(payload) }
        return outgoing.readableBytes - before
    }

    private func write(_ header: FrameHeader, body: (inout ByteBuffer) -> Void) {
        do {
            try encoder.write(header, into: &outgoing, body: body)
        } catch {
            preconditionFailure("a load's requests fit the protocol's frames: \(error)")
        }
    }

    func flush() {
        guard outgoing.readableBytes > 0, let context else { return }
        context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
        outgoing.clear()
    }
}
