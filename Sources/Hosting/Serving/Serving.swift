package import Engine
import Glibc
import Journal
import Logging
import Scheduling
package import Terminal

/// The whole process: reads the credential, listens for signals, lets itself be monitored, and serves until it is told
/// to stop.
package enum Serving {
    /// - Parameter adjust: changes what the settings do not reach: the probes of a drill.
    /// - Throws: what keeps it from serving.
    package static func run(
        _ settings: ServeSettings, adjust: @escaping @Sendable (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        let credential = try settings.credentialFile.map { try CredentialFile(path: $0).read() }
        let logger = logger(settings)
        // Who reads the log may go; the default would end the process with the next line.
        signal(SIGPIPE, SIG_IGN)
        defer { finishWriting() }
        let signals = StopSignals {
            logger.notice(
                "SIGHUP: nothing is loaded anew, it goes on; settings are read at the start, and the log is standard error",
                metadata: ["signal": "SIGHUP"])
        }
        await signals.ready()
        await timersAreReady()
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
            settings.monitor, MonitorRoutes(state: state, settings: page), logger)
        let process = ServingProcess(
            settings: settings, credential: credential, state: state, logger: logger, adjust: adjust
        ) {
            Monitor.tell(monitor, settings.monitor, logger)
        }
        let work = Task { try await process.run() }
        let listener = Task {
            let signal = await signals.wait()
            guard !signal.isEmpty else { return }
            logger.info("draining", metadata: ["signal": "\(signal)"])
            work.cancel()
        }
        defer { listener.cancel() }
        try await work.value
        await monitor?.stop()
    }

    /// Waits until each clock has the descriptor that its timers come by: opened when the first of them is set, it may
    /// not be had any more once callers have taken all there are.
    private static func timersAreReady() async {
        try? await Task.sleep(for: .microseconds(1), clock: .continuous)
        try? await Task.sleep(for: .microseconds(1), clock: .suspending)
    }

    /// Says why the process ends, also where the reader of its log stands still.
    package static func complain(_ failure: CommandFailure) {
        LogWriter.standardError.write("haoyuan: \(failure)", mustStay: true)
        finishWriting()
    }

    private static func finishWriting() {
        let missing = LogWriter.standardError.finish()
        if missing > 0 {
            LogWriter.standardOutput.write(
                "haoyuan: \(Numbers.counted(Int(clamping: missing), "line")) of the log could not be written and "
                    + "\(missing == 1 ? "is" : "are") lost", mustStay: true)
        }
        LogWriter.standardOutput.finish()
    }

    private static func logger(_ settings: ServeSettings) -> Logger {
        let clock = SystemClock()
        var logger = Logger(label: "haoyuan") { label in
            LogLines(label: label, level: settings.logLevel, format: settings.logFormat) { clock.now().rawValue }
        }
        logger.logLevel = settings.logLevel
        return logger
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
