import NIOConcurrencyHelpers

/// Makes a journal out of a copy of another. Until it is finished, nobody can open what is there by mistake.
///
/// Everything is checked before it is written: the chain of the log and the checksum of every value.
///
/// `@unchecked Sendable`: used by one task at a time, which is the caller's promise.
package final class JournalImport: @unchecked Sendable {
    /// What the copy began with.
    package let header: CopyHeader
    let journal: Journal
    private var receiver: ChunkReceiver
    /// Values taken in so far.
    package private(set) var values: UInt64 = 0

    /// Begins a copy where there is no journal yet.
    /// - Throws: ``JournalError/directoryUnusable(path:reason:)`` when there is one, and what
    ///   ``Journal/open(_:progress:)`` throws.
    package init(_ header: CopyHeader, into options: JournalOptions) throws(JournalError) {
        var options = options
        options.driving = .manual
        options.origin = header
        options.opensUnfinishedCopy = true
        options.asksForConfirmations = false
        // Nobody waits for a piece of a copy, and what is broken off leaves one file less.
        options.tailBytes = 0
        self.header = header
        journal = try Journal.open(options)
        receiver = ChunkReceiver(after: header.begin)
        guard journal.creationID == header.creationID, journal.tip == header.begin else {
            journal.abandon()
            throw .directoryUnusable(path: options.directory, reason: "there is another journal in it")
        }
    }

    /// The last position of the log taken in so far.
    package var position: Position { receiver.tip.last }

    /// Takes in one piece; on disk when it returns.
    /// - Throws: ``JournalError/corrupt(_:)`` when it is damaged or out of order; what a full or failing disk makes of
    ///   it.
    package func add(_ part: CopyPart) throws(JournalError) {
        switch part {
        case .chunks(let chunks):
            guard chunks.isEmpty || chunks.last < header.end.next else {
                throw .corrupt(
                    CorruptionReport(
                        .gap, table: "shipped", position: chunks.last, expected: "records up to \(header.end.last)",
                        found: "more"))
            }
            _ = try receiver.admit(chunks)
            journal.append(chunks)
        case .values(let name, let sent):
            let table = Table(name)
            for value in sent {
                let check = value.envelope.withUnsafeBytes { bytes in
                    value.key.withUnsafeBytes { ValueEnvelope.read(bytes, table: name, key: $0).map { _ in () } }
                }
                if case .failure(let fault) = check {
                    throw .corrupt(value.key.withUnsafeBytes { StateTable.report(fault, table: name, key: $0) })
                }
            }
            journal.write(sent.map { .sealed(table, key: $0.key, envelope: $0.envelope) })
            values += UInt64(sent.count)
        }
        try flush()
    }

    /// The copy is whole: it becomes a journal, which is closed; open it as any other.
    /// - Throws: ``JournalError/corrupt(_:)`` when something is missing.
    package func finish() throws(JournalError) {
        guard receiver.tip == header.end, values == header.values else {
            throw .corrupt(
                CorruptionReport(
                    .gap, table: "shipped", position: receiver.tip.next,
                    expected: "\(header.values) values and the log up to \(header.end)",
                    found: "\(values) values and the log up to \(receiver.tip)"))
        }
        for (name, value) in header.metadata.sorted(by: { $0.key < $1.key }) { journal.setMetadata(name, value) }
        // All of the log that came stays: readers may need what recovery does not.
        journal.trim(before: header.checkpoint, keeping: header.begin.next)
        _ = journal.queue.add { $0.addEndOfCopy() }
        try flush()
        try journal.close()
    }

    /// Lets go of it; what is there stays unfinished.
    package func abandon() { journal.abandon() }

    private func flush() throws(JournalError) {
        while journal.queue.hasPending || journal.pendingBytes > 0 {
            if try journal.step() { continue }
            throw journal.committer?.shared.withLockedValue { $0.refusal } ?? .storageFull
        }
    }
}
