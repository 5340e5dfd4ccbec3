import Engine
import Scheduling

/// One world as a seed draws it: its size, what is asked of it how often, and what goes wrong when.
///
/// Every seed draws its own mixture, and leaves many things out (swarm testing): a fault that only shows where another
/// never strikes is found by the seeds without that other.
package struct Plan: Sendable {
    package let seed: UInt64
    package let overrides: Overrides

    /// Faults that strike once, with the operation whose sending they follow and the turns they wait after that.
    struct Strike: Sendable {
        var kind: FaultKind
        var operation: Int
        var turns: Int
        /// What a kind makes of it: milliseconds, bytes, a coin.
        var amount: Int
    }

    // The hospital.
    var departments = 2
    var pools = 3
    /// The clients put pools when the hospital is at work, and open sessions in them; whether they are there yet nobody
    /// looks.
    var putsPools = false
    var services = 3
    var patients = 12
    var sessionsPerPool = 2
    var perDay = 0
    var perDayDepartment = 0
    var holdSeconds = 60
    var zone = "UTC"

    // The clients.
    var clients = 4
    var pipeline = 2
    /// Things the clients think of.
    package private(set) var operations = 120
    var thinkMilliseconds = 40
    var timeoutMilliseconds = 400
    var attempts = 4
    var readers = 1
    /// Of these the last so many have a name, and are away for long.
    var namedReaders = 0
    var weights: [Int] = []
    /// How many of a thousand choices fall on the few patients, slots and appointments that everybody wants.
    var heat = 600

    // The machine.
    var order = SeededScheduler.Order.anyJob
    /// How many of a thousand turns the world moves on although jobs are ready.
    var eagerness = 150
    var commitMilliseconds = 3
    var segmentBytes = 16 << 10
    /// Pieces that the tail of the log has room for; 0 for no tail.
    var tailPieces = 0
    var queueBytesLimit = 64 << 20
    var checkpointAfterBytes = 4_000
    var checkpointAfterMilliseconds: Int64 = 10_000
    var archiveAfterMilliseconds: Int64 = 3_600_000
    var keyWindowMilliseconds: Int64 = 86_400_000
    /// Whether the kernel says so of the wall clocks, in the beginning.
    var isSynchronised = true

    // What goes wrong.
    var lossPermille = 0
    var duplicationPermille = 0
    var delayMilliseconds = 2
    var strikes: [Strike] = []
    /// How far the servers open sessions by themselves, each day from midnight on; nil in worlds in which people do it
    /// all.
    var roll: RollPolicy? {
        seed % 4 == 2 ? RollPolicy(days: 2 + Int(seed / 4 % 2), at: WallTime(rawValue: 0)) : nil
    }
    /// The second server, where there is one.
    private(set) var standby: StandbyPlan?

    /// Whether the world has a second server that follows the first.
    package var hasStandby: Bool { standby != nil }

    package init(seed: UInt64, overrides: Overrides = Overrides()) {
        self.seed = seed
        self.overrides = overrides
        var random = SeededGenerator(seed: seed, stream: Stream.plan)
        drawHospital(&random)
        drawClients(&random)
        drawMachine(&random)
        drawFaults(&random)
        drawStandby()
        var tail = SeededGenerator(seed: seed, stream: Stream.tail)
        tailPieces = [0, 1, 3, 64][tail.below(4)]
        drawPools()
        drawClocks()
        var names = SeededGenerator(seed: seed, stream: Stream.readers)
        namedReaders = names.below(3)
        readers += namedReaders
        if let most = overrides.operations { operations = min(operations, most) }
    }

    private mutating func drawHospital(_ random: inout SeededGenerator) {
        departments = random.between(1...3)
        pools = random.between(1...5)
        services = random.between(1...4)
        patients = random.between(3...24)
        sessionsPerPool = random.between(1...3)
        if random.chance(400) { perDay = random.between(1...4) }
        if random.chance(400) { perDayDepartment = random.between(1...3) }
        holdSeconds = [1, 2, 5, 30, 600][random.below(5)]
        if random.chance(200) { zone = ["Asia/Shanghai", "America/New_York"][random.below(2)] }
    }

    private mutating func drawPools() {
        var random = SeededGenerator(seed: seed, stream: Stream.pools)
        putsPools = random.chance(250)
        guard putsPools else { return }
        // Often one right after the other.
        for kind in [WorkKind.putEntities, .open] { weights[kind.rawValue] += random.between(5...40) }
    }

    private mutating func drawClients(_ random: inout SeededGenerator) {
        clients = random.between(1...8)
        pipeline = random.between(1...4)
        operations = random.between(40...220)
        thinkMilliseconds = [1, 5, 20, 60, 200][random.below(5)]
        timeoutMilliseconds = [20, 100, 400, 2_000][random.below(4)]
        attempts = random.between(1...6)
        readers = random.below(3)
        heat = [200, 600, 900][random.below(3)]
        weights = WorkKind.allCases.map { kind in
            let isLeftOut = random.chance(kind.isOften ? 80 : 350)
            let weight = random.between(1...10) * kind.usualWeight
            return isLeftOut ? 0 : weight
        }
        if weights.allSatisfy({ $0 == 0 }) { weights[0] = 1 }
    }

    private mutating func drawMachine(_ random: inout SeededGenerator) {
        order = SeededScheduler.Order.allCases[random.below(3)]
        eagerness = [20, 100, 250, 500][random.below(4)]
        commitMilliseconds = [0, 1, 3, 10][random.below(4)]
        segmentBytes = [3, 6, 12, 64][random.below(4)] << 10
        if random.chance(100) { queueBytesLimit = random.between(200...2_000) }
        checkpointAfterBytes = [300, 1_000, 4_000, 1 << 30][random.below(4)]
        checkpointAfterMilliseconds = [1_000, 5_000, 60_000, 1 << 40][random.below(4)]
        archiveAfterMilliseconds = [0, 60_000, 3_600_000, 7 * 86_400_000][random.below(4)]
        keyWindowMilliseconds = [2_000, 60_000, 3_600_000, 86_400_000][random.below(4)]
    }

    private mutating func drawFaults(_ random: inout SeededGenerator) {
        for kind in FaultKind.allCases where !kind.isOfStandby && !kind.isOfClock {
            // Drawn also for what is switched off, so that the rest stays as it was.
            let isPresent = random.chance(kind == .crash ? 750 : 450)
            let strength = random.between(1...4)
            let isOn = isPresent && !overrides.without.contains(kind)
            switch kind {
            case .loss: if isOn { lossPermille = strength * 25 }
            case .duplication: if isOn { duplicationPermille = strength * 30 }
            case .delay: if isOn { delayMilliseconds = [5, 30, 200, 1_000][strength - 1] }
            default:
                for _ in 0..<strength {
                    let strike = Strike(
                        kind: kind, operation: random.below(max(1, operations)), turns: random.below(80),
                        amount: random.below(1 << 20))
                    if isOn { strikes.append(strike) }
                }
            }
        }
    }

    private mutating func drawClocks() {
        var random = SeededGenerator(seed: seed, stream: Stream.clocks)
        isSynchronised = random.chance(600) || overrides.without.contains(.clockUnsynchronised)
        for kind in FaultKind.allCases where kind.isOfClock {
            let isPresent = random.chance(300)
            for _ in 0..<random.between(1...3) {
                let strike = Strike(
                    kind: kind, operation: random.below(max(1, operations)), turns: random.below(80),
                    amount: random.below(1 << 20))
                if isPresent, !overrides.without.contains(kind) { strikes.append(strike) }
            }
        }
    }

    private mutating func drawStandby() {
        var random = SeededGenerator(seed: seed, stream: Stream.standby)
        guard random.chance(500), !overrides.without.contains(.standby) else { return }
        standby = StandbyPlan(&random, without: overrides.without)
        // Long enough for the two to notice that the other is silent.
        thinkMilliseconds = [10, 40, 100, 250][random.below(4)]
        for kind in [FaultKind.promotion, .serverPartition, .alone] {
            let isPresent = random.chance(kind == .promotion ? 850 : 400)
            for _ in 0..<random.between(1...3) {
                let strike = Strike(
                    kind: kind, operation: random.below(max(1, operations)), turns: random.below(80),
                    amount: random.below(1 << 20))
                if isPresent, !overrides.without.contains(kind) { strikes.append(strike) }
            }
        }
    }
}

