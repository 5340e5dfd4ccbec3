import Engine
import Journal
import Scheduling

/// Everything that was asked in one world, of whichever server, and the first thing that is wrong in it.
final class Casebook {
    /// One process of one server.
    struct Process: Hashable {
        var node: Int
        var number: Int
    }

    private(set) var executions: [Execution] = []
    private(set) var executionsByStretch: [Int: [Execution]] = [:]
    /// Executions without an answer, by key and by operation.
    private var openByKey: [IdempotencyKey: [Execution]] = [:]
    private var openByOrigin: [Origin: [Execution]] = [:]
    private(set) var writesByKey: [IdempotencyKey: [Write]] = [:]
    /// Executions that did not end in a failure that says nothing was done.
    private(set) var perhapsApplied: [IdempotencyKey: Int] = [:]
    /// Who said yes in which epoch.
    var authors: [UInt32: Int] = [:]
    /// What each named reader of the feed has said that it has.
    var confirmed: [String: Position] = [:]
    /// Named readers that somebody asked to drop.
    var retired: Set<String> = []
    /// The first thing that is wrong.
    var finding: String?
    /// No engine of this world can have told a later moment (milliseconds since 1970).
    var latestMoment: Int64 = 0
    var coverage = Coverage()
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private var stretches = 0

    func fail(_ sentence: @autoclosure () -> String) {
        if finding == nil { finding = sentence() }
    }

    func mix(_ number: UInt64) { hash = (hash ^ number) &* 0x100_0000_01B3 }

    /// Another stretch between two moments in which no job of a server is ready.
    func nextStretch() -> Int {
        stretches += 1
        return stretches
    }

    func begin(_ operation: Operation, _ make: (Int) -> Execution) -> Execution {
        let execution = make(executions.count)
        executions.append(execution)
        executionsByStretch[execution.stretch, default: []].append(execution)
        for origin in operation.origins { openByOrigin[origin, default: []].append(execution) }
        for write in operation.writes where !write.key.isZero {
            openByKey[write.key, default: []].append(execution)
            writesByKey[write.key, default: []].append(write)
            perhapsApplied[write.key, default: 0] += 1
        }
        return execution
    }

    func close(_ execution: Execution) {
        for origin in execution.operation.origins { openByOrigin[origin]?.removeAll { $0 === execution } }
        for write in execution.operation.writes { openByKey[write.key]?.removeAll { $0 === execution } }
    }

    /// The engine said that this write left nothing behind.
    func noteNothingApplied(_ key: IdempotencyKey) {
        if !key.isZero { perhapsApplied[key, default: 1] -= 1 }
    }

    /// Executions of a process that may have led to a fact.
    func underWay(for event: Event, in process: Process) -> [Execution] {
        guard let key = event.answer?.key else {
            return (openByOrigin[event.by] ?? []).filter { $0.process == process }
        }
        return (openByKey[key] ?? []).filter { execution in
            execution.process == process
                && execution.operation.writes.contains { $0.key == key && $0.by == event.by }
        }
    }

    /// Everything whose claims may have stood in the way of these executions.
    func beside(_ executions: [Execution]) -> [Execution] {
        Set(executions.map(\.stretch)).sorted().flatMap { executionsByStretch[$0] ?? [] }
    }
}
