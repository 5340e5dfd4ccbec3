import Foundation
import HaoyuanClient
import Testing
import Wire

@testable import Proof

/// Every scenario, small: real processes, real sockets, and an audit that reads the folder of a killed server.
@Suite struct `A measurement` {
    private static let loads: [(scenario: String, arguments: [String])] = [
        ("steady", ["--rate", "2000", "--count", "1000", "--connections", "4"]),
        ("unpipelined", ["--count", "1000", "--connections", "10", "--passes", "2"]),
        ("pipelined", ["--count", "2000", "--passes", "2", "--client-loops", "2"]),
        ("batch", ["--count", "5000", "--batch", "700", "--passes", "2"]),
        ("storm", ["--count", "3000", "--connections", "300", "--numbers", "100", "--rate", "20000"]),
        ("seats", ["--count", "3000", "--passes", "2"]),
        ("search", ["--count", "1000", "--passes", "1"]),
        ("held", ["--count", "500", "--passes", "1"]),
        ("together", ["--count", "500", "--passes", "2"]),
        ("mixed", ["--count", "2000", "--passes", "2", "--client-loops", "2"]),
    ]

    @Test(arguments: loads.map(\.scenario))
    func `of every scenario ends with an audit that holds`(scenario: String) async throws {
        let arguments = try #require(Self.loads.first { $0.scenario == scenario }).arguments
        let finished = try await Binary.run(["bench", scenario, "--json"] + arguments)
        #expect(finished.status == 0, "\(finished.complaints)")
        let document = try finished.object()
        #expect(document["sound"] as? Bool == true)
        let figures = try #require(document["figures"] as? [String: Any])
        let (done, refused) = (figures["done"] as? Int ?? 0, figures["refused"] as? Int ?? 0)
        #expect(figures["failed"] as? Int == 0)
        if scenario == "storm" {
            #expect(done == 100 && refused == 2_900)
        } else {
            #expect(done > 0)
        }
    }

    @Test func `beside residents looks at its own days, and at the folder of the killed server`() async throws {
        let finished = try await Binary.run([
            "bench", "seats", "--resident", "4000", "--count", "1000", "--passes", "1", "--json",
        ])
        #expect(finished.status == 0, "\(finished.complaints)")
        let report = try #require(try finished.object()["report"] as? [String: Any])
        let sections = try #require(report["sections"] as? [[String: Any]])
        let checks = try #require(sections.first { $0["kind"] as? String == "checks" }?["content"] as? [[String: Any]])
        let names = checks.compactMap { $0["name"] as? String }
        for wanted in ["acknowledged write is in the folder", "nobody asked for", "nobody in two places"] {
            #expect(names.contains { $0.contains(wanted) }, "\(names)")
        }
    }

    @Test func `misses a goal that nobody can reach, tells so, and ends with 1`() async throws {
        let small = ["bench", "pipelined", "--count", "200", "--passes", "1", "--json"]
        let missed = try await Binary.run(small + ["--at-least", "900000000", "--p99-at-most", "0s"])
        #expect(missed.status == 1, "\(missed.complaints)")
        let document = try missed.object()
        #expect(document["sound"] as? Bool == true)
        #expect(document["passed"] as? Bool == false)
        let reached = try await Binary.run(small + ["--at-least", "1", "--p99-at-most", "1h"])
        #expect(reached.status == 0, "\(reached.complaints)")
        #expect(try reached.object()["passed"] as? Bool == true)
        let wrong = try await Binary.run(small + ["--at-least", "0"])
        #expect(wrong.status == 64 && wrong.complaints.contains("--at-least is 0"))
    }

    @Test func `of a slow disk says so, and waits for it`() async throws {
        let finished = try await Binary.run([
            "bench", "unpipelined", "--count", "20", "--connections", "1", "--passes", "1", "--warm-up", "0",
            "--simulate-sync-delay", "5ms",
        ])
        #expect(finished.status == 0, "\(finished.complaints)")
        #expect(finished.output.contains("A simulated disk") && finished.output.contains("waits 5ms more"))
        // Twenty commits of two syncs: a sleeping committer slept no shorter.
        let median = try #require(finished.output.split(separator: "\n").first { $0.hasPrefix("p50") })
        #expect(median.hasSuffix("ms") || median.hasSuffix(" s"), "\(median)")
    }

    @Test func `never takes a simulated disk for a real one: banner and status name it`() async throws {
        try await withServer(["--simulate-sync-delay", "1ms"]) { server in
            #expect(server.banner.contains { $0.contains("SIMULATED DISK") })
            let finished = try await Binary.run(["status", "--port", "\(server.port)"])
            #expect(finished.status == 0 && finished.output.contains("SIMULATED DISK: each sync waits 1 ms longer"))
        }
    }

