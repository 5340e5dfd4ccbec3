import ArgumentParser
import HaoyuanClient

/// Where the server is, and who asks.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Host of the server.", discussion: "Default: that of HAOYUAN_ADDRESS, else 127.0.0.1.", valueName: "name"))
    var host: String?

    @Option(
        help: ArgumentHelp(
            "Port of the server.", discussion: "Default: that of HAOYUAN_ADDRESS, else 7440.", valueName: "number"))
    var port: Int?

    @Option(help: ArgumentHelp("How long to wait for the answer, all tries together.", valueName: "time"))
    var timeout = SpanArgument(milliseconds: 10_000)

    @Option(help: ArgumentHelp("Channel that the request comes through.", valueName: "channel"))
    var channel = ChannelArgument(.window)

    @Option(name: .customLong("operator"), help: ArgumentHelp("Who asks; kept with every change.", valueName: "name"))
    var operatorName: String?

    func validate() throws {
        if let port, !(1...65_535).contains(port) { throw ValidationError("--port is \(port), it must be 1 to 65535") }
        guard timeout.milliseconds > 0 else { throw ValidationError("--timeout must be longer than nothing") }
    }

    /// The options, then the environment, then what `serve` listens on by default.
    func address() throws(CommandFailure) -> ClientConfiguration.Address {
        var address = ClientConfiguration.Address(host: "127.0.0.1", port: 7440)
        if let text = Environment["HAOYUAN_ADDRESS"], !text.isEmpty {
            guard let read = ClientConfiguration.Address(text) else {
                throw CommandFailure(.usage, "HAOYUAN_ADDRESS is ‘\(text)’", remedy: "write it as host:port")
            }
            address = read
        }
        if let host { address.host = host }
        if let port { address.port = port }
        return address
    }

    func configuration() throws(CommandFailure) -> ClientConfiguration {
        var configuration = ClientConfiguration(
            addresses: [try address()], channel: channel.channel, operatorName: operatorName ?? "")
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
