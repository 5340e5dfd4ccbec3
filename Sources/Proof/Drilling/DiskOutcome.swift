import Terminal

/// What a drill of the disk found, and how it shows it.
package struct DiskOutcome {
    var checks = DrillChecks()
    var facts: [Report.Fact] = []
    /// Case by case, where there were several.
    var cases: ReportTable?
    let timeline: DrillTimeline
    /// Nil where nobody watched.
    var watch: StatusWatch?
    package var kept: String?

    init(timeline: DrillTimeline, watch: StatusWatch? = nil) {
        self.timeline = timeline
        self.watch = watch
    }

    /// - Parameters:
    ///   - verdict: when every promise held.
    ///   - note: how it was done, and what it does not show.
    package func report(
        _ name: String, _ title: String, _ purpose: String, verdict: String, note: String = "", command: String,
        begun: Int64, took: Duration
    ) -> Report {
        var report = Report(
            name: name, title: title, purpose: purpose, standing: checks.hold ? .passed : .failed,
            verdict: checks.hold
                ? verdict
                : Numbers.counted(checks.problems, "problem")
                    + (kept.map { "; the data folder is kept in \($0)" } ?? ""),
            command: command, begun: begun, took: took)
        report.add("Promises · 承诺", .checks(checks.all))
        let load: [Report.Fact] =
            [.init("writes done", .count(timeline.done)), .init("writes refused by a rule", .count(timeline.refused))]
            + timeline.errors.map { .init("tries that ended with \($0.code)", .count($0.count)) }
        report.add("In figures · 数字", note: note, .facts(facts + load))
        if let cases { report.add("Case by case · 逐项", .table(cases)) }
        if let watch {
            report.add(
                "What the operator saw · 运维所见", note: "`haoyuan status`, ten times a second", .table(watch.troubles))
            report.add("Answers a second · 每秒应答", .lines(timeline.rates))
            report.add("How long an answer to a write took · 写延迟", .lines(timeline.delays))
            report.add("How long a reading took · 读延迟", .lines(watch.chart))
        }
        return report
    }
}
