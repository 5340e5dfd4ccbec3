import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct SeriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "series",
        abstract: "Book a course: so many dates, every so many days. Every date is checked and told of.",
        discussion:
            "On each date the slots that start at the --at times are asked for in that order, and the first that every "
            + "rule allows is taken. With --all-or-nothing all dates are booked or none. The same command with the same "
            + "--key books nothing twice. Ends with 2 when a date got nothing.")

    @Option(
        help: ArgumentHelp(
            "For whom: '#17' or 17 by id, 'system|value' by identifier (in quotes, for the shell).",
            valueName: "patient"))
    var patient: PatientArgument

    @Option(help: ArgumentHelp("What is booked.", valueName: "code"))
    var service: String

    @Option(help: ArgumentHelp("The first date.", valueName: "day"))
    var from: DayArgument

    @Option(help: ArgumentHelp("Days from one date to the next.", valueName: "number"), transform: NumberText.whole)
    var every: Int

    @Option(help: ArgumentHelp("How many dates, at most 64.", valueName: "number"), transform: NumberText.whole)
    var count: Int

    @Option(
        name: .customLong("at"),
        help: ArgumentHelp("When a slot may start, as 09:00. Repeat it, the best first.", valueName: "HH:MM"))
    var times: [String]

    @Option(help: ArgumentHelp("Only this pool.", valueName: "code"))
    var pool: String?

    @Option(help: ArgumentHelp("Only pools of this department.", valueName: "code"))
    var department: String?

    @Flag(help: "All dates or none: at most 16, and one --at.")
    var allOrNothing = false

    @Flag(help: "Hold them, until each is confirmed or expires.")
    var hold = false

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp("How the patient is in the hospital. Default: not said.", valueName: "class"))
    var patientClass: PatientClassArgument?

    @OptionGroup var language: LanguageOption
    @OptionGroup var key: KeyOption
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !(1...366).contains(every) { throw ValidationError("--every is \(every), it must be in 1...366") }
        if !(1...64).contains(count) { throw ValidationError("--count is \(count), it must be in 1...64") }
        try ArgumentList.checkOnce(times, "--at")
    }

    func run() async throws {
        try await ServerLink.with(connection, key: key.key) { link in
            let names = try await link.names()
            var series = Series(
                patient: try await link.patient(patient), service: try names.service(service).id,
                first: try await names.day(from, link), everyDays: every, count: count,
                times: times.map { WallTime($0) },
                pool: try pool.map(names.pool)?.id, department: try department.map(names.department)?.id)
            series.isAllOrNothing = allOrNothing
            series.hold = hold
            series.patientClass = patientClass?.patientClass
            let dates = try await link.client.bookSeries(series, key: key.key.key)
            let missing = dates.count { $0.appointment == nil }
            if output.json {
                Output.document([
                    "result": .text(missing == 0 ? "done" : missing == dates.count ? "refused" : "partly"),
                    "key": .text(key.key.description), "booked": .count(dates.count - missing),
                    "dates": .list(dates.map(json)),
                ])
            } else {
                Output.lines(lines(dates))
            }
            if missing > 0 { throw Ending(status: .refused) }
        }
    }

    private func lines(_ dates: [SeriesDate]) -> [String] {
        var table = Table([.right("NO"), "DAY", "APPOINTMENT", "SLOT", "WHY"])
        for (index, date) in dates.enumerated() {
            table.add([
                Table.Cell(String(index + 1)), Table.Cell(date.date.description),
                Table.Cell(date.appointment?.place ?? "-", date.appointment == nil ? .bad : .good),
                Table.Cell(date.slot?.place ?? "-"), Table.Cell(why(date)),
            ])
        }
        let booked = dates.count { $0.appointment != nil }
        return table.lines(.standardOutput) + [
            "已约 \(booked)/\(dates.count) 次 · \(booked) of \(dates.count) booked", "key \(key.key.description)",
        ]
    }

    private func why(_ date: SeriesDate) -> String {
        if let failure = date.failure { return failure.message }
        if date.slots.isEmpty { return language.language == .chinese ? "当日此时段未开诊" : "no session has such a slot" }
        guard date.appointment == nil else { return "" }
        guard let rule = date.refusals.last else {
            return language.language == .chinese ? "其他日期不可约" : "another date cannot be had"
        }
        return "\(rule.name): \(rule.meaning(in: language.language))"
    }

    private func json(_ date: SeriesDate) -> JSON {
        [
            "day": .text(date.date.description), "appointment": .optional(date.appointment) { .id($0.rawValue) },
            "slot": .optional(date.slot) { .id($0.rawValue) }, "slots": .list(date.slots.map { .id($0.rawValue) }),
            "refused": .list(date.refusals.map { .text($0.name) }),
            "failure": .optional(date.failure) { .text($0.message) },
        ]
    }
}