/// The streams of random numbers that one seed gives.
enum Stream {
    static let plan: UInt64 = 1
    static let world: UInt64 = 2
    static let network: UInt64 = 3
    static let disk: UInt64 = 4
    static let standby: UInt64 = 5
    static let link: UInt64 = 6
    static let tail: UInt64 = 7
    static let pools: UInt64 = 8
    static let clocks: UInt64 = 9
    static let readers: UInt64 = 10
    static let scheduler: UInt64 = 1_000
    /// Between the streams of one server and those of the next.
    static let perNode: UInt64 = 100_000
    static let operation: UInt64 = 1_000_000
}

/// What is left out of a plan: the command line of a shrunk seed.
package struct Overrides: Sendable, Equatable {
    /// Only so many operations; nil for as many as the seed draws.
    package var operations: Int?
    /// Faults that never strike.
    package var without: Set<FaultKind> = []
    /// Operations that nobody sends, by their index.
    package var skipped: Set<Int> = []

    package init() {}

    /// The arguments of `haoyuan-simulate` that leave out the same.
    package var arguments: [String] {
        var arguments: [String] = []
        if let operations { arguments += ["--operations", String(operations)] }
        if !without.isEmpty {
            arguments += ["--without", without.map(\.rawValue).sorted().joined(separator: ",")]
        }
        if !skipped.isEmpty {
            arguments += ["--skip", skipped.sorted().map(String.init).joined(separator: ",")]
        }
        return arguments
    }
}
