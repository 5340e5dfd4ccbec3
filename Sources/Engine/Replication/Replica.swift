import Journal
import NIOConcurrencyHelpers
import Scheduling

/// A standby's hands: takes in what its primary's log says, puts it into its own log as it is, and lets the shards evolve.
///
/// Nothing is decided here. Chunk by chunk the chain is held against what came before, and fact by fact against the state.
actor Replica {
    private let journal: Journal
    private let keys: KeyWindow
    private let directory: Directory
    private let shards: Shards
    private let view: EngineView
    private let time: EngineTime
    private let standing: Standing
    private var receiver: ChunkReceiver
    private var isOver = false
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private let reached: NIOLockedValueBox<Position>
    private let taken: NIOLockedValueBox<Position>

    init(
        journal: Journal, keys: KeyWindow, directory: Directory, shards: Shards, view: EngineView, time: EngineTime,
        standing: Standing
    ) {
        self.journal = journal
        self.keys = keys
        self.directory = directory
        self.shards = shards
        self.view = view
        self.time = time
        self.standing = standing
        receiver = ChunkReceiver(after: journal.tip)
        reached = NIOLockedValueBox(journal.tip.last)
        taken = NIOLockedValueBox(journal.tip.last)
    }

    /// Everything up to here is in the shards; what a checkpoint that begins now may reflect.
    nonisolated var applied: Position { reached.withLockedValue { $0 } }

    /// The last position that is the primary's. What stands behind it in the journal is the beginning of this server's own epoch.
    nonisolated var received: Position { taken.withLockedValue { $0 } }

    /// Takes in the next chunks, whole or, when they do not follow on what is here, not at all.
    /// - Returns: The last position in them; not on disk yet.
    /// - Throws: `JournalError.corrupt` when they are damaged or follow on something else; `DamagedState` when a fact cannot
    ///   follow on the state, `CodingError` when a newer version wrote it; `EngineError` when this is no standby any more.
    func receive(_ chunks: ShippedChunks) async throws -> Position {
        await begin()
        defer { end() }
        guard !isOver else { throw EngineError.notPrimary(standing.role) }
        var next = receiver
        let records = try next.admit(chunks)
        let events = try records.map { PositionedEvent(position: $0.position, event: try $0.event()) }
        receiver = next
        note(events, chunks)
        // Before they can be on disk: whoever confirms looks there first.
        taken.withLockedValue { $0 = chunks.last }
        let last = journal.append(chunks)
        // The catalogue says whose a pool is, so what follows on a change of it waits for it.
        var (changes, run): ([PositionedEvent], [PositionedEvent]) = ([], [])
        for event in events {
            if case .catalogueChanged = event.event.fact {
                try await apply(run)
                run = []
                changes.append(event)
            } else {
                if !changes.isEmpty { await directory.apply(changes) }
                changes = []
                run.append(event)
            }
        }
        if !changes.isEmpty { await directory.apply(changes) }
        try await apply(run)
        reached.withLockedValue { $0 = last }
        return last
    }

    /// Takes nothing in any more; returns where the log ends, everything in it applied.
    func finish() async -> LogTip {
        await begin()
        defer { end() }
        isOver = true
        return receiver.tip
    }

    // MARK: Inside

    private func note(_ events: [PositionedEvent], _ chunks: ShippedChunks) {
        if let latest = events.map(\.event.at).max() { time.note(latest) }
        for event in events {
            guard case .epochBegan(let number) = event.event.fact, number > standing.epoch,
                let begin = chunks.tip(before: event.position)
            else { continue }
            let epochs = standing.update { state in
                state.epochs.begin(EpochStart(number: number, begin: begin))
                return state.epochs
            }
            journal.setMetadata(Epochs.metadataName, epochs.encoded)
        }
    }

    private func apply(_ events: [PositionedEvent]) async throws {
        guard !events.isEmpty else { return }
        let snapshot = view.current
        var parts = [[PositionedEvent]](repeating: [], count: shards.pools.count)
        var registrations: [PositionedEvent] = []
        for event in events {
            if case .patientRegistered = event.event.fact { registrations.append(event) }
            for fact in event.event.fact.parts {
                guard let pool = fact.pool else { continue }
                guard let shard = shards.index(of: pool, in: snapshot) else {
                    throw DamagedState(violations: [
                        Violation("record \(event.position): its pool is not in the catalogue")
                    ])
                }
                parts[shard].append(
                    PositionedEvent(
                        position: event.position, event: Event(at: event.event.at, by: event.event.by, fact: fact)))
            }
        }
        if !registrations.isEmpty { await directory.apply(registrations) }
        for (shard, part) in parts.enumerated() where !part.isEmpty {
            let (settlements, faults) = await shards.pools[shard].apply(part, departments: snapshot.catalogue)
            guard faults.isEmpty else { throw DamagedState(violations: faults) }
            await shards.settle(settlements)
        }
        let now = time.now()
        for event in events {
            if let kept = KeptAnswer(event.event, position: event.position) { keys.restore(kept, now: now) }
        }
    }

    /// One at a time: a promotion waits for the chunks at hand, and they for it.
    private func begin() async {
        while isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
    }

    private func end() {
        isBusy = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }
}

extension Fact {
    /// The pool that a fact about one appointment or one session concerns.
    var pool: PoolID? {
        switch self {
        case .booked(let taken): taken.appointment.pool
        case .changed(let change): change.appointment.pool
        case .sessionOpened(let definition): definition.id.pool
        case .sessionArchived(let id): id.pool
        case .bookedTogether, .moved, .refused, .patientRegistered, .catalogueChanged, .epochBegan: nil
        }
    }
}

extension KeptAnswer {
    /// What an event says about the key it answers; nil when it answers none.
    init?(_ event: Event, position: Position) {
        guard let answered = event.answer, let answer = StoredAnswer(event.fact, position: position) else { return nil }
        self.init(key: answered.key, fingerprint: answered.fingerprint, at: event.at, answer: answer)
    }
}
