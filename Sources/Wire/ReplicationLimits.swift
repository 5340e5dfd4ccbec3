/// Everything has a limit. These are those between a primary and its standby; `docs/reference/limits.md` lists them
/// with what happens one past each.
package enum ReplicationLimits {
    /// Milliseconds between two signs of life of either side.
    package static let heartbeatMilliseconds: Int64 = 500
    /// Milliseconds without a sign of life after which either side hangs up: six heartbeats, so that a pause of a disk
    /// or a collector does not look like death, and a cut cable is noticed within seconds.
    package static let silenceMilliseconds: Int64 = 3_000
    /// Bytes of one piece of a copy, about: it ends with the value that passes it.
    package static let copyPieceBytes = 512 << 10
    /// Bytes of the pieces that wait on a standby before it reads no more from the network.
    package static let inboxBytes = 8 << 20
    /// Epochs that a `Follow` may name; one begins with every promotion.
    package static let epochs = 4_096
    /// Milliseconds that connecting and shaking hands with the other server may take.
    package static let connectMilliseconds: Int64 = 2_000
    /// Milliseconds before the second attempt to reach the other server; doubled with each that fails.
    package static let retryFirstMilliseconds: Int64 = 50
    /// Milliseconds between two attempts, at most.
    package static let retryLongestMilliseconds: Int64 = 1_000
}
