import ArgumentParser
import Foundation
import Simulation

/// Lets worlds live and judges them: one seed each.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "haoyuan-simulate",
        abstract: "Run the engine in simulated worlds full of faults and check every promise.",
        discussion: """
            Every seed is one world: clients, network, disk and clocks, and what goes wrong with them. A seed that fails is \
            replayed by --seed, made small, and printed as the command that shows it.

            Exit status: 0 all seeds passed, 1 a seed failed, 64 a bad argument.
            """)

    @Option(help: "Run this one seed and say what happened.")
    var seed: UInt64?

    @Option(help: "Run these seeds, such as 1..500.", transform: SeedRange.init)
    var seeds = SeedRange(1...500)

    @Option(help: "Processes at work at once; default: one for each core.")
    var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "With --seed: print the whole history.")
    var trace = false

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    @Flag(help: "Do not make failing seeds small.")
    var asIs = false

    @Option(help: "Stop after this many failing seeds.")
    var failures = 5

    @Option(help: "Only this many operations.")
    var operations: Int?

    @Option(help: "Faults that never strike: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var without: String = ""

    @Option(help: "Operations that nobody sends, by index: 3,7,9.")
    var skip: String = ""

    @Option(help: .hidden)
    var worker: String?

    func validate() throws {
        guard (1...256).contains(jobs) else { throw ValidationError("--jobs: 1 to 256") }
        guard failures >= 1 else { throw ValidationError("--failures: at least 1") }
        _ = try overrides()
    }

    func run() throws {
        if let worker { return try Worker(worker).run() }
        if let seed { return try one(seed) }
        let fleet = Fleet(seeds: seeds.range, jobs: jobs, failures: failures, isQuiet: json)
        let outcome = fleet.run()
        let shrunk = asIs ? [:] : shrink(outcome.failures)
        print(json ? outcome.json(shrunk) : outcome.text(shrunk))
        if !outcome.failures.isEmpty { throw ExitCode(1) }
    }

    private func one(_ seed: UInt64) throws {
        let report = Simulation.run(Plan(seed: seed, overrides: try overrides()), isTraced: trace)
        for line in report.trace { print(line) }
        if json {
            print(FleetOutcome(report).json([:]))
        } else {
            print("seed \(seed): \(report.finding ?? "passed"), \(report.turns) turns, trace hash \(hex(report.hash))")
        }
        if report.finding != nil { throw ExitCode(1) }
    }

    private func shrink(_ failures: [FleetOutcome.Failure]) -> [UInt64: String] {
        var commands: [UInt64: String] = [:]
        for failure in failures.prefix(3) {
            var shrinker = Shrinker(seed: failure.seed, from: Overrides()) { Subprocess.fails(failure.seed, $0) }
            shrinker.run()
            commands[failure.seed] =
                (["haoyuan-simulate --seed \(failure.seed)"] + shrinker.overrides.arguments + ["--trace"])
                .joined(separator: " ") + "   (\(shrinker.operations) operations)"
        }
        return commands
    }

    private func overrides() throws -> Overrides {
        var overrides = Overrides()
        overrides.operations = operations
        for name in without.split(separator: ",") {
            guard let kind = FaultKind(rawValue: String(name)) else {
                throw ValidationError("--without: there is no fault ‘\(name)’")
            }
            overrides.without.insert(kind)
        }
        for index in skip.split(separator: ",") {
            guard let index = Int(index) else { throw ValidationError("--skip: ‘\(index)’ is no index") }
            overrides.skipped.insert(index)
        }
        return overrides
    }
}

/// Seeds from one to another.
struct SeedRange: CustomStringConvertible {
    let range: ClosedRange<UInt64>

    init(_ range: ClosedRange<UInt64>) { self.range = range }

    init(_ text: String) throws {
        let parts = text.components(separatedBy: "..").map { UInt64($0) }
        guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first <= last else {
            throw ValidationError("‘\(text)’ is no range of seeds, such as 1..500")
        }
        range = first...last
    }

    var description: String { "\(range.lowerBound)..\(range.upperBound)" }
}

/// A hash as it is written.
func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
