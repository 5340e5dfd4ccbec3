/// Numbers that follow from a seed and nothing else (SplitMix64). Its own arithmetic throughout: what the standard
/// library makes of a generator may change with the toolchain, and a seed found today must mean the same tomorrow.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameter stream: numbers of different streams of one seed have nothing to do with each other, so that drawing
    ///   more from one shifts no other.
    package init(seed: UInt64, stream: UInt64 = 0) {
        state = seed &* 0xD6E8_FEB8_6659_FD93 &+ stream &* 0x9E37_79B9_7F4A_7C15
        _ = next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 up to `count` - 1.
    package mutating func below(_ count: Int) -> Int {
        precondition(count > 0, "there is nothing to draw from")
        return Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }

    /// A number of the range, each as likely as the others.
    package mutating func between(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// True `permille` times in a thousand.
    package mutating func chance(_ permille: Int) -> Bool { below(1_000) < permille }

    /// One of the elements, or nil of none.
    package mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    /// The place of a weight, as often as it weighs.
    package mutating func weighted(_ weights: [Int]) -> Int {
        var left = below(max(1, weights.reduce(0, +)))
        for (place, weight) in weights.enumerated() {
            if left < weight { return place }
            left -= weight
        }
        return 0
    }
}
