import NIOConcurrencyHelpers

/// Runs the jobs of tasks, and of the actors they call, on the thread that turns it, in an order that follows from a
/// seed alone.
///
/// It stands where the system's threads stand in production: a default actor has no executor of its own and runs where
/// the task that calls it prefers to run, so every step between two suspensions of every actor comes through here, one
/// at a time.
package final class SeededScheduler: TaskExecutor {
    /// Which of the ready jobs comes next. Some faults need a job that is starved, others one that overtakes.
    package enum Order: Int, CaseIterable, Sendable {
        case anyJob, mostlyNewest, mostlyOldest
    }

    private struct State {
        var ready: [UnownedJob] = []
        var random: SeededGenerator
    }

    private let state: NIOLockedValueBox<State>
    private let order: Order

    package init(seed: UInt64, stream: UInt64 = 0, order: Order = .anyJob) {
        state = NIOLockedValueBox(State(random: SeededGenerator(seed: seed, stream: stream)))
        self.order = order
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLockedValue { $0.ready.append(job) }
    }

    /// Whether no job is ready: every task waits for the disk, for time, or for an answer from outside.
    package var isIdle: Bool { state.withLockedValue { $0.ready.isEmpty } }

    /// Runs one of the jobs that are ready; false when none is.
    package func turn() -> Bool {
        let job = state.withLockedValue { state -> UnownedJob? in
            guard !state.ready.isEmpty else { return nil }
            return state.ready.remove(at: place(&state.random, of: state.ready.count))
        }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// A number below `count` for the driver of the rest of the world, from the same seed.
    package func choose(_ count: Int) -> Int { state.withLockedValue { $0.random.below(count) } }

    private func place(_ random: inout SeededGenerator, of count: Int) -> Int {
        // A quarter of the choices is free in every order, so that nothing starves for ever.
        if order == .anyJob || random.chance(250) { return random.below(count) }
        return order == .mostlyNewest ? count - 1 : 0
    }
}
