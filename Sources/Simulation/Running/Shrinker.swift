/// Makes a failing seed small: leaves out what it fails without, until nothing more can go.
package struct Shrinker {
    private let seed: UInt64
    private let fails: (Overrides) -> Bool
    private var left: Int
    /// What is left out so far.
    package private(set) var overrides: Overrides

    /// - Parameters:
    ///   - tries: runs it may spend.
    ///   - fails: whether the seed still fails with this left out.
    package init(seed: UInt64, from overrides: Overrides, tries: Int = 250, fails: @escaping (Overrides) -> Bool) {
        self.seed = seed
        self.overrides = overrides
        self.fails = fails
        left = tries
    }

    /// Operations that were thought of and not left out.
    package var operations: Int {
        let count = Plan(seed: seed, overrides: overrides).operations
        return count - overrides.skipped.count { $0 < count }
    }

    package mutating func run() {
        shorten()
        for kind in FaultKind.allCases where !overrides.without.contains(kind) {
            attempt { $0.without.insert(kind) }
        }
        shorten()
        thin()
        shorten()
    }

    /// Fewer operations from the end.
    private mutating func shorten() {
        var step = Plan(seed: seed, overrides: overrides).operations / 2
        while step > 0 {
            let count = Plan(seed: seed, overrides: overrides).operations
            if count <= step || !attempt({ $0.operations = count - step }) { step /= 2 }
        }
    }

    /// Operations out of the middle, in ever smaller pieces.
    private mutating func thin() {
        let count = Plan(seed: seed, overrides: overrides).operations
        var piece = max(1, count / 2)
        while true {
            for start in stride(from: 0, to: count, by: piece) {
                let range = start..<min(start + piece, count)
                if range.allSatisfy({ overrides.skipped.contains($0) }) { continue }
                attempt { $0.skipped.formUnion(range) }
            }
            if piece == 1 || left == 0 { return }
            piece /= 2
        }
    }

    @discardableResult
    private mutating func attempt(_ change: (inout Overrides) -> Void) -> Bool {
        guard left > 0 else { return false }
        left -= 1
        var candidate = overrides
        change(&candidate)
        guard fails(candidate) else { return false }
        overrides = candidate
        if let count = candidate.operations { overrides.skipped = overrides.skipped.filter { $0 < count } }
        return true
    }
}
