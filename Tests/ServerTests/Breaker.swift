import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A wire between client and server that a test can cut: it passes on what the client sends, and cuts the connection in
/// place of answers as often as it was told to.
final class Breaker: Sendable {
    private struct State {
        /// Answers that are swallowed, each with its connection.
        var cuts = 0
        var open: [any Channel] = []
        var connections = 0
    }

    private let listener: any Channel
    private let state: NIOLockedValueBox<State>

    private init(_ listener: any Channel, _ state: NIOLockedValueBox<State>) {
        self.listener = listener
        self.state = state
    }

    var port: Int { listener.localAddress?.port ?? 0 }
    /// How often somebody connected.
    var connections: Int { state.withLockedValue { $0.connections } }

    static func to(port: Int) async throws -> Breaker {
        let state = NIOLockedValueBox(State())
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                state.withLockedValue {
                    $0.open.append(client)
                    $0.connections += 1
                }
                return ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(Cut(to: client, state))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(Pass(to: server))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Breaker(listener, state)
    }

    /// The next `count` answers (the handshake's aside) do not arrive, and their connections break.
    func cutNext(_ count: Int) { state.withLockedValue { $0.cuts = count } }

    /// Breaks every connection there is.
    func cutAll() {
        let open = state.withLockedValue { state in
            defer { state.open = [] }
            return state.open
        }
        for channel in open { channel.close(promise: nil) }
    }

    func close() async {
        cutAll()
        try? await listener.close().get()
    }

    private final class Pass: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel

        init(to other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class Cut: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let client: any Channel
        private let state: NIOLockedValueBox<State>

        init(to client: any Channel, _ state: NIOLockedValueBox<State>) {
            self.client = client
            self.state = state
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            let isWelcome = bytes.getInteger(at: bytes.readerIndex + 5, as: UInt8.self) == 1
            let isCut =
                !isWelcome
                && state.withLockedValue { state in
                    guard state.cuts > 0 else { return false }
                    state.cuts -= 1
                    return true
                }
            if isCut { client.close(promise: nil) } else { client.writeAndFlush(bytes, promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
