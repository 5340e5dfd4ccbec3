import Engine
import Foundation
public import HaoyuanClient
import Hosting
import Journal
import Logging
import NIOConcurrencyHelpers
import Server

/// The whole engine in a test's own process: real sockets, a real data folder, a sample hospital, and a clock that the
/// test moves.
///
/// ```swift
/// @Test func `a hold that is not confirmed in time gives its slot back`() async throws {
///     try await TestServer.run { server in
///         let client = server.client(channel: .miniProgram)
///         let services = try await client.catalogue().catalogue.services
///         let expert = try #require(services.first { $0.code == "expert" }).id
///         let free = try #require(try await client.nextFreeSlot(service: expert)).slot
///         let person = Identifier(system: "id", value: "110101199003071234")
///         let patient = try #require(try await client.registerPatients([[person]])[0].patient)
///         let hold = try await client.hold(patient: patient, slot: free, service: expert, key: .random())
///         #expect(hold.receipt?.state == .held)
///
///         await server.advance(by: .seconds(16 * 60))  // the sample hospital waits 15 minutes
///
///         #expect(try await client.appointments(of: patient).map(\.state) == [.expired])
///         #expect(try await client.nextFreeSlot(service: expert) != nil)
///     }
/// }
/// ```
///
/// Each server has a free port and a folder of its own, so tests may run side by side.
public final class TestServer: Sendable {
    /// What a server begins with.
    public enum Hospital: Sendable {
        /// The hospital that `haoyuan serve --sample` loads, with sessions for 28 days from the clock's day on.
        case sample
        /// Nothing: the test puts a catalogue, registers patients and opens sessions by a client.
        case empty
    }

    /// Where it listens; the same after ``restart(whileDown:)``.
    public let address: ClientConfiguration.Address
    /// Its data folder, temporary.
    package let folder: String
    private let time: TestTime
    /// Nil while it is down.
    private let running: NIOLockedValueBox<RunningEngine?>

    private init(_ running: RunningEngine, _ folder: String, _ time: TestTime) {
        address = .init(host: "127.0.0.1", port: running.port)
        self.running = NIOLockedValueBox(running)
        self.folder = folder
        self.time = time
    }

    // MARK: Start and end

    /// Starts a server for as long as `body` runs, and stops it whatever happens.
    ///
    /// - Throws: What ``start(hospital:clock:)`` or `body` throws.
    public static func run<Value>(
        hospital: Hospital = .sample, clock: TestClock = .inHand(), _ body: (TestServer) async throws -> Value
    ) async throws -> Value {
        let server = try await start(hospital: hospital, clock: clock)
        do {
            let value = try await body(server)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Starts a server on a free port of 127.0.0.1. ``stop()`` ends it; ``run(hospital:clock:_:)`` does both.
    ///
    /// - Throws: What is in the way, as a sentence: no room for the folder, no free port.
    public static func start(
        hospital: Hospital = .sample, clock: TestClock = .inHand()
    ) async throws -> TestServer {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("haoyuan-testing-\(UUID())").path
        let time = TestTime(clock)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        do {
            let server = TestServer(try await serve(folder, time, port: 0), folder, time)
            guard case .sample = hospital else { return server }
            do {
                try await SampleHospital.load(port: server.address.port, host: server.address.host, credential: nil)
                return server
            } catch {
                await server.stop()
                throw error
            }
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    /// Answers what it took, says goodbye to its clients, and removes its folder. Repeating it changes nothing.
    public func stop() async {
        await goDown(reason: "the test is over")
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Stops the server in order and starts it again, on the same folder and the same address. Connections break, and
    /// clients make them again; everything that was acknowledged is still there.
    ///
    /// - Parameter body: Runs while nothing listens, for what a front end shows then.
    /// - Throws: What `body` throws, or what is in the way of the start. The server then is down; another restart
    ///   brings it back.
    public func restart(whileDown body: () async throws -> Void = {}) async throws {
        await goDown(reason: "the test restarts this server")
        try await body()
        precondition(FileManager.default.fileExists(atPath: folder), "a server that was stopped stays so")
        let again = try await Self.serve(folder, time, port: address.port)
        running.withLockedValue { $0 = again }
    }

    private func goDown(reason: String) async {
        let running = running.withLockedValue { running in
            defer { running = nil }
            return running
        }
        // A task of its own: the test's may be cancelled, and what is left to do must not be.
        await Task { await running?.stop(reason: reason) }.value
    }

    private static func serve(_ folder: String, _ time: TestTime, port: Int) async throws -> RunningEngine {
        var options = JournalOptions(directory: folder)
        options.tailBytes = 256 << 10
        options.initialFileBytes = 16 << 20
        options.growthStepBytes = 16 << 20
        options.reserveBytes = 4 << 20
        var engine = EngineConfiguration(journal: options, cores: 2)
        engine.clock = time.source
        var server = ServerConfiguration(
            port: port, serverName: Version.text, keyWindowMilliseconds: engine.keyWindowMilliseconds)
        // A client that does not hang up holds a test no longer than this.
        server.limits.drainMilliseconds = 5_000
        let silent = Logger(label: "haoyuan-testing") { _ in SwiftLogNoOpLogHandler() }
        return try await RunningEngine.start(engine, server, logger: silent)
    }

    // MARK: Clients

    /// A client of this server. It connects when it is first asked for something, and closes when it is let go of.
    /// A request waits up to 10 minutes, as hundreds of tests may share a machine; `change` may shorten that.
    ///
    /// - Parameters:
    ///   - channel: The channel of its writes.
    ///   - change: Changes what else there is to configure.
    public func client(
        channel: Channel = .app, _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) -> HaoyuanClient {
        var configuration = ClientConfiguration(addresses: [address], channel: channel, operatorName: "test")
        // Hundreds of tests may be after the same two processors: none fails because it waits its turn.
        configuration.requestTimeout = .seconds(600)
        configuration.connectTimeout = .seconds(300)
        change(&configuration)
        return HaoyuanClient(configuration)
    }

    // MARK: Time

    /// The moment on the server's clock.
    public var now: Instant { time.now }

    /// Moves the clock on, and lets become true what is due by then: holds that have run out are expired when this
    /// returns. Only the server's time moves; the deadlines of clients are told by the machine's clock.
    ///
    /// - Parameter duration: Not negative, and of a ``TestClock/inHand(at:)``: the system's clock is moved by nobody.
    public func advance(by duration: Duration) async {
        time.advance(by: duration)
        await running.withLockedValue { $0 }?.engine.runTimers()
    }
}
