import HaoyuanClient

/// The keys of a replay's writes, made from the trace alone: the same trace gives the same keys, on every machine and
/// whenever.
enum ReplayKeys {
    enum Write: UInt64 {
        case book = 0
        case arrive, call, start, complete, noShow
    }

    /// `trace` in ASCII, above the kind of write and the attempt.
    private static let tag: UInt64 = 0x74_7261_6365 << 24
    /// Ids that are no number of 64 bits are hashed, and marked so that they cannot meet one that is.
    private static let hashedTag: UInt64 = 1 << 23

    /// - Parameter attempt: from 0; below 256.
    static func key(_ write: Write, _ appointment: String, attempt: Int = 0) -> IdempotencyKey {
        precondition((0..<256).contains(attempt), "an attempt is told in eight bits")
        let high = tag | write.rawValue << 8 | UInt64(attempt)
        if let number = UInt64(appointment) { return IdempotencyKey(high: high, low: number) }
        return IdempotencyKey(high: high | hashedTag, low: hash(appointment))
    }

    /// FNV-1a, 64 bits: the same on every machine, which Swift's own hash is not.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
