import Hosting
import Terminal

extension SoakDrill.Outcome {
    package func report(command: String, begun: Int64) -> Report {
        var report = Report(
            name: "drill-soak", title: "Drill: soak · 演练：长时间运行",
            purpose:
                "A server under a steady load, with sessions opened, booked, cancelled and archived, checkpoints and restarts; what it takes of the "
                + "machine must not drift.",
            standing: checks.hold ? .passed : .failed,
            verdict: checks.hold
                ? "\(Numbers.duration(lasted)) and \(Numbers.grouped(timeline.done)) writes done without a drift or a loss"
                    + (isMemoryJudged ? "" : "; memory was not judged, for no start lasted 15 minutes")
                : Numbers.counted(checks.problems, "problem")
                    + (kept.map { "; the data folder is kept in \($0)" } ?? ""),
            command: command, begun: begun, took: lasted)
        report.add("Promises · 承诺", .checks(checks.all))
        report.add("In figures · 数字", .facts(facts))
        report.add(
            "Memory · 内存", .lines(chart(.bytes, [("of its own", \.ownBytes), ("with mapped pages", \.residentBytes)])))
        report.add("Data file · 数据文件", .lines(chart(.bytes, [("data.mdb", \.fileBytes)])))
        report.add("Descriptors · 文件描述符", .lines(chart(.count, [("open", \.descriptors)])))
        report.add(
            "What it holds · 内存中的数据", .lines(chart(.count, [("appointments", \.appointments), ("keys", \.keys)])))
        report.add("Answers a second · 每秒应答", .lines(timeline.rates))
        report.add("How long an answer took · 延迟", .lines(timeline.delays))
        report.add("All answers · 延迟分布", .distribution(timeline.distribution))
        return report
    }

    private var facts: [Report.Fact] {
        let slowest: Quantity = restarts.max().map { .duration($0) } ?? .missing
        let memory: Quantity = samples.map(\.ownBytes).max().map { .bytes($0) } ?? .missing
        let file: Quantity = samples.last.map { .bytes($0.fileBytes) } ?? .missing
        var facts: [Report.Fact] = [
            .init("lasted", .duration(lasted)), .init("writes done", .count(timeline.done)),
            .init("writes refused by a rule", .count(timeline.refused)), .init("eras of sessions", .count(eras)),
            .init("restarts", .count(restarts.count)), .init("slowest restart", slowest),
            .init("memory of its own, most", memory), .init("data file at the end", file),
        ]
        for error in timeline.errors { facts.append(.init("tries that ended with \(error.code)", .count(error.count))) }
        return facts
    }

    private func chart(_ unit: Unit, _ lines: [(String, (ProcessSample) -> Int)]) -> LineChart {
        LineChart(
            yUnit: unit,
            series: lines.map { name, value in
                .init(name: name, points: samples.map { .init(x: $0.at, y: Double(value($0))) })
            }, marks: timeline.marks)
    }
}
