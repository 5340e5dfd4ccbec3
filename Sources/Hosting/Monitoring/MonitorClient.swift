import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
package import Terminal

/// Asks a monitor, as Prometheus does: one connection, one GET, one answer.
package struct MonitorClient: Sendable {
    let host: String
    let port: Int
    /// For the connection and the answer together.
    var timeout = Duration.seconds(5)

    package init(host: String, port: Int, timeout: Duration = Duration.seconds(5)) {
        self.host = host
        self.port = port
        self.timeout = timeout
    }

    package var address: String { MonitorAddress.text(host: host, port: port) }

    /// - Returns: The body of an answer with status 200.
    /// - Throws: `unavailable` when nobody answers there; `internal` when the answer is none.
    package func get(_ path: String) async throws(CommandFailure) -> String {
        let answer: (status: Int, body: String)
        do {
            answer = try await exchange(path)
        } catch {
            throw CommandFailure(
                .unavailable, "no monitor answers at \(address)\(Self.reason(error))",
                remedy: "start a server with haoyuan serve, or name its monitor with --monitor")
        }
        guard answer.status == 200 else {
            throw CommandFailure(
                .internal, "\(address)\(path) answers with status \(answer.status)",
                remedy: "is this the monitor of a haoyuan?")
        }
        return answer.body
    }

    private func exchange(_ path: String) async throws -> (status: Int, body: String) {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = eventLoop.makePromise(of: (status: Int, body: String).self)
        let (host, wait) = (address, TimeAmount(timeout))
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(wait)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(AnswerCollector(path, host, promise))
                    }
                }
                .connect(host: self.host, port: port).get()
            let end = eventLoop.scheduleTask(in: wait) { channel.close(promise: nil) }
            defer { end.cancel() }
            let answer = try await promise.futureResult.get()
            try? await channel.close().get()
            return answer
        } catch {
            promise.fail(error)
            throw error
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: ": " + String(cString: strerror(error.errnoCode))
        case is AnswerCollector.Ended: ": it hung up, or answered too much or too late"
        default: ""
        }
    }
}

/// Sends the request once there is a connection, and gathers the answer. Lives on its event loop.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// There is no whole answer.
    struct Ended: Error {}

    private let path: String
    private let host: String
    private let promise: EventLoopPromise<(status: Int, body: String)>
    private var status: Int?
    private var body = ByteBuffer()

    init(_ path: String, _ host: String, _ promise: EventLoopPromise<(status: Int, body: String)>) {
        self.path = path
        self.host = host
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let headers = HTTPHeaders([("Host", host), ("Connection", "close"), ("User-Agent", Version.text)])
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(var part):
            guard body.readableBytes + part.readableBytes <= MonitorLimits.answerBytes else {
                promise.fail(Ended())
                return context.close(promise: nil)
            }
            body.writeBuffer(&part)
        case .end: promise.succeed((status: status ?? 0, body: String(buffer: body)))
        }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(Ended()) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
