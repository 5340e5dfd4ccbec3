import Foundation
import HaoyuanClient
import Hosting
import Terminal

/// Two servers of a failover drill, the first a primary and the second its standby, and the clients that know of them.
struct FailoverPair {
    /// What both servers are told, beside who they are.
    private let settings: [String]
    private let folder: DrillFolder
    private let network: DrillNetwork?
    private let executable: String
    private(set) var first: ChildServer
    private(set) var second: ChildServer
    /// Knows of both servers, and moves by itself.
    let both: HaoyuanClient
    /// Know of one server each: what an operator uses, and who never learns of another.
    let onlyFirst: HaoyuanClient
    let onlySecond: HaoyuanClient

    /// How long one server may take to come up, to follow, to learn something.
    static let patience = Duration.seconds(20)

    /// Starts both and returns when the second follows the first.
    static func open(
        _ mode: FailoverMode, lease: SpanArgument, in folder: DrillFolder, network: DrillNetwork?, executable: String
    ) async throws -> FailoverPair {
        let settings =
            mode.settings(lease: lease) + [
                "--monitor", "off", "--file-initial", "16MiB", "--file-growth", "8MiB", "--file-reserve", "4MiB",
                "--queue-bytes", "4MiB", "--file-limit", "4GiB", "--loops", "1", "--shards", "1",
            ]
        for name in ["first", "second"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        let first = try await ChildServer.start(
            in: folder.path + "/first", data: folder.path + "/first/data", settings, executable: executable,
            at: network?.site(of: .first) ?? .init())
        let follow = network?.peerAddress(of: .first) ?? first.address.description
        let second = try await ChildServer.start(
            in: folder.path + "/second", data: folder.path + "/second/data", settings + ["--follow", follow],
            executable: executable, at: network?.site(of: .second) ?? .init())
        let pair = FailoverPair(
            settings: settings, folder: folder, network: network, executable: executable, first: first, second: second,
            both: Self.frontEnd([first.address, second.address]),
            onlyFirst: DrillSession.client(of: first.address, connections: 1),
            onlySecond: DrillSession.client(of: second.address, connections: 1))
        try await pair.waitFor("the standby follows", pair.onlyFirst) {
            $0.replication.standby != nil && $0.isAcceptingWrites
        }
        return pair
    }

    /// As a front end would make one: everything at its default.
    private static func frontEnd(_ addresses: [ClientConfiguration.Address]) -> HaoyuanClient {
        var configuration = ClientConfiguration(addresses: addresses, channel: .app, operatorName: "drill")
        configuration.clientName = Version.text
        return HaoyuanClient(configuration)
    }

    var firstData: String { folder.path + "/first/data" }
    var secondData: String { folder.path + "/second/data" }

    /// Asks a server until it is as it should be.
    /// - Returns: how long that took.
    @discardableResult
    func waitFor(
        _ what: String, _ client: HaoyuanClient, _ isSo: (ServerStatus) -> Bool
    ) async throws(CommandFailure) -> Duration {
        let began = ContinuousClock.now
        var last = "it did not answer"
        while ContinuousClock.now - began < Self.patience {
            do throws(HaoyuanError) {
                let status = try await client.status(options: RequestOptions(timeout: .seconds(1)))
                if isSo(status) { return ContinuousClock.now - began }
                last = "it was \(status.role) at \(status.durablePosition), \(status.trouble)"
            } catch {
                last = "\(error)"
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        throw CommandFailure(.notRight, "\(what): not within \(Numbers.duration(Self.patience)); \(last)")
    }

    /// Ends the first, whatever it does, and starts it anew as the standby of the second.
    mutating func rejoin() async throws {
        if first.isRunning { await first.stop() }
        let follow = network?.peerAddress(of: .second) ?? second.address.description
        var site = network?.site(of: .first) ?? .init()
        // A client that knew where it was finds it there.
        site.port = first.port
        first = try await ChildServer.start(
            in: folder.path + "/first", data: firstData, settings + ["--follow", follow], executable: executable,
            at: site)
    }

    /// Ends both in order: the primary first, which feeds its standby until the last.
    func close() async {
        closeClients()
        await second.stop()
        await first.stop()
    }

    func closeClients() { for client in [both, onlyFirst, onlySecond] { client.close() } }

    /// Ends both at once.
    func kill() async {
        closeClients()
        await second.kill()
        await first.kill()
    }
}
