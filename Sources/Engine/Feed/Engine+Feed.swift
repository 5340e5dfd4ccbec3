package import Journal
import Scheduling

/// Where a subscription is to begin.
package struct FeedStart: Sendable {
    /// Where in the log.
    package enum Place: Sendable, Hashable {
        /// With the oldest record that is kept.
        case oldest
        /// With what happens from now on.
        case latest
        /// Behind a position that was seen in this epoch; 0 where that is not said.
        case after(Position, epoch: UInt32)
    }

    package var place: Place
    /// Nil for a reader without a name.
    package var name: String?
    /// Where the name is known, it goes on behind what it has confirmed, and `place` says nothing.
    package var resumes: Bool
    /// What a reader that resumes has stored, and the epoch in which it was told that; 0 where that is not said.
    package var stored: (position: Position, epoch: UInt32)?

    package init(
        _ place: Place, name: String? = nil, resumes: Bool = false, stored: (position: Position, epoch: UInt32)? = nil
    ) {
        self.place = place
        self.name = name
        self.resumes = resumes
        self.stored = stored
    }
}

/// How far a subscription has come.
package struct FeedCursor: Sendable, Hashable {
    /// Everything up to here was told.
    package var through: Position
    /// It was told that no failover takes back what stands up to here.
    package var settled: Position
    /// It began with a name that was not known before.
    package var isOfNewName = false
}

/// A named reader, and how far behind it is.
package struct FeedReaderStatus: Sendable, Hashable {
    package var name: String
    package var confirmed: Position
    /// Records after that; 0 where none of them is shown in the feed.
    package var behindRecords: UInt64
    /// Since the first event that it has not confirmed; 0 where it has all.
    package var behindMilliseconds: Int64
    package var subscriptions: Int
    /// The log behind its confirmed position is not kept any more.
    package var isTrimmed: Bool
}

extension Engine {
    // MARK: Beginning

    /// Finds where a subscription begins, and makes its name known.
    /// - Throws: `invalidArgument` for a position beyond the log, or one that a failover or a restoration took back;
    ///   `positionTrimmed` for a name whose log is not kept any more; `notPrimary` for a name on a standby.
    package func subscribe(_ start: FeedStart) async throws(EngineError) -> FeedCursor {
        guard let name = start.name else { return cursor(after: try await position(of: start.place)) }
        try checkName(name)
        guard standing.role == .primary else { throw .notPrimary(standing.role) }
        if start.resumes, let (confirmed, made) = readers.known(name) {
            if let (position, epoch) = start.stored { try checkTold(position, in: epoch, "after") }
            try checkKept(after: confirmed, of: name)
            try await untilMade(made, name)
            return cursor(after: confirmed)
        }
        let position = try await position(of: start.place)
        if readers.known(name) == nil, let refusal = EngineError.refusal(journal, standing, register) {
            throw refusal
        }
        let (made, isNew) = try readers.add(name, at: position, now: time.now())
        try await untilMade(made, name)
        var cursor = cursor(after: position)
        cursor.isOfNewName = isNew
        return cursor
    }

    /// Waits until the fact that made a name known is on all disks. Later ones need not be: what they say is told
    /// again where they are lost.
    private func untilMade(_ fact: Position, _ name: String) async throws(EngineError) {
        // What a checkpoint has was settled when it was written, though a restart may have to ask again.
        guard fact >= journal.checkpoint else { return }
        try await untilOnAllDisks(fact, "reader \(name) is known")
    }

    /// - Parameter outcome: what the fact says, as a clause: while the standby is away it is in doubt.
    private func untilOnAllDisks(_ fact: Position, _ outcome: String) async throws(EngineError) {
        if standing.isWithheld { throw .withheld }
        do throws(JournalError) {
            try await journal.whenSettled(fact)
        } catch .unconfirmed {
            throw EngineError(
                .standbyAway,
                "the standby is away and has not confirmed that \(outcome), so that is not known: bring it back, or "
                    + "run haoyuan alone where it is sure that it was not promoted; then haoyuan feed list tells",
                maybeApplied: true, retryAfterMilliseconds: 200)
        } catch {
            throw EngineError(error)
        }
    }