    @Test func `of a server that runs already leaves it running, and can be repeated`() async throws {
        try await withServer([]) { server in
            for _ in 0..<2 {
                let finished = try await Binary.run([
                    "bench", "seats", "--server", "127.0.0.1:\(server.port)", "--count", "500", "--passes", "1",
                    "--json",
                ])
                #expect(finished.status == 0, "\(finished.complaints)")
                let document = try finished.object()
                #expect(document["sound"] as? Bool == true)
            }
        }
    }

    @Test func `leaves a server alone that holds a hospital`() async throws {
        try await withServer { server in
            let finished = try await Binary.run(["bench", "pipelined", "--server", "127.0.0.1:\(server.port)"])
            #expect(finished.status == 64 && finished.complaints.contains("holds a hospital"))
        }
    }

    @Test func `writes its report as a page, a text and a document`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let finished = try await Binary.run([
            "bench", "pipelined", "--count", "500", "--passes", "1", "--report", folder.path,
        ])
        #expect(finished.status == 0, "\(finished.complaints)")
        let page = try String(contentsOfFile: folder.path + "/bench-pipelined.html", encoding: .utf8)
        #expect(page.contains("<svg") && page.contains("every acknowledged write is in the folder"))
        #expect(FileManager.default.fileExists(atPath: folder.path + "/bench-pipelined.json"))
    }

    @Test(arguments: [
        ["pipelined", "--duration", "5s"], ["seats", "--batch", "2"], ["storm", "--numbers", "0"],
        ["pipelined", "--server", "x:y"], ["steady", "--rate", "-1"],
        ["pipelined", "--connections", "1", "--client-loops", "2"],
    ])
    func `that makes no sense is not begun`(arguments: [String]) async throws {
        let finished = try await Binary.run(["bench"] + arguments)
        #expect(finished.status == 64 && !finished.complaints.isEmpty)
    }
}

@Suite struct `The audit of a measurement` {
    private static let site = BenchSite(
        service: 1, departments: [1], patients: [7], sessions: [[1 << 20]], dates: ["2030-01-01"], scarce: [],
        scarceDate: nil)

    /// A folder that holds the given appointments of patient 7, by number and state.
    private func checks(_ ledger: BenchLedger, _ there: [(number: UInt64, state: Int)], violations: [String] = [])
        -> [Report.Check]
    {
        let audit = BenchAudit(ledger: ledger, site: Self.site, plan: BenchPlan(.steady), figures: [])
        return audit.look(
            at: BenchFolder(
                appointments: .init(there.map { .init(id: 1 << 40 | $0.number, patient: 7, state: $0.state) }),
                violations: violations))
    }

    private func ledger(_ acknowledged: [(number: UInt64, patient: UInt64, state: PBAppointmentState)]) -> BenchLedger {
        var ledger = BenchLedger()
        for one in acknowledged { ledger.acknowledged(1 << 40 | one.number, patient: one.patient, one.state) }
        return ledger
    }

    @Test func `holds when the folder has what was acknowledged, the last answer counting`() {
        let ledger = ledger([(1, 7, .held), (2, 7, .booked), (1, 7, .booked), (3, 7, .held)])
        // The engine ends a hold by itself.
        #expect(checks(ledger, [(1, 2), (2, 2), (3, 8)]).map(\.holds) == [true, true, true])
    }

    @Test func `fails when something acknowledged is missing, is another's, or is in another state`() {
        #expect(!checks(ledger([(1, 7, .booked), (2, 7, .booked)]), [(1, 2)])[0].holds)
        #expect(!checks(ledger([(1, 8, .booked)]), [(1, 2)])[0].holds)
        #expect(!checks(ledger([(1, 7, .cancelled)]), [(1, 2)])[0].holds)
        #expect(!checks(ledger([(1, 7, .booked)]), [(1, 8)])[0].holds)
    }

    @Test func `fails when more is there than anybody asked for, unless an answer was lost`() {
        var ledger = ledger([(1, 7, .booked)])
        #expect(!checks(ledger, [(1, 2), (2, 2)])[1].holds)
        ledger.failed(HaoyuanError(.connectionLost, "gone", mayHaveBeenApplied: true), operations: 1)
        #expect(checks(ledger, [(1, 2), (2, 2)])[1].holds)
        #expect(!checks(ledger, [(1, 2), (2, 2), (3, 2)])[1].holds)
    }

    @Test func `fails when the folder contradicts itself`() {
        #expect(!checks(ledger([]), [], violations: ["slot 1 has 2 of 1"])[2].holds)
    }

    @Test func `of a storm fails when one number more or less is sold than was wanted`() {
        var site = Self.site
        site.scarce = [(slot: 1 << 40, units: 3)]
        var plan = BenchPlan(.storm)
        plan.shape.count = 10
        for (sold, holds) in [(2, false), (3, true), (4, false)] {
            let ledger = ledger((1...UInt64(sold)).map { ($0, 7, .booked) })
            let audit = BenchAudit(ledger: ledger, site: site, plan: plan, figures: [])
            #expect(audit.answers.map(\.holds) == [true, holds])
        }
    }
}
