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
}
