import HaoyuanClient
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Wire

/// The connections of one event loop, and the source that keeps them busy: a closed loop that keeps so many requests
/// unanswered, or an open one that sends when it is time, whatever the server does. Nothing is retried.
final class LoadGroup<Source>: Sendable {
    private let eventLoop: any EventLoop
    private let core: NIOLoopBound<LoadCore>
    private let source: NIOLoopBound<Source>
    private let answers: NIOLockedValueBox<Int>

    /// Connections made at once: each costs the server a handshake.
    private static var connectingAtOnce: Int { 128 }

    /// - Parameters:
    ///   - depth: Requests unanswered on each connection, at most; a batch is one.
    ///   - kinds: How many kinds of requests the source makes.
    ///   - mark: Set and cleared by the watcher of the server: latencies are told apart by it.
    ///   - makeSource: Called on the event loop.
    ///   - asSource: What makes the requests of it: itself, where it is a source.
    init(
        on eventLoop: any EventLoop, depth: Int, kinds: Int, mark: LoadMark,
        makeSource: @escaping @Sendable () -> Source,
        asSource: @escaping @Sendable (Source) -> any LoadSource
    ) async throws {
        precondition(depth >= 1, "a connection has at least one request under way")
        self.eventLoop = eventLoop
        let answers = NIOLockedValueBox(0)
        self.answers = answers
        (core, source) = try await eventLoop.submit {
            let source = makeSource()
            let core = LoadCore(asSource(source), eventLoop, depth: depth, kinds: kinds, answers: answers, mark: mark)
            return (NIOLoopBound(core, eventLoop: eventLoop), NIOLoopBound(source, eventLoop: eventLoop))
        }.get()
    }

    /// Operations answered so far in this pass, for the watcher.
    var answered: Int { answers.withLockedValue { $0 } }

    /// Makes so many connections more, all of them welcomed when it returns.
    func connect(_ count: Int, _ configuration: ClientConfiguration) async throws(HaoyuanError) {
        let address = configuration.addresses[0]
        let hello = configuration.hello
        var left = count
        while left > 0 {
            let wave = min(left, Self.connectingAtOnce)
            left -= wave
            do {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<wave { tasks.addTask { try await self.connectOne(address, hello) } }
                    try await tasks.waitForAll()
                }
            } catch {
                throw (error as? HaoyuanError) ?? .connectionFailed("no connection to \(address): \(error)")
            }
        }
    }

    private func connectOne(_ address: ClientConfiguration.Address, _ hello: PBHello) async throws {
        let welcomed = eventLoop.makePromise(of: Void.self)
        let core = core
        do {
            _ = try await ClientBootstrap(group: eventLoop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 1 << 20)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = LoadHandler(core.value, hello: hello, welcomed: welcomed)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(host: address.host, port: address.port).get()
        } catch {
            welcomed.fail(error)
        }
        try await welcomed.futureResult.get()
    }

    /// Sends all that the source has, or all that the schedule says, and returns when everything is answered.
    ///
    /// - Parameters:
    ///   - schedule: Nil for a closed loop.
    ///   - start: When it begins: the same moment for all groups of a load.
    ///   - prepare: Tells the source what to do in this pass; called on the event loop.
    /// - Throws: When a connection ends before all is answered.
    func run(
        _ schedule: LoadSchedule?, at start: NIODeadline, prepare: @escaping @Sendable (Source) -> Void
    ) async throws(HaoyuanError) -> LoadFigures {
        let (core, source) = (core, source)
        do {
            return try await eventLoop.flatSubmit {
                prepare(source.value)
                return core.value.run(schedule, at: start)
            }.get()
        } catch {
            throw (error as? HaoyuanError) ?? .lost("\(error)")
        }
    }

    /// Looks at the source, on the event loop.
    func look<Value: Sendable>(_ body: @escaping @Sendable (Source) -> Value) async throws -> Value {
        let source = source
        return try await eventLoop.submit { body(source.value) }.get()
    }

    /// Hangs up.
    func close() async throws {
        let core = core
        try await eventLoop.submit { core.value.close() }.get()
    }
}
