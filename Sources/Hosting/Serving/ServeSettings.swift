import Engine
import Glibc
import Journal
import Logging
import Scheduling
import Server
package import Terminal
import Wire

/// Everything that `serve` can be told, with its defaults. docs/reference/configuration.md shows the same as a table.
package struct ServeSettings: Sendable {
    /// How a line of the log is written.
    package enum LogFormat: String, CaseIterable, Sendable { case text, json }

    var data = "./var"
    var host = "127.0.0.1"
    var port = 7440
    var portFile: String?
    var monitor = MonitorAddress.standard
    var sample = false
    var clock = ClockSetting.system
    var credentialFile: String?
    package var loops = Self.half
    package var shards = Self.half
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.text
    var keyWindow = SpanArgument(milliseconds: EngineLimits.keyWindowMilliseconds)
    var archiveAfter = SpanArgument(milliseconds: EngineLimits.archiveAfterMilliseconds)
    var checkpointBytes = SizeArgument(bytes: 128 << 20)
    var checkpointTime = SpanArgument(milliseconds: 300_000)
    var fileInitial = SizeArgument(bytes: 256 << 20)
    var fileGrowth = SizeArgument(bytes: 256 << 20)
    var fileLimit = SizeArgument(bytes: 64 << 30)
    var fileReserve = SizeArgument(bytes: 80 << 20)
    var segmentBytes = SizeArgument(bytes: 64 << 20)
    var queueBytes = SizeArgument(bytes: 64 << 20)
    var feedKeepDays = 14
    var feedKeepGiB = 8
    /// Sessions are opened so many days ahead, once a day; nil: the server opens none by itself.
    var rollDays: Int?
    var rollAt: WallTime?
    var connections = WireLimits.connections
    var inFlight = WireLimits.inFlight
    var batch = WireLimits.batchLength
    var subscriptions = WireLimits.subscriptionsPerConnection
    var frameBytes = SizeArgument(bytes: WireLimits.frameBytes)
    var handshake = SpanArgument(milliseconds: WireLimits.handshakeMilliseconds)
    var drain = SpanArgument(milliseconds: WireLimits.drainMilliseconds)
    /// Where the primary may be; not empty: this server is its standby.
    var follow: [PeerAddress] = []
    var standby = StandbySettings()
    var simulateSyncDelay = SpanArgument(milliseconds: 0)

    /// Half of the machine's cores, the other half being for whatever else a request passes through: at least one.
    private static let half = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2)

    package init() {}

    /// Takes a value for one setting.
    package mutating func set(_ name: String, _ text: String) throws(CommandFailure) {
        guard let setting = Self.all.first(where: { $0.name == name }) else {
            throw CommandFailure(
                .configuration, "‘\(name)’ is no setting", remedy: "docs/reference/configuration.md lists them")
        }
        guard setting.apply(&self, text) else {
            throw CommandFailure(.configuration, "\(name) is ‘\(text)’, it must be \(setting.form)")
        }
    }

    /// What no single setting can judge.
    package func check() throws(CommandFailure) {
        try checkPair()
        guard (rollDays == nil) == (rollAt == nil) else {
            throw CommandFailure(
                .configuration, "roll-days and roll-at go together: how many days ahead, and when",
                remedy: "set both, or leave both out")
        }
        guard inFlight >= batch else {
            throw CommandFailure(
                .configuration, "in-flight is \(inFlight), less than batch, \(batch)",
                remedy: "a connection must be allowed at least one whole batch")
        }
        guard fileLimit.bytes >= fileInitial.bytes else {
            throw CommandFailure(
                .configuration, "file-limit is \(fileLimit), less than file-initial, \(fileInitial)", remedy: "raise it"
            )
        }
    }

    /// What goes together and what does not, of the settings of a pair.
    private func checkPair() throws(CommandFailure) {
        if sample, !follow.isEmpty {
            throw CommandFailure(
                .configuration, "sample and follow do not go together", remedy: "a standby has the data of its primary")
        }
        if clock != .system, !follow.isEmpty || standby.isExpected {
            throw CommandFailure(
                .configuration, "a simulated clock has no pair", remedy: "leave follow and standby out of a trial")
        }
        if let name = standby.idle {
            throw CommandFailure(
                .configuration, "\(name) says nothing without standby",
                remedy: "set standby as well, or leave \(name) out")
        }
    }

    func engine(progress: @escaping @Sendable (RecoveryProgress) -> Void) -> EngineConfiguration {
        var options = JournalOptions(directory: data)
        options.initialFileBytes = fileInitial.bytes
        options.growthStepBytes = fileGrowth.bytes
        options.fileBytesLimit = fileLimit.bytes
        options.reserveBytes = fileReserve.bytes
        options.segmentBytes = segmentBytes.bytes
        options.queueBytesLimit = queueBytes.bytes
        options.tailBytes = JournalLimits.tailBytes
        options.onFatal = FatalEnd.journal
        options.simulatedSyncDelayNanoseconds = UInt64(simulateSyncDelay.milliseconds) * 1_000_000
        var configuration = EngineConfiguration(journal: options, cores: 2)
        configuration.poolShards = shards
        configuration.patientShards = shards
        configuration.keyWindowMilliseconds = keyWindow.milliseconds
        configuration.archiveAfterMilliseconds = archiveAfter.milliseconds
        configuration.checkpointAfterBytes = checkpointBytes.bytes
        configuration.checkpointAfterMilliseconds = checkpointTime.milliseconds
        configuration.feedKeep.milliseconds = Int64(feedKeepDays) * 86_400_000
        configuration.feedKeep.bytes = feedKeepGiB << 30
        if let rollDays, let rollAt { configuration.roll = RollPolicy(days: rollDays, at: rollAt) }
        configuration.progress = progress
        configuration.standby = standby.policy
        configuration.trial = clock.trial
        return configuration
    }

    func server(credential: String?) -> ServerConfiguration {
        var configuration = ServerConfiguration(
            host: host, port: port, serverName: Version.text, credential: credential, eventLoops: loops,
            keyWindowMilliseconds: keyWindow.milliseconds)
        configuration.limits.frameBytes = frameBytes.bytes
        configuration.limits.batchLength = batch
        configuration.limits.inFlight = inFlight
        configuration.limits.connections = connections
        configuration.limits.subscriptions = subscriptions
        configuration.limits.handshakeMilliseconds = handshake.milliseconds
        configuration.limits.drainMilliseconds = drain.milliseconds
        return configuration
    }
}

