import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct CalendarImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take a resource's busy times from a calendar file (iCalendar, RFC 5545) as its leaves: 请假.",
        discussion:
            "Each event that takes time in these days becomes a leave; events that are cancelled, or marked as free, take "
            + "none. Leaves that an earlier import of the same calendar made are changed, or cancelled where the event is "
            + "gone; no other leave is touched. Sessions that are open stay as they are, and those with appointments are "
            + "named: haoyuan sessions stop is what ends them.")

    @Argument(help: ArgumentHelp("The calendar file.", valueName: "file"), transform: PathText.read)
    var file: String

    @OptionGroup var days: CalendarDays

    @Option(
        help: ArgumentHelp(
            "The calendar's name, by which a later import knows its leaves.",
            discussion: "Default: what the file calls itself, else the file's name.", valueName: "text"))
    var name: String?

    @Option(
        name: .customLong("tzid"),
        help: ArgumentHelp(
            "What a TZID of the file stands for, as 'China Standard Time=Asia/Shanghai'. Repeat it for more.",
            valueName: "tzid=zone"))
    var zones: [ZoneName] = []

    @Flag(help: "Keep the events' titles as reasons of the leaves, but for those that are marked as private.")
    var titles = false

    @Flag(name: .customLong("dry-run"), help: "Show what it would do, and change nothing.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try ArgumentList.checkOnce(zones.map(\.tzid), "--tzid")
        if let name, name.allSatisfy(\.isWhitespace) {
            throw ValidationError("--name is empty; leave it out, or say what the calendar is called")
        }
    }

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let resource = try names.resource(days.resource)
            let (first, last, window) = try await days.window(names, link)
            let cluster = try await link.client.status().cluster
            let (calendar, busy) = try read(window, names.clock, own: SessionCalendar.uidPrefix(cluster: cluster))
            let plan = LeavePlan(
                busy, of: calendar, resource: resource.code, in: window, clock: names.clock,
                known: names.catalogue.leaves
            ) { reason($0, calendar) }
            let open = try await link.sessions(of: resource, names, from: LocalDate(window.early), to: last)
            let view = CalendarImportView(
                calendar: calendar, resource: resource.code, plan: plan, busy: busy,
                touched: open.filter { $0.liveAppointments > 0 && plan.touches($0) }, names: names, isDry: dryRun)
            if !output.json { Output.lines(view.table.lines(.standardOutput)) }
            if !dryRun, !plan.leaves.isEmpty {
                _ = try await link.client.putCatalogue(Catalogue(leaves: plan.leaves))
            }
            if output.json {
                Output.document(view.json)
            } else {
                Output.line(view.line)
                view.next(from: first, to: last).forEach(Output.complain)
            }
        }
    }

    private func read(
        _ window: CalendarWindow, _ clock: HospitalClock, own: String
    ) throws(CommandFailure) -> (name: String, busy: BusyTimes) {
        let bytes = try InputFile.bytes(file)
        let given = Dictionary(zones.map { ($0.tzid, $0.zone) }) { first, _ in first }
        do throws(CalendarFault) {
            var isGB18030 = false
            let calendar = try CalendarFile(
                bytes, zones: CalendarZones(floating: clock, given: given), isGB18030: &isGB18030)
            if isGB18030 { Output.complain("haoyuan: \(file) is not UTF-8; it is read as GB18030") }
            let ending = file.split(separator: "/").last.map(String.init) ?? file
            return (name ?? calendar.name ?? ending, try BusyTimes(calendar, in: window, own: own))
        } catch {
            throw error.failure(in: file)
        }
    }

    /// What the leave says to the hospital: by default nothing of what the event is about.
    private func reason(_ time: BusyTime, _ calendar: String) -> String {
        var text = titles && !time.title.isEmpty ? time.title : "calendar \(calendar)"
        text = String(text.map { $0.isNewline ? " " : $0 })
        while text.utf8.count > CalendarLimits.titleBytes { text.removeLast() }
        return text
    }
}

/// What a `TZID` stands for.
struct ZoneName: ExpressibleByArgument, Sendable {
    let tzid: String
    let zone: String

    init?(argument: String) {
        guard let place = argument.lastIndex(of: "=") else { return nil }
        tzid = String(argument[..<place])
        zone = String(argument[argument.index(after: place)...])
        guard !tzid.isEmpty, !zone.isEmpty else { return nil }
    }
}

