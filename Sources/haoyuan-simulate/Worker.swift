import ArgumentParser
import Foundation
import Glibc
import Simulation

/// A process that runs its share of the seeds and tells of each on a line: so that a seed at which the engine's own
/// checks end the process is one failing seed and not the end of all.
///
///     begin SEED
///     passed SEED HASH        or  failed SEED HASH FINDING
///     count TIMES NAME            everything counted since the last `count`s, now and then
struct Worker {
    private let first: UInt64
    private let last: UInt64
    private let step: UInt64

    /// - Parameter text: `FIRST,LAST,STEP`.
    init(_ text: String) throws {
        let numbers = text.split(separator: ",").compactMap { UInt64($0) }
        guard numbers.count == 3, numbers[2] > 0 else { throw ValidationError("--worker: FIRST,LAST,STEP") }
        (first, last, step) = (numbers[0], numbers[1], numbers[2])
    }

    func run() {
        var coverage = Coverage()
        var done = 0
        var seed = first
        while seed <= last {
            tell("begin \(seed)")
            let report = Simulation.run(Plan(seed: seed))
            coverage.add(report.coverage)
            if let finding = report.finding {
                tell("failed \(seed) \(report.hash) \(finding.split(separator: "\n").joined(separator: " "))")
            } else {
                tell("passed \(seed) \(report.hash)")
            }
            done += 1
            if done % 32 == 0 { tell(&coverage) }
            seed += step
        }
        tell(&coverage)
    }

    private func tell(_ coverage: inout Coverage) {
        for (name, times) in coverage.counts { tell("count \(times) \(name)") }
        coverage = Coverage()
    }

    /// Straight to the descriptor: what was told before a trap has been told.
    private func tell(_ line: String) {
        var line = line + "\n"
        line.withUTF8 { bytes in _ = Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count) }
    }
}

/// This program, started again.
enum Subprocess {
    static func make(_ arguments: [String], output: Pipe?) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        // A trap is reported by us, in one line; its backtrace would take longer than the seed.
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    /// Whether a seed fails with this left out, by a finding or by a trap.
    static func fails(_ seed: UInt64, _ overrides: Overrides) -> Bool {
        let process = make(["--seed", String(seed)] + overrides.arguments, output: nil)
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal || process.terminationStatus == 1
    }
}
