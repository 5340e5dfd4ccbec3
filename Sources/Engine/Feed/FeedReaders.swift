import Journal
import NIOConcurrencyHelpers
import Scheduling

/// Those who read the change feed under a name: what each has confirmed, and from where on the log is kept for them.
///
/// That a name is known, and how far it has come, are facts of the log, so restarts, standbys and backups have them. A
/// confirmation is only noted; ``record(at:)`` makes one fact of all that came since the last time. A crash in between
/// forgets confirmations, and their events are told again.
final class FeedReaders: Sendable {
    /// A fact about a reader, and what it says.
    struct Mark: Hashable, Sendable {
        var fact: Position
        var through: Position
    }

    private struct Reader: Sendable {
        /// By its own word; the journal may not have it yet.
        var confirmed: Position
        /// What the journal was given, oldest first; never empty.
        var marks: [Mark]
        var subscriptions = 0

        mutating func note(_ mark: Mark) {
            confirmed = max(confirmed, mark.through)
            marks.append(mark)
            if marks.count > FeedReaders.mostMarks { marks.remove(at: FeedReaders.mostMarks / 2) }
        }
    }

    private struct State: Sendable {
        var readers: [String: Reader]
        /// Positions of the last facts about readers: who confirms only these has confirmed no news.
        var own: [Position] = []
        /// Where the log begins once what was asked of the journal is done.
        var begin = Position.zero

        /// Whether a reader has confirmed more than the journal has of it, and not only facts about readers.
        func hasNews(_ reader: Reader) -> Bool {
            let recorded = reader.marks[reader.marks.count - 1].through
            guard reader.confirmed > recorded else { return false }
            let known = own.count { $0 > recorded && $0 <= reader.confirmed }
            return reader.confirmed.rawValue - recorded.rawValue > UInt64(known)
        }

        /// Facts about readers stand up to a position.
        mutating func note(_ count: Int, upTo last: Position) {
            own += (0..<count).map { last.advanced(by: $0 + 1 - count) }
            if own.count > FeedReaders.mostMarks { own.removeFirst(own.count - FeedReaders.mostMarks) }
        }
    }

    /// What a reader has said, for status and metrics.
    struct Standing: Sendable {
        var name: String
        var confirmed: Position
        var subscriptions: Int
    }

    private let journal: Journal
    private let state: NIOLockedValueBox<State>
    /// Marks that are remembered of one reader; of more, one in the middle goes, which only keeps the log longer.
    private static let mostMarks = 1_024

    init(_ recovered: RecoveredReaders, journal: Journal) {
        self.journal = journal
        state = NIOLockedValueBox(
            State(readers: recovered.marks.mapValues { Reader(confirmed: $0.through, marks: [$0]) }))
    }

    // MARK: On a primary

    /// Where the log begins, what is going to be let go of counted as gone.
    var oldestKept: Position { max(journal.oldestPosition, state.withLockedValue { $0.begin }) }

    /// Makes a name known, from a position on; one that is known already stays where it is.
    /// - Returns: What it has confirmed, and the fact that must be durable before its reader is told.
    /// - Throws: `positionTrimmed` where the log behind the position is not kept; `invalidArgument` where there are as
    ///   many readers as there may be.
    func add(_ name: String, at position: Position, now: Instant) throws(EngineError) -> Mark {
        try state.withLockedValue { state -> Result<Mark, EngineError> in
            if let known = state.readers[name] {
                return .success(Mark(fact: known.marks[known.marks.count - 1].fact, through: known.confirmed))
            }
            let begin = max(state.begin, journal.oldestPosition)
            guard position.next >= begin else { return .failure(EngineError(.positionTrimmed(oldest: begin))) }
            guard state.readers.count < Limits.readers else {
                return .failure(
                    EngineError(
                        .invalidArgument,
                        "name: there are \(Limits.readers) readers, and no more may be; drop one that is not needed"))
            }
            let fact = append([.readerMarked(FeedMark(name: name, through: position.rawValue))], at: now)
            state.note(1, upTo: fact)
            let mark = Mark(fact: fact, through: position)
            state.readers[name] = Reader(confirmed: position, marks: [mark])
            return .success(mark)
        }.get()
    }

    /// Notes that a reader has everything up to a position. What it confirmed before stays confirmed.
    /// - Returns: False where no reader has that name.
    func confirm(_ name: String, _ position: Position) -> Bool {
        state.withLockedValue { state in
            guard let known = state.readers[name] else { return false }
            state.readers[name]?.confirmed = max(known.confirmed, position)
            return true
        }
    }

    /// Hands to the journal what was confirmed since the last time, unless that are only facts about readers: a reader
    /// is told of the one that this makes, and would confirm it, for ever.
    func record(at now: Instant) {
        state.withLockedValue { state in
            let moved = state.readers.filter { state.hasNews($0.value) }
            guard !moved.isEmpty else { return }
            let names = moved.keys.sorted()
            let facts = names.map { name in
                Fact.readerMarked(FeedMark(name: name, through: moved[name]?.confirmed.rawValue ?? 0))
            }
            let last = append(facts, at: now)
            state.note(facts.count, upTo: last)
            for (place, name) in names.enumerated() {
                let fact = last.advanced(by: place + 1 - names.count)
                state.readers[name]?.note(Mark(fact: fact, through: moved[name]?.confirmed ?? .zero))
            }
        }
    }

