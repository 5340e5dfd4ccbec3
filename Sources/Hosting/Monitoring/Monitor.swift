import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Server
import Terminal
import Wire

/// The second listener: metrics, health and readiness over HTTP, on a thread of its own, so that a scrape takes no time
/// from an event loop that serves. It listens before the engine recovers and until after it has stopped.
final class Monitor: Sendable {
    let host: String
    let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel

    private init(host: String, port: Int, group: MultiThreadedEventLoopGroup, listener: any Channel) {
        self.host = host
        self.port = port
        self.group = group
        self.listener = listener
    }

    /// Listens where the setting says.
    /// - Returns: nil when it is off, or when the standard address, which nobody asked for, belongs to somebody else.
    /// - Throws: a `CommandFailure` when an address that was asked for cannot be had.
    static func start(_ setting: MonitorAddress, _ routes: MonitorRoutes, _ logger: Logger) async throws -> Monitor? {
        switch setting {
        case .off: return nil
        case .at(let host, let port):
            do {
                return try await listen(host, port, routes, logger)
            } catch {
                let number = (error as? IOError)?.errnoCode
                throw CommandFailure(
                    number == EADDRINUSE ? .temporary : .configuration,
                    "the monitor cannot listen on \(MonitorAddress.text(host: host, port: port)): "
                        + (number.map { String(cString: strerror($0)) } ?? "\(error)"),
                    remedy: "choose another address with --monitor, or --monitor off")
            }
        case .ifFree(let host, let port): return try? await listen(host, port, routes, logger)
        }
    }

    /// Says where it listens, or that it does not though nobody switched it off. Said once the server serves: a start
    /// that fails says that and nothing else.
    static func tell(_ monitor: Monitor?, _ setting: MonitorAddress, _ logger: Logger) {
        if let monitor {
            logger.info(
                "monitored",
                metadata: ["address": "\(MonitorAddress.text(host: monitor.host, port: monitor.port))"])
        } else if case .ifFree(let host, let port) = setting {
            logger.warning(
                "not monitored: the standard address cannot be had; choose one with --monitor",
                metadata: ["address": "\(MonitorAddress.text(host: host, port: port))"])
        }
    }

    private static func listen(_ host: String, _ port: Int, _ routes: MonitorRoutes, _ logger: Logger) async throws
        -> Monitor
    {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let places = Places()
            let listener = try await SignsOfLife.options
                .reduce(ServerBootstrap(group: group)) { $0.childChannelOption($1.option, value: $1.value) }
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptPause(logger, place: "monitor"))
                    }
                }
                .childChannelInitializer { channel in
                    guard places.take() else { return channel.eventLoop.makeFailedFuture(Places.AllTaken()) }
                    channel.closeFuture.whenComplete { _ in places.giveBack() }
                    return channel.eventLoop.makeCompletedFuture { try addHandlers(to: channel, routes) }
                }
                .bind(host: host, port: port).get()
            guard let bound = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
            return Monitor(host: host, port: bound, group: group, listener: listener)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private static func addHandlers(to channel: any Channel, _ routes: MonitorRoutes) throws {
        let end = channel.eventLoop.scheduleTask(in: .milliseconds(MonitorLimits.connectionMilliseconds)) {
            channel.close(promise: nil)
        }
        channel.closeFuture.whenComplete { _ in end.cancel() }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(RequestSizeGuard())
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
        try pipeline.addHandler(MonitorHandler(routes))
    }

    /// Hears nobody any more.
    func stop() async {
        try? await listener.close().get()
        try? await group.shutdownGracefully()
    }
}

/// The connections that there may be at once.
private final class Places: Sendable {
    struct AllTaken: Error {}

    private let taken = NIOLockedValueBox(0)

    /// Counts until ``giveBack()`` when it is true.
    func take() -> Bool {
        taken.withLockedValue { taken in
            guard taken < MonitorLimits.connections else { return false }
            taken += 1
            return true
        }
    }

    func giveBack() { taken.withLockedValue { $0 -= 1 } }
}
