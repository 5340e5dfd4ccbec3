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
    /// The wall clock leaps forward, for good.
    case clockForward = "clock-forward"
    /// The wall clock is set back.
    case clockBack = "clock-back"
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

    /// Whether it needs two servers.
    var isOfStandby: Bool {
        switch self {
        case .standby, .promotion, .serverPartition, .alone, .misdelivery: true
        default: false
        }
    }
}
