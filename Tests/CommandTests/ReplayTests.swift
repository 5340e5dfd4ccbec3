import Foundation
import Testing

@Suite(.serialized) struct `A trace is replayed, repeated and audited` {
    @Test
    func `the fixture with all its traps comes out right`() async throws {
        let finished = try await Binary.run(["replay", "--trace", Binary.traceFixture, "--json"])
        #expect(finished.status == 0, "\(finished.complaints)")
        let report = try finished.object()
        #expect(report["ok"] as? Bool == true)
        let trace = try #require(report["trace"] as? [String: Any])
        #expect(trace["rows"] as? Int == 64)
        #expect(trace["used"] as? Int == 54)
        let leftOut = try #require(trace["left_out"] as? [[String: Any]])
        #expect(leftOut.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == 10)
        let odd = try #require(trace["odd"] as? [[String: Any]])
        #expect(odd.map { $0["count"] as? Int } == [2, 2, 3])
        #expect(report["booked"] as? Int == 50)
        #expect(report["refused"] as? Int == 4)
        let refusals = try #require(report["refusals"] as? [String: Int])
        #expect(refusals == ["OVERLAP": 2, "SLOT_PAST": 3])
        let passes = try #require(report["passes"] as? [[String: Any]])
        #expect(passes.count == 2)
        #expect(passes[0]["again"] as? Int == 0)
        #expect(passes[1]["again"] as? Int == passes[1]["writes"] as? Int)
        #expect(passes[1]["position_after"] as? Int == passes[0]["position_after"] as? Int)
        let checks = try #require(report["checks"] as? [[String: Any]])
        #expect(checks.count == 11)
        #expect(checks.allSatisfy { $0["ok"] as? Bool == true })
    }

    @Test
    func `replayed into the same folder again, nothing is carried out anew`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let arguments = [
            "replay", "--trace", Binary.traceFixture, "--data", folder.path + "/data", "--passes", "1", "--connections",
            "3",
            "--json",
        ]
        let first = try await Binary.run(arguments).object()
        let second = try await Binary.run(arguments).object()
        #expect(second["ok"] as? Bool == true)
        let passes = try [first, second].map { try #require(($0["passes"] as? [[String: Any]])?.first) }
        #expect(passes[0]["again"] as? Int == 0)
        #expect(passes[1]["again"] as? Int == passes[0]["writes"] as? Int)
        #expect(passes[1]["position_after"] as? Int == passes[0]["position_after"] as? Int)
    }

    @Test
    func `a limit of one a day and clinic refuses the others, lawfully`() async throws {
        let finished = try await Binary.run(
            ["replay", "--trace", Binary.traceFixture, "--per-day-department", "1", "--passes", "1"])
        #expect(finished.status == 0, "\(finished.output)")
        #expect(finished.output.contains("4 × PER_DAY_DEPARTMENT"))
        #expect(!finished.output.contains("WRONG"))
    }

    @Test
    func `a folder with another hospital is refused`() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let server = try await ServerProcess.start(in: folder, ["--sample"])
        #expect(await server.end() == 0)
        let finished = try await Binary.run(["replay", "--trace", Binary.traceFixture, "--data", folder.path + "/data"])
        #expect(finished.status == 64)
        #expect(finished.complaints.contains("the data folder holds another hospital, ‘青溪市人民医院’"))
    }

    @Test
    func `what is no trace is refused in a line`() async throws {
        let finished = try await Binary.run([
            "replay", "--trace", Binary.repository + "/docs/samples/hospital-csv/pools.csv",
        ])
        #expect(finished.status == 64)
        #expect(finished.complaints.contains("has no column ‘PatientId’"))
        #expect(try await Binary.run(["replay", "--trace", "/nothing.csv"]).status == 74)
    }

    @Test(.enabled(if: RealTrace.isThere, "there is no ../shared/data/noshow-39596.csv"))
    func `39,596 real appointments, in the order people booked them`() async throws {
        let report = try await Binary.run(["replay", "--trace", RealTrace.path, "--json"]).object()
        #expect(report["ok"] as? Bool == true)
        #expect(report["booked"] as? Int == 39_595)
        #expect((report["refusals"] as? [String: Int]) == ["SLOT_PAST": 1])
    }
}

/// The real trace is not part of the project; where it lies beside the checkout, it is replayed too.
private enum RealTrace {
    static let path = Binary.repository + "/../shared/data/noshow-39596.csv"
    static var isThere: Bool { FileManager.default.fileExists(atPath: path) }
}
