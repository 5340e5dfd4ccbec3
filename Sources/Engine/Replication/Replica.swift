import Journal
import NIOConcurrencyHelpers
import Scheduling

/// A standby's hands: takes in what its primary's log says, puts it into its own log as it is, and lets the shards
/// evolve.
///
/// Nothing is decided here. Chunk by chunk the chain is held against what came before, and fact by fact against the
/// state.
actor Replica {
    private let journal: Journal
    private let keys: KeyWindow
    private let directory: Directory
    private let shards: Shards
    private let view: EngineView
    private let time: EngineTime
    private let standing: Standing
    private let readers: FeedReaders
    private var receiver: ChunkReceiver
    /// Where the log ends with what was handed to the journal.
    private var end: LogTip
    /// What has come of a write that has not come whole: it is handed to the journal with the rest, in one piece, or
    /// never.
    private var held: Arrivals?
    private var isOver = false
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private let reached: NIOLockedValueBox<Position>
    private let taken: NIOLockedValueBox<Position>

    init(
        journal: Journal, keys: KeyWindow, directory: Directory, shards: Shards, view: EngineView, time: EngineTime,
        standing: Standing, readers: FeedReaders
    ) {
        self.journal = journal
        self.keys = keys
        self.directory = directory
        self.shards = shards
        self.view = view
        self.time = time
        self.standing = standing
        self.readers = readers
        end = journal.tip
        receiver = ChunkReceiver(after: end)
        reached = NIOLockedValueBox(journal.tip.last)
        taken = NIOLockedValueBox(journal.tip.last)
    }

    /// Everything up to here is in the shards; what a checkpoint that begins now may reflect.
    nonisolated var applied: Position { reached.withLockedValue { $0 } }

    /// The last position that is the primary's. What stands behind it in the journal is the beginning of this server's
    /// own epoch.
    nonisolated var received: Position { taken.withLockedValue { $0 } }

    /// Takes in the next chunks, whole or, when they do not follow on what is here, not at all. Chunks that end within
    /// a write wait for the rest of it.
    /// - Returns: The last position taken in; not on disk yet.
    /// - Throws: `JournalError.corrupt` when they are damaged or follow on something else; `DamagedState` when a fact
    ///   cannot follow on the state, `CodingError` when a newer version wrote it; `EngineError` when this is no standby
    ///   any more.
    func receive(_ chunks: ShippedChunks) async throws -> Position {
        await begin()
        defer { finishTurn() }
        guard !isOver else { throw EngineError.notPrimary(standing.role) }
        // Over a new connection comes again what is not on disk.
        if held != nil, chunks.first == end.next { dropHeld() }
        var arrivals = held.take() ?? Arrivals()
        if arrivals.chunks == nil { arrivals.events.reserveCapacity(chunks.positions) }
        do {
            try receiver.admit(chunks) { arrivals.events.append(try PositionedEvent(position: $0, decoding: $1)) }
        } catch {
            dropHeld()
            throw error
        }
        arrivals.add(chunks)
        if let latest = arrivals.events.last, latest.event.isContinued {
            held = arrivals
            return end.last
        }
        end = receiver.tip
        let whole = arrivals.chunks ?? chunks
        note(arrivals.events, whole)
        // Before they can be on disk: a confirmation looks there first.
        taken.withLockedValue { $0 = whole.last }
        let last = journal.append(whole)
        // The catalogue says whose a pool is, so what follows on a change of it waits for it.
        var rest = arrivals.events[...]
        while let isChange = rest.first.map({ $0.home == .catalogue }) {
            let run = rest.prefix { ($0.home == .catalogue) == isChange }
            rest = rest[run.endIndex...]
            if isChange { await directory.apply(Array(run)) } else { try await apply(run) }
        }
        reached.withLockedValue { $0 = last }
        return last
    }

    /// Takes nothing in any more; returns where the log ends, everything in it applied. Of a write that has not come
    /// whole nothing is in it.
    func finish() async -> LogTip {
        await begin()
        defer { finishTurn() }
        isOver = true
        dropHeld()
        return end
    }

    // MARK: Inside

    private func dropHeld() {
        held = nil
        receiver = ChunkReceiver(after: end)
    }

    private func note(_ events: [PositionedEvent], _ chunks: ShippedChunks) {
        var latest = Instant(rawValue: 0)
        for place in events.indices {
            latest = max(latest, events[place].event.at)
            guard case .epochBegan(let number) = events[place].event.fact, number > standing.epoch,
                let begin = chunks.tip(before: events[place].position)
            else { continue }
            let epochs = standing.update { state in
                state.epochs.begin(EpochStart(number: number, begin: begin))
                return state.epochs
            }
            journal.setMetadata(Epochs.metadataName, epochs.encoded)
        }
        time.hear(latest)
    }

    /// Tells each shard its part. The events themselves are handed on as they are: there are many, and no shard has all
    /// of them to itself.
    private func apply(_ events: ArraySlice<PositionedEvent>) async throws {
        let snapshot = view.current
        let registrations = events.filter { $0.home == .patients }
        if !registrations.isEmpty { await directory.apply(registrations) }
        for (shard, places) in try deal(events, snapshot).enumerated() where !places.isEmpty {
            let (settlements, faults) = await shards.pools[shard].apply(events, at: places, snapshot.catalogue) {
                shards.index(of: $0, in: snapshot) == shard
            }
            guard faults.isEmpty else { throw DamagedState(violations: faults) }
            await shards.settle(settlements)
        }
        let appeals = Dictionary(grouping: events.filter { $0.home == .conduct }) {
            $0.event.fact.appealStep.map { shards.index(of: $0.patient) } ?? 0
        }
        for (shard, part) in appeals.sorted(by: { $0.key < $1.key }) {
            let faults = await shards.patients[shard].apply(part)
            guard faults.isEmpty else { throw DamagedState(violations: faults) }
        }
        for event in events where event.home == .readers { readers.apply(event.event.fact, at: event.position) }
        // By its primary's time: this server's own clock may be wrong, and decides nothing.
        keys.restore(events, now: time.told)
    }

    /// For each shard the places of the events that concern it; one about several appointments may concern more than
    /// one.
    private func deal(_ events: ArraySlice<PositionedEvent>, _ snapshot: EngineView.Snapshot) throws -> [[Int]] {
        var places = [[Int]](repeating: [], count: shards.pools.count)
        func add(_ place: Int, _ pool: PoolID) throws {
            guard let shard = shards.index(of: pool, in: snapshot) else {
                throw DamagedState(violations: [
                    Violation("record \(events[place].position): its pool is not in the catalogue")
                ])
            }
            if places[shard].last != place { places[shard].append(place) }
        }
        for place in events.indices {
            if let pool = events[place].event.fact.pool {
                try add(place, pool)
            } else {
                for part in events[place].event.fact.parts { if let pool = part.pool { try add(place, pool) } }
            }
        }
        return places
    }

    /// One at a time: a promotion waits for the chunks at hand, and they for it.
    private func begin() async {
        while isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
    }

    private func finishTurn() {
        isBusy = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }
}

/// Pieces of the log on their way into the journal, with the events in them.
private struct Arrivals {
    private(set) var chunks: ShippedChunks?
    var events: [PositionedEvent] = []

    /// In place: a catalogue may come in hundreds of pieces.
    mutating func add(_ next: ShippedChunks) { if chunks?.add(next) == nil { chunks = next } }
}

extension PositionedEvent {
    fileprivate var home: FactKind.Home { event.fact.kind.row.home }
}

extension KeptAnswer {
    /// What an event says about the key it answers; nil when it answers none.
    init?(_ event: Event, position: Position) {
        guard let answered = event.answer else { return nil }
        self.init(
            key: answered.key, fingerprint: answered.fingerprint, at: event.at,
            answer: StoredAnswer(outcome: event.fact.outcome, position: position))
    }
}
