import Glibc
import HaoyuanClient
import Hosting

/// A server under load with its follower, between two starts of it: the piece that every drill is made of.
///
///     furnish ─▶ load ─▶ (whatever the drill does) ─▶ audit of the folder at rest ─▶ start ─▶ settle ─▶ audit ─▶ load
///     …
struct DrillSession {
    /// How a drill's servers are set up.
    struct Setting: Sendable {
        var settings: [String]
        /// The `haoyuan` that is started.
        var executable = ChildServer.ownExecutable
        var hospital = DrillHospital.Size()
        var workers = 32
        var requestsPerSecond = 3_000.0
        /// After which a caller counts its request as in doubt.
        var timeout = Duration.seconds(2)
        var habits = DrillWorker.Habits()

        /// Small files and frequent checkpoints, so that segments are begun, trimmed and dropped in every round.
        static func small(
            shards: Int, checkpointEvery: String = "60ms", segmentBytes: String = "128KiB"
        ) -> Setting {
            Setting(settings: [
                "--file-initial", "16MiB", "--file-growth", "8MiB", "--file-reserve", "4MiB", "--queue-bytes", "4MiB",
                "--file-limit", "4GiB", "--segment-bytes", segmentBytes, "--loops", "1", "--shards", "\(shards)",
                "--checkpoint-every", checkpointEvery,
            ])
        }
    }

    let setting: Setting
    /// For the log and the port file.
    let folder: DrillFolder
    let data: String
    let seed: UInt64
    let timeline: DrillTimeline
    private(set) var server: ChildServer
    private(set) var client: HaoyuanClient
    private(set) var hospital: DrillHospital
    private(set) var load: DrillLoad
    let mirror: FeedMirror

    /// Starts a server on a data folder and brings a hospital in.
    static func open(
        _ setting: Setting, in folder: DrillFolder, data: String? = nil, seed: UInt64, timeline: DrillTimeline
    ) async throws -> DrillSession {
        let data = data ?? folder.data
        let server = try await ChildServer.start(
            in: folder.path, data: data, setting.settings, executable: setting.executable)
        let client = Self.client(of: server, setting)
        let mirror = FeedMirror()
        await mirror.follow(client)
        let hospital = try await DrillHospital.furnish(client, setting.hospital)
        let load = DrillLoad(
            hospital, workers: setting.workers, requestsPerSecond: setting.requestsPerSecond, timeout: setting.timeout,
            seed: seed, habits: setting.habits, timeline: timeline)
        return DrillSession(
            setting: setting, folder: folder, data: data, seed: seed, timeline: timeline, server: server,
            client: client,
            hospital: hospital, load: load, mirror: mirror)
    }

    static func client(of server: ChildServer, _ setting: Setting) -> HaoyuanClient {
        client(of: server.address)
    }

    static func client(of address: ClientConfiguration.Address, connections: Int = 4) -> HaoyuanClient {
        var configuration = ClientConfiguration(addresses: [address], channel: .app, operatorName: "drill")
        configuration.clientName = Version.text
        configuration.connections = connections
        configuration.connectTimeout = .seconds(1)
        configuration.backoff = .init(first: .milliseconds(5), longest: .milliseconds(200))
        return HaoyuanClient(configuration)
    }

    /// The file that LMDB writes, by its only name.
    var dataFile: String { (realPath(data) ?? data) + "/data.mdb" }

    private func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Another set of sessions, for loads that outlive their own; the load must be at rest.
    mutating func adopt(_ hospital: DrillHospital) {
        self.hospital = hospital
        load.adopt(hospital)
    }

    /// Forgets what has ended and was looked at, in the load and in the follower.
    mutating func forgetEnded() async {
        let live = load.live
        await mirror.forget(Set(await mirror.entries.keys.filter { !live.contains($0) }))
        load.forget(keeping: 8)
    }

    /// Cancels everything that the load still holds.
    mutating func retire() async throws { try await load.retire(client) }

    /// Writes while `body` does what it does to the server. Callers whose server is gone by then are left in doubt.
    mutating func underLoad<Value: Sendable>(
        _ body: @Sendable @escaping (ChildServer, HaoyuanClient) async throws -> Value
    ) async throws -> Value {
        let stop = DrillLoad.Stop()
        let (server, client) = (server, client)
        let begun = Task { () async -> Result<Value, any Error> in
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body(server, client)) } catch { outcome = .failure(error) }
            stop.set()
            // Nothing answers any more: waiting callers need not wait for the deadline.
            if !server.isRunning { client.close() }
            return outcome
        }
        await load.run(client, until: stop)
        return try await begun.value.get()
    }

    /// Starts the server anew on what the last one left, settles what is in doubt, and audits.
    /// - Returns: how long it took to listen, and what was found.
    mutating func restart() async throws -> (readyAfter: Duration, checks: [Report.Check]) {
        await mirror.stop()
        client.close()
        await server.kill()
        server = try await ChildServer.start(
            in: folder.path, data: data, setting.settings, executable: setting.executable)
        client = Self.client(of: server, setting)
        await mirror.follow(client)
        return (server.readyAfter, try await audit())
    }

    /// Sends each request in doubt again until it is answered.
    mutating func settle() async -> Report.Check { await load.settle(client) }

    /// Settles what is in doubt and audits, without a restart.
    mutating func audit() async throws -> [Report.Check] {
        var checks = [await settle()]
        checks += try await DrillAudit(client: client, hospital: hospital, workers: load.workers, mirror: mirror).run()
        return checks
    }

    /// The folder, which no server has open now, from the bytes up.
    func auditAtRest() throws -> Report.Check {
        let audit = try FolderAudit.run(directory: data)
        return .init(
            name: "the folder at rest is sound: pages, chain, values, records, invariants", count: audit.records,
            problems: audit.problems)
    }

    /// Ends it in order.
    @discardableResult
    func close() async -> ChildServer.Ending {
        await mirror.stop()
        client.close()
        return await server.stop()
    }
}
