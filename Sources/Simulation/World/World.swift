import Engine
import Journal
import MemoryJournal
import Scheduling

/// One seed's world: a server or two, their clients, the network between them, and everything that goes wrong, moved on
/// one step at a time by one thread.
///
/// A step is either one job of an engine's, or one commit of a journal, or one thing that happens outside. Which,
/// follows from the seed.
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
        case start(Int)
        case slowNoMore(Int)
        case roomAgain(Int)
        case mended(NodeName)
        case linkMended(from: Int, to: Int)
        /// Something comes over a connection between the servers.
        case peer(connection: Int, to: Int, PeerMessage)
        /// A server's signs of life are due.
        case beat(Casebook.Process)
        /// A standby tries to reach its primary; a new primary tells the one before.
        case call(Casebook.Process)
        case tell(Casebook.Process)
        /// The operator looks; promotes; starts a former primary as standby.
        case look
        case promote(Int)
        case rejoin(Int)
    }

    /// Monday, 2026-03-02, 00:00 UTC.
    static let beginning = Instant(rawValue: 1_772_409_600_000)

    let plan: Plan
    let workload: Workload
    let clock = SimulatedClock(now: World.beginning)
    let nodes: [Node]
    let casebook = Casebook()
    var trace: Trace
    var network: Network<Message>
    var queue = EventQueue<Happening>()
    var random: SeededGenerator
    /// What happens between the two servers, so that it shifts nothing else.
    var linkRandom: SeededGenerator
    var operations: [Int: Operation] = [:]
    /// In the order in which clients thought of them.
    var history: [Operation] = []
    var openOperations: [Int]
    /// What each client, and after them each reader, takes for the primary, and the highest epoch it has seen.
    var believed: [Int]
    var seenEpochs: [UInt32]
    var readers: [FeedReader]
    var thought = 0
    var turns = 0
    /// Strikes whose operation was sent, and the turn in which they come.
    var strikes: [(turn: Int, strike: Plan.Strike)] = []
    /// Nothing goes wrong any more.
    var isHealed = false
    /// The server that began the highest epoch.
    var leader = 0
    var highestEpoch: UInt32 = 1
    var connections: [Int: PeerConnection] = [:]
    var connectionCount = 0
    /// Former primaries that somebody is about to start as standby.
    var rejoining: Set<Int> = []

    /// Turns after which a world that has not come to its end never will.
    static let mostTurns = 400_000

    init(_ plan: Plan, isTraced: Bool) {
        self.plan = plan
        workload = Workload(plan: plan)
        let chronicle = Chronicle(plan, casebook)
        nodes = (0..<(plan.standby == nil ? 1 : 2)).map { [clock] in
            Node($0, plan: plan, world: clock, chronicle: chronicle)
        }
        trace = Trace(isOn: isTraced)
        network = Network(plan)
        random = SeededGenerator(seed: plan.seed, stream: Stream.world)
        linkRandom = SeededGenerator(seed: plan.seed, stream: Stream.link)
        openOperations = Array(repeating: 0, count: plan.clients + plan.readers)
        believed = Array(repeating: 0, count: plan.clients + plan.readers)
        seenEpochs = Array(repeating: 0, count: plan.clients + plan.readers)
        readers = (0..<plan.readers).map { index in
            var reader = FeedReader(index: index)
            if index >= plan.readers - plan.namedReaders { reader.name = "reader-\(index)" }
            return reader
        }
    }

    /// The server that is to be the primary, and its log.
    var node: Node { nodes[leader] }
    var chronicle: Chronicle { node.chronicle }
    var now: Int64 { clock.now().rawValue }
    var isOver: Bool { casebook.finding != nil || turns > Self.mostTurns }

    func say(_ line: @autoclosure () -> String) { trace.add(turn: turns, now: now - Self.beginning.rawValue, line()) }

    /// Which server a line of the trace is about, where there are two.
    func which(_ node: Node) -> String { nodes.count == 1 ? "" : "server \(node.index): " }

    // MARK: One step

    func turn() {
        turns += 1
        comeDue()
        var busy: Node?
        var count = 0
        for node in nodes {
            let isBusy = node.engine != nil && !node.scheduler.isIdle
            noteIdle(node, isBusy)
            guard isBusy else { continue }
            count += 1
            if count == 1 || random.chance(500) { busy = node }
        }
        if let busy, !random.chance(plan.eagerness) || !movesSoon() {
            _ = busy.scheduler.turn()
            takeMail(busy)
            if busy.hasStopped { stopped(busy) }
        } else {
            moveOn()
        }
    }

    private func noteIdle(_ node: Node, _ isBusy: Bool) {
        if !isBusy, let engine = node.engine, !node.wasIdle {
            node.settled = engine.journal.lastPosition.rawValue
            // The first record of its own epoch stands where its primary may have another.
            if node.replication.isBeingPromoted { node.settled = min(node.settled, node.onDisk) }
            node.stretch = casebook.nextStretch()
            if node.isAuthor { node.chronicle.noteIdle(end: engine.journal.lastPosition) }
        }
        node.wasIdle = !isBusy
    }

    /// Whether something is due so soon that it may come between two jobs.
    private func movesSoon() -> Bool {
        if let commit = nextCommit, commit.at <= now { return true }
        guard let next = queue.nextMoment else { return false }
        return next <= now + 2
    }

    private var nextCommit: (at: Int64, node: Node)? {
        var next: (at: Int64, node: Node)?
        for node in nodes where node.hasPendingCommit {
            let moment = max(now, node.diskReadyAt)
            if moment < next?.at ?? .max { next = (moment, node) }
        }
        return next
    }

    /// The next thing outside: a commit or a happening, whichever is due first.
    private func moveOn() {
        let commit = nextCommit
        if let commit,
            commit.at < queue.nextMoment ?? .max || (commit.at == queue.nextMoment && random.chance(500))
        {
            advance(to: commit.at)
            self.commit(commit.node)
        } else if let (at, happening) = queue.take() {
            advance(to: at)
            happen(happening)
        }
        for node in nodes where node.engine != nil { takeMail(node) }
    }

    private func advance(to moment: Int64) {
        if moment > now { clock.advance(to: Instant(rawValue: moment)) }
        noteClocks()
    }

    // MARK: What happens

    private func happen(_ happening: Happening) {
        casebook.mix(UInt64(bitPattern: now))
        switch happening {
        case .arrival(let envelope): arrive(envelope)
        case .idea(let client): think(client)
        case .timeout(let operation, let attempt): timeOut(operation, attempt)
        case .retry(let operation): if let operation = operations[operation] { send(operation) }
        case .reader(let reader): readOn(reader)
        case .tick:
            for node in nodes where node.engine != nil && !node.hasPendingCommit { commit(node) }
            queue.put(.tick, at: now + 300)
        case .start(let index): start(nodes[index])
        case .slowNoMore(let index): nodes[index].isDiskSlowUntil = 0
        case .roomAgain(let index): nodes[index].disk.setCapacity(nil)
        case .mended(let node): network.mend(node)
        case .linkMended(let from, let to): network.rejoin(from: from, to: to)
        case .peer(let connection, let to, let message): peerArrives(connection, to, message)
        case .beat(let process): beat(process)
        case .call(let process): call(process)
        case .tell(let process): tell(process)
        case .look: look()
        case .promote(let index): promote(nodes[index])
        case .rejoin(let index): rejoin(nodes[index])
        }
    }

    func send(_ message: Message, from: NodeName, to: NodeName) {
        let arrivals = network.arrivals(from: from, to: to)
        if arrivals.isEmpty { casebook.coverage.note("messages lost") }
        if arrivals.count > 1 { casebook.coverage.note("messages doubled") }
        for delay in arrivals {
            queue.put(.arrival(Envelope(from: from, to: to, message: message)), at: now + delay)
        }
    }

    private func arrive(_ envelope: Envelope<Message>) {
        switch envelope.message {
        case .request(let index, let attempt, let epoch):
            guard let operation = operations[index], case .server(let place) = envelope.to,
                let engine = nodes[place].engine
            else { return }
            let node = nodes[place]
            let tenure = engine.tenure
            // What the server does before anything reaches the engine.
            guard !tenure.isDeposed, epoch <= tenure.epoch else {
                let error = EngineError(.notPrimary, "look for the primary")
                return send(
                    .response(operation: index, .failed(error), epoch: tenure.epoch), from: envelope.to,
                    to: envelope.from)
            }
            let execution = begin(operation, at: node)
            say("\(which(node))arrives \(index).\(attempt): \(operation.request.brief)")
            node.begin(operation.request, execution: execution.id)
        case .response(let index, let response, let epoch):
            guard let operation = operations[index], case .server(let place) = envelope.from else { return }
            hear(operation, response, from: place, epoch: epoch)
        }
    }

    /// A request reaches an engine.
    func begin(_ operation: Operation, at node: Node) -> Execution {
        refreshPromise(node)
        return casebook.begin(operation) { id in
            Execution(
                id: id, operation: operation, process: node.process, stretch: node.stretch, settled: node.settled,
                notBefore: max(node.chronicle.latest(upTo: node.onDisk), Instant(rawValue: node.time.earliest)),
                durable: node.promised, told: node.told,
                isOfPrimary: node.engine?.role == .primary, isFenced: node.replication.isFenced)
        }
    }
}
