import Foundation
import Journal
import Testing

@testable import Hosting
@testable import Terminal

@Suite struct `What top shows` {
    private func scrape(_ durations: [UInt64], requests: UInt64, scale: UInt64 = 1) throws -> ScrapedMetrics {
        var buckets = DurationBuckets()
        for duration in durations { buckets.add(duration) }
        var page = Exposition()
        page.add(.requests, [(["book", "done"], requests * scale), (["book", "refused"], requests / 4 * scale)])
        page.add(.requestDurations, [("book", buckets)])
        page.add(.refusals, [("SLOT_FULL", requests / 4 * scale), ("OVERLAP", 0)])
        page.add(.errors, [("OVERLOADED", scale)])
        page.add(.admission, [("open", 1), ("overloaded", 0)])
        return try #require(ScrapedMetrics(page.text))
    }

    @Test
    func `rates and percentiles are those between two scrapes`() throws {
        let before = try scrape([9_000_000_000], requests: 100)
        // Ten more: nine within 1 ms, one within 10 ms.
        let now = try scrape([9_000_000_000] + Array(repeating: 900_000, count: 9) + [8_000_000], requests: 140)
        let reading = TopReading(before: before, now: now, seconds: 2)
        let book = try #require(reading.methods.first)
        #expect(book.name == "book" && book.perSecond == 25 && book.notDonePerSecond == 5)
        // Five of the nine between 0.5 and 1 ms.
        let (median, p99) = (try #require(book.median), try #require(book.p99))
        let expected: (median: Double, p99: Double) = (0.0005 + 0.0005 * 5 / 9, 0.005 + 0.005 * 0.9)
        #expect(abs(median - expected.median) < 1e-9 && abs(p99 - expected.p99) < 1e-9)
        #expect(reading.reasons.map(\.name) == ["SLOT_FULL", "OVERLOADED"])
        #expect(reading.reasons.map(\.perSecond) == [5, 0] && reading.reasons.map(\.total) == [35, 1])
    }

    @Test
    func `a server that was started again has no negative rates`() throws {
        let reading = TopReading(
            before: try scrape([1, 1, 1], requests: 100), now: try scrape([1], requests: 4), seconds: 1)
        #expect(reading.rate(.refusals, ["rule": "SLOT_FULL"]) == 0)
        #expect(reading.methods.allSatisfy { $0.perSecond == 0 && $0.median == nil })
    }

    @Test
    func `beyond the last bucket the last bound is told`() throws {
        let reading = TopReading(
            before: try scrape([], requests: 0), now: try scrape([9_000_000_000], requests: 4), seconds: 1)
        #expect(reading.percentile(50, of: .requestDurations, ["method": "book"]) == 5)
        #expect(reading.percentile(50, of: .requestDurations, ["method": "move"]) == nil)
    }

    @Test
    func `the largest numbers fit 80 columns and 24 lines`() throws {
        var page = Exposition()
        let big: UInt64 = 9_876_543_210
        page.add(.ready, 0)
        page.add(.admission, [("open", 0), ("storage_full", 1)])
        page.add(.role, [("primary", 1)])
        page.add(.standbyExpected, 1)
        page.add(.requests, (0..<20).map { (["method_of_length_\($0)", "refused"], big) })
        page.add(.refusals, (0..<20).map { ("PATIENT_APPOINTMENTS_\($0)", big) })
        page.add(.writes, [("done", 1_234_567), ("refused", 1_234_567), ("failed", 1_234_567)])
        page.add(.repeatedWrites, 1_234_567)
        for metric in [
            Metric.connections, .inFlight, .feeds, .feedLag, .holds, .expiredHolds, .keys, .patients, .appointments,
        ] { page.add(metric, big / 100) }
        for metric in [Metric.residentMemory, .usedFileBytes, .fileLimit, .logBytes, .diskFree, .pendingBytes] {
            page.add(metric, big * 1_000)
        }
        for metric in [Metric.durablePosition, .commits, .records, .startTime] { page.add(metric, big) }
        page.add(.commitP99, 12.5)
        page.add(.checkpointAge, 1e7)
        let reading = TopReading(
            before: try #require(ScrapedMetrics("")), now: try #require(ScrapedMetrics(page.text)), seconds: 1)
        let screen = TopScreen(
            reading: reading, address: "255.255.255.255:65535", at: 1_790_000_000_000, palette: .plain)
        #expect(screen.lines.count <= TopScreen.lines)
        for line in screen.lines { #expect(TextWidth.columns(of: line) <= TopScreen.columns, "\(line)") }
    }

    @Test
    func `one frame of a real server, for people and for programs`() async throws {
        try await withServer { server in
            let monitor = "127.0.0.1:\(try server.monitorPort)"
            let frame = try await server.ask("top", "--once", "--every", "100ms", "--monitor", monitor)
            #expect(frame.status == 0, "\(frame.complaints)")
            #expect(frame.output.contains("ready · admission open · primary, epoch 1"))
            #expect(frame.output.contains("REQUESTS"))
            let reading = try await server.object("top", "--once", "--every", "100ms", "--monitor", monitor)
            #expect(reading["ready"] as? Bool == true && reading["admission"] as? String == "open")
            let status = try await server.object("status")
            let sizes = try #require(reading["sizes"] as? [String: Any])
            #expect(sizes["sessions"] as? Int == (status["counts"] as? [String: Any])?["sessions"] as? Int)
            let methods = try #require(reading["requests"] as? [[String: Any]]).compactMap { $0["method"] as? String }
            #expect(methods.contains("put_catalogue"))
        }
    }

    @Test
    func `nobody there, and no address`() async throws {
        let nobody = try await Binary.run(["top", "--once", "--monitor", "127.0.0.1:1"])
        #expect(nobody.status == 69 && nobody.complaints.contains("no monitor answers at 127.0.0.1:1"))
        let wrong = try await Binary.run(["top", "--monitor", "7441"])
        #expect(wrong.status == 64 && wrong.complaints.contains("write it as host:port"))
        let unset = try await Binary.run(["top", "--once"], environment: ["HAOYUAN_MONITOR": "x"])
        #expect(unset.status == 64 && unset.complaints.contains("HAOYUAN_MONITOR is ‘x’"))
    }

    @Test(arguments: ["a b c", "a{x=\"1\" 1", "a{x=1} 1", "a", "a{x=\"1\"y=\"2\"} 1"])
    func `what is no scrape is not read`(text: String) { #expect(ScrapedMetrics(text) == nil) }
}
