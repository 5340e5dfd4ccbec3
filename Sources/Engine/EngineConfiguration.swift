package import Journal
package import ZoneTables

/// How an engine is started. Everything that comes from outside has its seam here: time (`clock`), disk
/// (`journal.storage`), the threads its own tasks run on (`executor`), randomness (`seed`). The network is the
/// server's.
package struct EngineConfiguration: Sendable {
    package var journal: JournalOptions
    /// Actors the departments are dealt to.
    package var poolShards: Int
    /// Actors the patients are dealt to.
    package var patientShards: Int
    /// On how many threads a start reads the journal. What it comes to is the same for any number.
    package var recoveryThreads: Int
    /// How long a key and its answer are remembered.
    package var keyWindowMilliseconds = EngineLimits.keyWindowMilliseconds
    /// How long after its end a session whose appointments have all ended stays in memory.
    package var archiveAfterMilliseconds = EngineLimits.archiveAfterMilliseconds
    /// A checkpoint begins when this much log has been written since the last, or this much time has passed.
    package var checkpointAfterBytes = 128 << 20
    package var checkpointAfterMilliseconds: Int64 = 300_000
    /// How much of the log is kept for named readers of the feed that are away.
    package var feedKeep = FeedKeep()
    /// How far ahead sessions are opened by the engine itself; nil: not at all.
    package var roll: RollPolicy?
    /// How often it is looked whether that is due.
    package var rollTickMilliseconds = EngineLimits.rollTickMilliseconds
    /// Whether this engine decides or follows one that does.
    package var role = Role.primary
    /// What a yes of a primary means; nil where no standby is expected.
    package var standby: StandbyPolicy?
    /// How often it is looked whether a checkpoint is due, and whether sessions can be archived.
    package var checkpointTickMilliseconds = EngineLimits.checkpointTickMilliseconds
    package var archiveTickMilliseconds = EngineLimits.archiveTickMilliseconds
    /// Where the clock changes of a hospital's zone come from.
    package var zoneTables = ZoneTables.machine
    package var clock: any EngineClock = SystemClock()
    /// Of a folder that is a trial's: its clock is `clock`, and `Engine.advanceClock` moves it. Nil in service.
    package var trial: TrialClock? {
        didSet { if let trial { clock = trial.clock } }
    }
    /// What the engine's own tasks prefer to run on; nil for the system's threads. Actors follow the task that calls
    /// them, so a simulator that also calls the engine from this executor runs all of it there.
    package var executor: (any TaskExecutor)?
    /// Seeds the hash of the key tables.
    package var seed = UInt64.random(in: .min ... .max)
    /// Called at each point of a checkpoint: drills and tests that end the process there. `nil` in service.
    package var checkpointProbe: (@Sendable (CheckpointPoint) -> Void)?
    /// Called from any of the threads of a start.
    package var progress: @Sendable (RecoveryProgress) -> Void = { _ in }
    /// Told when the engine's standing changes; called from any thread, and not to wait in.
    package var news: @Sendable (StandingNews) -> Void = { _ in }

    package init(journal: JournalOptions, cores: Int) {
        self.journal = journal
        poolShards = max(1, cores / 2)
        patientShards = max(1, cores / 2)
        recoveryThreads = max(1, cores)
    }
}

/// Where a start stands.
package struct RecoveryProgress: Sendable {
    /// What is being brought back.
    package enum Stage: String, Sendable { case patients, sessions, keys, log, invariants }
    package var stage: Stage
    /// Items done in this stage: patients, sessions, keys, records, appointments.
    package var done: Int
    /// Items to do, where it is known.
    package var total: Int?

    package init(stage: Stage, done: Int, total: Int? = nil) {
        self.stage = stage
        self.done = done
        self.total = total
    }
}
