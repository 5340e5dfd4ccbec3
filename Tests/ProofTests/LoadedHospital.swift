import Engine
import Foundation
import Hosting
import Journal
import Logging
import Scheduling
import Server

import struct HaoyuanClient.ClientConfiguration

@testable import Proof

/// A real engine behind a real server, in a folder of its own: two hundred patients, and one session of a hundred slots
/// with a hundred units each. `close` ends all of it.
struct LoadedHospital {
    private let running: RunningEngine
    private let folder: String
    private static let session = SessionID(pool: PoolID(rawValue: 1), index: 0)

    static func open(_ change: (inout ServerConfiguration) -> Void) async throws -> LoadedHospital {
        let folder = NSTemporaryDirectory() + "haoyuan-load-" + UUID().uuidString
        var options = JournalOptions(directory: folder)
        options.initialFileBytes = 16 << 20
        options.growthStepBytes = 16 << 20
        options.reserveBytes = 4 << 20
        var server = ServerConfiguration(
            host: "127.0.0.1", port: 0, serverName: "haoyuan-test",
            keyWindowMilliseconds: EngineLimits.keyWindowMilliseconds)
        change(&server)
        let running = try await RunningEngine.start(
            EngineConfiguration(journal: options, cores: 2), server,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let hospital = LoadedHospital(running: running, folder: folder)
        do { try await hospital.fill() } catch {
            await hospital.close()
            throw error
        }
        return hospital
    }

    private func fill() async throws {
        try await BenchHospital.putCatalogue(in: running.engine)
        try await BenchHospital(patients: patientNumbers.count, days: 1).register(in: running.engine) { _ in }
        let tomorrow = LocalDate(rawValue: Int32(SystemClock().now().rawValue / 86_400_000) + 2)
        let opening = SessionDraft(
            pool: "p0", date: tomorrow, start: WallTime(rawValue: 480), slotMinutes: 5,
            capacities: Array(repeating: 100, count: 100))
        _ = try await running.engine.openSessions([opening], by: BenchHospital.origin)
    }

    func close() async {
        await running.stop(reason: "the test is over")
        try? FileManager.default.removeItem(atPath: folder)
    }

    let patientNumbers = (1...200).map { UInt64($0) }
    var clinicNumber: UInt32 { BenchHospital.clinic.rawValue }
    func slotNumber(_ index: UInt16) -> UInt64 { SlotID(session: Self.session, index: index).rawValue }

    /// A configuration of the client for this server.
    func clientConfiguration() -> ClientConfiguration {
        var configuration = ClientConfiguration(
            addresses: [.init(host: "127.0.0.1", port: running.port)], channel: .miniProgram, operatorName: "test")
        // Many tests may be after the same two processors.
        configuration.requestTimeout = .seconds(600)
        configuration.connectTimeout = .seconds(300)
        return configuration
    }
}

/// Runs a test against a hospital of its own, and takes it down whatever happens.
func withHospital(
    _ change: (inout ServerConfiguration) -> Void = { _ in }, _ body: (LoadedHospital) async throws -> Void
) async throws {
    let hospital = try await LoadedHospital.open(change)
    do {
        try await body(hospital)
    } catch {
        await hospital.close()
        throw error
    }
    await hospital.close()
}
