import NIOCore
import NIOHTTP1

/// Ends a connection that sends more than a request has. It stands before the decoder, so that a long line, many
/// headers and a body are all the same to it.
final class RequestSizeGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var received = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let isTooLong = received > MonitorLimits.requestBytes
        received += unwrapInboundIn(data).readableBytes
        guard received > MonitorLimits.requestBytes else { return context.fireChannelRead(data) }
        // What comes after the answer is thrown away until the other side has read it and hung up.
        guard !isTooLong else { return }
        let answer = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}

/// One request, one answer, and the connection is over. Lives on its event loop.
final class MonitorHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let routes: MonitorRoutes
    private var context: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    private var isAsked = false

    init(_ routes: MonitorRoutes) { self.routes = routes }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where self.head == nil: self.head = head
        case .head, .body: break
        case .end:
            guard let head, !isAsked else { return }
            isAsked = true
            answer(head, on: context.eventLoop)
        }
    }

    private func answer(_ head: HTTPRequestHead, on eventLoop: any EventLoop) {
        switch routes.reply(head.method.rawValue, head.uri) {
        case .now(let answer): send(answer)
        case .later(let ask):
            let handler = NIOLoopBound(self, eventLoop: eventLoop)
            Task {
                let answer = await ask()
                eventLoop.execute { handler.value.send(answer) }
            }
        }
    }

    private func send(_ answer: MonitorRoutes.Answer) {
        guard let context else { return }
        let body = ByteBuffer(string: answer.body)
        var headers = HTTPHeaders([
            ("Content-Type", answer.contentType), ("Content-Length", "\(body.readableBytes)"),
            ("Cache-Control", "no-store"), ("Connection", "close"),
        ])
        for (name, value) in answer.headers { headers.add(name: name, value: value) }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        // Only this side: closing with bytes unread would make the system throw away the answer on its way.
        context.close(mode: .output, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
