import Journal
import Scheduling

/// What is known of a write on its way.
struct WriteUnderWay {
    /// Of the content; asked for only where the write has a key.
    var fingerprint: UInt64 = 0
    /// What the key window gave out for it; nil where it has no key, or needs not be carried out.
    var ticket: KeyWindow.Ticket?
    /// It is to be carried out, and is not answered yet.
    var isOpen = false
    /// What its patient granted.
    var claim: PatientBook.Claim?
    var answer: Answer?
}

/// The writes that travel together. One batch is one task's own; only values leave it.
struct Batch {
    /// What was asked. Shards read it here: writes are too large to be copied for each of them.
    let asked: [Write]
    /// By the same index.
    var writes: [WriteUnderWay]
    let now: Instant
    /// What wall clocks in the hospital's zone show.
    let wall: WallMoment
    let snapshot: EngineView.Snapshot
    /// Writes whose key is under way elsewhere.
    var waiting: [Int] = []
    /// Facts of this batch reach up to here.
    var position = Position.zero
    /// Refusals are answers, so they are remembered like every other. Those of the pools stand in the journal already;
    /// these go there together after each step.
    var refusals: [(index: Int, refusal: Refusal, item: UInt8, patient: PatientID?)] = []

    init(_ writes: [Write], now: Instant, snapshot: EngineView.Snapshot) {
        asked = writes
        self.writes = Array(repeating: WriteUnderWay(), count: writes.count)
        self.now = now
        self.snapshot = snapshot
        wall = snapshot.catalogue.catalogue.hospital.zone.wall(at: now)
    }

    mutating func answer(_ index: Int, _ outcome: Outcome, at position: Position) {
        writes[index].answer = Answer(outcome, position: position)
        writes[index].isOpen = false
        self.position = max(self.position, position)
    }

    /// - Parameter patient: whom it concerns, where the write itself does not say.
    mutating func refuse(_ index: Int, _ refusal: Refusal, item: Int = 0, patient: PatientID? = nil) {
        writes[index].isOpen = false
        refusals.append((index, refusal, UInt8(item), patient ?? asked[index].command.patient))
    }

    /// Refused by a shard, which has put it into the journal where it knows a place.
    mutating func refuse(_ index: Int, _ refused: RefusedItem, patient: PatientID? = nil) {
        if let position = refused.position {
            answer(index, .refused(refused.refusal, item: UInt8(refused.item)), at: position)
        } else {
            refuse(index, refused.refusal, item: refused.item, patient: patient)
        }
    }

    /// Whom a pool's refusal of a write answers.
    func asker(_ index: Int) -> PoolShard.Asker {
        PoolShard.Asker(
            origin: asked[index].by, now: now, answered: answered(index), patient: asked[index].command.patient)
    }

    /// What the fact of a write says about its key; nil where it has none.
    func answered(_ index: Int) -> Event.Answered? {
        // A key without a ticket needs no answer of its own.
        if case nil = writes[index].ticket { return nil }
        return Event.Answered(key: asked[index].key, fingerprint: writes[index].fingerprint)
    }

    mutating func fail(_ index: Int, _ error: EngineError) {
        writes[index].answer = Answer(.failed(error))
        writes[index].isOpen = false
    }
}
