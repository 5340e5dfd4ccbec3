import ArgumentParser
import Engine
import Journal
import Logging
import Scheduling

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the engine and answer on a port until told to stop.",
        discussion:
            "SIGTERM or SIGINT ends it in order: it answers what it took, writes a checkpoint and ends with 0; a "
            + "second one ends it at once. Every option is also a setting of the --config file; docs/reference/configuration.md "
            + "describes them.")

    @OptionGroup var options: ServeOptions

    func run() async throws { try await Self.serve(try options.settings()) }

    /// Serves until told to stop.
    /// - Parameter adjust: changes what the settings do not reach: the probes of a drill.
    static func serve(
        _ settings: ServeSettings, adjust: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        let credential = try settings.credentialFile.map { try CredentialFile(path: $0).read() }
        let signals = StopSignals()
        let logger = logger(settings)
        let files = OpenFiles.raise()
        if files < settings.connections {
            logger.notice(
                "fewer open files than connections are allowed",
                metadata: ["open_files": "\(files)", "connections": "\(settings.connections)"])
        }
        let state = ServingState()
        let page = MetricsPage.Settings(
            dataFolder: settings.data, queueLimit: settings.queueBytes.bytes,
            startedAt: Double(SystemClock().now().rawValue) / 1_000)
        let monitor = try await Monitor.start(
            settings.monitor, MonitorRoutes(state: state, settings: page))
        try await serve(settings, state, signals, logger, credential: credential, adjust: adjust) {
            Monitor.tell(monitor, settings.monitor, logger)
        }
        await monitor?.stop()
    }

    /// From recovery to the end; the monitor looks on.
    private static func serve(
        _ settings: ServeSettings, _ state: ServingState, _ signals: StopSignals, _ logger: Logger, credential: String?,
        adjust: (inout EngineConfiguration) -> Void, onServing: () -> Void
    ) async throws {
        let began = ContinuousClock.now
        let report = RecoveryReport(state) { logger.info("recovering", metadata: ["done": "\($0)"]) }
        let clock = SystemClock()
        var configuration = settings.engine { report.tell($0) }
        adjust(&configuration)
        let running = try await RunningEngine.start(
            configuration, settings.server(credential: credential), logger: logger
        ) { clock.now().rawValue }
        report.end()
        state.serving(running)
        onServing()
        let portFile = settings.portFile.map { PortFile(path: $0) }
        do {
            if settings.sample {
                try await SampleHospital.load(port: running.port, host: settings.host, credential: credential)
            }
            try portFile?.write(running.port)
        } catch {
            state.stopping()
            await running.stop(reason: "the start failed")
            throw error
        }
        await banner(running, settings, took: ContinuousClock.now - began)
        let signal = await signals.wait()
        state.stopping()
        logger.info("draining", metadata: ["signal": "\(signal)"])
        portFile?.remove()
        await running.stop(reason: "the server is stopping")
    }

    private static func logger(_ settings: ServeSettings) -> Logger {
        let clock = SystemClock()
        var logger = Logger(label: "haoyuan") { label in
            LogLines(label: label, level: settings.logLevel, format: settings.logFormat) { clock.now().rawValue }
        }
        logger.logLevel = settings.logLevel
        return logger
    }

    private static func banner(_ running: RunningEngine, _ settings: ServeSettings, took: Duration) async {
        let status = await running.engine.status()
        let hospital = try? await running.engine.catalogue().value.hospital
        let palette = Palette.standardOutput
        let name = hospital.map { $0.name.isEmpty ? "no hospital yet" : "\($0.name) (\($0.zone.name))" } ?? ""
        Output.announce([
            "\(palette.paint(Version.text, .heading))  \(name)",
            "listening on \(settings.host):\(running.port), data in \(settings.data)",
            [
                Numbers.counted(status.catalogue.departments, "department"),
                Numbers.counted(status.catalogue.pools, "pool"),
                Numbers.counted(status.counts.sessions, "session"),
                Numbers.counted(status.counts.appointments, "appointment"),
                "position \(Numbers.grouped(status.durablePosition.rawValue))",
            ].joined(separator: ", "),
            "ready after \(Numbers.duration(took)); Ctrl-C or SIGTERM stops it in order",
        ])
    }
}

/// The word that clients must bring, in a file: on a command line everybody on the machine could read it.
private struct CredentialFile {
    let path: String

    func read() throws(CommandFailure) -> String {
        let line = try InputFile.text(path).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard (1...256).contains(line.utf8.count) else {
            throw CommandFailure(
                .configuration, "\(path): the first line has \(line.utf8.count) bytes",
                remedy: "a credential has 1 to 256")
        }
        return line
    }
}
