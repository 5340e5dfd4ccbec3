import Glibc
import HaoyuanClient
import Terminal

/// One case of the failover drill in one mode, from two fresh servers to the audit of both their folders.
///
///     load ─▶ (what happens to the primary) ─▶ promote ─▶ load ─▶ (it comes back) ─▶ rejoin ─▶ load ─▶ settle ─▶
///     audits
struct FailoverRun {
    let kind: FailoverCase
    let mode: FailoverMode
    let drill: FailoverDrill
    private var pair: FailoverPair
    private let network: DrillNetwork?
    private let hospital: DrillHospital
    private let mirror: FeedMirror?

    // What happened when.
    private var damaged = ContinuousClock.now
    private var promoting = ContinuousClock.now
    private var promoted = ContinuousClock.now
    /// The last position of the old primary's term that the new one has.
    private var tip: UInt64 = 0

    private static let before = Duration.milliseconds(1_000)
    private static let after = Duration.milliseconds(1_500)
    private static let awake = Duration.milliseconds(1_000)
    private static let rejoined = Duration.milliseconds(500)
    /// Callers that know of the old primary alone, and try until the last to get a yes out of it.
    private static let loyalCallers = 4

    /// Starts two servers and brings a hospital in.
    static func open(
        _ kind: FailoverCase, _ mode: FailoverMode, _ drill: FailoverDrill, network: DrillNetwork?
    ) async throws -> FailoverRun {
        let pair = try await FailoverPair.open(
            mode, lease: drill.lease, in: drill.folder, network: network, executable: drill.executable)
        // What an asynchronous primary shows may be lost with it: a follower of its feed begins anew then.
        let mirror = mode == .sync ? FeedMirror() : nil
        await mirror?.follow(pair.both)
        let hospital: DrillHospital
        do { hospital = try await DrillHospital.furnish(pair.both, .init(patients: 1_000, days: 3)) } catch {
            await pair.kill()
            throw error
        }
        return FailoverRun(
            kind: kind, mode: mode, drill: drill, pair: pair, network: network, hospital: hospital, mirror: mirror)
    }

    private init(
        kind: FailoverCase, mode: FailoverMode, drill: FailoverDrill, pair: FailoverPair, network: DrillNetwork?,
        hospital: DrillHospital, mirror: FeedMirror?
    ) {
        self.kind = kind
        self.mode = mode
        self.drill = drill
        self.pair = pair
        self.network = network
        self.hospital = hospital
        self.mirror = mirror
    }

    /// Carries it out; both servers have ended when it returns.
    mutating func run() async throws -> FailoverRound {
        do {
            let round = try await course()
            await mirror?.stop()
            return round
        } catch {
            await mirror?.stop()
            await pair.kill()
            throw error
        }
    }

    private mutating func course() async throws -> FailoverRound {
        let load = loadRunning(pair.both, workers: 16, seed: drill.seed, rate: drill.requestsPerSecond)
        let loyal = loadRunning(
            pair.onlyFirst, workers: Self.loyalCallers, seed: drill.seed &+ 1, rate: drill.requestsPerSecond / 10)
        var round: FailoverRound
        let position: UInt64
        do {
            try await drill.pause(Self.before)
            try await damage()
            try await drill.pause(drill.notice)
            try await promote()
            try await drill.pause(Self.after)
            let learned = try await comeBack()
            loyal.stop.set()
            var devoted = await loyal.task.value
            let toldByOld = devoted.workers.flatMap(\.answered)
            let rejoining = ContinuousClock.now
            try await pair.rejoin()
            try await pair.waitFor("the old primary follows the new one", pair.onlySecond) {
                $0.replication.standby != nil && $0.lag ?? .max < 1_000
            }
            let took = ContinuousClock.now - rejoining
            try await drill.pause(Self.rejoined)
            load.stop.set()
            var callers = await load.task.value
            let checks = [
                await callers.settle(pair.both, mayBeUndone: mode == .async),
                await devoted.settle(pair.both, mayBeUndone: mode == .async),
            ]
            let reached = try await pair.onlySecond.status().durablePosition
            position = reached.rawValue
            try await pair.waitFor("the old primary has what the new one has", pair.onlyFirst) {
                $0.durablePosition >= reached
            }
            round = FailoverRound(
                kind: kind, mode: mode, damaged: damaged, promoting: promoting, promoted: promoted, tip: tip,
                learnedAfter: learned, rejoinTook: took)
            round.checks.add(checks)
            let log = try await logOfNewPrimary(upTo: position)
            round.take(
                callers.workers, devoted.workers, answersOfOld: toldByOld.count { $0.at > promoted }, log,
                lease: drill.lease.duration)
            round.checks.add(try await audit(callers.workers + devoted.workers, log))
        } catch {
            for one in [load, loyal] { one.stop.set() }
            pair.closeClients()
            _ = await (load.task.value, loyal.task.value)
            throw error
        }
        await pair.close()
        try auditAtRest(&round, upTo: position)
        return round
    }

