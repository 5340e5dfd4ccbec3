package import Journal
import NIOConcurrencyHelpers
import Scheduling

/// How replication stands, for status and metrics.
package struct ReplicationState: Sendable {
    /// What a yes of this server needs at this moment.
    package enum Acknowledgement: Sendable { case disk, standby, none }
    package var role: Role
    package var epoch: UInt32
    package var acknowledgement: Acknowledgement
    package var isStandbyExpected: Bool
    /// The standby that follows, if one does.
    package var standby: String?
    package var confirmed: Position
    package var heardMillisecondsAgo: Int64
    /// Goes on without a standby that is expected.
    package var isAlone: Bool
}

extension Engine {
    /// What this engine is at this moment.
    package var role: Role { standing.role }

    /// The epoch of its log.
    package var epoch: UInt32 { standing.epoch }

    /// Epoch and whether it was deposed, without a lock: what every request is held against.
    package var tenure: Tenure { standing.tenure }

    package var replication: ReplicationState {
        let watch = register.current
        let state = standing.current
        let acknowledgement: ReplicationState.Acknowledgement =
            state.role != .primary || register.silence != nil ? .none : watch.needs == .disk ? .disk : .standby
        return ReplicationState(
            role: state.role, epoch: state.epochs.current, acknowledgement: acknowledgement,
            isStandbyExpected: watch.isExpected, standby: watch.follower?.name,
            confirmed: Position(watch.follower?.confirmed ?? 0),
            heardMillisecondsAgo: register.heardMillisecondsAgo, isAlone: watch.isAlone)
    }

    // MARK: A primary and its standby

    /// Answers a standby that wants to follow.
    /// - Throws: `notPrimary`; `invalidArgument` when it has the data of another hospital; `overloaded` while another
    ///   standby follows; `internal` when it has of this epoch what this disk does not: then a copy would take it away.
    package func follow(_ request: FollowRequest) throws(EngineError) -> FollowAnswer {
        guard standing.role == .primary else { throw .notPrimary(standing.role) }
        if request.epochs.current > standing.epoch {
            depose(by: request.epochs.current)
            throw .notPrimary(standing.role)
        }
        try register.checkAlone(request.asker)
        if request.wantsCopy || request.cluster.isEmpty { return try copy() }
        guard request.cluster == journal.creationID else {
            throw EngineError(
                .invalidArgument, "cluster: the standby has the data of another hospital; give it an empty folder")
        }
        if let parting = standing.current.epochs.parting(from: request.epochs, end: request.end) {
            return .cutBack(parting)
        }
        let hasTip: Bool
        do throws(JournalError) {
            hasTip = try journal.contains(request.end)
        } catch {
            if case .positionTrimmed = error { return try copy() }
            throw EngineError(error)
        }
        guard hasTip else { throw .lost(request.end, by: journal.tip) }
        let feeder = try Feeder(journal, register, for: request)
        keepFollowed()
        return .stream(feeder)
    }

    /// Another server has begun a higher epoch: this one decides nothing any more, and what waits for the standby's
    /// word is told that nobody knows. A lower or equal epoch changes nothing.
    package func depose(by epoch: UInt32) {
        let isDeposed = standing.update { state in
            guard epoch > state.epochs.current, state.role == .primary else { return false }
            state.role = .deposed(by: epoch)
            state.heard = max(state.heard, epoch)
            return true
        }
        guard isDeposed else { return }
        journal.setMetadata(Standing.heardName, Standing.encode(heard: epoch))
        journal.setMetadata(Standing.metadataName, Standing.encode(.deposed(by: epoch)))
        journal.renounce()
        configuration.news(.deposed(by: epoch))
    }

    /// Keeps on disk what was told, up to where the standby has confirmed: a start without the standby shows that, and
    /// no more.
    func keepConfirmed() {
        guard standing.role == .primary else { return }
        let settled = journal.settledPosition
        guard settled > keptConfirmed.withLockedValue({ $0 }) else { return }
        keptConfirmed.withLockedValue { $0 = settled }
        journal.setMetadata(Standing.confirmedName, Standing.encode(confirmed: settled, in: standing.epoch))
    }

