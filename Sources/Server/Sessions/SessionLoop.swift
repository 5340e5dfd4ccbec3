import Engine
import Logging
import NIOCore
import Wire

/// What the sessions of one event loop share: the batch of the tick, and the list of who is there. Lives on its event loop.
final class SessionLoop {
    let eventLoop: any EventLoop
    let engine: Engine
    let configuration: ServerConfiguration
    let identity: ServerIdentity
    let now: @Sendable () -> Int64
    let logger: Logger
    let batch: LoopBatch

    private var sessions: [ObjectIdentifier: SessionHandler] = [:]
    private var isDraining = false
    private let isEmpty: EventLoopPromise<Void>

    /// - Parameter now: milliseconds since 1970-01-01T00:00Z, for `Welcome`.
    init(
        eventLoop: any EventLoop, engine: Engine, configuration: ServerConfiguration, identity: ServerIdentity,
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.eventLoop = eventLoop
        self.engine = engine
        self.configuration = configuration
        self.identity = identity
        self.now = now
        self.logger = logger
        batch = LoopBatch(engine: engine, eventLoop: eventLoop)
        isEmpty = eventLoop.makePromise()
    }

    func joined(_ session: SessionHandler) {
        sessions[ObjectIdentifier(session)] = session
        // Accepted while the listener was closing.
        if isDraining { session.drain(reason: "this server is stopping") }
    }

    func left(_ session: SessionHandler) {
        sessions[ObjectIdentifier(session)] = nil
        if isDraining, sessions.isEmpty { isEmpty.succeed() }
    }

    /// Says goodbye to everybody.
    ///
    /// - Returns: Done when the last session has gone.
    func drain(reason: String) -> EventLoopFuture<Void> {
        if !isDraining {
            isDraining = true
            for session in sessions.values { session.drain(reason: reason) }
            if sessions.isEmpty { isEmpty.succeed() }
        }
        return isEmpty.futureResult
    }

    /// Waits for nobody any longer.
    func closeAll() {
        for session in sessions.values { session.abandon() }
    }
}
