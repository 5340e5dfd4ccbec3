import Foundation
import Logging
import Testing

@testable import Hosting
@testable import Terminal

@Suite struct `The monitor, over real sockets` {
    private func answer(_ path: String, _ server: ServerProcess) async throws -> RawRequest.Answer {
        try #require(try await RawRequest.get(path, port: try server.monitorPort))
    }

    @Test
    func `a scrape of a serving engine has every metric, in a form every reader takes, and tells what happened`()
        async throws
    {
        try await withServer { server in
            let patients = try await server.object("patients", "register", "urn:id|1")
            #expect(patients["patient"] as? String == "1")
            let found = try await server.object(
                "slots", "--service", "ordinary", "--from", "+1", "--to", "+7", "--limit", "12")
            let slot = try #require((found["slots"] as? [[String: Any]])?.last?["place"] as? String)
            _ = try await server.object("book", "--patient", "1", "--slot", slot)
            #expect(try await server.ask("book", "--patient", "1", "--slot", slot).status == 2)
            // Without a named reader its metrics have no series.
            let watched = try await server.ask("watch", "--name", "sms", "--after", "0", "--count", "1")
            #expect(watched.status == 0)
            let scrape = try await answer("/metrics", server)
            #expect(scrape.status == 200)
            #expect(scrape.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let page = try ExpositionText(scrape.body)
            #expect(page.families.map(\.name) == Metric.all.map(\.name))
            for (family, metric) in zip(page.families, Metric.all) {
                #expect(family.kind == metric.kind.rawValue && family.help == metric.help)
                let labels = family.samples.map { Set($0.labels.keys).subtracting(["le"]) }
                #expect(Set(labels) == [Set(metric.labels)], "\(metric.name)")
            }
            #expect(page.value("haoyuan_requests_total", ["method": "book", "outcome": "done"]) == 1)
            #expect(page.value("haoyuan_requests_total", ["method": "book", "outcome": "refused"]) == 1)
            #expect(page.value("haoyuan_request_duration_seconds_count", ["method": "book"]) == 2)
            #expect(page.value("haoyuan_writes_total", ["outcome": "done"]) == 1)
            let refusals = try #require(page.families.first { $0.name == "haoyuan_refusals_total" }).samples
            #expect(refusals.reduce(0) { $0 + $1.value } == 1)
            #expect(page.value("haoyuan_appointments") == 1 && page.value("haoyuan_patients") == 1)
            #expect(page.value("haoyuan_feed_readers") == 1)
            #expect(try #require(page.value("haoyuan_feed_reader_lag_records", ["reader": "sms"])) > 0)
            #expect(page.value("haoyuan_feed_reader_trimmed", ["reader": "sms"]) == 0)
            #expect(page.value("haoyuan_ready") == 1 && page.value("haoyuan_admission", ["state": "open"]) == 1)
            let commits = try #require(page.value("haoyuan_journal_commits_total"))
            #expect(commits > 0 && page.value("haoyuan_journal_commit_duration_seconds_count") == commits)
            #expect(page.value("haoyuan_durable_position") == page.value("haoyuan_last_position"))
            #expect(try #require(page.value("process_resident_memory_bytes")) > 1_000_000)
            #expect(try #require(page.value("process_open_fds")) > 3)
            let again = try ExpositionText(try await answer("/metrics", server).body)
            for family in page.families where family.kind == "counter" {
                for sample in family.samples {
                    #expect(try #require(again.value(sample.name, sample.labels)) >= sample.value, "\(sample)")
                }
            }
        }
    }

