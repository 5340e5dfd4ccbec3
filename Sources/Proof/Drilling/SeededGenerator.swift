/// Random numbers that follow from a seed: SplitMix64 (Steele, Lea, Flood 2014), the same on every machine and in every
/// version.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A generator of its own for one part of a drill: what another part draws does not change it.
    init(seed: UInt64, part: UInt64) {
        var first = SeededGenerator(seed: seed ^ (part &* 0x9E37_79B9_7F4A_7C15))
        state = first.next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in so many times.
    mutating func oneIn(_ count: UInt64) -> Bool { next() % count == 0 }
}
