import Benchmark

/// What `swift package benchmark` looks for. Every benchmark of this target tells the time of one operation; those of a
/// reservation are the rows of docs/internals/performance.md#a-time-budget.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.throughput, .wallClock, .processor, .operations, .recordBytes],
        warmupIterations: 3, maxDuration: .seconds(1), maxIterations: Bookings.iterations)
    frameBenchmarks()
    messageBenchmarks()
    keyBenchmarks()
    bookBenchmarks()
    eventBenchmarks()
    journalBenchmarks()
    engineBenchmarks()
    recoveryBenchmarks()
}
