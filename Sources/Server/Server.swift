package import Engine
import Foundation
package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
import Wire

/// The listener and its connections, in front of one engine.
package final class Server: Sendable {
    /// Where it listens; tells the port when the configuration left it to the system.
    package let localAddress: SocketAddress

    let configuration: ServerConfiguration
    let census: Census
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    let loops: [NIOLoopBound<SessionLoop>]
    private let logger: Logger
    private let stopping = NIOLockedValueBox<Task<Void, Never>?>(nil)

    private init(
        configuration: ServerConfiguration, census: Census, group: MultiThreadedEventLoopGroup, listener: any Channel,
        address: SocketAddress, loops: [NIOLoopBound<SessionLoop>], logger: Logger
    ) {
        self.configuration = configuration
        self.census = census
        self.group = group
        self.listener = listener
        localAddress = address
        self.loops = loops
        self.logger = logger
    }

    /// Listens, and answers from then on.
    ///
    /// - Throws: what the system says when the address cannot be listened on.
    package static func start(
        engine: Engine, configuration: ServerConfiguration, logger: Logger
    ) async throws -> Server {
        precondition(
            configuration.limits.inFlight >= configuration.limits.batchLength,
            "every lawful batch fits what may be unanswered")
        let status = await engine.status()
        let identity = ServerIdentity(
            name: configuration.serverName, cluster: status.cluster,
            census: Census(connections: configuration.limits.connections, turnedAway: WireLimits.connectionsToTurnAway),
            followed: configuration.followed)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.eventLoops))
        do {
            let loops = try await makeLoops(group, engine, configuration, identity, logger)
            let listener = try await bootstrap(group, configuration, loops, logger)
                .bind(host: configuration.host, port: configuration.port).get()
            guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
            logger.info("listening", metadata: ["address": "\(address)"])
            return Server(
                configuration: configuration, census: identity.census, group: group, listener: listener,
                address: address, loops: loops, logger: logger)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private static func makeLoops(
        _ group: MultiThreadedEventLoopGroup, _ engine: Engine, _ configuration: ServerConfiguration,
        _ identity: ServerIdentity, _ logger: Logger
    ) async throws -> [NIOLoopBound<SessionLoop>] {
        var loops: [NIOLoopBound<SessionLoop>] = []
        for eventLoop in group.makeIterator() {
            let loop = try await eventLoop.submit {
                NIOLoopBound(
                    SessionLoop(
                        eventLoop: eventLoop, engine: engine, configuration: configuration, identity: identity,
                        now: { engine.nowMilliseconds }, logger: logger),
                    eventLoop: eventLoop)
            }.get()
            loops.append(loop)
        }
        return loops
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ configuration: ServerConfiguration,
        _ loops: [NIOLoopBound<SessionLoop>], _ logger: Logger
    ) -> ServerBootstrap {
        let outbound = ChannelOptions.Types.WriteBufferWaterMark(
            low: configuration.limits.outboundBytes / 4, high: configuration.limits.outboundBytes)
        return SignsOfLife.options.reduce(ServerBootstrap(group: group)) {
            $0.childChannelOption($1.option, value: $1.value)
        }
        .serverChannelOption(.backlog, value: 1_024)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(.writeBufferWaterMark, value: outbound)
        .childChannelOption(
            .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 1 << 20)
        )
        .serverChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AcceptPause(logger, place: "protocol"))
            }
        }
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }) else {
                    preconditionFailure("every event loop of the group has its sessions")
                }
                try channel.pipeline.syncOperations.addHandler(SessionHandler(loop.value))
            }
        }
    }

    /// Stops in order: no new connections, goodbye to those there are, answers to everything that was taken, then the
    /// end; at the latest when the drain's time is over. The engine goes on, and is its owner's to stop. Repeating it
    /// waits for the first.
    ///
    /// - Parameter reason: told to every client.
    package func stop(reason: String) async {
        let task = stopping.withLockedValue { stopping in
            if let task = stopping { return task }
            let task = Task { await self.drain(reason: reason) }
            stopping = task
            return task
        }
        await task.value
    }

    /// Whether ``stop(reason:)`` has been called.
    var isStopping: Bool { stopping.withLockedValue { $0 != nil } }

    private func drain(reason: String) async {
        logger.info("stopping", metadata: ["reason": "\(reason)"])
        try? await listener.close().get()
        let limit = TimeAmount.milliseconds(configuration.limits.drainMilliseconds)
        var quiet: [EventLoopFuture<Void>] = []
        for loop in loops {
            let left = try? await loop.eventLoop.submit { loop.value.drain(reason: reason, within: limit) }.get()
            if let left { quiet.append(left) }
        }
        var isQuiet = true
        for loop in loops {
            let isQuietToo = try? await loop.eventLoop.flatSubmit {
                loop.value.isEmpty.map { loop.value.isQuiet }
            }.get()
            isQuiet = isQuiet && isQuietToo ?? false
        }
        // Only now: what was still to be answered may have needed the standby's word.
        for loop in loops {
            let left = try? await loop.eventLoop.submit { loop.value.endShipping(reason: reason) }.get()
            try? await left?.get()
        }
        // What the engine still has comes back to its event loop, though to nobody: the loops end after it.
        let (group, all) = (group, quiet)
        let ending = Task {
            for loop in all { try? await loop.get() }
            try? await group.shutdownGracefully()
        }
        if isQuiet { await ending.value }
        logger.info("stopped")
    }
}
