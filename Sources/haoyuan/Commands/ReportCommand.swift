import ArgumentParser
import Foundation
import HaoyuanClient
import Hosting
import Proof
import Terminal

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Count what was offered, sold, cancelled, missed, stopped and moved: 运行报告.",
        discussion:
            "Shows a line for each pool. With --html it writes a page with charts that can be printed, with --csv a file "
            + "for spreadsheets with every row: by day, department, pool, resource, service, channel and hour of the week."
    )

    @Option(help: ArgumentHelp("The first day: YYYY-MM-DD, today, +3 or -7.", valueName: "day"))
    var from: DayArgument

    @Option(help: ArgumentHelp("The last day, at most 400 in all. Default: the first.", valueName: "day"))
    var to: DayArgument?

    @Option(
        name: .customLong("department"),
        help: ArgumentHelp("Only this department, by code or name. Repeat it for more.", valueName: "code"))
    var departments: [String] = []

    @Option(
        name: .customLong("pool"), help: ArgumentHelp("Only this pool. Repeat it for more.", valueName: "code"))
    var pools: [String] = []

    @Option(help: ArgumentHelp("Write every row here, as CSV.", valueName: "file"), transform: PathText.read)
    var csv: String?

    @Option(help: ArgumentHelp("Write the page here.", valueName: "file"), transform: PathText.read)
    var html: String?

    @Option(help: ArgumentHelp("Language of page, file and table: zh or en.", valueName: "language"))
    var lang: LanguageArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try ArgumentList.checkOnce(departments, "--department")
        try ArgumentList.checkOnce(pools, "--pool")
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let from = try await names.day(from, link)
            let to = if let to { try await names.day(to, link) } else { from }
            guard from <= to else { throw CommandFailure.usage("--to \(to) is before --from \(from)") }
            let query = CountQuery(
                from: LocalDate(from.description), to: LocalDate(to.description),
                departments: try departments.map(names.department).map(\.id),
                pools: try pools.map(names.pool).map(\.id), by: CountBy.allCases)
            let report = try await link.client.countReport(query)
            let now = try await link.client.status().now.milliseconds
            let view = CountView(
                report, of: query, names: names, language: lang?.language ?? .chinese,
                madeAt: names.clock.second(now))
            if let csv { try write(view.csv, to: csv) }
            if let html { try write(view.page, to: html) }
            if output.json {
                Output.document(view.json)
            } else {
                Output.lines(view.lines)
            }
        }
    }

    private func write(_ text: String, to path: String) throws(CommandFailure) {
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure(
                .inputOutput, "the report cannot be written to \(path): \(error.localizedDescription)",
                remedy: "name a file in a folder that this process may write to")
        }
    }
}
