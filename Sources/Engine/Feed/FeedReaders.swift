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
        /// Nil where the fact drops the name.
        var through: Position?
    }

    /// A name that is known, or was: a drop that a cut back of the log may still take back forgets nothing.
    private struct Reader: Sendable {
        /// By its own word; the journal may not have it yet. Of a name that was dropped it says nothing.
        private(set) var confirmed = Position.zero
        /// What the journal was given, oldest first; never empty.
        private(set) var marks: [Mark] = []

        init(_ marks: [Mark]) {
            precondition(!marks.isEmpty, "a name is known by a fact")
            for mark in marks { note(mark) }
        }

        var isKnown: Bool { marks[marks.count - 1].through != nil }

        /// What the journal has of it; zero for a name that was dropped.
        var recorded: Position { marks[marks.count - 1].through ?? .zero }

        /// The fact that made the name known.
        var made: Position { marks[(marks.lastIndex { $0.through == nil } ?? -1) + 1].fact }

        mutating func confirm(_ position: Position) { confirmed = max(confirmed, position) }

        mutating func note(_ mark: Mark) {
            if let through = mark.through { confirmed = marks.last?.through == nil ? through : max(confirmed, through) }
            marks.append(mark)
            guard marks.count > FeedReaders.mostMarks else { return }
            // One that follows on another: without it the log is kept for longer, and nothing is forgotten.
            let middle = marks.indices.dropFirst(marks.count / 2).dropLast()
            let place = middle.first { marks[$0].through != nil && marks[$0 - 1].through != nil }
            if let place { marks.remove(at: place) }
        }

        /// The last mark whose fact stands up to where `isSure` says.
        func last(where isSure: (Position) -> Bool) -> Mark? { marks.last { isSure($0.fact) } }

        /// Forgets what no cut back of the log can bring to bear again, where none goes behind a position.
        /// - Returns: False where nothing is left: the name was dropped before.
        mutating func forget(before position: Position) -> Bool {
            if let place = marks.lastIndex(where: { $0.fact < position }) {
                marks.removeFirst(marks[place].through == nil ? place + 1 : place)
            }
            return !marks.isEmpty
        }
    }

    private struct State: Sendable {
        var readers: [String: Reader]
        /// Live subscriptions under each name, whether it is known or not.
        var subscriptions: [String: Int] = [:]
        /// Positions of the last facts about readers: who confirms only these has confirmed no news.
        var own: [Position] = []
        /// Where the log begins once what was asked of the journal is done.
        var begin = Position.zero

        /// Whether a reader has confirmed more than the journal has of it, and not only facts about readers.
        func hasNews(_ reader: Reader) -> Bool {
            let recorded = reader.recorded
            guard reader.isKnown, reader.confirmed > recorded else { return false }
            let known = own.count { $0 > recorded && $0 <= reader.confirmed }
            return reader.confirmed.rawValue - recorded.rawValue > UInt64(known)
        }

        /// The reader of a name, unless that was dropped.
        func known(_ name: String) -> Reader? { readers[name].flatMap { $0.isKnown ? $0 : nil } }

        mutating func note(_ mark: Mark, of name: String) {
            if readers[name] == nil { readers[name] = Reader([mark]) } else { readers[name]?.note(mark) }
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
        state = NIOLockedValueBox(State(readers: recovered.marks.mapValues { Reader($0) }))
    }

    // MARK: On a primary

    /// Where the log begins, what is going to be let go of counted as gone.
    var oldestKept: Position { max(journal.oldestPosition, state.withLockedValue { $0.begin }) }

    /// Makes a name known, from a position on; one that is known already stays where it is.
    /// - Returns: The fact that made it known, which must be durable before its reader is told; whether that is a new
    ///   one.
    /// - Throws: `positionTrimmed` where the log behind the position is not kept; `invalidArgument` where there are as
    ///   many readers as there may be.
    func add(_ name: String, at position: Position, now: Instant) throws(EngineError) -> (fact: Position, isNew: Bool) {
        try state.withLockedValue { state -> Result<(fact: Position, isNew: Bool), EngineError> in
            if let known = state.known(name) { return .success((known.made, false)) }
            let begin = max(state.begin, journal.oldestPosition)
            guard position.next >= begin else { return .failure(EngineError(.positionTrimmed(oldest: begin))) }
            guard state.readers.values.count(where: \.isKnown) < Limits.readers else {
                return .failure(
                    EngineError(
                        .invalidArgument,
                        "name: there are \(Limits.readers) readers, and no more may be; drop one that is not needed"))
            }
            let fact = append([.readerMarked(FeedMark(name: name, through: position.rawValue))], at: now)
            state.note(1, upTo: fact)
            state.note(Mark(fact: fact, through: position), of: name)
            return .success((fact, true))
        }.get()
    }

    /// Notes that a reader has everything up to a position. What it confirmed before stays confirmed.
    /// - Returns: False where no reader has that name.
    func confirm(_ name: String, _ position: Position) -> Bool {
        state.withLockedValue { state in
            guard state.known(name) != nil else { return false }
            state.readers[name]?.confirm(position)
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
                state.note(Mark(fact: fact, through: moved[name]?.confirmed ?? .zero), of: name)
            }
        }
    }

    /// Forgets a name: the log is not kept for it any more, once no failover takes that back.
    /// - Returns: The fact; nil where no reader has that name.
    func drop(_ name: String, now: Instant) -> Position? {
        state.withLockedValue { state in
            guard state.known(name) != nil else { return nil }
            let fact = append([.readerDropped(name)], at: now)
            state.note(Mark(fact: fact, through: nil), of: name)
            return fact
        }
    }

    /// Called with the lock held, so that the facts stand in the order in which they came true here.
    private func append(_ facts: [Fact], at now: Instant) -> Position {
        var events = EventBatch()
        for fact in facts { events.append(Event(at: now, by: .system, fact: fact)) }
        return journal.append(events.records)
    }

    // MARK: On a standby

    /// What the primary's log says.
    func apply(_ fact: Fact, at position: Position) {
        state.withLockedValue { state in
            let (name, mark) = Mark.said(by: fact, at: position)
            state.note(mark, of: name)
        }
    }

    // MARK: The log

    /// Lets go of the log before a checkpoint, but for what is kept for readers: behind the least that any has
    /// confirmed, by facts that no failover in synchronous mode takes back. No reader begins meanwhile.
    /// - Parameter keep: how much at most; nil keeps nothing.
    func trim(before checkpoint: Position, keeping keep: FeedKeep?, now: Instant) {
        state.withLockedValue { state in
            // What a checkpoint has was settled when it was written, though a restart may have to ask again.
            let (settled, sure) = (journal.settledPosition, journal.checkpoint)
            let floor = state.readers.values.compactMap { reader in
                (reader.last { $0 <= settled || $0 < sure } ?? reader.marks[0]).through
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
            for name in Array(state.readers.keys) where state.readers[name]?.forget(before: position) == false {
                state.readers[name] = nil
            }
            return RecoveredReaders.encoded(
                state.readers.compactMapValues { $0.marks[0].fact < position ? $0.marks[0] : nil })
        }
    }

    // MARK: Who there is

    /// What a reader has confirmed, and the fact that made it known; nil where no reader has that name.
    func known(_ name: String) -> (confirmed: Position, made: Position)? {
        state.withLockedValue { state in state.known(name).map { ($0.confirmed, $0.made) } }
    }

    /// By name.
    var all: [Standing] {
        state.withLockedValue { state in
            state.readers.filter(\.value.isKnown).map { name, reader in
                Standing(name: name, confirmed: reader.confirmed, subscriptions: state.subscriptions[name] ?? 0)
            }
        }.sorted { $0.name < $1.name }
    }

    /// A subscription under a name began, or ended. One outlives the drop of its name, and is that of the next reader
    /// of that name.
    func subscriptionsChanged(_ name: String, by change: Int) {
        state.withLockedValue { state in
            let count = state.subscriptions[name, default: 0] + change
            precondition(count >= 0, "a subscription under \(name) ended that had not begun")
            state.subscriptions[name] = count == 0 ? nil : count
        }
    }
}

extension FeedReaders.Mark {
    /// What a fact about a reader says, and of which.
    static func said(by fact: Fact, at position: Position) -> (name: String, mark: Self) {
        switch fact {
        case .readerMarked(let mark): (mark.name, Self(fact: position, through: Position(mark.through)))
        case .readerDropped(let name): (name, Self(fact: position, through: nil))
        default: preconditionFailure("this is no fact about a reader")
        }
    }
}
