import Journal
import Scheduling

extension PoolShard {
    /// A write of one pool, with what is known of it before the pool is asked.
    struct Order: Sendable {
        /// The write's place in its batch.
        let index: Int
        let asking: Asking
        /// Nil for a write without a key.
        let answered: Event.Answered?
    }

    /// What became of an order.
    struct Result: Sendable {
        /// Nil where there is nothing here that the write names.
        private(set) var outcome: Outcome?
        /// Whose appointment was changed; nil where none was.
        private(set) var changed: PatientID?
        /// What the appointment says of its patient from now on.
        var conduct = Conduct.none
        /// What a reading waits for that shows the fact.
        private(set) var subject: UInt64?
        /// Where the fact or the refusal stands; zero when there is none.
        var position: Position

        init() { position = .zero }

        init(_ fact: Fact, at position: Position = .zero) {
            self.position = position
            outcome = fact.outcome
            subject = fact.subject
            if case .changed(let change) = fact { changed = change.patient }
        }
    }

    /// Whom a refusal answers.
    struct Asker: Sendable {
        var origin: Origin
        var now: Instant
        /// Nil for a write without a key.
        var answered: Event.Answered?
        /// Whom it concerns; nil where that is no one, or is not known.
        var patient: PatientID?
    }

    /// A search's part of this shard. An object, for what is asked is large and goes through many hands.
    final class SearchOrder: Sendable {
        /// The query's place in its batch.
        let index: Int
        let search: SlotSearch
        let pools: [PoolID]

        init(index: Int, _ search: SlotSearch, _ pools: [PoolID]) {
            self.index = index
            self.search = search
            self.pools = pools
        }
    }
}

extension [PoolShard.Result] {
    /// Tells each where its fact stands, in a batch with one so long that it takes several positions.
    mutating func place(in records: RecordBatch, appendedAt last: Position) {
        var record = 0
        for index in indices where self[index].outcome != nil {
            self[index].position = records.position(of: record, appendedAt: last)
            record += 1
        }
    }
}

extension PoolShard {
    /// A session on its way out of memory: the rows that go with the fact, and what its patients are told.
    func leaving(
        _ session: Session, _ catalogue: CatalogueSnapshot, isWithdrawn: Bool = false
    ) -> (rows: [TableWrite], gone: [PatientShard.Settlement]) {
        guard let department = catalogue.department(of: session.id.pool) else {
            preconditionFailure("a session's pool is in the catalogue")
        }
        let keepsVisits = catalogue.policy(of: session.id.pool).limitsPeriods
        let rows = SessionTables.archive(
            session, department: department, keepsVisits: keepsVisits, isWithdrawn: isWithdrawn)
        let gone = session.past(department: department, keepsVisits: keepsVisits)
        return (rows, gone.map { .archived($0, $1, $2) })
    }
}

extension Asking {
    /// What is asked for, less the slots that an appointment of the same session has already. Whole, where the two
    /// differ in their shape: then nothing is passed on.
    func beyond(_ old: AppointmentRecord, _ id: AppointmentID) -> Asking {
        guard slot.session == id.session else { return self }
        var beyond = self
        beyond.givenUp = id.number
        let (first, oldFirst) = (Int(slot.index), Int(old.slot))
        let shift = abs(first - oldFirst)
        guard span == old.span, units == old.units, shift < Int(span) else { return beyond }
        if first > oldFirst { beyond.slot = SlotID(session: id.session, index: UInt16(oldFirst + Int(span))) }
        beyond.span = UInt8(shift)
        beyond.passedOn = span - UInt8(shift)
        return beyond
    }
}