    @Test
    func `health and readiness; what is not there, and what is not GET, says so`() async throws {
        try await withServer([]) { server in
            let port = try server.monitorPort
            #expect(try await answer("/health", server).body == "ok\n")
            #expect(try await answer("/ready?verbose=1", server).status == 200)
            let missing = try await answer("/metrics/", server)
            #expect(missing.status == 404 && missing.body.contains("/metrics"))
            for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"] {
                let answer = try #require(try await RawRequest.get("/metrics", port: port, method: method))
                #expect(answer.status == 405 && answer.headers["allow"] == "GET", "\(method)")
                #expect(answer.body.isEmpty == (method == "HEAD"))
            }
            let bad = try #require(try await RawRequest.send("no HTTP at all\r\n\r\n", port: port))
            #expect(bad.status == 400)
            // And it goes on.
            #expect(try await answer("/ready", server).body == "ready\n")
        }
    }

    @Test(arguments: [0, 1])
    func `a request is taken up to its limit, and not one byte further`(past: Int) async throws {
        try await withServer([]) { server in
            let (line, end) = ("GET /health HTTP/1.1\r\nHost: test\r\nX-Filler: ", "\r\n\r\n")
            let filler = String(repeating: "x", count: MonitorLimits.requestBytes - (line + end).utf8.count + past)
            let answer = try await RawRequest.send(line + filler + end, port: try server.monitorPort)
            #expect(try #require(answer).status == (past == 0 ? 200 : 431))
            let body = String(repeating: "x", count: MonitorLimits.requestBytes * 4)
            let post = "POST /health HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
            #expect(try await RawRequest.send(post, port: try server.monitorPort)?.status == 431)
            #expect(try await self.answer("/health", server).status == 200)
        }
    }

    @Test
    func `connections are bounded, and free again when they are closed`() async throws {
        let monitor = try await Self.monitor(ServingState())
        let request = "GET /health HTTP/1.1\r\nHost: test\r\n\r\n"
        let most = MonitorLimits.connections
        #expect(try await RawRequest.send(request, port: monitor.port, amongIdle: most) == nil)
        // The server hears of their end when it hears of it: a caller that is turned away meanwhile comes again.
        var answer: RawRequest.Answer?
        for _ in 0..<10_000 where answer == nil {
            answer = try await RawRequest.send(request, port: monitor.port, amongIdle: most - 1)
        }
        #expect(answer?.status == 200)
        await monitor.stop()
    }

    @Test
    func `while it recovers and while it stops it is healthy and not ready, and says why`() async throws {
        let state = ServingState()
        let monitor = try await Self.monitor(state)
        state.recovering("1,234 of 5,000 patients")
        var ready = try #require(try await RawRequest.get("/ready", port: monitor.port))
        #expect(ready.status == 503 && ready.body == "recovering: 1,234 of 5,000 patients\n")
        #expect(try await RawRequest.get("/health", port: monitor.port)?.status == 200)
        let page = try ExpositionText(try #require(try await RawRequest.get("/metrics", port: monitor.port)).body)
        #expect(page.value("haoyuan_ready") == 0 && page.value("haoyuan_sessions") == nil)
        state.stopping()
        ready = try #require(try await RawRequest.get("/ready", port: monitor.port))
        #expect(ready.status == 503 && ready.body.hasPrefix("stopping"))
        await monitor.stop()
    }

    @Test
    func `a full store is not ready, with the reason, and top says the same`() async throws {
        // The reserve alone is larger than what the file may have: the first commit finds it gone.
        try await withServer(["--file-initial", "16MiB", "--file-limit", "64MiB"]) { server in
            _ = try await server.ask("patients", "register", "urn:id|1")
            let ready = try await answer("/ready", server)
            #expect(ready.status == 503 && ready.body.hasPrefix("the disk is full"))
            let page = try ExpositionText(try await answer("/metrics", server).body)
            #expect(page.value("haoyuan_ready") == 0)
            #expect(page.value("haoyuan_admission", ["state": "storage_full"]) == 1)
            let top = try await server.ask(
                "top", "--once", "--every", "100ms", "--monitor", "127.0.0.1:\(try server.monitorPort)")
            #expect(top.status == 1 && top.output.contains("not ready · admission storage_full"))
        }
    }

    @Test
    func `an address that was asked for and is taken ends the start; the standard one does not`() async throws {
        let first = try await Self.monitor(ServingState())
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await Monitor.start(
                .at(host: "127.0.0.1", port: first.port), Self.routes(ServingState()), Self.logger)
        }
        #expect(failure?.status == .temporary && failure?.description.contains("--monitor") == true)
        let standard = try await Monitor.start(
            .ifFree(host: "127.0.0.1", port: first.port), Self.routes(ServingState()), Self.logger)
        #expect(standard == nil)
        #expect(try await Monitor.start(.off, Self.routes(ServingState()), Self.logger) == nil)
        await first.stop()
    }

    private static let logger = Logger(label: "test")

    private static func routes(_ state: ServingState) -> MonitorRoutes {
        MonitorRoutes(state: state, settings: .init(dataFolder: "/", queueLimit: 1, startedAt: 0))
    }

    private static func monitor(_ state: ServingState) async throws -> Monitor {
        try #require(try await Monitor.start(.at(host: "127.0.0.1", port: 0), routes(state), logger))
    }
}
