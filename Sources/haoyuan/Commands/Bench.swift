import ArgumentParser
import Foundation
import HaoyuanClient
import Scheduling

/// Measures this machine: throughput over real sockets, or sizes and starts.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure durable bookings over real sockets, or memory and starts.",
        discussion:
            "Runs an engine and its server in this process, with a data folder of its own under TMPDIR, syncing to the disk "
            + "as in service. Every throughput run ends with an audit; ends with 1 when it fails.")

    enum Scenario: String, ExpressibleByArgument, CaseIterable {
        case pipelined, batch, unpipelined, sizes

        var shape: ThroughputMeasurement.Shape? {
            switch self {
            case .pipelined: .init(connections: 50, depth: 16, perFrame: 1)
            case .batch: .init(connections: 4, depth: 1, perFrame: 8_192)
            case .unpipelined: .init(connections: 200, depth: 1, perFrame: 1)
            case .sizes: nil
            }
        }

        var sentence: String {
            switch self {
            case .pipelined: "50 connections with 16 bookings each under way"
            case .batch: "4 connections with one batch of 8,192 bookings each under way"
            case .unpipelined: "200 connections with one booking each under way"
            case .sizes: "memory of slots and appointments, and starts"
            }
        }
    }

    @Argument(
        help:
            "pipelined: 50 connections × 16. batch: 8,192 bookings a frame. unpipelined: 200 connections. sizes: memory and starts."
    )
    var scenario: Scenario

    @Option(help: ArgumentHelp("Bookings in a round; with sizes, appointments in all.", valueName: "number"))
    var count = 400_000

    @Option(help: ArgumentHelp("Rounds; the median counts.", valueName: "number"))
    var rounds = 5

    @Option(help: ArgumentHelp("Event loops of the server.", valueName: "number"))
    var loops = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1_000...20_000_000).contains(count) else {
            throw ValidationError("--count is \(count), it must be 1,000 to 20,000,000")
        }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds is \(rounds), it must be 1 to 100") }
        guard (1...64).contains(loops) else { throw ValidationError("--loops is \(loops), it must be 1 to 64") }
    }

    func run() async throws {
        var progress = Progress(isQuiet: output.json)
        defer { progress.end() }
        let tell = { (what: String, done: Int, total: Int) in
            progress.tell("\(what): \(Numbers.grouped(done)) of \(Numbers.grouped(total))")
        }
        guard let shape = scenario.shape else {
            let report = try await SizeMeasurement(appointments: count, progress: tell).run()
            progress.end()
            return show(report)
        }
        let measurement = ThroughputMeasurement(
            shape: shape, bookings: count, rounds: rounds, eventLoops: loops, progress: tell)
        let report = try await measurement.run()
        progress.end()
        show(report)
        if !report.isSound { throw Ending(status: .notRight) }
    }

    private func show(_ report: SizeMeasurement.Report) {
        if output.json {
            return Output.document([
                "scenario": .text(scenario.rawValue), "empty_slots": .count(report.emptySlots),
                "bytes_per_empty_slot": .decimal(report.bytesPerEmptySlot, digits: 1),
                "appointments": .count(report.appointments),
                "bytes_per_appointment": .decimal(report.bytesPerAppointment, digits: 1),
                "start_seconds_from_checkpoint": .decimal(report.startSecondsFromCheckpoint, digits: 3),
                "start_seconds_from_log": .decimal(report.startSecondsFromLog, digits: 3),
            ])
        }
        var sheet = FactSheet()
        sheet.add(
            "empty slot",
            "\(JSON.fixed(report.bytesPerEmptySlot, 1)) B of memory, over \(Numbers.grouped(report.emptySlots))")
        sheet.add(
            "appointment",
            "\(JSON.fixed(report.bytesPerAppointment, 1)) B of memory with patient, key and answer, over \(Numbers.grouped(report.appointments))"
        )
        sheet.add(
            "start",
            "\(JSON.fixed(report.startSecondsFromCheckpoint, 2)) s from a checkpoint, \(JSON.fixed(report.startSecondsFromLog, 2)) s from the log alone"
        )
        Output.lines(sheet.lines(.standardOutput))
    }

    private func show(_ report: ThroughputMeasurement.Report) {
        let median = report.rounds.map(\.perSecond).sorted()[report.rounds.count / 2]
        if output.json {
            return Output.document([
                "scenario": .text(scenario.rawValue), "bookings_per_second": .number(Int64(median)),
                "rounds": .list(report.rounds.map(Self.json)), "record_bytes": .decimal(report.recordBytes, digits: 1),
                "acknowledged": .count(report.acknowledged), "found": .count(report.found),
                "violations": .list(report.violations.map { .text($0.description) }), "sound": .bool(report.isSound),
            ])
        }
        Output.line("\(scenario.sentence), \(Numbers.grouped(count)) bookings a round")
        var table = Table([
            .right("ROUND"), .right("BOOKINGS/S"), .right("P50"), .right("P99"), .right("LONGEST"),
            .right("BOOKINGS/COMMIT"),
        ])
        for (number, round) in report.rounds.enumerated() {
            table.add([
                "\(number + 1)", Table.Cell(Numbers.grouped(Int(round.perSecond))),
                Table.Cell(Self.time(round.latencies.percentile(50))),
                Table.Cell(Self.time(round.latencies.percentile(99))), Table.Cell(Self.time(round.latencies.longest)),
                Table.Cell(Numbers.grouped(Int(round.done) / max(1, round.commits))),
            ])
        }
        Output.lines(table.lines(.standardOutput))
        var sheet = FactSheet()
        sheet.add("median", "\(Numbers.grouped(Int(median))) durable bookings/s")
        sheet.add("journal", "\(JSON.fixed(report.recordBytes, 1)) B a booking")
        sheet.add(
            "audit",
            report.isSound
                ? "\(Numbers.grouped(report.acknowledged)) acknowledged, \(Numbers.grouped(report.found)) found, invariants hold"
                : "\(Numbers.grouped(report.acknowledged)) acknowledged, \(Numbers.grouped(report.found)) found; "
                    + report.violations.map(\.description).joined(separator: "; "),
            report.isSound ? .good : .bad)
        Output.lines(sheet.lines(.standardOutput))
    }

    private static func time(_ nanoseconds: UInt64) -> String { Numbers.duration(.nanoseconds(Int64(nanoseconds))) }

    private static func json(_ round: ThroughputMeasurement.Round) -> JSON {
        [
            "bookings": .count(round.done), "seconds": .decimal(round.seconds, digits: 4),
            "p50_us": .count(round.latencies.percentile(50) / 1_000),
            "p99_us": .count(round.latencies.percentile(99) / 1_000),
            "max_us": .count(round.latencies.longest / 1_000), "commits": .count(round.commits),
        ]
    }
}
