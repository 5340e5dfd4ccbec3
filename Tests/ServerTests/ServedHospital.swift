import Engine
import Foundation
import Journal
import Logging
import NIOCore
import NIOPosix
import Scheduling
import TestHospitals
import Testing

@testable import Server
@testable import Wire

/// A real engine on a real store in a folder of its own, behind a real server on a port of its own: one department, one
/// clinic, a clock that stands still. `close` ends all of it.
final class ServedHospital: Sendable {
    /// Monday, 2026-03-02, 08:00 in Shanghai.
    static let morning = Instant(rawValue: 1_772_409_600_000)
    static let today = "2026-03-02"

    let folder: String
    /// The disk, which a test may hold back.
    let disk: GatedStorage
    let engine: Engine
    let server: Server
    let clinic = ServiceID(rawValue: 1)
    /// Slots of a session that is open today from 09:00: 100 slots of 100 units.
    let session: SessionID
    let patients: [PatientID]

    var port: Int { server.localAddress.port ?? 0 }

    private init(
        folder: String, disk: GatedStorage, engine: Engine, server: Server, session: SessionID, patients: [PatientID]
    ) {
        self.folder = folder
        self.disk = disk
        self.engine = engine
        self.server = server
        self.session = session
        self.patients = patients
    }

    static func open(
        patients count: Int = 200, _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) async throws -> ServedHospital {
        let folder = NSTemporaryDirectory() + "haoyuan-server-" + UUID().uuidString
        let (disk, engine) = try startEngine(folder)
        let (session, patients) = try await fill(engine, patients: count)
        let server = try await serve(engine, change)
        return ServedHospital(
            folder: folder, disk: disk, engine: engine, server: server, session: session, patients: patients)
    }

    static func serve(_ engine: Engine, _ change: (inout ServerConfiguration) -> Void = { _ in }) async throws -> Server
    {
        var configuration = ServerConfiguration(
            port: 0, serverName: "haoyuan-test", keyWindowMilliseconds: EngineLimits.keyWindowMilliseconds)
        // Hanging up takes no longer than it must: every test client closes when it is told to.
        configuration.limits.drainMilliseconds = 5_000
        change(&configuration)
        return try await Server.start(
            engine: engine, configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func startEngine(_ folder: String) throws -> (GatedStorage, Engine) {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var options = JournalOptions(directory: folder)
        options.tailBytes = 256 << 10
        options.initialFileBytes = 16 << 20
        options.growthStepBytes = 16 << 20
        options.reserveBytes = 4 << 20
        let disk = try GatedStorage(options)
        options.storage = disk
        var configuration = EngineConfiguration(journal: options, cores: 2)
        configuration.clock = SimulatedClock(now: morning)
        configuration.seed = 7
        return (disk, try Engine.start(configuration))
    }

    private static func fill(
        _ engine: Engine, patients count: Int
    ) async throws -> (session: SessionID, patients: [PatientID]) {
        let origin = Origin(channel: .window, operatorName: "setup")
        let draft = CatalogueDraft(["CARD": ["li"]])
        _ = try await engine.putCatalogue(draft, hospital: (name: "人民医院", zone: "Asia/Shanghai"), by: origin)
        let registered = try await engine.registerPatients(
            (0..<count).map { [Identifier(system: "urn:test", value: "p\($0)")] }, by: origin)
        let day = try #require(LocalDate(today))
        let opening = SessionDraft(
            pool: "li", date: day, start: try #require(WallTime("09:00")), slotMinutes: 5,
            capacities: Array(repeating: 100, count: 100))
        _ = try await engine.openSessions([opening], by: origin)
        let session = try #require(
            try await engine.sessions(department: nil, pool: nil, from: day, to: day).value.first)
        return (session.id, registered.value.compactMap(\.patient))
    }

    func close() async {
        disk.open()
        await server.stop(reason: "the test is over")
        await engine.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func slot(_ index: UInt16) -> SlotID { SlotID(session: session, index: index) }

    // The same as numbers, for tests that speak the client's own words.
    var clinicNumber: UInt32 { clinic.rawValue }
    var sessionNumber: UInt64 { session.rawValue }
    var patientNumbers: [UInt64] { patients.map(\.rawValue) }
    func slotNumber(_ index: UInt16) -> UInt64 { slot(index).rawValue }

    func booking(_ key: UInt64, patient: Int = 0, slot index: UInt16 = 0) -> PBBookRequest {
        var booking = PBBookRequest()
        booking.keyHigh = 0xABCD
        booking.keyLow = key
        booking.patient = patients[patient].rawValue
        booking.slot = slot(index).rawValue
        booking.service = clinic.rawValue
        booking.channel = .kiosk
        return booking
    }
}

/// A port that was free a moment ago and that nobody listens on.
func closedPort() async throws -> Int {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    try await listener.close().get()
    return port
}

extension Server {
    var port: Int { localAddress.port ?? 0 }
}

/// Runs a test against a hospital of its own, and takes it down whatever happens.
func withHospital(
    _ change: (inout ServerConfiguration) -> Void = { _ in }, _ body: (ServedHospital) async throws -> Void
) async throws {
    let hospital = try await ServedHospital.open(change)
    do {
        try await body(hospital)
    } catch {
        await hospital.close()
        throw error
    }
    await hospital.close()
}