extension LeavePlan {
    /// Whether the resource is away at some time of the session, as far as that is not stopped.
    fileprivate func touches(_ session: Session) -> Bool {
        let slots = session.stop?.fromSlot ?? session.capacities.count
        let begin = session.start.milliseconds / 1_000
        let end = begin + Int64(slots) * Int64(session.slotMinutes) * 60
        return taken.contains { $0.begin < end && $0.end > begin }
    }
}

/// What an import does, for people and for programs.
private struct CalendarImportView {
    let calendar: String
    let resource: String
    let plan: LeavePlan
    let busy: BusyTimes
    /// Open sessions with appointments at times of a leave.
    let touched: [Session]
    let names: HospitalNames
    let isDry: Bool

    var table: Table {
        var table = Table(["WHAT", "FROM", "UNTIL", "EVENT", "LEAVE"])
        for row in plan.rows {
            table.add([
                Table.Cell(row.fate.words), Table.Cell(row.leave.from), Table.Cell(row.leave.until),
                Table.Cell(row.busy?.title ?? row.leave.reason), Table.Cell(row.leave.code, .quiet),
            ])
        }
        return table
    }

    var line: String {
        let counts = [LeavePlan.Fate.added, .changed, .cancelled, .unchanged].map {
            "\(Numbers.grouped(plan.count($0))) \($0.rawValue)"
        }
        let passed = [
            (busy.cancelled, "cancelled"), (busy.transparent, "marked as free"), (busy.timeless, "without a length"),
            (busy.own, "of the hospital’s own sessions"),
        ].filter { $0.0 > 0 }.map { "\(Numbers.grouped($0.0)) \($0.1)" }
        return "calendar ‘\(calendar)’ of \(resource): leaves \(counts.joined(separator: ", "))"
            + (passed.isEmpty ? "" : "; events that take no time: \(passed.joined(separator: ", "))")
            + (isDry ? "; nothing is changed" : "")
    }

    /// What is left to do, each with the command for it.
    func next(from first: LocalDate, to last: LocalDate) -> [String] {
        var lines = touched.map { session in
            let end = session.start.milliseconds + Int64(session.capacities.count) * Int64(session.slotMinutes) * 60_000
            return "open, with \(Numbers.counted(session.liveAppointments, "appointment")): \(session.date) "
                + "\(names.clock.stretch(session.start.milliseconds, end)) \(names.poolName(session.pool))\(others(session)); "
                + "haoyuan sessions stop \(session.id.place) --reason 请假 shows each patient"
        }
        if plan.rows.contains(where: { $0.fate != .unchanged }) {
            lines.append(
                "next: haoyuan sessions preview --from \(first) --to \(last) shows which empty sessions a generation "
                    + "would withdraw")
        }
        return lines
    }

    /// A pool with others goes on without this one.
    private func others(_ session: Session) -> String {
        let others = (names.pool(session.pool)?.resources ?? []).filter { $0 != resource }
        return others.isEmpty ? "" : " (also of \(others.joined(separator: ", ")))"
    }

    var json: JSON {
        [
            "calendar": .text(calendar), "resource": .text(resource), "dry_run": .bool(isDry),
            "added": .count(plan.count(.added)), "changed": .count(plan.count(.changed)),
            "cancelled": .count(plan.count(.cancelled)), "unchanged": .count(plan.count(.unchanged)),
            "passed_over": [
                "cancelled": .count(busy.cancelled), "transparent": .count(busy.transparent),
                "timeless": .count(busy.timeless), "own": .count(busy.own),
            ],
            "leaves": .list(
                plan.rows.map { row in
                    [
                        "what": .text(row.fate.rawValue), "code": .text(row.leave.code), "from": .text(row.leave.from),
                        "until": .text(row.leave.until), "uid": .optional(row.busy) { .text($0.uid) },
                        "begin": .optional(row.busy) { .text(names.clock.iso($0.begin * 1_000)) },
                        "end": .optional(row.busy) { .text(names.clock.iso($0.end * 1_000)) },
                        "title": .optional(row.busy) { .text($0.title) },
                    ]
                }),
            "touched": .list(
                touched.map { session in
                    [
                        "session": .text(session.id.place), "pool": .text(names.poolCode(session.pool)),
                        "start": .text(names.clock.iso(session.start.milliseconds)),
                        "live_appointments": .count(session.liveAppointments),
                    ]
                }),
        ]
    }
}

extension LeavePlan.Fate {
    fileprivate var words: String {
        switch self {
        case .added: "added 新增"
        case .changed: "changed 变更"
        case .cancelled: "cancelled 取消"
        case .unchanged: "unchanged 不变"
        }
    }
}
