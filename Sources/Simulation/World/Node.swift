import Engine
import Journal
import MemoryJournal
import NIOConcurrencyHelpers
import Scheduling

/// One machine: a disk and clocks that outlive its processes, and the engine that runs on it at the moment.
final class Node {
    let index: Int
    private(set) var disk = MemoryDisk()
    let clock: NodeClock
    /// What its engine's time may be.
    var time = TimeBounds()
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
    var wasIdle = false

    // What the world knows of it, and the engine need not.

    /// The log whose beginning it has; its own where it is the author.
    var chronicle: Chronicle
    /// Reads its disk as it grows. Nil where what it wrote was trimmed before it could be looked at.
    var receiver: ChunkReceiver?
    /// The last position on its disk, its process being alive or not.
    var onDisk: UInt64 = 0
    /// Up to here everything was, at some moment, on the disks on which a yes of its must be.
    var promised: UInt64 = 0
    /// The last position that this process has told a caller of.
    var told: UInt64 = 0
    /// The end of its journal when none of its jobs was ready last, and the stretch since.
    var settled: UInt64 = 0
    var stretch = 0
    /// What somebody who starts it tells it to be.
    var startsAs = Role.primary
    var replication = ReplicationLife()
    var lastCheckpoint = Position.zero
    /// Some of its log may have gone although a reader needs it, or its partner counts on it: its disk was full or
    /// replaced, or it took back what had let it go.
    var mayLackLog = false
    /// Named readers of which its log tells, and those of them that began before what was left of it.
    var readersSeen: Set<String> = []
    var readersBeforeLog: Set<String> = []

    init(_ index: Int, plan: Plan, world: SimulatedClock, chronicle: Chronicle) {
        self.index = index
        self.plan = plan
        self.world = world
        self.chronicle = chronicle
        clock = NodeClock(world)
        clock.setSynchronised(plan.isSynchronised)
        disk.setTail(pieces: plan.tailPieces)
        random = SeededGenerator(seed: plan.seed, stream: Stream.disk + UInt64(index) * Stream.perNode)
        scheduler = SeededScheduler(
            seed: plan.seed, stream: Stream.scheduler + UInt64(index) * Stream.perNode, order: plan.order)
    }

    var name: NodeName { .server(index) }
    /// What its process calls itself as a standby.
    var asker: UInt64 { UInt64(index + 1) << 32 | UInt64(incarnation) }
    var process: Casebook.Process { Casebook.Process(node: index, number: incarnation) }
    /// Whether it writes the log that it has.
    var isAuthor: Bool { chronicle.author.node == index }

    /// How a journal on its disk is opened.
    func journalOptions() -> JournalOptions {
        var journal = JournalOptions(storage: disk.attach())
        journal.creationID = Array(repeating: 7, count: 16)
        journal.segmentBytes = plan.segmentBytes
        journal.queueBytesLimit = plan.queueBytesLimit
        journal.monotonicNanoseconds = { [world] in world.monotonicNanoseconds() }
        return journal
    }

    /// Starts a process on what the disk holds.
    func start() throws {
        precondition(engine == nil, "one process at a time")
        incarnation += 1
        scheduler = SeededScheduler(
            seed: plan.seed, stream: Stream.scheduler + UInt64(index) * Stream.perNode + UInt64(incarnation),
            order: plan.order)
        mailbox = Mailbox()
        stopping = nil
        told = 0
        diskReadyAt = world.now().rawValue
        var configuration = EngineConfiguration(journal: journalOptions(), cores: 2)
        configuration.poolShards = random.between(1...3)
        configuration.patientShards = random.between(1...3)
        // A thread of its own would be under nobody's order.
        configuration.recoveryThreads = 1
        configuration.keyWindowMilliseconds = plan.keyWindowMilliseconds
        configuration.archiveAfterMilliseconds = plan.archiveAfterMilliseconds
        configuration.checkpointAfterBytes = plan.checkpointAfterBytes
        configuration.checkpointAfterMilliseconds = plan.checkpointAfterMilliseconds
        configuration.roll = plan.roll
        configuration.rollTickMilliseconds = 1_500
        // A reader that is away in here is never away for too long.
        configuration.feedKeep.milliseconds = .max / 4
        configuration.feedKeep.bytes = .max
        configuration.clock = clock
        configuration.executor = scheduler
        configuration.seed = plan.seed
        configuration.role = startsAs
        configuration.standby = plan.standby?.policy
        configuration.news = { [mailbox] in mailbox.put(.news($0)) }
        engine = try Engine.start(configuration)
    }

    /// Starts a process that has no engine yet: its disk is empty.
    func beginWithoutEngine() {
        precondition(engine == nil, "one process at a time")
        incarnation += 1
        mailbox = Mailbox()
    }

    /// Begins a task of the server's that carries a request out.
    func begin(_ request: Request, execution: Int) {
        guard let engine else { return }
        Task(executorPreference: scheduler) { [mailbox] in
            let response = await engine.perform(request)
            mailbox.put(.response(execution, response, epoch: engine.tenure.epoch))
        }
    }

    func checkpoint() {
        guard let engine else { return }
        Task(executorPreference: scheduler) { await engine.checkpoint() }
    }

    /// Begins to stop in good order; `hasStopped` tells when that is done.
    func beginStopping(writingCheckpoint: Bool = true) {
        guard let engine, stopping == nil else { return }
        let done = NIOLockedValueBox(false)
        stopping = done
        Task(executorPreference: scheduler) {
            await engine.stop(writingCheckpoint: writingCheckpoint)
            done.withLockedValue { $0 = true }
        }
    }

    var hasStopped: Bool { stopping?.withLockedValue { $0 } ?? false }

    /// The process has stopped; another may begin.
    func leave() {
        engine = nil
        stopping = nil
    }

    /// The process is gone at once, and what was not synced with it. What its tasks would still have done reaches
    /// nobody: they are run to their ends on a dead journal, so that their memory is given back.
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
        mailbox.close()
        while scheduler.turn() {}
        leave()
        return done.withLockedValue { $0 }
    }

    /// An empty disk takes the place of the one it had.
    func replaceDisk() {
        precondition(engine == nil, "nobody has it open")
        disk = MemoryDisk()
        disk.setTail(pieces: plan.tailPieces)
        onDisk = 0
        mayLackLog = true
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

    var hasPendingCommit: Bool { (engine?.journal.pendingBytes ?? 0) > 0 || engine?.journal.hasTail == true }
}