    /// Keeps on disk that a standby has followed, and up to where it has confirmed: the next process must not call
    /// settled what a promotion of that standby would take back.
    func keepFollowed() {
        guard standing.role == .primary else { return }
        keptFollowed.withLockedValue { kept in
            let safe = register.current.safe
            guard kept != safe else { return }
            kept = safe
            journal.setMetadata(
                Standing.followedName, safe.map { Standing.encode(confirmed: Position($0), in: standing.epoch) })
        }
    }

    /// Whether anything handed to the journal, its own small facts included, is not on disk yet.
    package var hasPending: Bool { journal.hasPending }

    /// Goes on without the standby until one has caught up: what was only waiting for it becomes durable.
    /// - Throws: `notPrimary`.
    package func goOnAlone() throws(EngineError) {
        guard standing.role == .primary else { throw .notPrimary(standing.role) }
        register.goOnAlone()
        keepFollowed()
    }

    // MARK: A standby and its primary

    /// The small facts of a primary's journal as its copy on a standby has them: from its first moment on it is a
    /// standby's, so that it is never served as a primary's by mistake.
    package static func metadataOfStandby(_ metadata: [String: [UInt8]]) -> [String: [UInt8]] {
        var metadata = metadata
        metadata[Standing.metadataName] = Standing.encode(.standby)
        metadata[Standing.withheldName] = nil
        metadata[Standing.confirmedName] = nil
        metadata[Standing.followedName] = nil
        metadata[ClockNote.metadataName] = nil
        metadata[ClockMark.metadataName] = nil
        return metadata
    }

    /// What to ask the primary with.
    /// - Parameter asker: the same whenever this standby asks, and no other's.
    package func followRequest(name: String, asker: UInt64) -> FollowRequest {
        FollowRequest(
            cluster: journal.creationID, epochs: standing.current.epochs, end: journal.tip, name: name,
            wantsCopy: false, asker: asker)
    }

    /// This standby gives up what it has, some of it or all: it is not promoted any more.
    /// - Returns: False where it is no standby, or being promoted: then nothing is to be given up.
    package func stepBack() -> Bool {
        standing.update { state in
            guard state.role == .standby, !state.isBeingPromoted else { return false }
            state.isSteppingBack = true
            return true
        }
    }

    /// Whether it follows a primary, and is not just becoming one.
    package var isFollower: Bool {
        let state = standing.current
        return state.role == .standby && !state.isBeingPromoted
    }

    /// The primary told what time it is: a standby's time is its primary's.
    package func heard(now: Int64) { if standing.role == .standby { time.hear(Instant(rawValue: now)) } }

    /// The primary is in this epoch: one that this server begins is higher, whichever of its processes that is. Returns
    /// once that is on disk: before, the primary must hear nothing by which it would say yes in this epoch.
    /// - Throws: `closed` when the journal ended first, `cancelled` when the task was.
    package func heard(epoch: UInt32) async throws(JournalError) {
        let (isNew, isOnDisk) = standing.update { state in
            let isNew = epoch > max(state.heard, state.epochs.current)
            if isNew { state.heard = epoch }
            return (isNew, epoch <= state.heardOnDisk)
        }
        if isOnDisk { return }
        if isNew { journal.setMetadata(Standing.heardName, Standing.encode(heard: epoch)) }
        // An epoch that is not new may have come with records, or by another task, that wait for the disk themselves.
        try await journal.flushed()
        standing.update { $0.heardOnDisk = max($0.heardOnDisk, epoch) }
    }

    /// The primary sends what follows on this log: nothing in it will be taken back, and from now on all of it is
    /// shown.
    package func joined() {
        let wasWithheld = standing.update { state in
            defer { state.isWithheld = false }
            return state.isWithheld
        }
        guard wasWithheld else { return }
        journal.setMetadata(Standing.withheldName, nil)
        journal.askForConfirmations(from: nil)
    }

