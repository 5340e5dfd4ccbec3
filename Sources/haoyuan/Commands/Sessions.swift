import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Generate sessions from the templates, or list them.", subcommands: [Generate.self, List.self])

    struct Generate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open what the templates say for these days and is not open yet.",
            discussion:
                "Repeating it changes nothing. Ends with 1 when a session would overlap another of its pool: that one "
                + "is not opened, the others are.")

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

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let names = try await link.names()
                let opened = try await link.client.generateSessions(
                    from: names.day(from, link), to: names.day(to, link), templates: templates)
                if output.json {
                    Output.document([
                        "opened": .count(opened.opened), "unchanged": .count(opened.unchanged),
                        "conflicts": .list(opened.conflicts.map { .text($0) }),
                        "position": .count(opened.position.rawValue),
                    ])
                } else {
                    Output.line(
                        "\(Numbers.counted(opened.opened, "session")) opened, \(Numbers.grouped(opened.unchanged)) open already"
                    )
                    for conflict in opened.conflicts { Output.complain("not opened: \(conflict)") }
                }
                if !opened.conflicts.isEmpty { throw Ending(status: .notRight) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the open sessions of some days.")

        @Option(help: ArgumentHelp("Only sessions of this department.", valueName: "code"))
        var department: String?

        @Option(help: ArgumentHelp("Only sessions of this pool.", valueName: "code"))
        var pool: String?

        @Option(help: ArgumentHelp("The first day. Default: today.", valueName: "day"))
        var from = DayArgument.fromToday(0)

        @Option(help: ArgumentHelp("The last day. Default: the first.", valueName: "day"))
        var to: DayArgument?

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let names = try await link.names()
                let first = try await names.day(from, link)
                let last = try await to.asyncMap { try await names.day($0, link) } ?? first
                let sessions = try await link.client.sessions(
                    department: department.map { try names.department($0).id },
                    pool: pool.map { try names.pool($0).id },
                    from: first, to: last)
                if output.json {
                    Output.document(.list(sessions.map { SessionView($0, names).json }))
                } else if sessions.isEmpty {
                    Output.complain("no sessions from \(first) to \(last); haoyuan sessions generate opens them")
                } else {
                    var table = Table(SessionView.columns)
                    for session in sessions { table.add(SessionView(session, names).row) }
                    Output.lines(table.lines(.standardOutput))
                }
            }
        }
    }
}

/// One session, for people and for programs.
private struct SessionView {
    private let session: Session
    private let names: HospitalNames

    init(_ session: Session, _ names: HospitalNames) {
        self.session = session
        self.names = names
    }

    private var end: Int64 {
        session.start.milliseconds + Int64(session.slotMinutes) * Int64(session.capacities.count) * 60_000
    }

    static let columns: [Table.Column] = [
        "SESSION", "DAY", "TIME", "POOL", "NAME", .right("SLOTS"), .right("UNITS"), .right("TAKEN"), .right("LIVE"),
        "ID",
    ]

    var row: [Table.Cell] {
        [
            Table.Cell(session.id.place), Table.Cell(session.date.description),
            Table.Cell(names.clock.stretch(session.start.milliseconds, end)), Table.Cell(names.poolCode(session.pool)),
            Table.Cell(names.poolName(session.pool)), Table.Cell(String(session.capacities.count)),
            Table.Cell(String(session.capacities.reduce(0, +))), Table.Cell(String(session.taken.reduce(0, +))),
            Table.Cell(String(session.liveAppointments)), Table.Cell(session.id.description, .quiet),
        ]
    }

    var json: JSON {
        [
            "id": .id(session.id.rawValue), "place": .text(session.id.place),
            "pool": .text(names.poolCode(session.pool)),
            "date": .text(session.date.description), "start": .text(names.clock.iso(session.start.milliseconds)),
            "end": .text(names.clock.iso(end)), "slot_minutes": .count(session.slotMinutes),
            "capacities": .list(session.capacities.map { .count($0) }),
            "taken": .list(session.taken.map { .count($0) }),
            "live_appointments": .count(session.liveAppointments),
        ]
    }
}

extension Optional where Wrapped: Sendable {
    /// As `map`, for a body that waits.
    func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
