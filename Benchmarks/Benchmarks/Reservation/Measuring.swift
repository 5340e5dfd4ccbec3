import Benchmark
import Foundation
import Glibc

extension BenchmarkMetric {
    /// Nanoseconds of processor of one iteration, all threads together: what a busy machine disturbs least. The
    /// package's own figure comes from `/proc`, in steps of 10 ms.
    static let processor = BenchmarkMetric.custom("processor", polarity: .prefersSmaller, useScalingFactor: false)
    /// What one iteration did so many of.
    static let operations = BenchmarkMetric.custom("operations", polarity: .prefersLarger, useScalingFactor: false)
    /// Bytes of journal records that one iteration made.
    static let recordBytes = BenchmarkMetric.custom("record bytes", polarity: .prefersSmaller, useScalingFactor: false)
}

/// Defines a benchmark whose iterations share one state, which the first of them makes.
/// - Parameter sizes: how many operations go together; one benchmark for each, and one without a size where there are
///   none.
func stage<State>(
    _ name: String, sizes: [Int] = [], iterations: Int = Bookings.iterations,
    state make: @escaping (Int) throws -> State, run: @escaping (Benchmark, inout State, Int) throws -> Void
) {
    for size in sizes.isEmpty ? [Bookings.perIteration] : sizes {
        var state: State?
        var configuration = Benchmark.defaultConfiguration
        configuration.maxIterations = iterations
        Benchmark(
            sizes.isEmpty ? name : "\(name) / \(size)", configuration: configuration,
            closure: { benchmark in
                var made = try state ?? make(size)
                // Held once, so that changing it copies nothing.
                state = nil
                try run(benchmark, &made, size)
                state = made
            },
            teardown: { TemporaryFolder.removeAll() })
    }
}

extension Benchmark {
    /// Measures what `body` does: so many operations, and so many bytes of records.
    func measure<Result>(
        _ operations: Int = Bookings.perIteration, _ body: () throws -> Result
    ) rethrows -> Result {
        startMeasurement()
        let before = Self.processorNanoseconds()
        let result = try body()
        let after = Self.processorNanoseconds()
        stopMeasurement()
        measurement(.processor, after - before)
        measurement(.operations, operations)
        return result
    }

    /// The same for what waits.
    func measure<Result>(
        _ operations: Int = Bookings.perIteration, _ body: () async throws -> Result
    ) async rethrows -> Result {
        startMeasurement()
        let before = Self.processorNanoseconds()
        let result = try await body()
        let after = Self.processorNanoseconds()
        stopMeasurement()
        measurement(.processor, after - before)
        measurement(.operations, operations)
        return result
    }

    private static func processorNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// Ends the run where a benchmark did not do what it says: its figure would be worth nothing. The results that are
/// checked also keep the compiler from leaving the work out.
func check(_ isTrue: Bool, _ sentence: @autoclosure () -> String) {
    guard !isTrue else { return }
    FileHandle.standardError.write(Data("microbench: \(sentence())\n".utf8))
    TemporaryFolder.removeAll()
    exit(1)
}

/// A folder below the temporary one, on the disk that `TMPDIR` names.
enum TemporaryFolder {
    private static let prefix = "haoyuan-microbench-\(getpid())-"

    static func make() -> String { NSTemporaryDirectory() + prefix + UUID().uuidString }

    /// Removes those of this process.
    static func removeAll() {
        let parent = NSTemporaryDirectory()
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            try? FileManager.default.removeItem(atPath: parent + name)
        }
    }
}