/// One setting: its name on the command line and in the file, and what a value must be.
struct Setting: Sendable {
    let name: String
    /// Completes the sentence "it must be …".
    let form: String
    /// False when the text is no value of it.
    let apply: @Sendable (inout ServeSettings, String) -> Bool
}

extension ServeSettings {
    /// Every setting, in the order of the documentation.
    static let all: [Setting] = [
        text("data", "the path of a folder, such as ./var") { $0.data = $1 },
        Setting(name: "host", form: "a name or an address to listen on, without a port") { settings, text in
            guard let host = HostText.host(text) else { return false }
            settings.host = host
            return true
        },
        number("port", 0...65_535) { $0.port = $1 },
        text("port-file", "the path of a file") { $0.portFile = $1 },
        Setting(name: "monitor", form: "an address such as 127.0.0.1:7441, or off") { settings, text in
            guard let address = MonitorAddress(text) else { return false }
            settings.monitor = address
            return true
        },
        word("sample", ["true", "false"]) { $0.sample = $1 == "true" },
        Setting(name: "clock", form: ClockSetting.form) { settings, text in
            guard let clock = ClockSetting(text) else { return false }
            settings.clock = clock
            return true
        },
        text("credential-file", "the path of a file") { $0.credentialFile = $1 },
        number("loops", 1...256) { $0.loops = $1 },
        number("shards", 1...256) { $0.shards = $1 },
        word("log-level", Logger.Level.allCases.map(\.rawValue)) { $0.logLevel = Logger.Level(rawValue: $1) ?? .info },
        word("log-format", LogFormat.allCases.map(\.rawValue)) { $0.logFormat = LogFormat(rawValue: $1) ?? .text },
        span("key-window", from: "1m", to: "3650d") { $0.keyWindow = $1 },
        span("archive-after", from: "1m", to: "36500d") { $0.archiveAfter = $1 },
        size("checkpoint-bytes", from: "1MiB", to: "1TiB") { $0.checkpointBytes = $1 },
        span("checkpoint-time", from: "1s", to: "365d") { $0.checkpointTime = $1 },
        size("file-initial", from: "1MiB", to: "16TiB") { $0.fileInitial = $1 },
        size("file-growth", from: "1MiB", to: "1TiB") { $0.fileGrowth = $1 },
        size("file-limit", from: "16MiB", to: "64TiB") { $0.fileLimit = $1 },
        size("file-reserve", from: "1MiB", to: "1TiB") { $0.fileReserve = $1 },
        size("segment-bytes", from: "64KiB", to: "64GiB") { $0.segmentBytes = $1 },
        size("queue-bytes", from: "1MiB", to: "16GiB") { $0.queueBytes = $1 },
        number("feed-keep-days", 0...3_650) { $0.feedKeepDays = $1 },
        number("feed-keep-gib", 0...16_384) { $0.feedKeepGiB = $1 },
        number("roll-days", 1...Limits.generationDays - 1) { $0.rollDays = $1 },
        Setting(name: "roll-at", form: "a time of the hospital's day, such as 02:00") { settings, text in
            settings.rollAt = WallTime(text)
            return settings.rollAt != nil
        },
        number("connections", 1...1_000_000) { $0.connections = $1 },
        number("in-flight", 1...WireLimits.inFlight) { $0.inFlight = $1 },
        number("batch", 1...WireLimits.batchLength) { $0.batch = $1 },
        number("subscriptions", 0...WireLimits.subscriptionsPerConnection) { $0.subscriptions = $1 },
        size("frame-bytes", from: "64KiB", to: "4MiB") { $0.frameBytes = $1 },
        span("handshake", from: "100ms", to: "10m") { $0.handshake = $1 },
        span("drain", from: "0s", to: "1h") { $0.drain = $1 },
        Setting(name: "follow", form: "one or more host:port, each once, with commas between them") { settings, text in
            guard let addresses = PeerAddress.list(text) else { return false }
            settings.follow = addresses
            return true
        },
        word("standby", ["true", "false"]) { $0.standby.isExpected = $1 == "true" },
        word("acknowledge", ["local", "standby"]) { $0.standby.needsStandby = $1 == "standby" },
        Setting(name: "standby-away", form: StandbySettings.absenceForm) { $0.standby.take(absence: $1) },
        span("standby-lease", from: "2s", to: "1h") { $0.standby.lease = $1 },
        span("simulate-sync-delay", from: "0s", to: "10s") { $0.simulateSyncDelay = $1 },
    ]

