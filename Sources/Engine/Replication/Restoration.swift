package import Journal
import Scheduling

/// Makes a journal out of a backup and of the logs that followed it, up to a place or a moment.
///
/// What comes out is the beginning of another history than the one the backup was taken of, so it begins an epoch of
/// its own: a standby of the old one cannot follow it by mistake.
package final class Restoration {
    /// Up to where a restoration goes.
    package enum Goal: Sendable, Hashable {
        case everything
        /// The last record to take over.
        case position(Position)
        /// Everything that happened at or before this moment; milliseconds since 1970-01-01T00:00Z.
        case moment(Int64)
    }

    private let options: JournalOptions
    private let goal: Goal
    private var taking: JournalImport?
    private var journal: Journal?
    private var receiver: ChunkReceiver?
    private var records = RecordBatch()
    /// What has come of a write that has not come whole, and what came with it.
    private var held: (chunks: ShippedChunks, records: [LogRecord])?
    /// The goal lies within what was taken in so far.
    package private(set) var isAtGoal = false
    /// The last record taken over.
    package private(set) var position: Position

    /// Begins with a whole copy, in a directory where there is nothing yet.
    package init(_ header: CopyHeader, into options: JournalOptions, goal: Goal) throws(JournalError) {
        self.options = options
        self.goal = goal
        taking = try JournalImport(header, into: options)
        position = header.end.last
    }

    /// Takes in a piece of the whole copy.
    package func add(_ part: CopyPart) throws(JournalError) {
        guard let taking else { preconditionFailure("The copy was taken in already.") }
        try taking.add(part)
    }

    /// The copy is whole; logs may follow.
    package func finishCopy() throws(JournalError) {
        try taking?.finish()
        taking = nil
        var options = options
        options.driving = .manual
        let opened = try Journal.open(options)
        journal = opened
        receiver = ChunkReceiver(after: opened.tip)
    }

    /// Takes in what followed. Chunks that are there already are passed over.
    /// - Throws: `JournalError.corrupt` when something is missing between what is here and these, or they are damaged;
    ///   `CodingError` when a newer version wrote them.
    package func follow(_ chunks: ShippedChunks) throws {
        guard let journal, var next = receiver, !isAtGoal, chunks.last >= next.tip.next else { return }
        guard let chunks = try chunks.following(next.tip) else { return }
        let (earlier, found) = (held?.chunks, try (held?.records ?? []) + next.admit(chunks))
        held = nil
        let wanted = try found.prefix { try isWanted($0) }
        if wanted.count < found.count {
            try takeOver(wanted)
            isAtGoal = true
            return
        }
        receiver = next
        var whole = earlier ?? chunks
        if earlier != nil { whole.add(chunks) }
        if try found.last?.event().isContinued ?? false {
            held = (whole, found)
            return
        }
        journal.append(whole)
        position = found.last?.position ?? position
        try flush(journal)
    }

    /// The goal, or the end of what there is, lies inside: what is wanted becomes records of this journal's own. Of a
    /// write that is not whole nothing is.
    private func takeOver(_ wanted: ArraySlice<LogRecord>) throws {
        var wanted = wanted
        while let last = wanted.last, try last.event().isContinued { wanted.removeLast() }
        for record in wanted { try records.append(record.bytes) }
        position = wanted.last?.position ?? position
    }

    /// Ends it: a journal that a primary can be started on. Its epoch begins at the latest moment that is in it: this
    /// machine's clock may be wrong, and what stands in a journal holds time there.
    /// - Parameters:
    ///   - header: what the last file begins with that was taken in: which epochs there were by its end.
    ///   - highest: the highest epoch that is known of these data, also of other histories: none is begun twice.
    /// - Returns: The epoch that begins with it.
    /// - Throws: `EngineError` when the backup's epoch is the last there can be; `JournalError`; `CodingError` when the
    ///   backup does not say what epoch it is of.
    package func finish(after header: CopyHeader? = nil, highest: UInt32 = 0) throws -> UInt32 {
        guard let journal else { preconditionFailure("The copy was never finished.") }
        if let held { try takeOver(held.records[...]) }
        journal.append(records)
        try flush(journal)
        var epochs = try Epochs(decoding: try journal.metadata(Epochs.metadataName))
        if let header { epochs = try Epochs(of: header) }
        epochs.forget(from: journal.tip.next)
        let number = try Epochs.number(ofRestorationAfter: max(epochs.current, highest))
        epochs.begin(EpochStart(number: number, begin: journal.tip))
        journal.setMetadata(Epochs.metadataName, epochs.encoded)
        journal.setMetadata(Standing.metadataName, Standing.encode(.primary))
        journal.setMetadata(ClockNote.metadataName, nil)
        journal.setMetadata(ClockMark.metadataName, nil)
        var batch = RecordBatch()
        var writer = ByteWriter()
        Event(at: try latest(in: journal), by: .system, fact: .epochBegan(number)).encode(into: &writer)
        try batch.append(writer.bytes)
        journal.append(batch)
        try flush(journal)
        try journal.close()
        self.journal = nil
        return number
    }

    private func latest(in journal: Journal) throws -> Instant {
        let kept = try journal.metadata(Checkpointer.latestMoment).flatMap { Instant(encoded: $0) }
        let last = try journal.read(from: journal.tip.last, maxRecords: 1, maxBytes: EngineLimits.feedReadBytes).first
        return max(kept ?? Instant(rawValue: 0), try last?.event().at ?? Instant(rawValue: 0))
    }

    /// Lets go of what is there.
    package func abandon() {
        taking?.abandon()
        journal?.abandon()
        taking = nil
        journal = nil
    }

    private func isWanted(_ record: LogRecord) throws -> Bool {
        switch goal {
        case .everything: true
        case .position(let last): record.position <= last
        case .moment(let moment): try record.event().at.rawValue <= moment
        }
    }

    private func flush(_ journal: Journal) throws(JournalError) {
        while try journal.step() {}
        if journal.pendingBytes > 0 { throw .storageFull }
    }
}
