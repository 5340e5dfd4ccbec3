import Foundation

/// How requests of an open loop follow each other.
package enum Arrivals: String, CaseIterable, Sendable {
    /// Independent of each other, as those of many people: gaps are distributed exponentially.
    case poisson
    /// One after the other at equal distance.
    case constant
}

/// When each request of an open loop is meant to be sent, worked out before the first one is: whatever the server does,
/// they do not wait for it.
struct LoadSchedule: Sendable {
    /// Nanoseconds after the start, ascending.
    let moments: ContiguousArray<UInt64>

    /// - Parameters:
    ///   - perSecond: How many come in a second on average; above 0.
    ///   - count: How many in all.
    ///   - seed: Decides the gaps; the same seed gives the same schedule.
    init(_ arrivals: Arrivals, perSecond: Double, count: Int, seed: UInt64) {
        precondition(perSecond > 0 && count >= 0, "a schedule has a rate")
        var generator = LoadRandom(seed: seed)
        var at = 0.0
        let gap = 1e9 / perSecond
        var moments = ContiguousArray<UInt64>()
        moments.reserveCapacity(count)
        for _ in 0..<count {
            switch arrivals {
            case .poisson: at += -log(generator.fraction()) * gap
            case .constant: at += gap
            }
            moments.append(UInt64(at))
        }
        self.moments = moments
    }
}

/// Numbers that look random and follow from a seed (SplitMix64, Steele and others 2014): a load must be cheap and
/// repeatable.
struct LoadRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Above 0, at most 1.
    mutating func fraction() -> Double { Double(next() >> 11 + 1) / Double(1 << 53) }

    /// 0 to `bound` − 1.
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}
