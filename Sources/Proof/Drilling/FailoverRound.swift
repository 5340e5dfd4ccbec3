import HaoyuanClient
import Terminal

/// What one case of the failover drill came to.
struct FailoverRound: Sendable {
    let kind: FailoverCase
    let mode: FailoverMode
    let damaged: ContinuousClock.Instant
    let promoting: ContinuousClock.Instant
    let promoted: ContinuousClock.Instant
    /// The last position of the old primary's term that the new one has.
    let tip: UInt64
    /// How long it took until the old primary, reached again, knew that it is none any more; nil where it was gone.
    let learnedAfter: Duration?
    /// From being started as a standby to following.
    let rejoinTook: Duration

    var checks = DrillChecks()
    /// Writes that were answered, by either server.
    private(set) var acknowledged = 0
    /// Of them, what the new primary does not have.
    private(set) var lost: [DrillWorker.Answered] = []
    /// Requests whose caller was told that nobody knows: what their retry said.
    private(set) var doubts = Doubts()
    /// From the last answer of the old primary to the first new one of the new, for callers who know of both.
    private(set) var withoutService: Duration?
    /// From the promotion's command to that answer.
    private(set) var firstAnswer: Duration?
    /// Answers that the old primary gave after the promotion to callers who know of nobody else.
    private(set) var answersOfOld = 0
    /// Done a second, by the time since it happened.
    private(set) var rate = LineChart.Series(name: "", points: [])
    private(set) var recordsTakenBack = 0
    private(set) var rejoined = "followed on"

    struct Doubts: Sendable {
        /// The first try had been carried out, and its answer was given again.
        var carriedOut = 0
        /// No try had been: the retry was.
        var anew = 0
        /// The retry met a rule.
        var refused = 0

        var all: Int { carriedOut + anew + refused }
    }

    /// The first write after a promotion is answered so soon.
    static let mark = Duration.seconds(2)
    /// A primary says that its standby is away so long after the cut at the latest:
    /// ReplicationLimits.silenceMilliseconds and one heartbeat. Until then callers who reach it have no reason to look
    /// for another.
    private static let noticed = Duration.milliseconds(3_500)
    /// What an answer may take from the old primary's decision to its caller.
    private static let slack = Duration.milliseconds(300)

    init(
        kind: FailoverCase, mode: FailoverMode, damaged: ContinuousClock.Instant, promoting: ContinuousClock.Instant,
        promoted: ContinuousClock.Instant, tip: UInt64, learnedAfter: Duration?, rejoinTook: Duration
    ) {
        self.kind = kind
        self.mode = mode
        self.damaged = damaged
        self.promoting = promoting
        self.promoted = promoted
        self.tip = tip
        self.learnedAfter = learnedAfter
        self.rejoinTook = rejoinTook
    }

    /// Holds every answer against the new primary's log.
    /// - Parameters:
    ///   - callers: who know of both servers.
    ///   - devoted: who know of the old primary alone.
    ///   - answersOfOld: answers it gave them after the promotion.
    mutating func take(
        _ callers: [DrillWorker], _ devoted: [DrillWorker], answersOfOld: Int, _ log: FailoverLog, lease: Duration
    ) {
        self.answersOfOld = answersOfOld
        let (told, devotedTold) = (callers.flatMap(\.answered), devoted.flatMap(\.answered))
        let all = told + devotedTold
        func isKept(_ one: DrillWorker.Answered) -> Bool { log.entries.contains(.init(one)) }
        acknowledged = all.count
        lost = all.filter { !isKept($0) }
        for one in all where one.wasInDoubt {
            if one.isRepetition {
                doubts.carriedOut += 1
            } else if case .done = one.answer {
                doubts.anew += 1
            } else {
                doubts.refused += 1
            }
        }
        measureService(told, isKept)
        judge(lease: lease, log)
        rate = LineChart.Series(name: kind.rawValue, points: points(told))
    }

    private mutating func measureService(
        _ told: [DrillWorker.Answered], _ isKept: (DrillWorker.Answered) -> Bool
    ) {
        let new = told.filter { $0.answer.position.rawValue > tip && isKept($0) }.map(\.at).min()
        guard let new else { return }
        let old = told.filter {
            $0.at < new && !$0.isRepetition && ($0.answer.position.rawValue <= tip || !isKept($0))
        }.map(\.at).max()
        firstAnswer = new - promoting
        if let old { withoutService = new - old }
    }

    private mutating func judge(lease: Duration, _ log: FailoverLog) {
        checks.add(
            "the log of the new primary is there from its beginning", holds: log.oldest <= 1,
            otherwise: "it begins at \(log.oldest)")
        switch mode {
        case .sync:
            checks.add(
                .init(
                    name: "sync: no acknowledged write is lost, whichever server said yes", count: acknowledged,
                    problems: lost.map { "\($0.request.key): \($0.answer)" }))
        case .async:
            // The lease counts from what the standby was sent and gave back: one way is enough to end it.
            let until = damaged + lease + Self.slack
            checks.add(
                .init(
                    name: "async: once its lease is over the old primary says yes to nothing", count: acknowledged,
                    problems: lost.filter { $0.at > until }.map { "\($0.request.key): \($0.answer)" }))
        }
        // Callers who reach the old primary stay with it for as long as it says yes, or does not say that it cannot.
        let turned = max(promoting, damaged + (kind.isReachable ? max(Self.noticed, lease) : .zero))
        let late = firstAnswer.map { promoting + $0 - turned }
        checks.add(
            "the first write after a promotion is answered within \(Numbers.duration(Self.mark))",
            holds: late.map { $0 <= Self.mark } ?? false,
            otherwise: late.map { "after \(Numbers.duration($0))" } ?? "none was answered")
        if kind != .kill {
            checks.add(
                "an old primary that can be reached again learns that it was replaced", holds: learnedAfter != nil,
                otherwise: "it did not")
        }
    }

    /// What the old primary took back when it came to follow.
    mutating func took(
        back taken: (files: Int, records: Int, entries: Set<FailoverLog.Entry>), copy: Bool
    ) {
        recordsTakenBack = taken.records
        rejoined = copy ? "copied anew" : taken.files > 0 ? "cut back" : "followed on"
        let missing = lost.filter { !taken.entries.contains(.init($0)) }
        checks.add(
            .init(
                name: "what was lost is in the file that the old primary wrote when it came back", count: lost.count,
                problems: missing.map { "\($0.request.key): \($0.answer)" }))
    }

    // MARK: The chart

    private static let step = 0.1

    private func points(_ told: [DrillWorker.Answered]) -> [LineChart.Point] {
        var steps: [Int: Int] = [:]
        for one in told {
            guard case .done = one.answer else { continue }
            steps[Int((Numbers.seconds(one.at - damaged) / Self.step).rounded(.down)), default: 0] += 1
        }
        guard let first = steps.keys.min(), let last = steps.keys.max() else { return [] }
        return (first...last).map {
            .init(x: Double($0) * Self.step, y: Double(steps[$0] ?? 0) / Self.step)
        }
    }
}
