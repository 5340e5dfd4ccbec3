import HaoyuanClient
import Hosting
import Terminal

extension FailoverDrill.Outcome {
    /// What an auditor reads.
    package func report(_ drill: FailoverDrill, command: String, begun: Int64, took: Duration) -> Report {
        let acknowledged = rounds.reduce(0) { $0 + $1.acknowledged }
        var report = Report(
            name: "drill-failover", title: "Drill: failover · 演练：主备切换",
            purpose:
                "The primary of a pair under load was killed, frozen, cut off and half cut off; its standby was promoted, the callers moved by "
                + "themselves, and the old primary came back as the standby of the new.",
            standing: checks.hold && !rounds.isEmpty ? .passed : .failed,
            verdict: checks.hold
                ? "\(Numbers.counted(rounds.count, "failover")), \(Numbers.grouped(acknowledged)) answered writes; lost: \(lost)"
                : Numbers.counted(checks.problems, "problem")
                    + (kept.map { "; the data folders are kept in \($0)" } ?? ""),
            command: command, begun: begun, took: took)
        report.add("Promises · 承诺", .checks(checks.all))
        report.add("In figures · 数字", .facts(facts(drill, acknowledged)))
        report.add(
            "Case by case: the callers · 逐项：业务",
            note:
                "Without service: from the old primary's last answer to the new one's first new one; the operator's part of it is how long "
                + "he takes to promote. In doubt: requests whose caller was told that nobody knows, and what the retry came to.",
            .table(callersTable))
        report.add(
            "Case by case: the servers · 逐项：服务器",
            note:
                "Callers who know of the old primary alone go on asking it until it comes back as a standby. What it says yes to after the "
                + "promotion is counted; in synchronous mode the new primary has all of it.",
            .table(serversTable))
        for mode in FailoverMode.allCases {
            let series = rounds.filter { $0.mode == mode }.map(\.rate)
            guard !series.isEmpty else { continue }
            report.add(
                "Writes done a second, \(mode.rawValue) · 每秒完成", note: "0 is the moment when it happened.",
                .lines(LineChart(yUnit: .perSecond, series: series, marks: marks(mode))))
        }
        return report
    }

    private var lost: String {
        guard !rounds.isEmpty else { return "nobody knows: it was interrupted before one had come to its end" }
        let parts = FailoverMode.allCases.compactMap { mode -> String? in
            let own = rounds.filter { $0.mode == mode }
            guard !own.isEmpty else { return nil }
            return "\(Numbers.grouped(own.reduce(0) { $0 + $1.lost.count })) in \(mode.rawValue) mode"
        }
        return parts.joined(separator: ", ")
    }

    private func facts(_ drill: FailoverDrill, _ acknowledged: Int) -> [Report.Fact] {
        let doubts = rounds.reduce(0) { $0 + $1.doubts.all }
        let slowest: Quantity = rounds.compactMap(\.firstAnswer).max().map { .duration($0) } ?? .missing
        return [
            .init("writes answered", .count(acknowledged)),
            .init("lost in synchronous mode", .count(lost(.sync)), lost(.sync) > 0 ? .bad : .good),
            .init("lost in asynchronous mode", .count(lost(.async)), lost(.async) > 0 ? .caution : nil),
            .init("requests in doubt, each settled by its key", .count(doubts)),
            .init("from the command to promote to the first write, at most", slowest),
            .init("the operator promotes after", .duration(drill.notice)),
            .init("lease of an asynchronous primary", .duration(drill.lease.duration)),
            .init("tries refused by a rule", .count(refused)),
        ] + errors.map { .init("tries that ended with \($0.code)", .count($0.count)) }
    }

    private func lost(_ mode: FailoverMode) -> Int {
        rounds.filter { $0.mode == mode }.reduce(0) { $0 + $1.lost.count }
    }

    private var callersTable: ReportTable {
        var table = ReportTable([
            "what happened", "mode", "answered", "lost", "without service", "promote to first write", "in doubt",
            "carried out before", "carried out then", "refused then",
        ])
        for round in rounds {
            let lost = round.lost.count
            table.add([
                .init(.text(round.kind.rawValue)), .init(.text(round.mode.rawValue)),
                .init(.count(round.acknowledged)),
                .init(.count(lost), lost == 0 ? .good : round.mode == .sync ? .bad : .caution),
                .init(round.withoutService.map { .duration($0) } ?? .missing),
                .init(round.firstAnswer.map { .duration($0) } ?? .missing), .init(.count(round.doubts.all)),
                .init(.count(round.doubts.carriedOut)), .init(.count(round.doubts.anew)),
                .init(.count(round.doubts.refused)),
            ])
        }
        return table
    }

    private var serversTable: ReportTable {
        var table = ReportTable([
            "what happened", "mode", "the primary was", "promotion took", "the old one’s answers after it",
            "knew after", "came back", "records taken back", "following after",
        ])
        for round in rounds {
            table.add([
                .text(round.kind.rawValue), .text(round.mode.rawValue), .text(round.kind.sentence),
                .duration(round.promoted - round.promoting), .count(round.answersOfOld),
                round.learnedAfter.map { .duration($0) } ?? .missing, .text(round.rejoined),
                .count(round.recordsTakenBack), .duration(round.rejoinTook),
            ])
        }
        return table
    }

    private func marks(_ mode: FailoverMode) -> [LineChart.Mark] {
        guard let round = rounds.first(where: { $0.mode == mode }) else { return [] }
        return [
            .init(x: 0, text: "it happens"),
            .init(x: Numbers.seconds(round.promoting - round.damaged), text: "promote"),
        ]
    }
}