    private func checkName(_ name: String) throws(EngineError) {
        if let fault = FeedMark.fault(of: name) { throw EngineError(.invalidArgument, fault) }
    }

    private func cursor(after position: Position) -> FeedCursor {
        FeedCursor(through: position, settled: min(position, irrevocablePosition))
    }

    private func position(of place: FeedStart.Place) async throws(EngineError) -> Position {
        switch place {
        case .latest: return settledPosition
        case .oldest:
            let oldest = readers.oldestKept
            return oldest == .zero ? .zero : oldest.previous
        case .after(let after, let epoch):
            try checkTold(after, in: epoch, "after")
            return after
        }
    }

    /// Whether what a caller was told in an epoch, up to a position, is what stands in this log.
    private func checkTold(_ position: Position, in epoch: UInt32, _ field: String) throws(EngineError) {
        // What a reader was told was durable then; a primary that has just begun waits for its standby to say so again.
        guard position <= lastPosition else {
            throw EngineError(
                .invalidArgument,
                "\(field): \(position) is beyond the journal's last position \(lastPosition): what was seen there was "
                    + "taken back by a failover or a restoration; subscribe with latest and read the state anew")
        }
        let epochs = standing.current.epochs
        guard epoch <= epochs.current else {
            throw EngineError(
                .invalidArgument,
                "\(field): \(position) was seen in epoch \(epoch), and this server is in epoch \(epochs.current): "
                    + "another is the primary, or this one was restored from before that epoch; there, subscribe with latest "
                    + "and read the state anew")
        }
        guard epoch > 0, let later = epochs.starts.first(where: { $0.number > epoch }) else { return }
        // A restoration knows nothing of the epochs that it leaves out, nor where they began.
        let isLeftOut = later.isOfRestoration && !epochs.contains(epoch)
        guard isLeftOut || later.begin.next <= position else { return }
        throw EngineError(
            .invalidArgument,
            "\(field): \(position) was seen in epoch \(epoch), and epoch \(later.number) began at "
                + "\(later.begin.next): what was seen there was taken back by a failover or a restoration; subscribe "
                + "with latest and read the state anew")
    }

    private func checkKept(after position: Position, of name: String) throws(EngineError) {
        let oldest = journal.oldestPosition
        guard position.next < oldest else { return }
        throw EngineError(
            .positionTrimmed,
            "the feed begins at position \(oldest), and reader \(name) needs what follows on \(position), which is "
                + "older than feed-keep-days, or more than feed-keep-gib, or went because the disk was full; subscribe "
                + "with latest, then read the state anew")
    }

    /// Where a reader may begin at the earliest: what is going to be let go of is counted as gone.
    package var oldestKept: Position { readers.oldestKept }

    // MARK: Following

    /// Up to here no failover takes anything back: what the standby has confirmed. Where no standby is expected, and
    /// none has followed this process or one before, that is what this disk has.
    package var irrevocablePosition: Position {
        let settled = settledPosition
        guard standing.role == .primary, let confirmed = register.safePosition else { return settled }
        return min(settled, confirmed)
    }

    /// What a subscription is told next: events in order, or that more of what it was told is safe from failovers.
    /// Waits until there is either.
    package func feed(
        _ cursor: FeedCursor, limit: Int
    ) async throws(EngineError) -> (events: [PositionedEvent], cursor: FeedCursor) {
        var cursor = cursor
        while true {
            do throws(JournalError) { try await untilFeedMoves(cursor) } catch { throw EngineError(error) }
            let settled = max(cursor.settled, irrevocablePosition)
            if journal.durablePosition > cursor.through {
                let (events, through) = try await events(after: cursor.through, limit: limit)
                cursor.settled = settled
                cursor.through = through
                return (events, cursor)
            }
            if settled > cursor.settled {
                cursor.settled = settled
                return ([], cursor)
            }
        }
    }

