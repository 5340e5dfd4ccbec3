import Benchmark
import Journal
import Scheduling

@testable import Engine

/// The whole engine on the real disk, without sockets: a batch is sent when the one before is durable.
func engineBenchmarks() {
    waitingStage("engine, durable", sizes: [16, 256, 8_192], iterations: 12) { benchmark, site, size in
        let batches = Bookings.batches(of: size, Bookings.range(site.iteration), Bookings.write)
        site.iteration += 1
        let done = await benchmark.measure {
            var done = 0
            for batch in batches { done += await site.engine.execute(batch).count(where: \.isDone) }
            return done
        }
        check(done == Bookings.perIteration, "\(Bookings.perIteration - done) bookings were refused")
    }
    waitingStage("checkpoint", iterations: 20) { benchmark, site, _ in
        await site.book(1)
        let reached = site.engine.journal.lastPosition
        await benchmark.measure { await site.engine.checkpoint() }
        check(site.engine.checkpointer.lastCheckpoint.position == reached, "the checkpoint stopped short")
    }
}

/// Starts: everything read, checked and in memory again, from the log and from a checkpoint.
func recoveryBenchmarks() {
    for (name, isFromLog) in [("recovery from the log", true), ("recovery from a checkpoint", false)] {
        waitingStage(name, iterations: 10) { benchmark, site, _ in
            if site.iteration == 0 {
                await site.book(8)
                await site.engine.stop(writingCheckpoint: !isFromLog)
            }
            let appointments = 8 * Bookings.perIteration
            var options = JournalOptions(directory: site.folder)
            options.readOnly = true
            let state = try benchmark.measure(appointments) {
                let journal = try Journal.open(options)
                let state = try RecoveredState(journal)
                try journal.close()
                return state
            }
            check(state.pools[0].counts.appointments == appointments, "an appointment was lost")
            check((state.records > appointments) == isFromLog, "\(state.records) records were replayed")
        }
    }
}

/// A running engine with the hospital in it.
private final class Site {
    /// As many as the longest of its benchmarks takes, warm-up and all.
    static let patients = 24 * Bookings.perIteration

    let folder = TemporaryFolder.make()
    let engine: Engine
    var iteration = 0

    init() async throws {
        var configuration = EngineConfiguration(journal: JournalOptions(directory: folder), cores: 2)
        configuration.clock = SimulatedClock(now: Bookings.now)
        configuration.seed = 7
        engine = try Engine.start(configuration)
        _ = try await engine.putCatalogue(
            Bookings.draft, hospital: (name: "bench", zone: "Asia/Shanghai"), by: Bookings.origin)
        for start in stride(from: 0, to: Self.patients, by: Bookings.perIteration) {
            let part = (start..<start + Bookings.perIteration).map {
                [Identifier(system: "urn:bench", value: "\($0)")]
            }
            _ = try await engine.registerPatients(part, by: Bookings.origin)
        }
        guard let morning = WallTime("08:00") else { preconditionFailure("08:00 is a time") }
        let drafts = (0..<Bookings.pools).map {
            SessionDraft(
                pool: "p\($0)", date: Bookings.times.date, start: morning, slotMinutes: 10,
                capacities: [UInt32](repeating: UInt32(Bookings.places), count: Bookings.slots))
        }
        let opened = try await engine.openSessions(drafts, by: Bookings.origin)
        check(opened.value.opened == Bookings.pools, "a session was not opened: \(opened.value.conflicts)")
    }

    /// So many iterations' bookings.
    func book(_ iterations: Int) async {
        for _ in 0..<iterations {
            let answers = await engine.execute(Bookings.range(iteration).map(Bookings.write))
            check(answers.allSatisfy(\.isDone), "a booking was refused")
            iteration += 1
        }
    }
}

/// As ``stage(_:sizes:iterations:state:run:)``, for what waits. The warm-up takes of the patients, too.
private func waitingStage(
    _ name: String, sizes: [Int] = [], iterations: Int, run: @escaping (Benchmark, Site, Int) async throws -> Void
) {
    for size in sizes.isEmpty ? [Bookings.perIteration] : sizes {
        var site: Site?
        var configuration = Benchmark.defaultConfiguration
        configuration.maxIterations = iterations
        configuration.maxDuration = .seconds(3)
        Benchmark(
            sizes.isEmpty ? name : "\(name) / \(size)", configuration: configuration,
            closure: { (benchmark: Benchmark) async throws in
                let there: Site
                if let site { there = site } else { there = try await Site() }
                site = there
                try await run(benchmark, there, size)
            },
            teardown: { TemporaryFolder.removeAll() })
    }
}

extension Answer {
    fileprivate var isDone: Bool { if case .done = outcome { true } else { false } }
}
