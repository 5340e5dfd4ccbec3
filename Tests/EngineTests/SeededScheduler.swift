import NIOConcurrencyHelpers

/// Runs the jobs of tasks and of the actors they call on the thread that turns it, in an order that follows from a seed alone.
final class SeededScheduler: TaskExecutor {
    private let ready = NIOLockedValueBox<[UnownedJob]>([])
    private let random: NIOLockedValueBox<SeededGenerator>

    init(seed: UInt64) { random = NIOLockedValueBox(SeededGenerator(seed: seed)) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        ready.withLockedValue { $0.append(job) }
    }

    /// Runs one of the jobs that are ready; false when none is.
    func turn() -> Bool {
        let job = ready.withLockedValue { ready -> UnownedJob? in
            guard !ready.isEmpty else { return nil }
            return random.withLockedValue { ready.remove(at: Int.random(in: ready.indices, using: &$0)) }
        }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// A number for whoever drives the rest of the world, from the same seed.
    func choose(_ count: Int) -> Int { random.withLockedValue { Int.random(in: 0..<count, using: &$0) } }
}
