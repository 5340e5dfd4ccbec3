import Glibc
import Simulation

for seed in UInt64(CommandLine.arguments[1])!...UInt64(CommandLine.arguments[2])! {
    let report = Simulation.run(Plan(seed: seed), isTraced: CommandLine.arguments.count > 3)
    for line in report.trace { print(line) }
    fflush(nil); print(seed, report.finding ?? "ok", report.turns, report.hash)
}
