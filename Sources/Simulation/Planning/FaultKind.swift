/// What can go wrong in a world. Each can be switched off, which is how a failing seed is shrunk.
package enum FaultKind: String, CaseIterable, Sendable {
    /// The process dies at any step; what was not synced is gone.
    case crash
    /// A sync fails and the process ends; whether the data reached the disk is open.
    case failedSync = "failed-sync"
    /// The process stops in good order and another starts.
    case restart
    /// Commits take long.
    case slowDisk = "slow-disk"
    /// For a while the disk takes nothing more.
    case fullDisk = "full-disk"
    /// The wall clock leaps forward; in half of the cases a person says that it is right.
    case clockForward = "clock-forward"
    /// The wall clock is set back.
    case clockBack = "clock-back"
    /// The wall clock stands still for a while, or runs at a wrong pace, or is put right.
    case clockPace = "clock-pace"
    /// The kernel says that the wall clock is not synchronised, or is again.
    case clockUnsynchronised = "clock-unsynchronised"
    /// A person says that the wall clock is right.
    case clockAccepted = "clock-accepted"
    /// The machine is suspended; when it wakes up hours may have passed.
    case suspension
    /// Messages get lost.
    case loss
    /// Messages arrive twice.
    case duplication
    /// Messages take long and overtake each other.
    case delay
    /// For a while nothing passes between some clients and the server.
    case partition
    /// A checkpoint is asked for in the middle of everything.
    case checkpoint
    /// There is a second server that follows the first; without it, nothing below strikes.
    case standby
    /// Somebody promotes the standby: after the primary died, or while it lives, cut off or not.
    case promotion
    /// For a while nothing passes between the two servers, in one direction or in both.
    case serverPartition = "server-partition"
    /// Somebody tells the primary to go on alone.
    case alone
    /// Pieces of the log come twice or not at all, as no sound connection would let them.
    case misdelivery

    /// Whether it is one of a clock that came later than the others: drawn from a stream of its own.
    var isOfClock: Bool {
        switch self {
        case .clockPace, .clockUnsynchronised, .clockAccepted, .suspension: true
        default: false
        }
    }

    /// Whether it needs two servers.
    var isOfStandby: Bool {
        switch self {
        case .standby, .promotion, .serverPartition, .alone, .misdelivery: true
        default: false
        }
    }
}
