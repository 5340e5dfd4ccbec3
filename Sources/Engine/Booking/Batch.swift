import Journal
import Scheduling

/// The writes that travel together, and what is known of each so far. One batch is one task's own; only values leave
/// it.
struct Batch {
    /// A write that is to be carried out.
    struct Entry {
        let ticket: KeyWindow.Ticket
        let fingerprint: UInt64
    }

    let writes: [Write]
    let now: Instant
    let snapshot: EngineView.Snapshot
    /// Nil until the write has its answer.
    var answers: [Answer?]
    /// Nil for writes that are answered without being carried out.
    var entries: [Entry?]
    /// Writes whose key is under way elsewhere.
    var waiting: [Int] = []
    /// Facts of this batch reach up to here.
    var position = Position.zero
    /// Refusals are answers, so they are remembered like every other; they go to the journal together at the end.
    var refusals: [(index: Int, refusal: Refusal, item: UInt8)] = []

    init(_ writes: [Write], now: Instant, snapshot: EngineView.Snapshot) {
        self.writes = writes
        self.now = now
        self.snapshot = snapshot
        answers = Array(repeating: nil, count: writes.count)
        entries = Array(repeating: nil, count: writes.count)
    }

    func answered(_ index: Int) -> Event.Answered {
        guard let entry = entries[index] else { preconditionFailure("only a write that is carried out leaves a fact") }
        return Event.Answered(key: writes[index].key, fingerprint: entry.fingerprint)
    }

    mutating func done(_ index: Int, _ receipt: Receipt, at position: Position) {
        answers[index] = Answer(.done(receipt), position: position)
        self.position = max(self.position, position)
    }

    mutating func done(_ index: Int, _ taken: Taken, at position: Position) {
        let receipt = Receipt(
            appointment: taken.appointment, state: taken.state, version: 1, holdUntil: taken.holdUntil)
        done(index, receipt, at: position)
    }

    mutating func refuse(_ index: Int, _ refusal: Refusal, item: Int = 0) {
        refusals.append((index, refusal, UInt8(item)))
    }

    mutating func fail(_ index: Int, _ error: EngineError) { answers[index] = Answer(.failed(error)) }
}
