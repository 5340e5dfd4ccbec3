import Engine
import Hosting
import Journal
import Logging
import Scheduling
import Server

/// Where a replay takes place: an engine with a clock of its own, behind a real socket on this machine.
package struct ReplayStage {
    private let running: RunningEngine
    private let clock: SimulatedClock

    /// Remembers keys and keeps sessions in memory for longer than the trace lasts.
    private static let slackMilliseconds: Int64 = 400 * 86_400_000

    /// - Parameters:
    ///   - began: what the clock shows at first; milliseconds since 1970.
    ///   - lasts: how long the trace is, in milliseconds.
    package static func open(data: String, began: Int64, lasts: Int64) async throws -> ReplayStage {
        let clock = SimulatedClock(now: Instant(rawValue: began))
        let settings = ServeSettings()
        var options = JournalOptions(directory: data)
        options.onFatal = FatalEnd.journal
        options.initialFileBytes = 64 << 20
        options.growthStepBytes = 64 << 20
        var engine = EngineConfiguration(journal: options, cores: 2)
        engine.poolShards = settings.shards
        engine.patientShards = settings.shards
        engine.keyWindowMilliseconds = slackMilliseconds + lasts
        engine.archiveAfterMilliseconds = slackMilliseconds + lasts
        // Months pass in seconds: checkpoints come by the bytes written alone.
        engine.checkpointAfterMilliseconds = slackMilliseconds + lasts
        engine.clock = clock
        let server = ServerConfiguration(
            host: "127.0.0.1", port: 0, serverName: Version.text, eventLoops: settings.loops,
            keyWindowMilliseconds: engine.keyWindowMilliseconds)
        let logger = Logger(label: "haoyuan.replay") { label in
            LogLines(label: label, level: .warning, format: .text) { clock.now().rawValue }
        }
        let running = try await RunningEngine.start(engine, server, logger: logger)
        return ReplayStage(running: running, clock: clock)
    }

    var port: Int { running.port }

    /// Moves the engine's clock to this moment, never back.
    func move(to milliseconds: Int64) { clock.advance(to: Instant(rawValue: milliseconds)) }

    /// What the engine promises and does not hold at this moment, a sentence each.
    func violations() async -> [String] { await running.engine.violations().map(\.description) }

    package func close() async { await running.stop(reason: "the replay is over") }
}
