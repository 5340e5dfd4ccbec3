import ArgumentParser
import Engine
import Hosting
import Scheduling
import Terminal

/// Reads the monitor and not the status method: it is the only place that counts latencies, refusals and errors, the
/// same numbers that alerts are made of; it answers while the engine recovers, needs no credential, and takes none of
/// the connections that callers may want just when somebody looks.
struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch rates, latencies, the journal and refusals, live.",
        discussion:
            "Reads the server’s monitor (serve --monitor) and draws anew each second until interrupted; rates and latencies "
            + "are those between two readings. With --json each reading is a document on a line of its own.")

    @Option(
        help: ArgumentHelp(
            "Where the server’s monitor listens.",
            discussion: "Default: that of HAOYUAN_MONITOR, else 127.0.0.1:7441.", valueName: "host:port"))
    var monitor: String?

    @Option(help: ArgumentHelp("Time between two readings, 100ms to 1h.", valueName: "time"))
    var every = SpanArgument(milliseconds: 1_000)

    @Flag(help: "Show one frame and end; ends with 1 when the server is not ready.")
    var once = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (100...3_600_000).contains(every.milliseconds) else {
            throw ValidationError("--every is \(every), it must be 100ms to 1h")
        }
    }

    func run() async throws {
        let client = try client()
        var before = try await scrape(client)
        repeat {
            try await Task.sleep(for: every.duration)
            let now: Scrape
            do throws(CommandFailure) { now = try await scrape(client) } catch {
                guard !once else { throw error }
                // It may come back, and then goes on here.
                output.json ? Output.complain("haoyuan: \(error)") : show(["\(error)"], redrawing: true)
                continue
            }
            let screen = TopScreen(
                reading: TopReading(
                    before: before.metrics, now: now.metrics, seconds: Numbers.seconds(now.at - before.at)),
                address: client.address, at: SystemClock().now().rawValue, palette: .standardOutput)
            before = now
            if output.json {
                once ? Output.document(screen.json) : Output.record(screen.json)
            } else {
                show(screen.lines, redrawing: !once)
            }
            if once, !now.metrics.isReady { throw Ending(status: .notRight) }
        } while !once
    }

    private struct Scrape {
        var metrics: ScrapedMetrics
        var at: ContinuousClock.Instant
    }

    private func scrape(_ client: MonitorClient) async throws(CommandFailure) -> Scrape {
        let text = try await client.get("/metrics")
        guard let metrics = ScrapedMetrics(text) else {
            throw CommandFailure(
                .internal, "\(client.address)/metrics cannot be read", remedy: "is this the monitor of a haoyuan?")
        }
        return Scrape(metrics: metrics, at: .now)
    }

    private func client() throws(CommandFailure) -> MonitorClient {
        let named = monitor.map { (name: "--monitor", text: $0) }
        let set = Environment["HAOYUAN_MONITOR"].flatMap { $0.isEmpty ? nil : (name: "HAOYUAN_MONITOR", text: $0) }
        guard let (name, text) = named ?? set else {
            return MonitorClient(host: MonitorAddress.standardHost, port: MonitorAddress.standardPort)
        }
        guard case .at(let host, let port)? = MonitorAddress(text), port > 0 else {
            throw .usage("\(name) is ‘\(text)’", remedy: "write it as host:port, or [ipv6]:port")
        }
        return MonitorClient(host: host, port: port)
    }

    /// On a terminal a frame takes the place of the one before; elsewhere they follow each other.
    private func show(_ lines: [String], redrawing: Bool) {
        guard redrawing else { return Output.lines(lines) }
        guard Output.isTerminal else { return Output.lines(lines + [""]) }
        // Home, each line to its end, then whatever the last frame had below: nothing flickers.
        Output.line("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J")
    }
}