    private func untilFeedMoves(_ cursor: FeedCursor) async throws(JournalError) {
        while journal.durablePosition <= cursor.through {
            guard cursor.settled < cursor.through else {
                _ = try await journal.durablePosition(after: cursor.through)
                return
            }
            if irrevocablePosition > cursor.settled { return }
            let (journal, clock) = (journal, configuration.clock)
            let failure = await withTaskGroup(of: JournalError?.self) { group in
                group.addTask {
                    do throws(JournalError) {
                        _ = try await journal.durablePosition(after: cursor.through)
                        return nil
                    } catch {
                        return error
                    }
                }
                group.addTask {
                    // Cancelled when the other is done first.
                    try? await clock.sleep(milliseconds: EngineLimits.settledTickMilliseconds)
                    return nil
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                return first
            }
            if let failure { throw failure }
            if Task.isCancelled { throw .cancelled }
        }
    }

    // MARK: Readers

    /// A named reader has made everything up to a position, as told in this epoch, its own. That is in the journal
    /// within `EngineLimits.readerTickMilliseconds`.
    /// - Throws: `notFound` where no reader has that name; `invalidArgument` for a bad name, or a position that was
    ///   told to no reader, or was taken back; `standbyAway` and `overloaded` for one that a primary which has just
    ///   begun may not show yet, though it was told before; `notPrimary`.
    package func confirmEvents(
        through position: Position, in epoch: UInt32 = 0, of name: String
    ) throws(EngineError) {
        try checkName(name)
        guard standing.role == .primary else { throw .notPrimary(standing.role) }
        try checkTold(position, in: epoch, "through")
        guard readers.known(name) != nil else { throw .unknownReader(name) }
        let settled = settledPosition
        guard position <= settled else {
            if let silence = register.silence { throw .standbyAway(silence) }
            throw EngineError(
                .overloaded, "through: only what stands up to \(settled) may be told yet; try again later",
                retryAfterMilliseconds: 200)
        }
        guard readers.confirm(name, position) else { throw .unknownReader(name) }
    }

    /// Forgets a reader: the log is not kept for it any more. Its subscriptions go on.
    /// - Throws: `notFound` where no reader has that name; `invalidArgument` for a bad one; as a write does.
    package func dropReader(_ name: String) async throws(EngineError) {
        try checkName(name)
        if let refusal = EngineError.refusal(journal, standing, register) { throw refusal }
        guard let fact = readers.drop(name, now: time.now()) else { throw .unknownReader(name) }
        try await untilOnAllDisks(fact, "reader \(name) is dropped")
    }

    /// A subscription of a named reader's began (1) or ended (-1).
    package func subscriptionsChanged(of reader: String, by change: Int) {
        readers.subscriptionsChanged(reader, by: change)
    }

    /// The named readers, by name.
    package var feedReaders: [FeedReaderStatus] {
        let (now, settled) = (time.now(), settledPosition)
        return readers.all.map { reader in
            let isTrimmed = reader.confirmed.next < journal.oldestPosition
            let unread = firstShown(after: isTrimmed ? journal.oldestPosition.previous : reader.confirmed)
            return FeedReaderStatus(
                name: reader.name, confirmed: reader.confirmed,
                // A primary that has just begun, without its standby, may not show yet what a reader had.
                behindRecords: unread == nil || settled < reader.confirmed
                    ? 0 : settled.rawValue - reader.confirmed.rawValue,
                behindMilliseconds: unread.map { max(0, now.rawValue - $0.rawValue) } ?? 0,
                subscriptions: reader.subscriptions, isTrimmed: isTrimmed)
        }
    }

    /// When the first event behind a position happened that the feed shows; nil where there is none.
    private func firstShown(after position: Position) -> Instant? {
        var from = position.next
        while let records = try? journal.read(from: from, maxRecords: 256, maxBytes: 64 << 10),
            let last = records.last
        {
            for record in records {
                guard let event = try? record.event(), event.fact.kind.row.event != nil else { continue }
                return event.at
            }
            from = last.position.next
        }
        return nil
    }

    /// Hands what readers have confirmed to the journal. The engine does so by itself.
    package func recordConfirmations() {
        guard EngineError.refusal(journal, standing, register) == nil else { return }
        readers.record(at: time.now())
    }
}

extension EngineError {
    fileprivate static func unknownReader(_ name: String) -> EngineError {
        EngineError(.notFound, "there is no reader \(name); haoyuan feed list shows them")
    }
}