    /// Forgets a name: the log is not kept for it any more.
    /// - Returns: The fact; nil where no reader has that name.
    func drop(_ name: String, now: Instant) -> Position? {
        state.withLockedValue { state in
            guard state.readers.removeValue(forKey: name) != nil else { return nil }
            return append([.readerDropped(name)], at: now)
        }
    }

    /// Called with the lock held, so that the facts stand in the order in which they came true here.
    private func append(_ facts: [Fact], at now: Instant) -> Position {
        var records = RecordBatch()
        for fact in facts {
            var writer = ByteWriter()
            Event(at: now, by: .system, fact: fact).encode(into: &writer)
            do throws(JournalError) { try records.append(writer.bytes) } catch {
                preconditionFailure("a reader's name fits a record: \(error)")
            }
        }
        return journal.append(records)
    }

    // MARK: On a standby

    /// What the primary's log says.
    func apply(_ fact: Fact, at position: Position) {
        state.withLockedValue { state in
            switch fact {
            case .readerMarked(let mark):
                let mark = (name: mark.name, mark: Mark(fact: position, through: Position(mark.through)))
                if state.readers[mark.name] == nil {
                    state.readers[mark.name] = Reader(confirmed: mark.mark.through, marks: [mark.mark])
                } else {
                    state.readers[mark.name]?.note(mark.mark)
                }
            case .readerDropped(let name): state.readers[name] = nil
            default: preconditionFailure("this is no fact about a reader")
            }
        }
    }

    // MARK: The log

    /// Lets go of the log before a checkpoint, but for what is kept for readers: behind the least that any has
    /// confirmed, by facts that no failover in synchronous mode takes back. No reader begins meanwhile.
    /// - Parameter keep: how much at most; nil keeps nothing.
    func trim(before checkpoint: Position, keeping keep: FeedKeep?, now: Instant) {
        state.withLockedValue { state in
            let settled = journal.settledPosition
            let floor = state.readers.values.map { reader in
                (reader.marks.last { $0.fact <= settled } ?? reader.marks[0]).through
            }.min()
            var kept: Position?
            if let keep, let floor { kept = keep.begin(behind: floor, in: journal, now: now) }
            journal.trim(before: checkpoint, keeping: kept)
            let bound = min(kept ?? checkpoint, checkpoint)
            if let begin = journal.segments.last(where: { $0.first <= bound })?.first {
                state.begin = max(state.begin, begin)
            }
        }
    }

    /// The readers as the facts before a position have them, for the journal's metadata; nil where there are none. What
    /// stands before is not asked for again.
    /// - Parameter position: where recovery will begin to read the log.
    func saved(before position: Position) -> [UInt8]? {
        state.withLockedValue { state in
            for name in state.readers.keys {
                guard let place = state.readers[name]?.marks.lastIndex(where: { $0.fact < position }) else { continue }
                state.readers[name]?.marks.removeFirst(place)
            }
            return RecoveredReaders.encoded(
                state.readers.compactMapValues { $0.marks[0].fact < position ? $0.marks[0] : nil })
        }
    }

    // MARK: Who there is

    /// What a reader has confirmed; nil where no reader has that name.
    func confirmed(_ name: String) -> Position? { state.withLockedValue { $0.readers[name]?.confirmed } }

    /// By name.
    var all: [Standing] {
        state.withLockedValue { state in
            state.readers.map { Standing(name: $0, confirmed: $1.confirmed, subscriptions: $1.subscriptions) }
        }.sorted { $0.name < $1.name }
    }

    /// A subscription of a reader's began, or ended.
    func subscriptionsChanged(_ name: String, by change: Int) {
        state.withLockedValue { state in
            guard let known = state.readers[name] else { return }
            state.readers[name]?.subscriptions = max(0, known.subscriptions + change)
        }
    }
}

/// What a journal says of the readers that have a name: its metadata first, then its log over it.
struct RecoveredReaders: Sendable {
    private(set) var marks: [String: FeedReaders.Mark] = [:]

    init() {}

    init(_ journal: Journal) throws {
        guard let bytes = try journal.metadata(Self.metadataName) else { return }
        try bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            for _ in 0..<(try reader.varint()) {
                let (mark, fact) = (try FeedMark(from: &reader), try reader.varint())
                marks[mark.name] = .init(fact: Position(fact), through: Position(mark.through))
            }
            try reader.finish()
        }
    }

    mutating func apply(_ fact: Fact, at position: Position) {
        switch fact {
        case .readerMarked(let mark): marks[mark.name] = .init(fact: position, through: Position(mark.through))
        case .readerDropped(let name): marks[name] = nil
        default: preconditionFailure("this is no fact about a reader")
        }
    }

    // MARK: The durable form: count, then for each its name, its position, and the position of the fact that says so

    static let metadataName = "readers"

    static func encoded(_ marks: [String: FeedReaders.Mark]) -> [UInt8]? {
        guard !marks.isEmpty else { return nil }
        var writer = ByteWriter()
        writer.varint(UInt64(marks.count))
        for (name, mark) in marks.sorted(by: { $0.key < $1.key }) {
            FeedMark(name: name, through: mark.through.rawValue).encode(into: &writer)
            writer.varint(mark.fact.rawValue)
        }
        return writer.bytes
    }
}
