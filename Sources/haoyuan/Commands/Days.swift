import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Days: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a month's calendar: of each day the free units, and the capacity.",
        discussion:
            "Say at least one of --department, --pool and --service. Free is what haoyuan slots would list on the day; "
            + "capacity is that of all its slots. A day without a session shows a dot.")

    @Option(
        name: .customLong("department"), help: ArgumentHelp("This department. Repeat it for more.", valueName: "code"))
    var departments: [String] = []

    @Option(name: .customLong("pool"), help: ArgumentHelp("This pool. Repeat it for more.", valueName: "code"))
    var pools: [String] = []

    @Option(help: ArgumentHelp("Only pools that offer this service, and where it can begin.", valueName: "code"))
    var service: String?

    @Option(help: ArgumentHelp("The month, as YYYY-MM. Default: this one, in the hospital's zone.", valueName: "month"))
    var month: MonthArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !departments.isEmpty || !pools.isEmpty || service != nil else {
            throw ValidationError("say of what: --department, --pool or --service")
        }
        try ArgumentList.checkOnce(departments, "--department")
        try ArgumentList.checkOnce(pools, "--pool")
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let (departments, pools) = (try departments.map(names.department), try pools.map(names.pool))
            let service = try service.map(names.service)
            let month = if let month { month.month } else { try await thisMonth(names, link) }
            let days = month.days
            let page = try await link.client.dayCounts(
                DayQuery(
                    departments: departments.map(\.id), pools: pools.map(\.id), service: service?.id,
                    from: LocalDate(days[0]), to: LocalDate(days[days.count - 1])))
            if output.json {
                Output.document(Self.json(page, month))
            } else {
                let title = departments.map(\.name) + pools.map(\.name) + (service.map { [$0.name] } ?? [])
                Output.line("\(month)  \(title.joined(separator: " · "))  (free 余号 / capacity 号源)")
                Output.lines(month.sheet(page.days.map(Self.cell)).lines(.standardOutput))
            }
        }
    }

    private func thisMonth(_ names: HospitalNames, _ link: ServerLink) async throws -> Month {
        let today = try await names.day(.fromToday(0), link).description
        guard let month = Month(String(today.prefix(7))) else { throw CommandFailure.usage("there is no day \(today)") }
        return month
    }

    private static func cell(_ day: DayCount) -> Table.Cell {
        guard day.sessions > 0 else { return Table.Cell("·", .quiet) }
        return Table.Cell("\(day.free)/\(day.capacity)", day.free > 0 ? .good : .bad)
    }

    private static func json(_ page: DayPage, _ month: Month) -> JSON {
        [
            "month": .text(month.description),
            "days": .list(
                zip(month.days, page.days).map { date, day in
                    [
                        "day": .text(date), "free": .count(day.free), "capacity": .count(day.capacity),
                        "sold": .count(day.sold), "sessions": .count(day.sessions),
                    ]
                }),
            "position": .count(page.position.rawValue),
        ]
    }
}

/// A month, as `YYYY-MM`.
struct MonthArgument: ExpressibleByArgument {
    let month: Month

    init?(argument: String) {
        guard let month = Month(argument) else { return nil }
        self.month = month
    }
}
