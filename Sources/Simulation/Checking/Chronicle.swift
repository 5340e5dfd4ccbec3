import Engine
import Journal
import Scheduling

/// Everything that was asked, answered and written down in one world, and what is wrong with it.
///
/// The durable journal is read as it grows and is the one order of all writes. Every fact in it must follow from a request that
/// was under way and from the naive model of the facts before it; every answer must be what the fact at its position says; every
/// reading must be how the model was at a moment between question and answer.
final class Chronicle {
    let plan: Plan
    var model = NaiveModel()
    /// Every durable fact; position p at p - 1. Nil where the journal needed several positions for one long record.
    private(set) var events: [Event?] = []
    /// The latest moment a durable fact tells of, and what it was when this process began.
    private(set) var latest = Instant(rawValue: 0)
    private(set) var latestBefore = Instant(rawValue: 0)
    private(set) var incarnation = 0
    /// Stretches between two moments in which no job was ready. Claims never outlive one.
    private(set) var stretch = 0
    /// The end of the journal at the last such moment: everything up to here is applied in every shard.
    private(set) var settled: UInt64 = 0
    private(set) var executions: [Execution] = []
    private var executionsByStretch: [Int: [Execution]] = [:]
    /// Executions without an answer, by key and by operation.
    private var openByKey: [IdempotencyKey: [Execution]] = [:]
    private var openByOrigin: [Origin: [Execution]] = [:]
    private(set) var writesByKey: [IdempotencyKey: [Write]] = [:]
    private(set) var recordsByKey: [IdempotencyKey: [UInt64]] = [:]
    /// Executions that did not end in a failure that says nothing was done.
    private var perhapsApplied: [IdempotencyKey: Int] = [:]
    /// The first thing that is wrong.
    private(set) var finding: String?
    /// No engine of this world can have seen a later moment (milliseconds since 1970).
    var wallClockBound: Int64 = 0
    var coverage = Coverage()
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ plan: Plan) { self.plan = plan }

    var durable: UInt64 { UInt64(events.count) }

    func fail(_ sentence: @autoclosure () -> String) {
        if finding == nil { finding = sentence() }
    }

    func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds { fail(sentence()) }
    }

    func mix(_ number: UInt64) { hash = (hash ^ number) &* 0x100_0000_01B3 }

    // MARK: What happens to the engine

    func beginIncarnation(end: Position) {
        incarnation += 1
        stretch += 1
        settled = end.rawValue
        latestBefore = latest
    }

    func noteIdle(end: Position) {
        stretch += 1
        settled = end.rawValue
    }

    /// Reads what became durable.
    func observe(_ journal: Journal) {
        do throws(JournalError) {
            while journal.durablePosition.rawValue > durable, finding == nil {
                let records = try journal.read(from: Position(durable + 1), maxRecords: 1_000, maxBytes: 1 << 20)
                if records.isEmpty { return fail("the journal does not show what it says is durable") }
                for record in records { observe(record) }
            }
            if journal.durablePosition.rawValue < durable {
                fail("the journal ends at \(journal.durablePosition); \(durable) was durable before")
            }
        } catch {
            if case .positionTrimmed = error { return fail(Self.unobserved) }
            fail("the journal cannot be read: \(error)")
        }
    }

    /// A commit so large that what it wrote was trimmed by the same commit. Nothing is wrong then, but nothing can be checked.
    static let unobserved = "unobserved: facts were trimmed by the commit that wrote them"

    private func observe(_ record: LogRecord) {
        let gap = Int(record.position.rawValue) - Int(durable) - 1
        guard gap >= 0, record.bytes.count >= gap * 1_024 else {
            return fail("record \(record.position) follows on \(durable)")
        }
        let event: Event
        do { event = try record.event() } catch { return fail("record \(record.position) means nothing: \(error)") }
        for byte in record.bytes { mix(UInt64(byte)) }
        let position = record.position.rawValue
        let before = finding
        RecordChecker(chronicle: self, event: event, position: position).check()
        if before == nil, let finding { self.finding = "record \(position) \(event.brief): \(finding)" }
        model.apply(event, at: position)
        while durable + 1 < position { events.append(nil) }
        events.append(event)
        latest = max(latest, event.at)
        if let key = event.answer?.key { recordsByKey[key, default: []].append(position) }
        coverage.note("facts: " + event.kindName)
    }

    // MARK: Requests

    func begin(_ operation: Operation) -> Execution {
        let execution = Execution(
            id: executions.count, operation: operation, incarnation: incarnation, stretch: stretch, settled: settled,
            notBefore: latest, durable: durable)
        executions.append(execution)
        executionsByStretch[stretch, default: []].append(execution)
        openByOrigin[operation.origin, default: []].append(execution)
        for write in operation.writes {
            openByKey[write.key, default: []].append(execution)
            writesByKey[write.key, default: []].append(write)
            perhapsApplied[write.key, default: 0] += 1
        }
        return execution
    }

    func finish(_ execution: Execution, _ response: Response, oldest: Position) {
        execution.response = response
        openByOrigin[execution.operation.origin]?.removeAll { $0 === execution }
        for write in execution.operation.writes { openByKey[write.key]?.removeAll { $0 === execution } }
        let before = finding
        AnswerChecker(chronicle: self, execution: execution, oldest: oldest).check(response)
        if before == nil, let finding {
            self.finding = "operation \(execution.operation.index) (\(execution.operation.request.brief)): \(finding)"
        }
    }

    /// The engine said that this write left nothing behind.
    func noteNothingApplied(_ key: IdempotencyKey) { perhapsApplied[key, default: 1] -= 1 }

    /// Executions of this process that may have led to a fact.
    func underWay(for event: Event) -> [Execution] {
        guard let key = event.answer?.key else {
            return (openByOrigin[event.by] ?? []).filter { $0.incarnation == incarnation }
        }
        return (openByKey[key] ?? []).filter { execution in
            execution.incarnation == incarnation
                && execution.operation.writes.contains { $0.key == key && $0.by == event.by }
        }
    }

    /// Everything whose claims may have stood in the way of these executions.
    func beside(_ executions: [Execution]) -> [Execution] {
        Set(executions.map(\.stretch)).sorted().flatMap { executionsByStretch[$0] ?? [] }
    }

    // MARK: The end

    /// What can only be said when nothing more comes: a write of which every execution said that it did nothing left no fact.
    func checkKeys() {
        let invented = recordsByKey.filter { perhapsApplied[$0.key, default: 0] < 1 }.values.map { $0[0] }.min()
        if let invented { fail("record \(invented): every execution of its write said that nothing was done") }
    }
}