    /// Takes in the next chunks of the primary's log, and returns with the last position once it is on this disk.
    package func receive(_ chunks: ShippedChunks) async throws -> Position {
        let last = try await replica.receive(chunks)
        joined()
        try await journal.whenSettled(last)
        return last
    }

    /// Takes in the next chunks of the primary's log, and returns with the last position without waiting for the disk,
    /// unless too much waits for it already.
    package func take(_ chunks: ShippedChunks) async throws -> Position {
        let last = try await replica.receive(chunks)
        if journal.admission != .open { _ = try await journal.diskPosition(after: last.previous) }
        return last
    }

    /// The last position on this disk.
    package var diskPosition: Position { journal.diskPosition }

    /// Up to where this disk has what the primary sent: what a standby may confirm. Its own records, once it is
    /// promoted, stand at positions at which the former primary has others.
    package var confirmable: Position { min(journal.diskPosition, replica.received) }

    /// Returns once there is more to confirm than `position`.
    /// - Throws: `closed` when there never will be: the engine stops, or is promoted; `cancelled`.
    package func confirmable(after position: Position) async throws(JournalError) -> Position {
        let onDisk = try await journal.diskPosition(after: position)
        let confirmable = min(onDisk, replica.received)
        guard confirmable > position else { throw .closed }
        return confirmable
    }

    /// Makes this standby the primary of a new epoch, and returns when that is on disk: from then on it takes writes.
    /// It goes on alone until a standby of its own has caught up.
    /// - Parameter known: the highest epoch that anybody told of.
    /// - Returns: The new epoch and the last position of those before.
    /// - Throws: `invalidArgument` when this is no standby, or no epoch is left to begin.
    package func promote(beyond known: UInt32 = 0) async throws(EngineError) -> (epoch: UInt32, position: Position) {
        guard standing.role == .standby else {
            throw EngineError(.invalidArgument, "only a standby is promoted; this server is \(standing.role)")
        }
        // Before it takes in nothing any more: who cannot be promoted goes on following.
        _ = try number(beyond: known, standing.current)
        let tip = await replica.finish()
        let begun = standing.update { state -> (number: UInt32, epochs: Epochs)? in
            guard state.role == .standby, !state.isBeingPromoted, !state.isSteppingBack,
                let number = try? number(beyond: known, state)
            else { return nil }
            state.isBeingPromoted = true
            var epochs = state.epochs
            epochs.begin(EpochStart(number: number, begin: tip))
            return (number, epochs)
        }
        guard let (number, epochs) = begun else {
            throw EngineError(
                .invalidArgument,
                "this standby is being promoted already, or takes back what its primary does not have; ask for its status"
            )
        }
        register.goOnAlone()
        time.lead()
        // With the epoch's first record or not at all: an epoch that the log does not tell of, no standby would learn
        // of.
        let metadata: [(name: String, value: [UInt8]?)] = [
            (Epochs.metadataName, epochs.encoded), (Standing.metadataName, Standing.encode(.primary)),
            (Standing.withheldName, nil),
        ]
        var records = RecordBatch()
        var writer = ByteWriter()
        Event(at: time.now(), by: .system, fact: .epochBegan(number)).encode(into: &writer)
        do throws(JournalError) {
            try records.append(writer.bytes)
            try await journal.whenDurable(journal.append(records, metadata: metadata))
        } catch {
            throw EngineError(error)
        }
        // Only now: who has seen an epoch never goes back to a lower one, so nobody may see one that never comes to be.
        standing.update {
            $0.epochs = epochs
            $0.role = .primary
            $0.isBeingPromoted = false
            $0.isWithheld = false
        }
        configuration.news(.promoted(epoch: number))
        // This machine has tables of its own, and it is its log that people read from now on.
        zones.tellAnew()
        await lookAtZone()
        return (number, tip.last)
    }

    /// The number of the epoch that this standby begins.
    private func number(beyond known: UInt32, _ state: Standing.State) throws(EngineError) -> UInt32 {
        try Epochs.number(after: max(state.epochs.current, state.heard, known))
    }

    private func copy() throws(EngineError) -> FollowAnswer {
        do { return .copy(try journal.copy()) } catch { throw EngineError(error) }
    }
}
