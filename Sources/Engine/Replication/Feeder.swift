package import Journal
import NIOConcurrencyHelpers

/// A standby's question, and where it stands.
package struct FollowRequest: Sendable, Hashable {
    /// The hospital's data it has; empty when it has none.
    package var cluster: [UInt8]
    package var epochs: Epochs
    /// Where its log ends.
    package var end: LogTip
    /// For logs and status.
    package var name: String
    /// It wants a whole copy, whatever it has.
    package var wantsCopy: Bool
    /// Another number for each standby, and the same for one that asks again while an earlier connection of its
    /// lingers; 0 from one that does not say which it is, which is never taken for one that follows.
    package var asker: UInt64

    package init(
        cluster: [UInt8], epochs: Epochs, end: LogTip, name: String, wantsCopy: Bool, asker: UInt64
    ) {
        self.cluster = cluster
        self.epochs = epochs
        self.end = end
        self.name = name
        self.wantsCopy = wantsCopy
        self.asker = asker
    }
}

/// A primary's answer to a standby.
package enum FollowAnswer: Sendable {
    /// What follows on what it has.
    case stream(Feeder)
    /// Everything anew, from one moment; the caller closes the copy. Then it asks again.
    case copy(JournalCopy)
    /// The standby's log went another way after this tip: it goes back to it and asks again, or asks for a copy.
    case cutBack(LogTip)
}

/// One standby as its primary sees it: what to send next, and how far it has come.
package final class Feeder: Sendable {
    private let journal: Journal
    private let register: StandbyRegister
    private let tip: NIOLockedValueBox<LogTip>
    private let id: UInt64

    /// - Throws: `overloaded` while another standby follows.
    init(_ journal: Journal, _ register: StandbyRegister, for request: FollowRequest) throws(EngineError) {
        self.journal = journal
        self.register = register
        self.tip = NIOLockedValueBox(request.end)
        id = try register.attach(request.name, asker: request.asker)
    }

    /// The last position on the primary's disk.
    package var position: Position { journal.diskPosition }

    /// The next chunks, as soon as there are any on this disk, in the log or its tail; called by one task at a time.
    /// - Parameter reader: where the log is read, which may wait for the disk; nil for where the caller is. What stands
    ///   in the tail is at hand.
    /// - Throws: `positionTrimmed` when the standby has fallen so far behind that only a copy helps; `closed`;
    ///   `cancelled`; `corrupt` when this log is damaged.
    package func next(
        maxBytes: Int = EngineLimits.shippedBytes, reader: (any TaskExecutor)? = nil
    ) async throws(JournalError) -> ShippedChunks {
        let after = tip.withLockedValue { $0 }
        _ = try await journal.diskPosition(after: after.last)
        let chunks = try await chunks(after: after, maxBytes: maxBytes, reader: reader)
        if let end = chunks.end { tip.withLockedValue { $0 = end } }
        return chunks
    }

    private func chunks(
        after: LogTip, maxBytes: Int, reader: (any TaskExecutor)?
    ) async throws(JournalError) -> ShippedChunks {
        if let chunks = try journal.chunksInTail(after: after, maxBytes: maxBytes) { return chunks }
        return try await withTaskExecutorPreference(reader) { () async throws(JournalError) -> ShippedChunks in
            try journal.chunks(after: after, maxBytes: maxBytes)
        }
    }

    /// What a sign of life that is sent now brings along, for the standby to give back: a moment of the primary's own
    /// clock.
    package var beat: Int64 { register.moment }

    /// The standby has everything up to `position` on its disk, and is alive.
    /// - Parameter beat: the newest that it was sent; nil before the first. The lease of a primary that acknowledges
    ///   alone counts from there.
    package func confirm(_ position: Position, beat: Int64? = nil) {
        // It has only what it was sent, and that was on this disk. (What is told of this disk may lag behind by a
        // moment.)
        let sent = tip.withLockedValue { $0.last }
        register.confirm(id, min(position, sent), beat: beat)
    }

    /// The standby is gone. Once.
    package func end() { register.detach(id) }
}
