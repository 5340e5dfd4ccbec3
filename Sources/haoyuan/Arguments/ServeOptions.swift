import ArgumentParser
import Hosting
import Terminal

/// The settings as options. Their values are read by the same rules as those of the file.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of the data; made when it is not there.", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("Name or address to listen on.", valueName: "name"))
    var host: String?

    @Option(help: ArgumentHelp("Port to listen on; 0 lets the system choose.", valueName: "number"))
    var port: String?

    @Option(help: ArgumentHelp("Write the port here once listening.", valueName: "file"))
    var portFile: String?

    @Option(
        help: ArgumentHelp(
            "Where metrics, health and readiness are asked for, or off. Default: 127.0.0.1:7441.",
            valueName: "host:port"))
    var monitor: String?

    @Flag(help: "Load a sample hospital when there is none yet.")
    var sample = false

    @Option(
        help: ArgumentHelp(
            "system; or simulated, simulated:2026-03-02T06:30+08:00 for a trial, whose clock stands until it is moved.",
            valueName: "clock"))
    var clock: String?

    @Option(help: ArgumentHelp("File whose first line every client must bring as its credential.", valueName: "file"))
    var credentialFile: String?

    @Option(help: ArgumentHelp("Read settings from this YAML file; options win over it.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Event loops for the network. Default: half of the cores.", valueName: "number"))
    var loops: String?

    @Option(
        help: ArgumentHelp(
            "Shards for pools, and as many for patients. Default: half of the cores.", valueName: "number"))
    var shards: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var logFormat: String?

    @Option(help: ArgumentHelp("How long keys and their answers are remembered.", valueName: "time"))
    var keyWindow: String?

    @Option(help: ArgumentHelp("How long after its end a session stays in memory.", valueName: "time"))
    var archiveAfter: String?

    @Option(help: ArgumentHelp("Write a checkpoint after so much log.", valueName: "size"))
    var checkpointBytes: String?

    @Option(help: ArgumentHelp("Write a checkpoint after so long.", valueName: "time"))
    var checkpointTime: String?

    @Option(help: ArgumentHelp("Size of a new data file.", valueName: "size"))
    var fileInitial: String?

    @Option(help: ArgumentHelp("By how much the data file grows.", valueName: "size"))
    var fileGrowth: String?

    @Option(help: ArgumentHelp("The most that the data file may grow to.", valueName: "size"))
    var fileLimit: String?

    @Option(help: ArgumentHelp("Room kept free in the data file for what was accepted.", valueName: "size"))
    var fileReserve: String?

    @Option(help: ArgumentHelp("Size of a segment of the log.", valueName: "size"))
    var segmentBytes: String?

    @Option(
        help: ArgumentHelp("How much may wait for the disk before callers are told to come back.", valueName: "size"))
    var queueBytes: String?

    @Option(
        help: ArgumentHelp("Keep the log so long for named readers of the feed that are away.", valueName: "days"))
    var feedKeepDays: String?

    @Option(
        help: ArgumentHelp("Keep at most so much log for named readers that are away.", valueName: "GiB"))
    var feedKeepGib: String?

    @Option(
        help: ArgumentHelp(
            "Open the templates' sessions so many days ahead by itself, once a day. With --roll-at.",
            valueName: "number"))
    var rollDays: String?

    @Option(help: ArgumentHelp("When it does, on the hospital's clocks, such as 02:00.", valueName: "HH:MM"))
    var rollAt: String?

    @Option(help: ArgumentHelp("Most connections.", valueName: "number"))
    var connections: String?

    @Option(help: ArgumentHelp("Most unanswered requests on one connection.", valueName: "number"))
    var inFlight: String?

    @Option(help: ArgumentHelp("Most requests in one batch.", valueName: "number"))
    var batch: String?

    @Option(help: ArgumentHelp("Most subscriptions on one connection.", valueName: "number"))
    var subscriptions: String?

    @Option(help: ArgumentHelp("Largest frame that is taken.", valueName: "size"))
    var frameBytes: String?

    @Option(help: ArgumentHelp("How long a connection may take to say hello.", valueName: "time"))
    var handshake: String?

    @Option(help: ArgumentHelp("How long a stopping server takes to answer what it took.", valueName: "time"))
    var drain: String?

    @Option(
        help: ArgumentHelp(
            "Be the standby of the server there; several are tried in turn.", valueName: "host:port,…"))
    var follow: String?

    @Flag(help: "Expect a standby: what a yes means, and what happens while it is away, follows from the next options.")
    var standby = false

    @Option(
        help: ArgumentHelp("What a yes means: local (this disk) or standby (and the standby's).", valueName: "where"))
    var acknowledge: String?

    @Option(help: ArgumentHelp("While the standby is away: wait, or go-on-alone:30s.", valueName: "what"))
    var standbyAway: String?

    @Option(
        help: ArgumentHelp(
            "With acknowledge local: no yes after so long without a word of the standby.", valueName: "time"))
    var standbyLease: String?

    @Option(
        help: ArgumentHelp(
            "Make the disk slower at every sync, to see how it would be. Never in service.", valueName: "time"))
    var simulateSyncDelay: String?

    /// Name and value of every option that was given.
    var given: [(name: String, value: String)] {
        let values: [(String, String?)] = [
            ("data", data), ("host", host), ("port", port), ("port-file", portFile), ("monitor", monitor),
            ("sample", sample ? "true" : nil),
            ("clock", clock), ("credential-file", credentialFile), ("loops", loops), ("shards", shards),
            ("log-level", logLevel),
            ("log-format", logFormat), ("key-window", keyWindow), ("archive-after", archiveAfter),
            ("checkpoint-bytes", checkpointBytes), ("checkpoint-time", checkpointTime), ("file-initial", fileInitial),
            ("file-growth", fileGrowth), ("file-limit", fileLimit), ("file-reserve", fileReserve),
            ("segment-bytes", segmentBytes), ("queue-bytes", queueBytes), ("feed-keep-days", feedKeepDays),
            ("feed-keep-gib", feedKeepGib), ("roll-days", rollDays), ("roll-at", rollAt),
            ("connections", connections),
            ("in-flight", inFlight), ("batch", batch), ("subscriptions", subscriptions), ("frame-bytes", frameBytes),
            ("handshake", handshake), ("drain", drain), ("follow", follow), ("standby", standby ? "true" : nil),
            ("acknowledge", acknowledge), ("standby-away", standbyAway), ("standby-lease", standbyLease),
            ("simulate-sync-delay", simulateSyncDelay),
        ]
        return values.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Defaults, then the file, then the options.
    func settings() throws(CommandFailure) -> ServeSettings {
        var settings = ServeSettings()
        if let config { try SettingsFile(path: config).apply(to: &settings) }
        for (name, value) in given {
            do throws(CommandFailure) { try settings.set(name, value) } catch {
                throw CommandFailure(.usage, "--\(error.problem)", remedy: error.remedy)
            }
        }
        try settings.check()
        return settings
    }
}
