import Foundation
import HaoyuanClient
import Hosting
import Terminal

/// What a measurement has to say, for people and as figures.
package struct BenchReport {
    let plan: BenchPlan
    package let outcome: BenchRun.Outcome

    package init(plan: BenchPlan, outcome: BenchRun.Outcome) {
        self.plan = plan
        self.outcome = outcome
    }

    private var passes: [BenchRun.Pass] { outcome.passes }

    /// The pass whose throughput is the median: a machine has better and worse moments.
    private var median: BenchRun.Pass { passes.sorted { $0.perSecond < $1.perSecond }[passes.count / 2] }

    /// All passes, by kind; those that did not occur are left out.
    private var kinds: [(kind: BenchKind, figures: LoadFigures.Kind)] {
        BenchKind.allCases.compactMap { kind in
            var sum = LoadFigures.Kind()
            for pass in passes {
                let part = pass.figures.kinds[kind.rawValue]
                sum.requests += part.requests
                sum.outcome = sum.outcome + part.outcome
                sum.latencies.add(part.latencies)
            }
            return sum.requests > 0 ? (kind, sum) : nil
        }
    }

    private var latencies: LatencyHistogram {
        var all = LatencyHistogram.fine()
        for kind in kinds { all.add(kind.figures.latencies) }
        return all
    }

    /// What was asked of it; empty when nothing was.
    private var goals: [Report.Check] {
        plan.goals.checks(answered: median.perSecond, p99: latencies.percentile(99))
    }

    /// Whether the audit holds and every goal is reached.
    package var hasPassed: Bool { outcome.isSound && goals.allSatisfy(\.holds) }

    // MARK: Figures

    /// The figures by name, in a stable order: what `--json` leads with.
    package var figures: [Report.Fact] {
        let all = latencies
        let ops = Double(passes.reduce(0) { $0 + $1.figures.operations })
        var facts: [Report.Fact] = []
        if let rate = plan.shape.rate { facts.append(.init("offered", .perSecond(rate))) }
        facts.append(.init("answered, median of the passes", .perSecond(median.perSecond)))
        facts += [50, 90, 99, 99.9, 99.99].map {
            .init("p\($0 == $0.rounded() ? "\(Int($0))" : "\($0)")", .nanoseconds(all.percentile($0)))
        }
        facts.append(.init("longest", .nanoseconds(all.longest)))
        let outcome = passes.reduce(LoadOutcome()) { $0 + $1.figures.outcome }
        facts += [
            .init("done", .count(outcome.done)), .init("refused", .count(outcome.refused)),
            .init("failed", .count(outcome.failed), outcome.failed > 0 ? .bad : nil),
        ]
        if plan.shape.rate != nil {
            var lateness = LatencyHistogram.fine()
            for pass in passes { lateness.add(pass.figures.lateness) }
            facts.append(.init("sent too late by the load itself, p99", .nanoseconds(lateness.percentile(99))))
        }
        var (during, outside) = (LatencyHistogram.fine(), LatencyHistogram.fine())
        for pass in passes {
            during.add(pass.figures.marked)
            outside.add(pass.figures.unmarked)
        }
        if during.count > 0, outside.count > 0 {
            facts.append(.init("p99.9 while a checkpoint is written", .nanoseconds(during.percentile(99.9))))
            facts.append(.init("p99.9 otherwise", .nanoseconds(outside.percentile(99.9))))
        }
        let bytes = passes.reduce(0) { $0 + $1.figures.bytesSent + $1.figures.bytesReceived }
        facts.append(.init("on the wire, an operation", .number(Double(bytes) / max(1, ops), .bytes)))
        facts.append(
            .init(
                "processor of the load, ns an operation",
                .count(Int(passes.reduce(0) { $0 + $1.clientSeconds } * 1e9 / max(1, ops)))))
        return facts + server(ops)
    }

    private func server(_ ops: Double) -> [Report.Fact] {
        func gained(_ value: (ServerSample) -> Double) -> Double {
            passes.reduce(0) { $0 + value($1.after) - value($1.before) }
        }
        let seconds = max(1e-9, passes.reduce(0) { $0 + $1.seconds })
        let (commits, records) = (gained { Double($0.commits) }, gained { Double($0.records) })
        var facts: [Report.Fact] = [
            .init("journal commits", .perSecond(commits / seconds)),
            .init("records a commit", .number(records / max(1, commits), .count)),
            .init("journal, a record", .number(gained { Double($0.recordBytes) } / max(1, records), .bytes)),
        ]
        guard outcome.isOwnServer else { return facts }
        let written = gained { Double($0.process?.writtenBytes ?? 0) }
        facts += [
            .init(
                "processor of the server, ns an operation",
                .count(Int(gained { $0.process?.processorSeconds ?? 0 } * 1e9 / max(1, ops)))),
            .init("written to the disk, a record", .number(written / max(1, records), .bytes)),
            .init("memory of the server", .bytes(passes.last?.after.process?.ownBytes ?? 0)),
        ]
        return facts
    }

    // MARK: The report

    package func report(command: String, begun: Int64, took: Duration) -> Report {
        let problems = outcome.checks.reduce(0) { $0 + $1.problems.count }
        let p99 = Unit.seconds.text(Double(latencies.percentile(99)) / 1e9)
        var report = Report(
            name: "bench-\(plan.scenario.rawValue)", title: "Bench: \(plan.scenario.rawValue)",
            purpose: purpose, standing: hasPassed ? .passed : .failed,
            verdict: outcome.isSound
                ? "\(Unit.perSecond.text(median.perSecond)) answered, p99 \(p99); the audit holds"
                    + (hasPassed ? "" : "; less than was asked for")
                : "\(Numbers.counted(problems, "problem")); the figures are worth nothing",
            command: command, begun: begun, took: took)
        if let delay = plan.syncDelay {
            report.add(
                "A simulated disk", .facts([.init("each sync", .text("waits \(delay) more"), .caution)]))
        }
        if !goals.isEmpty { report.add("Asked for", .checks(goals)) }
        report.add("In figures", note: note, .facts(figures))
        if passes.count > 1 { report.add("Passes", .table(passTable)) }
        report.add(
            "Latency",
            note: plan.shape.rate == nil
                ? "From sending a frame to its answer." : "From the moment a frame was meant to be sent to its answer.",
            .distribution(DistributionChart(series: kinds.map { .init($0.kind.word, $0.figures.latencies) })))
        if !outcome.refusals.isEmpty { report.add("Refusals", .table(refusals)) }
        report.add("Over time, operations", .lines(overTime(.perSecond) { Double($0.operations) * 10 }))
        report.add("Over time, longest latency", .lines(overTime(.seconds) { Double($0.longest) / 1e9 }))
        report.add("Audit", .checks(outcome.checks))
        return report
    }

    private var purpose: String {
        let shape = plan.shape
        var text = "\(plan.scenario.sentence): \(Numbers.counted(shape.connections, "connection"))"
        if let rate = shape.rate {
            text += ", \(Unit.perSecond.text(rate)) offered (\(plan.arrivals.rawValue))"
        } else {
            text += " × \(shape.depth)"
        }
        if shape.perFrame > 1 { text += ", \(Numbers.grouped(shape.perFrame)) a frame" }
        if plan.scenario == .storm { text += ", \(Numbers.counted(plan.numbers, "number"))" }
        return text + ", \(Numbers.counted(shape.count, "operation")) a pass"
    }

    private var note: String {
        (outcome.isOwnServer
            ? "The server is a process of its own on this machine; the load takes its share of the same processors."
            : "A server that ran already: its processor time and writes are not known here.")
            + (plan.syncDelay == nil ? "" : " Its disk is simulated.")
    }

    private var passTable: ReportTable {
        var table = ReportTable(["pass", "answered", "seconds", "p50", "p99", "longest", "records a commit"])
        for (index, pass) in passes.enumerated() {
            var all = LatencyHistogram.fine()
            for kind in pass.figures.kinds { all.add(kind.latencies) }
            let commits = max(1, pass.after.commits - pass.before.commits)
            table.add([
                .count(index + 1), .perSecond(pass.perSecond), .seconds(pass.seconds),
                .nanoseconds(all.percentile(50)), .nanoseconds(all.percentile(99)), .nanoseconds(all.longest),
                .count((pass.after.records - pass.before.records) / commits),
            ])
        }
        return table
    }

    private var refusals: ReportTable {
        var table = ReportTable(["rule", "refusals"])
        for (rule, count) in outcome.refusals { table.add([.text(rule), .count(count)]) }
        return table
    }

    private func overTime(_ unit: Unit, _ value: (LoadFigures.Moment) -> Double) -> LineChart {
        LineChart(
            yUnit: unit,
            series: passes.enumerated().map { index, pass in
                .init(
                    name: "pass \(index + 1)",
                    // The last tenth of a second is not a whole one.
                    points: pass.figures.moments.dropLast(pass.figures.moments.count > 1 ? 1 : 0).enumerated().map {
                        .init(x: Double($0) / 10, y: value($1))
                    })
            }, marks: median.checkpoints.map { .init(x: $0, text: "checkpoint") })
    }
}
