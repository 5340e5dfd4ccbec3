import Foundation
import NIOCore
import NIOPosix

/// One request of HTTP as a test writes it, and everything that came back until the other side hung up.
enum RawRequest {
    struct Answer: Sendable, Equatable {
        var status: Int
        var headers: [String: String]
        var body: String

        /// Nil when nothing came.
        init?(_ text: String) {
            guard let end = text.range(of: "\r\n\r\n") else { return nil }
            let lines = text[..<end.lowerBound].split(separator: "\r\n")
            guard let first = lines.first, let code = first.split(separator: " ").dropFirst().first,
                let status = Int(code)
            else { return nil }
            self.status = status
            headers = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].dropFirst()) }
            }
            body = String(text[end.upperBound...])
        }
    }

    static func get(_ path: String, port: Int, method: String = "GET") async throws -> Answer? {
        try await send("\(method) \(path) HTTP/1.1\r\nHost: test\r\n\r\n", port: port)
    }

    static func send(_ text: String, port: Int) async throws -> Answer? {
        Answer(try await exchange(text, port: port).get())
    }

    /// Asks while so many other connections say nothing; afterwards those are closed. It all happens on the event loop:
    /// however long the other tests keep every thread of the pool, no connection grows old here.
    static func send(_ text: String, port: Int, amongIdle count: Int) async throws -> Answer? {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let idle = (0..<count).map { _ in connect("", port: port, on: eventLoop, eventLoop.makePromise()) }
        let answer = EventLoopFuture.whenAllSucceed(idle, on: eventLoop).flatMap { channels in
            exchange(text, port: port).hop(to: eventLoop).always { _ in
                for channel in channels { channel.close(promise: nil) }
            }
        }
        return Answer(try await answer.get())
    }

    private static func exchange(_ text: String, port: Int) -> EventLoopFuture<String> {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = eventLoop.makePromise(of: String.self)
        return connect(text, port: port, on: eventLoop, promise).flatMap { _ in promise.futureResult }
    }

    private static func connect(
        _ text: String, port: Int, on eventLoop: any EventLoop, _ promise: EventLoopPromise<String>
    ) -> EventLoopFuture<any Channel> {
        let channel = ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(text, promise))
                }
            }
            .connect(host: "127.0.0.1", port: port)
        channel.whenFailure { promise.fail($0) }
        return channel
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let text: String
        private let promise: EventLoopPromise<String>
        private var received = ByteBuffer()

        init(_ text: String, _ promise: EventLoopPromise<String>) {
            self.text = text
            self.promise = promise
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            received.writeBuffer(&bytes)
        }

        func channelInactive(context: ChannelHandlerContext) { promise.succeed(String(buffer: received)) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
