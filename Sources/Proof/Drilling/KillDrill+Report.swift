import HaoyuanClient
import Hosting
import Terminal

extension KillDrill.Outcome {
    /// What an auditor reads.
    /// - Parameter recovery: the measurement with many appointments, where there was one.
    package func report(
        _ recovery: RecoveryMeasurement.Outcome?, command: String, begun: Int64, took: Duration
    ) -> Report {
        var all = checks
        if let recovery { all.add(recovery.checks.all) }
        let acknowledged = rounds.reduce(0) { $0 + $1.acknowledged }
        let inDoubt = rounds.reduce(0) { $0 + $1.inDoubt }
        var report = Report(
            name: "drill-kill", title: "Drill: kill -9 · 演练：强制终止",
            purpose:
                "A server under load was killed again and again; each time the next one had to have everything that was acknowledged.",
            standing: all.hold && !rounds.isEmpty ? .passed : .failed,
            verdict: all.hold
                ? "\(Numbers.counted(rounds.count, "kill")), \(Numbers.grouped(acknowledged)) answered writes, none lost, none invented"
                : "\(Numbers.counted(all.problems, "problem"))"
                    + (kept.map { "; the data folder is kept in \($0)" } ?? ""),
            command: command, begun: begun, took: took)
        report.add("Promises · 承诺", .checks(all.all))
        report.add("In figures · 数字", .facts(facts(acknowledged, inDoubt)))
        if let recovery { report.add("Recovery with many appointments · 大数据量恢复", .facts(recovery.facts)) }
        report.add("Where it was killed · 终止位置", .table(manners))
        report.add(
            "How soon it was back · 恢复时间", note: "From being started to listening: process, recovery, invariants.",
            .distribution(DistributionChart(series: [.init("restart", restarts)])))
        report.add("Round by round · 逐轮", .lines(rounds(by: \.readyAfter)))
        return report
    }

    private func facts(_ acknowledged: Int, _ inDoubt: Int) -> [Report.Fact] {
        let slowest = rounds.map(\.readyAfter).max() ?? .zero
        let longest = rounds.map(\.tookTotal).max() ?? .zero
        return [
            .init("kills", .count(rounds.count)),
            .init("writes answered before a kill", .count(acknowledged)),
            .init(
                "of all answers, done and refused",
                .text("\(Numbers.grouped(requests)) and \(Numbers.grouped(refused))")),
            .init("writes in doubt, each settled by its key", .count(inDoubt)),
            .init("slowest restart", .duration(slowest)),
            .init("longest round, audits included", .duration(longest)),
            .init(
                "killed inside LMDB's commit too", .text(canTrace ? "yes, with strace" : "no: strace is not installed"),
                canTrace ? nil : .caution),
            .init("data file at the end", .bytes(fileBytes)),
        ]
    }

    private var manners: ReportTable {
        var table = ReportTable(["where", "kills", "died there", "answered", "in doubt", "slowest restart"])
        let groups = Dictionary(grouping: rounds, by: \.manner.kind)
        for (kind, rounds) in groups.sorted(by: { $0.key < $1.key }) {
            table.add([
                .text(kind), .count(rounds.count), .count(rounds.count { $0.diedThere }),
                .count(rounds.reduce(0) { $0 + $1.acknowledged }), .count(rounds.reduce(0) { $0 + $1.inDoubt }),
                .duration(rounds.map(\.readyAfter).max() ?? .zero),
            ])
        }
        return table
    }

    private var restarts: LatencyHistogram {
        var histogram = LatencyHistogram()
        for round in rounds { histogram.add(UInt64(Numbers.seconds(round.readyAfter) * 1e9)) }
        return histogram
    }

    private func rounds(by value: (KillDrill.Round) -> Duration) -> LineChart {
        LineChart(
            xUnit: .count, yUnit: .seconds,
            series: [
                .init(
                    name: "restart",
                    points: rounds.map { .init(x: Double($0.number), y: Numbers.seconds($0.readyAfter)) }),
                .init(
                    name: "whole round",
                    points: rounds.map { .init(x: Double($0.number), y: Numbers.seconds($0.tookTotal)) }),
            ])
    }
}

extension RecoveryMeasurement.Outcome {
    fileprivate var facts: [Report.Fact] {
        [
            .init("appointments", .count(appointments)),
            .init(
                "listening again after kill -9", .text(readyAfter.map { Numbers.duration($0) }.joined(separator: ", "))),
            .init("data file", .bytes(fileBytes)),
        ]
    }
}
