import Foundation
import Glibc
import NIOConcurrencyHelpers
import Simulation

/// The workers of one run: each has every n-th seed of a stretch. A worker that dies leaves the seed it died at as a
/// failure, and another goes on after it.
struct Fleet {
    let seeds: ClosedRange<UInt64>
    let jobs: Int
    /// Failing seeds after which no more are looked for.
    let failures: Int
    let isQuiet: Bool

    /// Seeds of one worker: a crashed engine's tasks wait for ever, and their memory goes with the worker.
    private static let seedsOfWorker = 2_000

    func run() -> FleetOutcome {
        let shared = NIOLockedValueBox(FleetOutcome(seeds: seeds))
        let left = NIOLockedValueBox(jobs)
        let began = ContinuousClock.now
        for job in 0..<jobs {
            let fleet = self
            Thread {
                fleet.work(job, shared)
                left.withLockedValue { $0 -= 1 }
            }.start()
        }
        while left.withLockedValue({ $0 }) > 0 {
            usleep(200_000)
            tell(shared.withLockedValue { $0 }, began)
        }
        if isatty(STDERR_FILENO) == 1, !isQuiet { complain("\r\u{1B}[K") }
        return shared.withLockedValue { outcome in
            outcome.elapsed = ContinuousClock.now - began
            return outcome
        }
    }

    private func work(_ job: Int, _ shared: NIOLockedValueBox<FleetOutcome>) {
        var next = seeds.lowerBound + UInt64(job)
        while next <= seeds.upperBound, shared.withLockedValue({ $0.failures.count }) < failures {
            let pipe = Pipe()
            let stretch = UInt64(jobs * Self.seedsOfWorker)
            let last = min(seeds.upperBound, next + stretch - 1)
            let process = Subprocess.make(["--worker", "\(next),\(last),\(jobs)"], output: pipe)
            do {
                try process.run()
            } catch {
                complain("haoyuan-simulate: no worker can be started: \(error)\n")
                return
            }
            try? pipe.fileHandleForWriting.close()
            var current: UInt64?
            var rest: [UInt8] = []
            while true {
                let data = pipe.fileHandleForReading.availableData
                if data.isEmpty { break }
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    rest.removeSubrange(...end)
                    shared.withLockedValue { $0.take(line, current: &current) }
                }
                if shared.withLockedValue({ $0.failures.count }) >= failures { process.terminate() }
            }
            process.waitUntilExit()
            guard let died = current ?? (process.terminationStatus == 0 ? nil : next) else {
                next += stretch
                continue
            }
            if process.terminationReason == .uncaughtSignal, process.terminationStatus != SIGTERM {
                let finding = "the engine ended the process (signal \(process.terminationStatus))"
                shared.withLockedValue { $0.fail(died, finding) }
            } else if shared.withLockedValue({ $0.failures.count }) < failures {
                shared.withLockedValue { $0.fail(died, "the worker ended with status \(process.terminationStatus)") }
            }
            next = died + UInt64(jobs)
        }
    }

    private func tell(_ outcome: FleetOutcome, _ began: ContinuousClock.Instant) {
        guard !isQuiet, isatty(STDERR_FILENO) == 1 else { return }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        guard seconds > 1 else { return }
        let rate = Double(outcome.done) / seconds
        let total = seeds.upperBound - seeds.lowerBound + 1
        let remaining = rate > 0 ? Double(total - UInt64(outcome.done)) / rate : 0
        complain(
            "\r\u{1B}[K\(outcome.done) of \(total) seeds, \(Int(rate)) a second, \(outcome.failures.count) failed, "
                + "\(Int(remaining)) s to go")
    }

    private func complain(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
