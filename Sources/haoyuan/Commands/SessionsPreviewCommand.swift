import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

extension Sessions {
    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what generate would do with these days and templates: 预览. Nothing is changed.",
            discussion:
                "A row for each template and day: opens 开放, stands 已有, withdrawn 撤回, conflict 冲突, absent 不出诊 (a "
                + "holiday, an exception or a leave), not judged 日历未定 (the template's calendar ends before that day). "
                + "LIVE counts the appointments in a session that is open; none of them is touched. Ends with 1 where "
                + "generate would: when something conflicts, or a day is not judged.")

        @Option(help: ArgumentHelp("The first day. Default: today.", valueName: "day"))
        var from = DayArgument.fromToday(0)

        @Option(help: ArgumentHelp("The last day.", valueName: "day"))
        var to: DayArgument

        @Option(
            name: .customLong("template"),
            help: ArgumentHelp("Only this template. Repeat it for more.", valueName: "code"))
        var templates: [String] = []

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws { try ArgumentList.checkOnce(templates, "--template") }

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let names = try await link.names()
                let preview = try await link.client.previewSessions(
                    from: names.day(from, link), to: names.day(to, link), templates: templates)
                if output.json {
                    Output.document(preview.json(names))
                } else {
                    Output.lines(preview.table(names).lines(.standardOutput))
                    Output.line(
                        "would open \(Numbers.grouped(preview.opened)), leave \(Numbers.grouped(preview.unchanged)) as they "
                            + "are, withdraw \(Numbers.grouped(preview.withdrawn)); nothing is changed")
                    for conflict in preview.conflicts { Output.complain("would not be opened: \(conflict)") }
                }
                if !preview.conflicts.isEmpty { throw Ending(status: .notRight) }
            }
        }
    }
}

extension SessionsPreview {
    fileprivate func table(_ names: HospitalNames) -> Table {
        var table = Table([
            "DAY", "TIME", "POOL", "TEMPLATE", "WHAT", .right("UNITS"), "SESSION", .right("LIVE"), "WHY",
        ])
        for row in rows {
            let time = row.start.flatMap { start in
                row.end.map { names.clock.stretch(start.milliseconds, $0.milliseconds) }
            }
            table.add([
                Table.Cell(row.date.description), Table.Cell(time ?? ""), Table.Cell(row.pool),
                Table.Cell(row.template), Table.Cell(row.fate.words),
                Table.Cell(row.units == 0 ? "" : String(row.units)),
                Table.Cell(row.session?.place ?? ""),
                Table.Cell(row.session == nil ? "" : String(row.appointments.count)), Table.Cell(row.reason),
            ])
        }
        return table
    }

    fileprivate func json(_ names: HospitalNames) -> JSON {
        [
            "opened": .count(opened), "unchanged": .count(unchanged), "withdrawn": .count(withdrawn),
            "conflicts": .list(conflicts.map { .text($0) }), "position": .count(position.rawValue),
            "rows": .list(
                rows.map { row in
                    [
                        "date": .text(row.date.description), "what": .text(row.fate.word), "pool": .text(row.pool),
                        "template": .text(row.template),
                        "start": .optional(row.start) { .text(names.clock.iso($0.milliseconds)) },
                        "end": .optional(row.end) { .text(names.clock.iso($0.milliseconds)) },
                        "units": .count(row.units), "session": .optional(row.session) { .id($0.rawValue) },
                        "appointments": .list(row.appointments.map { .id($0.rawValue) }),
                        "why": .text(row.fate.reason), "cause": .optional(row.cause) { .text($0.rawValue) },
                    ]
                }),
        ]
    }
}

extension SessionsPreview.Row {
    fileprivate var reason: String {
        guard fate == .withdrawn, let cause else { return fate.reason }
        switch cause {
        case .hours: return "its template's hours are others 班次时间已改"
        case .clockChanges: return "the zone's clock changes are others 时区换算已变"
        }
    }
}

extension SessionsPreview.Fate {
    fileprivate var word: String {
        switch self {
        case .opens: "opens"
        case .stands: "stands"
        case .withdrawn: "withdrawn"
        case .conflict: "conflict"
        case .absent: "absent"
        case .notJudged: "not-judged"
        }
    }

    /// In English and in Chinese.
    fileprivate var words: String {
        switch self {
        case .opens: "opens 开放"
        case .stands: "stands 已有"
        case .withdrawn: "withdrawn 撤回"
        case .conflict: "conflict 冲突"
        case .absent: "absent 不出诊"
        case .notJudged: "not judged 日历未定"
        }
    }

    fileprivate var reason: String {
        switch self {
        case .opens, .stands, .withdrawn: ""
        case .conflict(let sentence): sentence
        case .absent(let words): words
        case .notJudged(let calendar): "calendar ‘\(calendar)’ does not reach this day"
        }
    }
}
