import Engine
import Journal
import Scheduling

/// One seed's world: a server, its clients, the network between them, and everything that goes wrong, moved on one step at a
/// time by one thread.
///
/// A step is either one job of the engine's, or one commit of its journal, or one thing that happens outside. Which, follows from
/// the seed.
final class World {
    /// What is going to happen at a moment.
    enum Happening {
        case arrival(Envelope<Message>)
        /// A client thinks of something new.
        case idea(client: Int)
        case timeout(operation: Int, attempt: Int)
        case retry(operation: Int)
        case reader(Int)
        /// Time passes.
        case tick
        case start
        case slowNoMore
        case roomAgain
        case mended(NodeName)
    }

    /// Monday, 2026-03-02, 00:00 UTC.
    static let beginning = Instant(rawValue: 1_772_409_600_000)

    let plan: Plan
    let workload: Workload
    let clock = SimulatedClock(now: World.beginning)
    let node: Node
    let chronicle: Chronicle
    var trace: Trace
    var network: Network<Message>
    var queue = EventQueue<Happening>()
    var random: SeededGenerator
    var operations: [Int: Operation] = [:]
    /// In the order in which clients thought of them.
    var history: [Operation] = []
    var openOperations: [Int]
    var readers: [FeedReader]
    var thought = 0
    var turns = 0
    /// Strikes whose operation was sent, and the turn in which they come.
    var strikes: [(turn: Int, strike: Plan.Strike)] = []
    /// Nothing goes wrong any more.
    var isHealed = false
    private var wasIdle = false

    /// Turns after which a world that has not come to its end never will.
    static let mostTurns = 400_000

    init(_ plan: Plan, isTraced: Bool) {
        self.plan = plan
        workload = Workload(plan: plan)
        node = Node(.server(0), plan: plan, world: clock)
        chronicle = Chronicle(plan)
        trace = Trace(isOn: isTraced)
        network = Network(plan)
        random = SeededGenerator(seed: plan.seed, stream: Stream.world)
        openOperations = Array(repeating: 0, count: plan.clients + plan.readers)
        readers = (0..<plan.readers).map { FeedReader(index: $0) }
    }

    var now: Int64 { clock.now().rawValue }
    var isOver: Bool { chronicle.finding != nil || turns > Self.mostTurns }

    func say(_ line: @autoclosure () -> String) { trace.add(turn: turns, now: now - Self.beginning.rawValue, line()) }

    // MARK: One step

    func turn() {
        turns += 1
        comeDue()
        let isBusy = node.engine != nil && !node.scheduler.isIdle
        noteIdle(isBusy)
        if isBusy, !random.chance(plan.eagerness) || !movesSoon() {
            _ = node.scheduler.turn()
            takeReplies()
            if node.hasStopped { stopped() }
        } else {
            moveOn()
        }
    }

    private func noteIdle(_ isBusy: Bool) {
        if !isBusy, let engine = node.engine, !wasIdle { chronicle.noteIdle(end: engine.journal.lastPosition) }
        wasIdle = !isBusy
    }

    /// Whether something is due so soon that it may come between two jobs.
    private func movesSoon() -> Bool {
        if let commit = commitMoment, commit <= now { return true }
        guard let next = queue.nextMoment else { return false }
        return next <= now + 2
    }

    private var commitMoment: Int64? { node.hasPendingCommit ? max(now, node.diskReadyAt) : nil }

    /// The next thing outside: a commit or a happening, whichever is due first.
    private func moveOn() {
        let commit = commitMoment
        if let commit, commit < queue.nextMoment ?? .max || (commit == queue.nextMoment && random.chance(500)) {
            advance(to: commit)
            self.commit()
        } else if let (at, happening) = queue.take() {
            advance(to: at)
            happen(happening)
        }
    }

    private func advance(to moment: Int64) {
        if moment > now { clock.advance(to: Instant(rawValue: moment)) }
        chronicle.wallClockBound = max(chronicle.wallClockBound, node.clock.now().rawValue)
    }

    func commit() {
        guard let engine = node.engine else { return }
        chronicle.coverage.note("commits")
        let segments = engine.journal.statistics.segments
        do {
            try node.commit()
        } catch {
            chronicle.coverage.note("failed syncs")
            node.isSyncFailing = false
            say("the disk failed: \(error)")
            return crash()
        }
        let shape = engine.journal.statistics
        if shape.segments > segments { chronicle.coverage.note("segments begun", shape.segments - segments) }
        if shape.segments < segments { chronicle.coverage.note("segments dropped", segments - shape.segments) }
        if shape.checkpoint > lastCheckpoint { chronicle.coverage.note("checkpoints") }
        lastCheckpoint = shape.checkpoint
        observe()
    }

    private var lastCheckpoint = Position.zero

    func observe() {
        guard let engine = node.engine else { return }
        let before = Int(chronicle.durable)
        chronicle.observe(engine.journal)
        if trace.isOn {
            for index in before..<Int(chronicle.durable) {
                if let event = chronicle.events[index] { say("durable \(index + 1) \(event.brief)") }
            }
        }
    }

    private func takeReplies() {
        for (execution, response) in node.mailbox.take() {
            guard let engine = node.engine else { return }
            let execution = chronicle.executions[execution]
            say("answer to \(execution.operation.index): \(response.brief)")
            chronicle.mix(UInt64(execution.operation.index))
            chronicle.finish(execution, response, oldest: engine.journal.oldestPosition)
            guard execution.operation.index < Operation.firstOfAudit else { continue }
            send(
                .response(operation: execution.operation.index, response), from: node.name,
                to: .client(execution.operation.client))
        }
    }

    // MARK: What happens

    private func happen(_ happening: Happening) {
        chronicle.mix(UInt64(bitPattern: now))
        switch happening {
        case .arrival(let envelope): arrive(envelope)
        case .idea(let client): think(client)
        case .timeout(let operation, let attempt): timeOut(operation, attempt)
        case .retry(let operation): if let operation = operations[operation] { send(operation) }
        case .reader(let reader): readOn(reader)
        case .tick:
            if node.engine != nil, !node.hasPendingCommit { commit() }
            queue.put(.tick, at: now + 300)
        case .start: start()
        case .slowNoMore: node.isDiskSlowUntil = 0
        case .roomAgain: node.disk.setCapacity(nil)
        case .mended(let node): network.mend(node)
        }
    }

    func send(_ message: Message, from: NodeName, to: NodeName) {
        let arrivals = network.arrivals(from: from, to: to)
        if arrivals.isEmpty { chronicle.coverage.note("messages lost") }
        if arrivals.count > 1 { chronicle.coverage.note("messages doubled") }
        for delay in arrivals {
            queue.put(.arrival(Envelope(from: from, to: to, message: message)), at: now + delay)
        }
    }

    private func arrive(_ envelope: Envelope<Message>) {
        switch envelope.message {
        case .request(let index, let attempt):
            guard let operation = operations[index], node.engine != nil, node.name == envelope.to else { return }
            let execution = chronicle.begin(operation)
            say("arrives \(index).\(attempt): \(operation.request.brief)")
            node.begin(operation.request, execution: execution.id, by: operation.origin)
        case .response(let index, let response):
            if let operation = operations[index] { hear(operation, response) }
        }
    }
}
