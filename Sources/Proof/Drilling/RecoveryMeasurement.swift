import Foundation
import HaoyuanClient
import Hosting
import Terminal

/// How soon a server with many appointments is back after kill -9 under load.
package struct RecoveryMeasurement {
    var appointments: Int
    var folder: DrillFolder
    var seed: UInt64
    var progress: (String) -> Void

    package init(appointments: Int, folder: DrillFolder, seed: UInt64, progress: @escaping (String) -> Void) {
        self.appointments = appointments
        self.folder = folder
        self.seed = seed
        self.progress = progress
    }

    /// What was measured.
    package struct Outcome: Sendable {
        var appointments: Int
        /// From being started to listening, after each kill.
        var readyAfter: [Duration] = []
        var fileBytes: UInt64 = 0
        var checks = DrillChecks()
    }

    private static let kills = 3
    /// How long there is load before each kill.
    private static let loadFor = Duration.seconds(3)
    /// The mark for a million appointments; more may take longer in proportion.
    private static let markPerMillion = 3.0

    package func run() async throws -> Outcome {
        try await fill()
        var outcome = Outcome(appointments: appointments)
        var setting = DrillSession.Setting(settings: ["--file-growth", "256MiB"])
        setting.requestsPerSecond = 3_000
        let timeline = DrillTimeline(lasts: .seconds(30))
        progress("starting with \(Numbers.grouped(appointments)) appointments")
        var session = try await DrillSession.open(setting, in: folder, seed: seed, timeline: timeline)
        for kill in 1...Self.kills {
            progress("kill \(kill) of \(Self.kills) with \(Numbers.grouped(appointments)) appointments")
            try await session.underLoad { server, _ in
                try await Task.sleep(for: Self.loadFor)
                await server.kill()
            }
            let (readyAfter, checks) = try await session.restart()
            outcome.readyAfter.append(readyAfter)
            outcome.checks.add(checks, at: "with \(Numbers.grouped(appointments)) appointments")
        }
        outcome.fileBytes = try await session.client.status().journal.fileBytes
        await session.close()
        progress("verifying")
        outcome.checks.add(try session.auditAtRest(), at: "with \(Numbers.grouped(appointments)) appointments")
        let slowest = outcome.readyAfter.max() ?? .zero
        let mark = Self.markPerMillion * max(1, Double(appointments) / 1e6)
        outcome.checks.add(
            "with \(Numbers.grouped(appointments)) appointments it listens again within \(JSON.fixed(mark, 1)) s",
            holds: Numbers.seconds(slowest) <= mark, otherwise: "it took \(Numbers.duration(slowest))")
        return outcome
    }

    /// Two appointments for each patient, written by an engine in this process: over sockets it would take minutes.
    private func fill() async throws {
        let hospital = BenchHospital(patients: max(1, appointments / 2), days: max(2, appointments / 16_000))
        try await hospital.fill(folder.data, name: "bench", progress)
    }
}
