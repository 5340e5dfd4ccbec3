import Scheduling

extension PoolShard {
    /// Whom a refusal answers.
    struct Asker: Sendable {
        var origin: Origin
        var now: Instant
        /// Nil for a write without a key.
        var answered: Event.Answered?
        /// Whom it concerns; nil where that is no one, or is not known.
        var patient: PatientID?
    }

    /// A search's part of this shard.
    struct SearchOrder: Sendable {
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

extension Session {
    /// Its appointments and whose they are, for the patients' sake when it leaves memory.
    var gone: [(AppointmentID, PatientID)] {
        appointments.enumerated().compactMap { index, record in
            record.map { (AppointmentID(session: id, number: UInt32(index + 1)), $0.patient) }
        }
    }
}

extension Asking {
    /// What is asked for, less the slots that an appointment of the same session has already. Whole, where the two
    /// differ in their shape: then nothing is passed on.
    func beyond(_ old: AppointmentRecord, of session: SessionID) -> Asking {
        let (first, oldFirst) = (Int(slot.index), Int(old.slot))
        let shift = abs(first - oldFirst)
        guard slot.session == session, span == old.span, units == old.units, shift < Int(span) else { return self }
        var beyond = self
        if first > oldFirst { beyond.slot = SlotID(session: session, index: UInt16(oldFirst + Int(span))) }
        beyond.span = UInt8(shift)
        return beyond
    }
}
