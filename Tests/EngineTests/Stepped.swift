import Journal
import MemoryJournal
import NIOConcurrencyHelpers
import Scheduling

@testable import Engine

/// An engine on a disk in memory whose commits the test makes.
struct Stepped {
    let engine: Engine
    let clock: SimulatedClock

    init(
        _ disk: MemoryDisk, clock: SimulatedClock = SimulatedClock(now: Hospital.morning), poolShards: Int = 2,
        _ change: (inout EngineConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = EngineConfiguration(journal: JournalOptions(storage: disk.attach()), cores: 2)
        configuration.poolShards = poolShards
        configuration.clock = clock
        configuration.seed = 1
        change(&configuration)
        self.clock = clock
        engine = try Engine.start(configuration)
    }

    /// Something under way, which the test may let go on without a commit.
    final class Work<Value: Sendable>: Sendable {
        private let isOverBox = NIOLockedValueBox(false)
        private let task: Task<Value, any Error>

        init(_ body: @escaping @Sendable () async throws -> Value) {
            task = Task { [isOverBox] in
                defer { isOverBox.withLockedValue { $0 = true } }
                return try await body()
            }
        }

        var isOver: Bool { isOverBox.withLockedValue { $0 } }
        var value: Value { get async throws { try await task.value } }
    }

    /// Commits until the work is done, and then what is left.
    @discardableResult
    func drive<Value: Sendable>(_ work: Work<Value>) async throws -> Value {
        while !work.isOver {
            _ = try engine.journal.step()
            await Task.yield()
        }
        while try engine.journal.step() {}
        return try await work.value
    }

    @discardableResult
    func drive<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await drive(Work(body))
    }

    /// Lets tasks go on, without a commit, until so much has been handed to the journal.
    func handedOver(_ position: Position) async {
        while engine.journal.lastPosition < position { await Task.yield() }
    }
}
