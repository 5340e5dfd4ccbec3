import Engine
import Journal
import MemoryJournal
import NIOConcurrencyHelpers
import Oracle
import Scheduling

/// A value that a task leaves for the world.
final class Box<Value: Sendable>: Sendable {
    private let box: NIOLockedValueBox<Value>
    init(_ value: Value) { box = NIOLockedValueBox(value) }
    var value: Value { box.withLockedValue { $0 } }
    func set(_ value: Value) { box.withLockedValue { $0 = value } }
}

// A world's life: furnish, work, heal, and look at everything once more.
extension World {
    func live() {
        start(node)
        queue.put(.tick, at: now + 300)
        if let standby = plan.standby, let engine = node.engine {
            nodes[1].startsAs = .standby
            queue.put(.start(1), at: now + standby.startsAfter)
            queue.put(.look, at: now + 700)
            goOnAlone(node, engine)
        }
        furnish()
        for client in 0..<plan.clients { queue.put(.idea(client: client), at: now + Int64(client)) }
        for reader in readers.indices { queue.put(.reader(reader), at: now + 5) }
        run { self.thought >= self.plan.operations && self.strikes.isEmpty }
        heal()
        run { self.isQuiet }
        guard !isOver else { return end() }
        audit()
        end()
    }

    private func end() {
        if turns > Self.mostTurns { casebook.fail("it does not come to an end: \(waiting)") }
        for node in nodes {
            hangUpFollowing(node)
            endFeedings(node)
            if !node.die() { casebook.fail("tasks wait for something that nobody will give them") }
        }
    }

    private var waiting: String {
        let open = history.filter { !$0.isSettled && !$0.isGivenUp }.map { String($0.index) }
        if open.isEmpty { return isStandbyLevel ? "nobody waits" : "the standby does not catch up" }
        return "operations \(open.joined(separator: ", ")) wait"
    }

    private func run(until isDone: () -> Bool) {
        while !isOver, !isDone() { turn() }
    }

    private func furnish() {
        let isPerfect = network.isPerfect
        network.isPerfect = true
        var random = SeededGenerator(seed: plan.seed, stream: Stream.operation - 1)
        let commands: [Command] = [
            .putCatalogue(workload.catalogue(), hospital: .init(name: "模拟医院", zone: plan.zone)),
            .registerPatients(workload.registration()), .openSessions(workload.sessions(&random, now: clock.now())),
        ]
        for command in commands { ask(.writes([Write(key: .none, by: .system, command: command)]), insisting: true) }
        network.isPerfect = isPerfect
    }

    /// Puts a question past the network and waits for its answer.
    /// - Parameter insisting: asks again where nothing was done for lack of a standby.
    @discardableResult
    func ask(_ request: Request, insisting: Bool = false) -> Response? {
        while !isOver, node.engine != nil {
            let operation = Operation(index: Operation.firstOfAudit + operations.count, client: 0, request: request)
            operations[operation.index] = operation
            let node = node
            let execution = begin(operation, at: node)
            say("asks: \(request.brief)")
            node.begin(operation.request, execution: execution.id)
            run { execution.response != nil || node.engine == nil }
            guard insisting, plan.standby != nil, execution.response?.asksForRetry == true else {
                return execution.response
            }
            let later = now + 100
            run { self.now >= later }
        }
        return nil
    }

    private func heal() {
        say("everything is mended")
        isHealed = true
        strikes = []
        for node in nodes {
            node.disk.setCapacity(nil)
            node.isDiskSlowUntil = 0
            node.clock.mend()
        }
        network.isPerfect = true
        noteClocks()
        for client in 0..<plan.clients { network.mend(.client(client)) }
        // Who gave up comes back: a write in doubt is asked about until it is not.
        for operation in history where !operation.isSettled {
            if operation.isGivenUp { openOperations[operation.client] += 1 }
            operation.isGivenUp = false
            send(operation)
        }
    }

    /// Everybody has an answer, and nothing is left to be written.
    private var isQuiet: Bool {
        node.engine != nil && node.scheduler.isIdle && !node.hasPendingCommit && node.stopping == nil
            && history.allSatisfy(\.isSettled) && isStandbyLevel
    }

    // MARK: The last look

    private func audit() {
        compareState(node, "at the end")
        compareRecovery(node, "at the end")
        compareStandby("at the end")
        askAgain()
        crash(node)
        run { self.node.engine != nil && self.isStandbyLevel }
        compareRecovery(node, "after the last crash")
        readAll()
        askAgain()
        if nodes.count > 1 {
            crash(nodes[1 - leader])
            run { self.isQuiet }
            compareStandby("after the last crash")
        }
        if node.engine != nil { chronicle.checkKeys() }
    }

    /// Every keyed write once more: the answers must be the old ones, where its time has not run out.
    private func askAgain() {
        for operation in history.suffix(40) where !operation.writes.isEmpty { ask(operation.request) }
    }

    /// All that ever happened, counted by everything there is to count by.
    private func countAll() {
        let sittings = chronicle.model.sittingsInOrder
        guard let first = sittings.map(\.times.date).min() else { return }
        ask(.counts(CountQuery(from: first, to: first.advanced(days: 399), by: Set(CountBy.allCases))))
    }

    private func readAll() {
        let ids = chronicle.model.sittingsInOrder.flatMap(\.visits)
        ask(.byID(ids))
        for patient in chronicle.model.patients.indices {
            ask(.ofPatient(PatientID(rawValue: UInt64(patient) + 1), history: true))
        }
        for sitting in chronicle.model.sittingsInOrder { ask(.inSession(sitting.id)) }
        ask(.catalogue)
        countAll()
        ask(.find(Array(chronicle.model.identifiers.keys.sorted { ($0.system, $0.value) < ($1.system, $1.value) })))
        guard let engine = node.engine else { return }
        var position = engine.journal.oldestPosition.rawValue - 1
        while position < chronicle.durable, !isOver {
            guard case .events(_, let through) = ask(.events(after: Position(position), limit: 500)) else { break }
            position = through.rawValue
        }
    }
}