    private typealias Take<Value> = @Sendable (inout ServeSettings, Value) -> Void

    private static func text(_ name: String, _ form: String, _ take: @escaping Take<String>) -> Setting {
        Setting(name: name, form: form) { settings, text in
            guard !text.allSatisfy(\.isWhitespace) else { return false }
            take(&settings, text)
            return true
        }
    }

    private static func word(_ name: String, _ words: [String], _ take: @escaping Take<String>) -> Setting {
        Setting(name: name, form: "one of \(words.joined(separator: ", "))") { settings, text in
            guard words.contains(text) else { return false }
            take(&settings, text)
            return true
        }
    }

    private static func number(_ name: String, _ range: ClosedRange<Int>, _ take: @escaping Take<Int>) -> Setting {
        Setting(name: name, form: "a number from \(range.lowerBound) to \(range.upperBound)") { settings, text in
            guard let number = Int(digits: text), range.contains(number) else { return false }
            take(&settings, number)
            return true
        }
    }

    private static func span(
        _ name: String, from: String, to: String, _ take: @escaping Take<SpanArgument>
    ) -> Setting {
        Setting(name: name, form: "a time from \(from) to \(to), such as 90s, 15m or 24h") { settings, text in
            guard let span = SpanArgument(text), let least = SpanArgument(from), let most = SpanArgument(to),
                (least.milliseconds...most.milliseconds).contains(span.milliseconds)
            else { return false }
            take(&settings, span)
            return true
        }
    }

    private static func size(
        _ name: String, from: String, to: String, _ take: @escaping Take<SizeArgument>
    ) -> Setting {
        Setting(name: name, form: "a size from \(from) to \(to), such as 64MiB or 8GiB") { settings, text in
            guard let size = SizeArgument(text), let least = SizeArgument(from), let most = SizeArgument(to),
                (least.bytes...most.bytes).contains(size.bytes)
            else { return false }
            take(&settings, size)
            return true
        }
    }
}
