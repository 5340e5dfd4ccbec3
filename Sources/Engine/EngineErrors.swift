import Journal
import Scheduling

extension EngineError {
    static let draining = EngineError(.draining, "this server is stopping; reconnect and send it again")

    static let tooLate = EngineError(
        .deadlineExceeded, "the deadline had passed before the work began; nothing was done")

    /// What a failed wait for the disk means for a caller.
    init(_ error: JournalError) {
        switch error {
        case .positionTrimmed(let oldest):
            self.init(
                .positionTrimmed,
                "the feed begins at position \(oldest); read the state anew and subscribe with latest")
        case .unconfirmed:
            self.init(
                .standbyAway,
                "this shows a write that the standby has not confirmed, and the standby is away: bring it back, or run "
                    + "haoyuan alone where it is sure that it was not promoted; what was confirmed is shown",
                retryAfterMilliseconds: 200)
        case .cancelled: self.init(.internal, "the request was cancelled", maybeApplied: true)
        default: self.init(.internal, "\(error.description) \(error.remedy)", maybeApplied: true)
        }
    }

    /// Why no write is begun at this moment, if none is: not the primary, the disk, the standby.
    static func refusal(_ journal: Journal, _ standing: Standing, _ register: StandbyRegister) -> EngineError? {
        let role = standing.role
        if role != .primary { return .notPrimary(role) }
        return EngineError(refusedBy: journal.admission) ?? register.silence.map { standbyAway($0) }
    }

    static func standbyAway(_ why: String, maybeApplied: Bool = false) -> EngineError {
        EngineError(
            .standbyAway, "\(why); reads go on, and writes will when it is back or somebody says to go on alone",
            maybeApplied: maybeApplied, retryAfterMilliseconds: 200)
    }

    /// Why no write is begun at this moment, if none is.
    init?(refusedBy admission: Admission) {
        switch admission {
        case .open: return nil
        case .overloaded(let retryAfter):
            self.init(
                .overloaded, "too much waits for the disk; try again later",
                retryAfterMilliseconds: UInt32(clamping: retryAfter))
        case .storageFull:
            self.init(
                .storageFull, "the disk is full; reads go on, and writes will when there is room",
                retryAfterMilliseconds: 1_000)
        }
    }

    /// How the message begins to a standby that has what its primary's log does not.
    package static let diskHasLost = "this primary's disk has lost what its standby has"

    /// A standby has only ever what was on its primary's disk.
    static func lost(_ end: LogTip, by tip: LogTip) -> EngineError {
        EngineError(
            .internal,
            "\(diskHasLost): its log, which ends at \(tip.last), does not have record \(end.last) of the same epoch as the standby does; promote the standby and start this server with --follow, or empty the standby's folder to give that record up"
        )
    }
}
