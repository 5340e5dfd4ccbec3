import Foundation
import Simulation

/// What became of many seeds.
struct FleetOutcome: Sendable {
    struct Failure: Sendable {
        var seed: UInt64
        var finding: String
    }

    let seeds: ClosedRange<UInt64>
    private(set) var done = 0
    private(set) var failures: [Failure] = []
    private(set) var coverage = Coverage()
    /// All hashes together, in whatever order they came.
    private(set) var hash: UInt64 = 0
    var elapsed = Duration.zero

    init(seeds: ClosedRange<UInt64>) { self.seeds = seeds }

    /// The outcome of one seed.
    init(_ report: Report) {
        seeds = report.plan.seed...report.plan.seed
        done = 1
        coverage = report.coverage
        hash = report.hash
        if let finding = report.finding { fail(seeds.lowerBound, finding) }
    }

    /// Takes note of a worker's line. `current` is the seed it is at.
    mutating func take(_ line: String, current: inout UInt64?) {
        let words = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard words.count >= 2 else { return }
        switch words[0] {
        case "begin": current = UInt64(words[1])
        case "passed", "failed":
            guard let seed = UInt64(words[1]), words.count >= 3 else { return }
            current = nil
            done += 1
            hash ^= (UInt64(words[2]) ?? 0) &* (seed | 1)
            if words[0] == "failed" { fail(seed, words.count > 3 ? words[3] : "") }
        case "count": coverage.note(words.dropFirst(2).joined(separator: " "), Int(words[1]) ?? 0)
        default: break
        }
    }

    mutating func fail(_ seed: UInt64, _ finding: String) { failures.append(Failure(seed: seed, finding: finding)) }

    // MARK: Telling

    func text(_ shrunk: [UInt64: String]) -> String {
        var lines: [String] = []
        let width = coverage.counts.keys.map(\.count).max() ?? 0
        for (name, times) in coverage.counts.sorted(by: { $0.key < $1.key }) {
            let number = String(times)
            lines.append(
                "  " + name + String(repeating: " ", count: width - name.count + 2)
                    + String(repeating: " ", count: max(0, 12 - number.count)) + number)
        }
        for failure in failures.sorted(by: { $0.seed < $1.seed }) {
            lines.append("seed \(failure.seed) FAILED: \(failure.finding)")
            if let command = shrunk[failure.seed] { lines.append("  smallest: \(command)") }
        }
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Int(Double(done) / seconds) : 0
        lines.append(
            "\(done) seeds (\(seeds.lowerBound)..\(seeds.upperBound)) in \(Int(seconds)) s, \(rate) a second: "
                + "\(failures.isEmpty ? "all passed" : "\(failures.count) FAILED"), hash of all traces \(hex(hash))")
        return lines.joined(separator: "\n")
    }

    func json(_ shrunk: [UInt64: String]) -> String {
        var document: [String: Any] = [
            "first": seeds.lowerBound, "last": seeds.upperBound, "seeds": done,
            "seconds": (elapsed / .milliseconds(1)).rounded() / 1_000, "hash": hex(hash), "coverage": coverage.counts,
        ]
        document["failures"] = failures.sorted { $0.seed < $1.seed }.map { failure in
            ["seed": failure.seed, "finding": failure.finding, "smallest": shrunk[failure.seed] ?? ""] as [String: Any]
        }
        let data = try? JSONSerialization.data(withJSONObject: document, options: [.prettyPrinted, .sortedKeys])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
