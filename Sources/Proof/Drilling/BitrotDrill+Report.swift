import Hosting
import Terminal

extension BitrotDrill.Outcome {
    package func report(command: String, begun: Int64, took: Duration) -> Report {
        let named = cases.count { $0.verify == .named || $0.start == .named }
        var report = Report(
            name: "drill-bitrot", title: "Drill: bit rot · 演练：静默损坏",
            purpose:
                "Copies of a data folder were damaged, one place at a time; verify and a start had to name it, or to serve the truth all the same.",
            standing: checks.hold && !cases.isEmpty ? .passed : .failed,
            verdict: checks.hold
                ? "\(Numbers.counted(cases.count, "damage")), \(Numbers.grouped(named)) named; of the others the truth was served all the same"
                : Numbers.counted(checks.problems, "problem") + (kept.map { "; the folder is kept in \($0)" } ?? ""),
            command: command, begun: begun, took: took)
        report.add("Promises · 承诺", .checks(checks.all))
        report.add("By region · 按区域", .table(table(by: \.region)))
        report.add("By damage · 按损坏方式", .table(table(by: \.damage.kind)))
        var words = ReportTable(["region", "damage", "verify", "start", "what was said"])
        for one in cases {
            words.add([
                .text(one.region), .text(one.damage.sentence), .text("\(one.verify)"), .text("\(one.start)"),
                .text(String(one.words.prefix(160))),
            ])
        }
        report.add("Case by case · 逐例", .table(words))
        return report
    }

    private func table(by name: (BitrotDrill.Case) -> String) -> ReportTable {
        var table = ReportTable(["", "cases", "named by verify", "named by the start", "harmless"])
        for (name, group) in Dictionary(grouping: cases, by: name).sorted(by: { $0.key < $1.key }) {
            table.add([
                .text(name), .count(group.count), .count(group.count { $0.verify == .named }),
                .count(group.count { $0.start == .named }),
                .count(group.count { $0.verify == .sound && $0.start == .sound }),
            ])
        }
        return table
    }
}
