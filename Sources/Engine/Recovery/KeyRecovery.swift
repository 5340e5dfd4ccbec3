import Journal
import Scheduling

/// What a journal says of the writes that were answered.
struct KeyRecovery: Sendable {
    let keys: KeyWindow
    /// The numbers of the values in the table of keys.
    private(set) var values: [UInt64] = []
    /// The latest moment that the table tells of.
    private(set) var latest = Instant(rawValue: 0)

    /// - Throws: as `RecoveredState` does.
    init(_ journal: Journal, into keys: KeyWindow, _ progress: (RecoveryProgress) -> Void) throws {
        self.keys = keys
        try readTable(journal, progress)
        try journal.replayEvents { event, position in
            if let kept = KeptAnswer(event, position: position) { keys.restore(kept) }
        }
    }

    private mutating func readTable(_ journal: Journal, _ progress: (RecoveryProgress) -> Void) throws {
        let count = try journal.entries(EngineTables.keys)
        values.reserveCapacity(count)
        var done = 0
        var answers: [KeptAnswer] = []
        try journal.forEach(EngineTables.keys) { key, _, value in
            values.append(try EngineTables.number(key, 0))
            answers.removeAll(keepingCapacity: true)
            try AnswerTables.decode(value) { kept in
                latest = max(latest, kept.at)
                answers.append(kept)
            }
            // As many to each value as the first has, and some less: too few grow, too many would take memory for
            // nothing.
            if done == 0 { keys.reserve(count * answers.count / 8 * 7) }
            keys.restore(answers)
            done += answers.count
            if values.count % 4_096 == 0 { progress(.init(stage: .keys, done: done)) }
            return true
        }
        keys.markCheckpointed()
        progress(.init(stage: .keys, done: done, total: done))
    }
}