    /// Read while it serves: what is on its disk is what it has. For a moment the last answers stand in the log's tail,
    /// which nobody else sees of a folder in use.
    private func logOfNewPrimary(upTo position: UInt64) async throws -> FailoverLog {
        let patience = ContinuousClock.now + .seconds(10)
        while true {
            let log = try FailoverLog(directory: pair.secondData)
            if log.last >= position || ContinuousClock.now > patience { return log }
            try await drill.pause(.milliseconds(30))
        }
    }

    private typealias Running = (stop: DrillLoad.Stop, task: Task<DrillLoad, Never>)

    private func loadRunning(_ client: HaoyuanClient, workers: Int, seed: UInt64, rate: Double) -> Running {
        let stop = DrillLoad.Stop()
        let load = DrillLoad(
            hospital, workers: workers, requestsPerSecond: rate, timeout: .seconds(1), seed: seed,
            timeline: drill.timeline)
        return (
            stop,
            Task {
                var load = load
                await load.run(client, until: stop)
                return load
            }
        )
    }

    // MARK: What happens

    private mutating func damage() async throws {
        switch kind {
        case .kill: await pair.first.kill()
        case .freeze: pair.first.signal(SIGSTOP)
        case .cut, .apart, .mute, .deaf: try await network?.cut(kind.ways)
        }
        damaged = .now
    }

    private mutating func promote() async throws {
        promoting = .now
        tip = try await pair.onlySecond.promote(options: RequestOptions(timeout: .seconds(10))).position.rawValue
        promoted = .now
    }

    /// The old primary wakes up, or is reached again.
    /// - Returns: how long it took until it knew that it is none any more; nil where it is gone.
    private func comeBack() async throws -> Duration? {
        switch kind {
        case .kill: return nil
        case .freeze: pair.first.signal(SIGCONT)
        case .cut, .apart, .mute, .deaf: try await network?.mend(kind.ways)
        }
        let learned = try await pair.waitFor("the old primary learns that it was replaced", pair.onlyFirst) {
            $0.role == .deposed
        }
        // Its callers go on asking it.
        try await drill.pause(Self.awake)
        return learned
    }

    // MARK: What is found

    /// Over the protocol, as a front end would see it: whether the new primary has everything that it, or the old one,
    /// said yes to, and nothing else. Lost answers have been counted, and are none of its own.
    private func audit(_ workers: [DrillWorker], _ log: FailoverLog) async throws -> [Report.Check] {
        // All callers as one that was told everything in the order in which it was decided: after a loss an
        // appointment's number may have been given to somebody else, whom its first caller does not know of.
        var ledger = DrillWorker(0, of: 1, in: hospital, seed: drill.seed)
        let told = workers.flatMap(\.answered).filter { log.entries.contains(.init($0)) }
        for one in told.sorted(by: { $0.answer.position < $1.answer.position }) {
            ledger.note(one.answer, to: one.request)
        }
        return try await DrillAudit(client: pair.both, hospital: hospital, workers: [ledger], mirror: mirror).run()
    }

    /// The folders of both, which no server has open now.
    private func auditAtRest(_ round: inout FailoverRound, upTo position: UInt64) throws {
        for data in [pair.secondData, pair.firstData] {
            let audit = try FolderAudit.run(directory: data)
            round.checks.add(
                .init(
                    name: "both folders at rest are sound: pages, chain, values, records, invariants",
                    count: audit.records, problems: audit.problems))
        }
        let (new, old) = (
            try FailoverLog(directory: pair.secondData), try FailoverLog(directory: pair.firstData)
        )
        round.checks.add(new.check(against: old, upTo: position))
        round.took(back: try FailoverLog.takenBack(in: pair.firstData), copy: FailoverLog.tookCopy(in: pair.firstData))
    }
}

extension FailoverLog.Entry {
    init(_ answered: DrillWorker.Answered) {
        let key = answered.request.key
        self.init(keyHigh: key.high, keyLow: key.low, position: answered.answer.position.rawValue)
    }
}
