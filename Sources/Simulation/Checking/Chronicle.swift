import Engine
import Journal
import Oracle
import Scheduling

/// One log as it came to be on the disk of the server that writes it, and what is wrong with it.
///
/// The log is read as it grows and is the one order of all writes. Every fact in it must follow from a request that was
/// under way and from the naive model of the facts before it; every answer must be what the fact at its position says;
/// every reading must be how the model was at a moment between question and answer.
///
/// A standby has a beginning of its primary's chronicle. When it is promoted, a chronicle of its own forks off: two
/// servers that both live on are each held against their own.
final class Chronicle {
    let plan: Plan
    let casebook: Casebook
    private(set) var model = NaiveModel()
    /// Every fact on disk; position p at p - 1. Nil where the journal needed several positions for one long record.
    private(set) var events: [Event?] = []
    /// The latest moment that the facts up to each position tell of.
    private var moments: [Instant] = []
    /// The latest moment when this process began.
    private(set) var latestBefore = Instant(rawValue: 0)
    /// Who writes it.
    private(set) var author: Casebook.Process
    /// The end of the author's journal when none of its jobs was ready last: everything up to here is applied in every
    /// shard.
    private(set) var settled: UInt64 = 0
    /// The end of the journal when the author's process, or its term, began.
    private(set) var began: UInt64 = 0
    private(set) var recordsByKey: [IdempotencyKey: [UInt64]] = [:]
    /// The epoch it is in.
    private(set) var epoch: UInt32 = 1
    /// The epoch that somebody was promoted to, until its first record is there.
    private var epochDue: UInt32?
    /// The last position of which a caller was told that it is on both disks, and that it is on one at least.
    var lastSure: UInt64 = 0
    var lastTold: UInt64 = 0
    /// The last position that a standby's word arrived for.
    var lastConfirmed: UInt64 = 0
    /// Where another server's log left this one.
    var partedAt = UInt64.max

    init(_ plan: Plan, _ casebook: Casebook) {
        self.plan = plan
        self.casebook = casebook
        author = Casebook.Process(node: 0, number: 0)
    }

    /// What `author` makes of the beginning of a log, as primary of `epoch`.
    init(_ other: Chronicle, upTo last: UInt64, by author: Casebook.Process, epoch: UInt32) {
        plan = other.plan
        casebook = other.casebook
        self.author = author
        self.epoch = other.epoch
        events.reserveCapacity(Int(last))
        for event in other.events.prefix(Int(last)) { add(event, at: UInt64(events.count) + 1) }
        latestBefore = latest
        settled = last
        began = last
        epochDue = epoch
    }

    var durable: UInt64 { UInt64(events.count) }
    private var latest: Instant { latest(upTo: durable) }

    /// The latest moment that the facts up to a position tell of: a standby knows of no later ones, whatever its
    /// primary has.
    func latest(upTo position: UInt64) -> Instant {
        position == 0 ? Instant(rawValue: 0) : moments[Int(min(position, durable)) - 1]
    }

    var latestMoment: Int64 { casebook.latestMoment }
    var coverage: Coverage {
        get { casebook.coverage }
        set { casebook.coverage = newValue }
    }

    func fail(_ sentence: @autoclosure () -> String) { casebook.fail(sentence()) }

    func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds { fail(sentence()) }
    }

    // MARK: What happens to the engine

    func beginProcess(_ process: Casebook.Process, end: Position) {
        author = process
        settled = end.rawValue
        began = end.rawValue
        latestBefore = latest
    }

    func noteIdle(end: Position) { settled = end.rawValue }

    /// A record on the author's disk.
    func observe(_ record: LogRecord, _ event: Event) {
        let gap = Int(record.position.rawValue) - Int(durable) - 1
        guard gap >= 0, record.bytes.count >= gap * 1_024 else {
            return fail("record \(record.position) follows on \(durable)")
        }
        for byte in record.bytes { casebook.mix(UInt64(byte)) }
        let position = record.position.rawValue
        let before = casebook.finding
        FactJudge(chronicle: self, event: event, position: position).check()
        if before == nil, let finding = casebook.finding {
            casebook.finding = "record \(position) \(event.brief): \(finding)"
        }
        while durable + 1 < position { add(nil, at: durable + 1) }
        add(event, at: position)
        coverage.note("facts: " + event.kindName)
    }

    private func add(_ event: Event?, at position: UInt64) {
        moments.append(max(latest, event?.at ?? latest))
        events.append(event)
        guard let event else { return }
        model.apply(event, at: position)
        if let key = event.answer?.key { recordsByKey[key, default: []].append(position) }
        if case .epochBegan(let number) = event.fact { epoch = number }
    }

    /// Whether an epoch may begin here.
    func mayBegin(_ number: UInt32) -> Bool {
        defer { epochDue = nil }
        return epochDue == number && number > epoch
    }

    /// The model as it was when everything up to `position` had happened.
    func model(at position: UInt64) -> NaiveModel {
        guard position < durable else { return model }
        var model = NaiveModel()
        for (index, event) in events.prefix(Int(position)).enumerated() {
            if let event { model.apply(event, at: UInt64(index) + 1) }
        }
        return model
    }

    // MARK: Requests

    /// Executions of its author's process that may have led to a fact.
    func underWay(for event: Event) -> [Execution] { casebook.underWay(for: event, in: author) }

    func beside(_ executions: [Execution]) -> [Execution] { casebook.beside(executions) }

    var writesByKey: [IdempotencyKey: [Write]] { casebook.writesByKey }

    /// The answer that a server gives, which shows this log up to `shown`.
    func finish(_ execution: Execution, _ response: Response, _ speaker: Speaker) {
        execution.response = response
        // What is in doubt may yet come to be.
        if !response.isInDoubt { casebook.close(execution) }
        let before = casebook.finding
        AnswerJudge(chronicle: self, execution: execution, speaker: speaker).check(response)
        if before == nil, let finding = casebook.finding {
            casebook.finding =
                "operation \(execution.operation.index) (\(execution.operation.request.brief)): \(finding)"
        }
    }

    // MARK: The end

    /// What can only be said when nothing more comes: a write of which every execution said that it did nothing left no
    /// fact.
    func checkKeys() {
        let invented = recordsByKey.filter { casebook.perhapsApplied[$0.key, default: 0] < 1 }.values.map { $0[0] }
            .min()
        if let invented { fail("record \(invented): every execution of its write said that nothing was done") }
    }
}

/// What a server that answers is at that moment.
struct Speaker {
    /// Up to here everything is on the disks on which a yes must be.
    var shown: UInt64
    /// The oldest position its log holds.
    var oldest: Position
    /// Whether it may say that it is no primary, that its standby is away, or that its journal has ended.
    var mayBeNoPrimary = false
    var mayMissStandby = false
    var mayHaveRenounced = false
    /// Whether its log may lack what a named reader needs.
    var mayLackLog = false
    /// Those that began before what was left of it.
    var readersBeforeLog: Set<String> = []
    /// Of a primary that has a standby: up to where both disks have the same.
    var safe: UInt64?
}
