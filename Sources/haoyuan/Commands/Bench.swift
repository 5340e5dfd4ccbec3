import ArgumentParser
import Foundation
import HaoyuanClient
import Proof
import Terminal

/// Measures this machine, or a server: load over real sockets, or sizes and starts.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure durable bookings over real sockets, or memory and starts.",
        discussion:
            "Starts a server in a process of its own, with a data folder under TMPDIR and syncing to the disk as in service, or "
            + "loads the one that --server names. Every run ends with an audit; ends with 1 when it fails, or when a goal is missed. "
            + "docs/operating/benchmarking.md says how to read the figures.")

    @Argument(help: ArgumentHelp("What to ask for.", valueName: "scenario"))
    var scenario: Scenario

    @Option(
        help: ArgumentHelp("Operations of a pass; with sizes, appointments in all.", valueName: "number"),
        transform: NumberText.whole)
    var count: Int?

    @Option(
        name: [.long, .customLong("rounds")], help: ArgumentHelp("Passes; the median counts.", valueName: "number"),
        transform: NumberText.whole)
    var passes: Int?

    @OptionGroup var load: BenchLoadOptions

    @Option(
        help: ArgumentHelp("Write the report there, as HTML, text and JSON.", valueName: "folder"),
        transform: PathText.read)
    var report: String?

    @OptionGroup var output: OutputOptions

    /// The loads, and what needs none.
    enum Scenario: ExpressibleByArgument, CaseIterable {
        case load(BenchScenario)
        case sizes

        static var allCases: [Scenario] { BenchScenario.allCases.map { .load($0) } + [.sizes] }

        init?(argument: String) {
            guard let found = Self.allCases.first(where: { $0.word == argument }) else { return nil }
            self = found
        }

        var word: String {
            switch self {
            case .load(let scenario): scenario.rawValue
            case .sizes: "sizes"
            }
        }

        static var allValueStrings: [String] { allCases.map(\.word) }
        static var allValueDescriptions: [String: String] {
            Dictionary(
                uniqueKeysWithValues: BenchScenario.allCases.map { ($0.rawValue, $0.sentence) } + [
                    ("sizes", "memory of slots and appointments, and starts")
                ])
        }
    }

    func validate() throws {
        if let count, !(1...20_000_000).contains(count) {
            throw ValidationError("--count is \(count), it must be 1 to 20,000,000")
        }
        if let passes, !(1...90).contains(passes) {
            throw ValidationError("--passes is \(passes), it must be 1 to 90")
        }
    }

    func run() async throws {
        var progress = Progress(isQuiet: output.json)
        defer { progress.end() }
        guard case .load(let scenario) = scenario else {
            let report = try await SizeMeasurement(appointments: count ?? 400_000) { what, done, total in
                progress.tell("\(what): \(Numbers.grouped(done)) of \(Numbers.grouped(total))")
            }.run()
            progress.end()
            return show(report)
        }
        let plan = try load.plan(scenario, count: count, passes: passes)
        let (begun, clock) = (Int64(Date().timeIntervalSince1970 * 1_000), ContinuousClock.now)
        let outcome = try await BenchRun(plan: plan) { progress.tell($0) }.run()
        progress.end()
        let figures = BenchReport(plan: plan, outcome: outcome)
        let command = (["haoyuan"] + (try CommandWords.given())).joined(separator: " ")
        try show(figures, figures.report(command: command, begun: begun, took: ContinuousClock.now - clock))
    }

    private func show(_ figures: BenchReport, _ report: Report) throws {
        if output.json {
            Output.document([
                "scenario": .text(scenario.word), "sound": .bool(figures.outcome.isSound),
                "passed": .bool(figures.hasPassed),
                "figures": .object(figures.figures.map { .init(name: $0.name, value: $0.value.json) }),
                "report": report.json,
            ])
        } else {
            Output.lines(TextReport(report: report, palette: .standardOutput).lines())
        }
        if let folder = self.report {
            let page = try ReportFolder(path: folder).write(report)
            if !output.json { Output.complain("the report is in \(page)") }
        }
        if !figures.hasPassed { throw Ending(status: .notRight) }
    }

    private func show(_ report: SizeMeasurement.Report) {
        if output.json {
            return Output.document([
                "scenario": .text(scenario.word), "empty_slots": .count(report.emptySlots),
                "bytes_per_empty_slot": .decimal(report.bytesPerEmptySlot, digits: 1),
                "appointments": .count(report.appointments),
                "bytes_per_appointment": .decimal(report.bytesPerAppointment, digits: 1),
                "start_seconds_from_checkpoint": .decimal(report.startSecondsFromCheckpoint, digits: 3),
                "tail": .count(report.tail),
                "start_seconds_with_tail": .decimal(report.startSecondsWithTail, digits: 3),
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
            "\(JSON.fixed(report.startSecondsFromCheckpoint, 2)) s from a checkpoint, "
                + "\(JSON.fixed(report.startSecondsWithTail, 2)) s with \(Numbers.grouped(report.tail)) facts behind it, "
                + "\(JSON.fixed(report.startSecondsFromLog, 2)) s from the log alone"
        )
        Output.lines(sheet.lines(.standardOutput))
    }
}

/// How a load is sent. What is left out is the scenario's own.
struct BenchLoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Load this server instead of starting one.", valueName: "host:port"))
    var server: String?

    @Option(help: ArgumentHelp("Connections.", valueName: "number"), transform: NumberText.whole)
    var connections: Int?

    @Option(
        help: ArgumentHelp("Most requests unanswered on each connection.", valueName: "number"),
        transform: NumberText.whole)
    var depth: Int?

    @Option(help: ArgumentHelp("Bookings of one frame.", valueName: "number"), transform: NumberText.whole)
    var batch: Int?

    @Option(
        help: ArgumentHelp(
            "Operations sent in a second, whatever the server does (an open loop); 0 for as fast as it answers.",
            valueName: "number"), transform: NumberText.decimal)
    var rate: Double?

    @Option(help: "Gaps between them: poisson, as of many people, or constant.")
    var arrivals = Arrivals.poisson

    @Option(help: ArgumentHelp("How long a pass with a rate lasts, instead of --count.", valueName: "time"))
    var duration: SpanArgument?

    @Option(
        help: ArgumentHelp(
            "Operations sent before and not measured. Default: a quarter of a pass.", valueName: "number"),
        transform: NumberText.whole)
    var warmUp: Int?

    @Option(
        help: ArgumentHelp("Event loops and shards of the server that is started.", valueName: "number"),
        transform: NumberText.whole)
    var loops: Int?

    @Option(
        help: ArgumentHelp("Event loops of the load. Default: 1, in a storm 2.", valueName: "number"),
        transform: NumberText.whole)
    var clientLoops: Int?

    @Option(
        help: ArgumentHelp("Numbers that there are in a storm. Default: 3000.", valueName: "number"),
        transform: NumberText.whole)
    var numbers = 3_000

    @Option(
        help: ArgumentHelp(
            "Appointments that the started server has before, two for each patient. Default: 0.", valueName: "number"),
        transform: NumberText.whole)
    var resident = 0

    @Option(
        help: ArgumentHelp("Most slots of one answer of a search. Default: 10.", valueName: "number"),
        transform: NumberText.whole)
    var slots = 10

    @Option(
        help: ArgumentHelp("Arrivals and choices follow from it. Default: 1.", valueName: "number"),
        transform: NumberText.whole)
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Make the started server's disk so much slower at every sync.", valueName: "time"))
    var simulateSyncDelay: SpanArgument?

    @Option(
        help: ArgumentHelp("End with 1 when fewer are answered in a second.", valueName: "number"),
        transform: NumberText.decimal)
    var atLeast: Double?

    @Option(help: ArgumentHelp("End with 1 when the p99 is longer.", valueName: "time"))
    var p99AtMost: SpanArgument?

    /// Everything that decides the measurement.
    /// - Throws: usage, where the options do not go together.
    func plan(_ scenario: BenchScenario, count: Int?, passes: Int?) throws(CommandFailure) -> BenchPlan {
        var plan = BenchPlan(scenario)
        if let rate { plan.shape.rate = rate == 0 ? nil : rate }
        if let batch { plan.shape.perFrame = batch }
        if let connections { plan.shape.connections = connections }
        if let depth { plan.shape.depth = depth }
        if let passes { plan.shape.passes = passes }
        if let duration {
            guard let rate = plan.shape.rate else { throw .usage("--duration goes with a --rate") }
            plan.shape.count = Int(rate * Numbers.seconds(duration.duration))
        }
        if let count { plan.shape.count = count }
        if scenario != .storm { plan.warmUp = warmUp ?? plan.shape.count / 4 }
        plan.arrivals = arrivals
        if let clientLoops { plan.clientLoops = clientLoops }
        plan.serverLoops = loops
        plan.syncDelay = simulateSyncDelay
        plan.numbers = numbers
        plan.resident = resident
        plan.slotsPerSearch = slots
        plan.seed = seed
        plan.goals = BenchGoals(least: atLeast, p99: p99AtMost)
        plan.credential = Environment["HAOYUAN_CREDENTIAL", default: ""]
        if let server {
            guard let address = ClientConfiguration.Address(server) else {
                throw .usage("--server is ‘\(server)’", remedy: "write it as host:port")
            }
            plan.address = address
        }
        try Self.check(plan)
        return plan
    }

    private static func check(_ plan: BenchPlan) throws(CommandFailure) {
        let limits: [(name: String, value: Int, range: ClosedRange<Int>)] = [
            ("--count", plan.shape.count, 1...20_000_000), ("--connections", plan.shape.connections, 1...100_000),
            ("--depth", plan.shape.depth, 1...16_384), ("--batch", plan.shape.perFrame, 1...8_192),
            ("--client-loops", plan.clientLoops, 1...64), ("--loops", plan.serverLoops ?? 1, 1...256),
            ("--numbers", plan.numbers, 1...24_000), ("--slots", plan.slotsPerSearch, 1...5_000),
            ("--warm-up", plan.warmUp, 0...20_000_000), ("--resident", plan.resident, 0...20_000_000),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw .usage("\(name) is \(value), it must be \(range.lowerBound) to \(Numbers.grouped(range.upperBound))")
        }
        if let rate = plan.shape.rate, !(1...10_000_000).contains(rate) {
            throw .usage("--rate is \(rate), it must be 1 to 10,000,000, or 0")
        }
        if let least = plan.goals.least, !(1...1e9).contains(least) {
            throw .usage("--at-least is \(least), it must be 1 to 1,000,000,000")
        }
        guard plan.shape.perFrame == 1 || plan.scenario.isBookingsOnly else {
            throw .usage("\(plan.scenario.rawValue) sends no batches")
        }
        guard plan.shape.connections >= plan.clientLoops else {
            throw .usage("--client-loops is more than --connections")
        }
        guard plan.resident == 0 || plan.address == nil else {
            throw .usage("--resident is of the server that is started")
        }
        guard plan.syncDelay == nil || plan.address == nil else {
            throw .usage("--simulate-sync-delay is a setting of the server that is started", remedy: "give it to serve")
        }
    }
}

extension BenchScenario: ExpressibleByArgument {}
extension Arrivals: ExpressibleByArgument {}
