import Engine
import Foundation
import Journal
import Logging
import Scheduling
import Server
import Testing

@testable import Hosting

/// What the monitor says of a wall clock that is wrong.
struct WrongClockTests {
    @Test func `a wall clock that is wrong is a note behind ready, and in the metrics`() async throws {
        let folder = NSTemporaryDirectory() + "haoyuan-clock-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = JournalOptions(directory: folder)
        options.initialFileBytes = 16 << 20
        options.growthStepBytes = 16 << 20
        options.reserveBytes = 4 << 20
        let clock = SimulatedClock(now: Instant(rawValue: 1_772_409_600_000))
        var engine = EngineConfiguration(journal: options, cores: 2)
        engine.clock = clock
        let running = try await RunningEngine.start(
            engine,
            ServerConfiguration(
                host: "127.0.0.1", port: 0, serverName: "haoyuan-test",
                keyWindowMilliseconds: EngineLimits.keyWindowMilliseconds),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let state = ServingState()
        state.serving(running)
        let routes = MonitorRoutes(state: state, settings: .init(dataFolder: "/", queueLimit: 1, startedAt: 0))
        func answer(_ path: String) async -> MonitorRoutes.Answer? {
            guard case .later(let answer) = routes.reply("GET", path) else { return nil }
            return await answer()
        }
        #expect(await answer("/ready")?.body == "ready\n")
        clock.step(milliseconds: -3_600_000)
        let ready = try #require(await answer("/ready"))
        #expect(ready.status == 200 && ready.body.hasPrefix("ready\nnote: the machine's clock is 1 h behind"))
        let metrics = try #require(await answer("/metrics")).body.split(separator: "\n")
        #expect(metrics.contains("haoyuan_clock_fault 1") && metrics.contains("haoyuan_clock_ahead_seconds -3600"))
        #expect(metrics.contains("haoyuan_ready 1"))
        await running.stop(reason: "the test is over")
    }
}
