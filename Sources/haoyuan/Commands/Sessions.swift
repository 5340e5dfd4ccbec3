import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Generate sessions from the templates, preview that, list them, lock their slots, and stop them.",
        subcommands: [
            Generate.self, Preview.self, List.self, Lock.self, Unlock.self, Locks.self, Stop.self, Resume.self,
        ])

    struct Generate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open what the templates say for these days and is not open yet.",
            discussion:
                "Repeating it changes nothing. Where a template has changed, its sessions that nothing is booked in "
                + "make room for what it says now. Ends with 1 when a session stays for its appointments, or would overlap "
                + "another of its pool or of its resources: nothing is opened there, the others are.")

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
                let opened = try await link.client.generateSessions(
                    from: names.day(from, link), to: names.day(to, link), templates: templates)
                if output.json {
                    Output.document([
                        "opened": .count(opened.opened), "unchanged": .count(opened.unchanged),
                        "withdrawn": .count(opened.withdrawn),
                        "conflicts": .list(opened.conflicts.map { .text($0) }),
                        "position": .count(opened.position.rawValue),
                    ])
                } else {
                    Output.line(opened.line)
                    for conflict in opened.conflicts { Output.complain("not opened: \(conflict)") }
                }
                if !opened.conflicts.isEmpty { throw Ending(status: .notRight) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the open sessions of some days.")

        @OptionGroup var days: SessionDays
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let names = try await link.names()
                let (first, last) = try await days.range(names, link)
                let sessions = try await link.client.sessions(
                    department: days.department(names), pool: days.pool(names), from: first, to: last)
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

extension Sessions {
    struct Lock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw units of a session's slots: 锁号.",
            discussion:
                "Appointments that stand there stay; what is withdrawn is not listed as free and not sold. Without "
                + "--first the whole session, without --units all units.")

        @Argument(help: ArgumentHelp("The session, by id or place (1/0).", valueName: "session"))
        var session: SessionArgument

        @Option(
            help: ArgumentHelp("The first slot, by its index in the session.", valueName: "index"),
            transform: NumberText.whole)
        var first: Int?

        @Option(
            help: ArgumentHelp("With --first: so many slots from it on. Default: one.", valueName: "number"),
            transform: NumberText.whole)
        var slots: Int?

        @Option(
            help: ArgumentHelp("Units of each slot. Default: all.", valueName: "number"), transform: NumberText.whole)
        var units: UInt32?

        @Option(help: ArgumentHelp("Whom it is for.", valueName: "text"))
        var owner = ""

        @Option(help: ArgumentHelp("Why.", valueName: "text"))
        var reason: String

        @Option(
            name: .customLong("for"),
            help: ArgumentHelp(
                "End it by itself after this long, such as 2h. Default: when unlocked.", valueName: "span"))
        var span: SpanArgument?

        @Option(
            help: ArgumentHelp(
                "End it by itself at this moment, such as '2026-12-01 12:00' of the hospital's clock.",
                valueName: "moment"))
        var until: MomentArgument?

        @OptionGroup var key: KeyOption
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            let indexes = 0...Int(UInt16.max)
            if span != nil, until != nil { throw ValidationError("--for and --until both say when it ends; give one") }
            if span != nil, key.isGiven {
                throw ValidationError(
                    "--for begins anew each time the command is given, so that the key would be reused; say --until")
            }
            if units == 0 { throw ValidationError("--units is 0, it must be at least 1; without it all are locked") }
            if let first, !indexes.contains(first) {
                throw ValidationError("--first is \(first), it must be in \(indexes)")
            }
            if units == 0 {
                throw ValidationError("--units is 0, it must be at least 1; without it all units are locked")
            }
            if span?.milliseconds == 0 { throw ValidationError("--for must be longer than nothing") }
            guard let slots else { return }
            if first == nil { throw ValidationError("--slots needs --first; without both the whole session is locked") }
            if slots < 1 || !indexes.contains(slots) {
                throw ValidationError("--slots is \(slots), it must be in 1...\(indexes.upperBound)")
            }
        }

        func run() async throws {
            try await ServerLink.with(connection, key: key.key) { link in
                var end: Instant?
                if let until {
                    end = until.moment(try await link.names().clock)
                } else if let span {
                    end = Instant(milliseconds: try await link.client.status().now.milliseconds + span.milliseconds)
                }
                let outcome = try await link.client.lockSlots(
                    session: session.id, slots: first.map { $0..<$0 + (slots ?? 1) }, units: units, owner: owner,
                    reason: reason, until: end, key: key.key.key)
                try LockView.show(outcome, "locked", session.id, key.key, output)
            }
        }
    }

    struct Unlock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a lock, so that what it withdrew can be sold again.")

        @Argument(help: ArgumentHelp("The session, by id or place (1/0).", valueName: "session"))
        var session: SessionArgument

        @Argument(
            help: ArgumentHelp("The lock's number in the session.", valueName: "lock"), transform: NumberText.whole)
        var lock: UInt32

        @OptionGroup var key: KeyOption
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection, key: key.key) { link in
                let outcome = try await link.client.unlockSlots(session: session.id, lock: lock, key: key.key.key)
                try LockView.show(outcome, "unlocked", session.id, key.key, output)
            }
        }
    }

    struct Locks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the locks in force in the sessions of some days.")

        @OptionGroup var days: SessionDays
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let names = try await link.names()
                let (first, last) = try await days.range(names, link)
                let locks = try await link.client.locks(
                    department: days.department(names), pool: days.pool(names), from: first, to: last)
                if output.json {
                    Output.document(.list(locks.map { LockView(lock: $0, names: names).json }))
                } else if locks.isEmpty {
                    Output.complain("no locks from \(first) to \(last)")
                } else {
                    var table = Table(LockView.columns)
                    for lock in locks { table.add(LockView(lock: lock, names: names).row) }
                    Output.lines(table.lines(.standardOutput))
                }
            }
        }
    }
}

