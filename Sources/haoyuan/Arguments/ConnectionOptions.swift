import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

/// Where the server is, and who asks.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Host of the server.", discussion: "Default: that of HAOYUAN_ADDRESS, else 127.0.0.1.", valueName: "name"))
    var host: String?

    @Option(
        help: ArgumentHelp(
            "Port of the server.", discussion: "Default: that of HAOYUAN_ADDRESS, else 7440.", valueName: "number"),
        transform: NumberText.whole)
    var port: Int?

    @Option(
        help: ArgumentHelp(
            "Servers of the hospital, primary and standby in any order; the primary is found among them.",
            discussion: "Default: HAOYUAN_ADDRESS, which may name several too. Not with --host and --port.",
            valueName: "host:port,…"))
    var server: String?

    @Option(help: ArgumentHelp("How long to wait for the answer, all tries together.", valueName: "time"))
    var timeout = SpanArgument(milliseconds: 10_000)

    @Option(help: ArgumentHelp("Channel that the request comes through.", valueName: "channel"))
    var channel = ChannelArgument(.window)

    @Option(name: .customLong("operator"), help: ArgumentHelp("Who asks; kept with every change.", valueName: "name"))
    var operatorName: String?

    func validate() throws {
        if let port, !(1...65_535).contains(port) { throw ValidationError("--port is \(port), it must be 1 to 65535") }
        if server != nil, host != nil || port != nil {
            throw ValidationError("--server already says where; --host and --port do not go with it")
        }
        guard timeout.milliseconds > 0 else { throw ValidationError("--timeout must be longer than nothing") }
    }

    /// The options, then the environment, then what `serve` listens on by default. Never empty.
    func addresses() throws(CommandFailure) -> [ClientConfiguration.Address] {
        if let server { return try Self.list(server, named: "--server") }
        var addresses = [ClientConfiguration.Address(host: "127.0.0.1", port: 7440)]
        if let text = Environment["HAOYUAN_ADDRESS"], !text.isEmpty {
            addresses = try Self.list(text, named: "HAOYUAN_ADDRESS")
        }
        guard host != nil || port != nil else { return addresses }
        if let given = host {
            guard let host = HostText.host(given) else {
                throw CommandFailure(
                    .usage, "--host is ‘\(given)’",
                    remedy: "write a name or an address, such as 10.0.3.7 or [::1]; --port says the port")
            }
            addresses[0].host = host
        }
        if let port { addresses[0].port = port }
        return [addresses[0]]
    }

    /// These options for a request that is meant for one server and no other.
    func single() throws(CommandFailure) -> ConnectionOptions {
        guard try addresses().count == 1 else {
            throw CommandFailure(
                .usage, "this goes to one server, and several are named", remedy: "name it with --server host:port")
        }
        return self
    }

    private static func list(
        _ text: String, named name: String
    ) throws(CommandFailure) -> [ClientConfiguration.Address] {
        var addresses: [ClientConfiguration.Address] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let address = ClientConfiguration.Address(String(part)) else {
                throw CommandFailure(.usage, "\(name) is ‘\(text)’", remedy: "write it as host:port, or [ipv6]:port")
            }
            guard !addresses.contains(address) else {
                throw CommandFailure(.usage, "\(name) names \(address) twice", remedy: "name each server once")
            }
            addresses.append(address)
        }
        return addresses
    }

    func configuration() throws(CommandFailure) -> ClientConfiguration {
        var configuration = ClientConfiguration(
            addresses: try addresses(), channel: channel.channel, operatorName: operatorName ?? "")
        configuration.connections = 1
        configuration.requestTimeout = timeout.duration
        configuration.connectTimeout = min(.seconds(5), timeout.duration)
        configuration.clientName = "haoyuan/\(Version.number)"
        configuration.credential = Environment["HAOYUAN_CREDENTIAL", default: ""]
        return configuration
    }
}

/// How the answer is shown.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Answer as JSON.")
    var json = false
}

/// A channel by its word.
struct ChannelArgument: ExpressibleByArgument, CustomStringConvertible {
    let channel: Channel

    init(_ channel: Channel) { self.channel = channel }

    /// `system` is the engine's own.
    private static let askable = Channel.known.filter { $0 != .system }

    init?(argument: String) {
        guard let channel = Self.askable.first(where: { $0.word == argument }) else { return nil }
        self.channel = channel
    }

    static var allValueStrings: [String] { askable.map(\.word) }
    var description: String { channel.word }
    var defaultValueDescription: String { channel.word }
}
