import Engine

/// The second server of a world, as its seed draws it.
struct StandbyPlan: Sendable {
    /// What a yes of either server means when it is primary.
    var policy: StandbyPolicy
    /// Bytes of log sent in one piece, about.
    var shippedBytes: Int
    /// Bytes of a copy sent in one piece, about.
    var copyPieceBytes: Int
    /// How many of a thousand readings are asked of the server that a client does not take for the primary.
    var astrayPermille: Int
    /// How many of a thousand pieces of the log come twice or not at all.
    var misdeliveryPermille = 0
    /// How many of a thousand servers that come back do so with an empty disk.
    var emptyDiskPermille: Int
    /// When the standby is first started, milliseconds after the world began.
    var startsAfter: Int64

    init(_ random: inout SeededGenerator, without: Set<FaultKind>) {
        let patience = Int64(random.between(300...4_000))
        switch random.below(10) {
        case 0..<5: policy = StandbyPolicy(acknowledgement: .standby, absence: .wait)
        case 5..<7:
            policy = StandbyPolicy(acknowledgement: .standby, absence: .goOnAlone(afterMilliseconds: patience))
        default: policy = StandbyPolicy(acknowledgement: .local(leaseMilliseconds: 1_000 + patience), absence: .wait)
        }
        shippedBytes = [200, 1_500, 256 << 10][random.below(3)]
        copyPieceBytes = [300, 4_000, 512 << 10][random.below(3)]
        astrayPermille = [0, 200, 600][random.below(3)]
        let isMisdelivered = random.chance(250)
        let misdelivery = random.between(10...80)
        if isMisdelivered, !without.contains(.misdelivery) { misdeliveryPermille = misdelivery }
        emptyDiskPermille = [0, 0, 200][random.below(3)]
        startsAfter = Int64(random.below(1_500))
    }
}
