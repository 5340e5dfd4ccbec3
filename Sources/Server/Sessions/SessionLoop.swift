import Engine
import Journal
import Logging
import NIOCore
import Wire

/// What the sessions of one event loop share: the batch of the tick, and the list of who is there. Lives on its event
/// loop.
final class SessionLoop {
    let eventLoop: any EventLoop
    let engine: Engine
    /// The engine's, at hand: it is asked for every frame.
    let standing: Standing
    let configuration: ServerConfiguration
    let identity: ServerIdentity
    let now: @Sendable () -> Int64
    let logger: Logger
    /// Runs short tasks on the event loop.
    private let executor: LoopExecutor
    let batch: LoopBatch
    let searches = LoopSearches<SlotSearches>()
    let countings = LoopSearches<DayCountings>()
    var counters = LoopCounters()

    private var sessions: [ObjectIdentifier: SessionHandler] = [:]
    /// Looks now and then whether the other side of each connection is still there, and forgets catalogues that were
    /// broken off.
    private var look: RepeatedTask?
    /// Tasks that will come back to this event loop.
    private var tasks = 0
    /// Made when the drain begins; a server that never got to listen has nothing to end.
    private var ending: (empty: EventLoopPromise<Void>, gone: EventLoopPromise<Void>, quiet: EventLoopPromise<Void>)?
    private var isDraining: Bool { ending != nil }

    /// - Parameter now: milliseconds since 1970-01-01T00:00Z, for `Welcome`.
    init(
        eventLoop: any EventLoop, engine: Engine, configuration: ServerConfiguration, identity: ServerIdentity,
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.eventLoop = eventLoop
        self.engine = engine
        standing = engine.standing
        self.configuration = configuration
        self.identity = identity
        self.now = now
        self.logger = logger
        executor = LoopExecutor(eventLoop)
        batch = LoopBatch()
    }

    func joined(_ session: SessionHandler) {
        sessions[ObjectIdentifier(session)] = session
        if look == nil { lookNowAndThen() }
        // Accepted while the listener was closing.
        if isDraining { session.drain(reason: "this server is stopping") }
    }

    /// Whether only standbys are left.
    private var isUsed: Bool { sessions.values.contains { $0.fed == nil } }

    func left(_ session: SessionHandler) {
        sessions[ObjectIdentifier(session)] = nil
        endLook()
        checkEnd()
    }

    private func lookNowAndThen() {
        let pause = TimeAmount.milliseconds(WireLimits.peerLookMilliseconds)
        let loop = NIOLoopBound(self, eventLoop: eventLoop)
        look = eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            for session in loop.value.sessions.values { session.lookForPeer() }
            loop.value.identity.parts.forgetIdle()
            loop.value.endLook()
        }
    }

    /// Ends the look where there is nothing to look at: a catalogue that came in parts may outlive its connection.
    private func endLook() {
        guard sessions.isEmpty, isDraining || identity.parts.isEmpty else { return }
        look?.cancel()
        look = nil
    }

    /// What the loop has counted, and what its sessions have at hand.
    var reading: LoopReading {
        var reading = LoopReading(counters: counters, inFlight: 0)
        for session in sessions.values {
            reading.inFlight += session.machine.inFlight
            if let feed = session.feedPositions.values.min() {
                reading.slowestFeed = min(reading.slowestFeed ?? feed, feed)
            }
        }
        return reading
    }

    // MARK: Work away from the event loop

    /// Does `work` in a task and comes back with its result.
    /// - Parameter onLoop: whether the event loop itself may do it: then it costs nobody else's waking, neither on its
    ///   way nor back, and nothing else is served meanwhile. What it waits for, it waits for without the loop.
    @discardableResult
    func begin<Value: Sendable>(
        onLoop: Bool = false, _ work: @escaping @Sendable () async -> Value, back: @escaping @Sendable (Value) -> Void
    ) -> Task<Void, Never> {
        tasks += 1
        let (loop, eventLoop) = (NIOLoopBound(self, eventLoop: eventLoop), eventLoop)
        guard onLoop else {
            return Task {
                let value = await work()
                eventLoop.execute {
                    back(value)
                    loop.value.tasks -= 1
                    loop.value.checkEnd()
                }
            }
        }
        return Task(executorPreference: executor) {
            let value = await work()
            // The task has come back to its event loop, unless an actor between was busy and took it along.
            if eventLoop.inEventLoop {
                back(value)
                loop.value.tasks -= 1
                loop.value.checkEnd()
            } else {
                eventLoop.execute {
                    back(value)
                    loop.value.tasks -= 1
                    loop.value.checkEnd()
                }
            }
        }
    }

    // MARK: The end

    /// The last session that is no standby's has gone. Asked only while draining.
    var isEmpty: EventLoopFuture<Void> {
        guard let ending else { preconditionFailure("a loop is empty for good only once it drains") }
        return ending.empty.futureResult
    }
    /// No task will come back but those that feed a standby, which end with it.
    var isQuiet: Bool { tasks == sessions.values.count { $0.fed != nil } }

    /// Says goodbye to everybody, and after a time waits for nobody any longer.
    ///
    /// - Returns: Done when the last session has gone and no task will come back.
    func drain(reason: String, within limit: TimeAmount) -> EventLoopFuture<Void> {
        precondition(!isDraining, "a loop is drained once")
        let quiet = eventLoop.makePromise(of: Void.self)
        ending = (eventLoop.makePromise(), eventLoop.makePromise(), quiet)
        let loop = NIOLoopBound(self, eventLoop: eventLoop)
        let timer = eventLoop.scheduleTask(in: limit) { loop.value.closeAll() }
        isEmpty.whenComplete { _ in timer.cancel() }
        for session in sessions.values where session.fed == nil { session.drain(reason: reason) }
        checkEnd()
        return quiet.futureResult
    }

    /// The last of the drain: what needed a standby's word has been answered.
    ///
    /// - Returns: Done when the standbys have gone.
    func endShipping(reason: String) -> EventLoopFuture<Void> {
        guard let ending else { preconditionFailure("standbys go last, when the others have been drained") }
        for session in sessions.values { session.drain(reason: reason) }
        checkEnd()
        return ending.gone.futureResult
    }

    private func closeAll() {
        for session in sessions.values { session.abandon() }
    }

    private func checkEnd() {
        guard let ending, !isUsed else { return }
        ending.empty.succeed()
        guard sessions.isEmpty else { return }
        ending.gone.succeed()
        if tasks == 0 { ending.quiet.succeed() }
    }
}
