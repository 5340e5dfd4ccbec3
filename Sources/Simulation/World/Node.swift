import Engine
import Journal
import NIOConcurrencyHelpers
import Scheduling

/// One machine: a disk and clocks that outlive its processes, and the engine that runs on it at the moment.
final class Node {
    /// What the engine's tasks have to say to the world, for as long as their process lives.
    final class Mailbox: Sendable {
        private let replies = NIOLockedValueBox<[(execution: Int, response: Response)]>([])

        func put(_ execution: Int, _ response: Response) {
            replies.withLockedValue { $0.append((execution, response)) }
        }

        func take() -> [(execution: Int, response: Response)] {
            replies.withLockedValue { replies in
                defer { replies.removeAll() }
                return replies
            }
        }
    }

    let name: NodeName
    let disk = MemoryDisk()
    let clock: NodeClock
    private let plan: Plan
    private let world: SimulatedClock
    private var random: SeededGenerator
    private(set) var engine: Engine?
    private(set) var scheduler: SeededScheduler
    private(set) var mailbox = Mailbox()
    /// Counts its processes from 1.
    private(set) var incarnation = 0
    /// The process stops in good order at the moment.
    private(set) var stopping: NIOLockedValueBox<Bool>?
    /// When the disk is done with what it does.
    var diskReadyAt: Int64 = 0
    var isDiskSlowUntil: Int64 = 0
    /// The disk's next sync is going to fail.
    var isSyncFailing = false

    init(_ name: NodeName, plan: Plan, world: SimulatedClock) {
        self.name = name
        self.plan = plan
        self.world = world
        clock = NodeClock(world)
        random = SeededGenerator(seed: plan.seed, stream: Stream.disk)
        scheduler = SeededScheduler(seed: plan.seed, stream: Stream.scheduler, order: plan.order)
    }

    /// Starts a process on what the disk holds.
    func start() throws {
        precondition(engine == nil, "one process at a time")
        incarnation += 1
        scheduler = SeededScheduler(
            seed: plan.seed, stream: Stream.scheduler + UInt64(incarnation), order: plan.order)
        mailbox = Mailbox()
        stopping = nil
        diskReadyAt = world.now().rawValue
        var journal = JournalOptions(storage: disk.attach())
        journal.creationID = Array(repeating: 7, count: 16)
        journal.segmentBytes = plan.segmentBytes
        journal.queueBytesLimit = plan.queueBytesLimit
        journal.monotonicNanoseconds = { [world] in world.monotonicNanoseconds() }
        var configuration = EngineConfiguration(journal: journal, cores: 2)
        configuration.poolShards = random.between(1...3)
        configuration.patientShards = random.between(1...3)
        configuration.keyWindowMilliseconds = plan.keyWindowMilliseconds
        configuration.archiveAfterMilliseconds = plan.archiveAfterMilliseconds
        configuration.checkpointAfterBytes = plan.checkpointAfterBytes
        configuration.checkpointAfterMilliseconds = plan.checkpointAfterMilliseconds
        configuration.clock = clock
        configuration.executor = scheduler
        configuration.seed = plan.seed
        engine = try Engine.start(configuration)
    }

    /// Begins a task of the server's that carries a request out.
    func begin(_ request: Request, execution: Int, by origin: Origin) {
        guard let engine else { return }
        Task(executorPreference: scheduler) { [mailbox] in
            mailbox.put(execution, await engine.perform(request, by: origin))
        }
    }

    func checkpoint() {
        guard let engine else { return }
        Task(executorPreference: scheduler) { await engine.checkpoint() }
    }

    /// Begins to stop in good order; `hasStopped` tells when that is done.
    func beginStopping() {
        guard let engine, stopping == nil else { return }
        let done = NIOLockedValueBox(false)
        stopping = done
        Task(executorPreference: scheduler) {
            await engine.stop()
            done.withLockedValue { $0 = true }
        }
    }

    var hasStopped: Bool { stopping?.withLockedValue { $0 } ?? false }

    /// The process has stopped; another may begin.
    func leave() {
        engine = nil
        stopping = nil
    }

    /// The process is gone at once, and what was not synced with it. What its tasks would still have done reaches nobody: they
    /// are run to their ends on a dead journal, so that their memory is given back.
    /// - Returns: false when some of them cannot end, which in a living process would be a leak.
    func die() -> Bool {
        guard let engine else { return true }
        disk.crash()
        engine.journal.abandon()
        let done = NIOLockedValueBox(false)
        Task(executorPreference: scheduler) {
            await engine.stop()
            done.withLockedValue { $0 = true }
        }
        while scheduler.turn() {}
        leave()
        return done.withLockedValue { $0 }
    }

    /// One commit, if there is anything; how long it took decides when the next can be.
    func commit() throws(JournalError) {
        guard let engine else { return }
        let now = world.now().rawValue
        var took = Int64(random.between(0...plan.commitMilliseconds))
        if now < isDiskSlowUntil { took += Int64(random.between(20...600)) }
        diskReadyAt = now + took
        _ = try engine.journal.step()
        if engine.journal.admission == .storageFull { diskReadyAt += 20 }
    }

    var hasPendingCommit: Bool { (engine?.journal.pendingBytes ?? 0) > 0 }
}