/// Which sessions a list is about.
struct SessionDays: ParsableArguments {
    @Option(help: ArgumentHelp("Only sessions of this department.", valueName: "code"))
    var department: String?

    @Option(help: ArgumentHelp("Only sessions of this pool.", valueName: "code"))
    var pool: String?

    @Option(help: ArgumentHelp("The first day. Default: today.", valueName: "day"))
    var from = DayArgument.fromToday(0)

    @Option(help: ArgumentHelp("The last day. Default: the first.", valueName: "day"))
    var to: DayArgument?

    func department(_ names: HospitalNames) throws -> DepartmentID? {
        try department.map { try names.department($0).id }
    }

    func pool(_ names: HospitalNames) throws -> PoolID? { try pool.map { try names.pool($0).id } }

    func range(_ names: HospitalNames, _ link: ServerLink) async throws -> (first: LocalDate, last: LocalDate) {
        let first = try await names.day(from, link)
        return (first, try await to.asyncMap { try await names.day($0, link) } ?? first)
    }
}

/// One lock, for people and for programs.
private struct LockView {
    let lock: SlotLock
    let names: HospitalNames

    static let columns: [Table.Column] = [
        "SESSION", .right("LOCK"), "POOL", "SLOTS", .right("UNITS"), "UNTIL", "OWNER", "REASON",
    ]

    private var slots: String {
        lock.slots.count == 1 ? "\(lock.slots.lowerBound)" : "\(lock.slots.lowerBound)–\(lock.slots.upperBound - 1)"
    }

    var row: [Table.Cell] {
        [
            Table.Cell(lock.session.place), Table.Cell(String(lock.number)),
            Table.Cell(names.poolCode(lock.session.pool)), Table.Cell(slots), Table.Cell(String(lock.units)),
            Table.Cell(lock.until.map { names.clock.second($0.milliseconds) } ?? "unlocked"), Table.Cell(lock.owner),
            Table.Cell(lock.reason),
        ]
    }

    var json: JSON {
        [
            "session": .id(lock.session.rawValue), "lock": .count(lock.number),
            "pool": .text(names.poolCode(lock.session.pool)), "first": .count(lock.slots.lowerBound),
            "slots": .count(lock.slots.count), "units": .count(lock.units), "owner": .text(lock.owner),
            "reason": .text(lock.reason), "until": .optional(lock.until) { .text(names.clock.iso($0.milliseconds)) },
        ]
    }

    /// What became of a write about a lock.
    static func show(
        _ outcome: LockOutcome, _ word: String, _ session: SessionID, _ key: KeyArgument, _ output: OutputOptions
    ) throws {
        switch outcome {
        case .done(let lock, let again):
            if output.json {
                Output.document([
                    "result": .text(word), "session": .id(session.rawValue), "lock": .count(lock),
                    "again": .bool(again), "key": .text(key.description),
                ])
            } else {
                Output.line("\(word) \(session.place), lock \(lock)\(again ? " (again)" : "")")
            }
        case .refused(let rule, _):
            throw CommandFailure(.refused, "refused by \(rule.name): \(rule.meaning)", remedy: rule.remedy)
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
        "STOPPED", "ID",
    ]

    private var stopped: String {
        session.stop.map { "停诊 \($0.fromSlot > 0 ? "from slot \($0.fromSlot): " : "")\($0.reason)" } ?? ""
    }

    var row: [Table.Cell] {
        [
            Table.Cell(session.id.place), Table.Cell(session.date.description),
            Table.Cell(names.clock.stretch(session.start.milliseconds, end)), Table.Cell(names.poolCode(session.pool)),
            Table.Cell(names.poolName(session.pool)), Table.Cell(String(session.capacities.count)),
            Table.Cell(String(session.capacities.reduce(0, +))), Table.Cell(String(session.taken.reduce(0, +))),
            Table.Cell(String(session.liveAppointments)), Table.Cell(stopped),
            Table.Cell(session.id.description, .quiet),
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
            "stop": .optional(session.stop) { stop in
                ["number": .count(stop.number), "from_slot": .count(stop.fromSlot), "reason": .text(stop.reason)]
            },
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

extension SessionsOpened {
    /// What was done, for people.
    var line: String {
        let withdrawn = withdrawn > 0 ? ", \(Numbers.grouped(withdrawn)) withdrawn" : ""
        return "\(Numbers.counted(opened, "session")) opened, \(Numbers.grouped(unchanged)) open already\(withdrawn)"
    }
}
