import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

extension Sessions {
    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a session: 停诊. Shows first what that does to each patient.",
            discussion:
                "Nothing in it is sold any more, and its appointments that are held, booked or arrived end as stopped, "
                + "in one step; who was called is seen. The plan says what else there is for each: a free slot of the "
                + "--substitute session (替诊), or the next free one of the service in the department. It books none of "
                + "them. Without --yes nothing is changed, and it ends with 1.")

        @Argument(help: ArgumentHelp("The session, by id or place (1/0).", valueName: "session"))
        var session: SessionArgument

        @Option(help: ArgumentHelp("Why; patients ask.", valueName: "text"))
        var reason: String

        @Option(
            name: .customLong("from-slot"),
            help: ArgumentHelp(
                "The first slot that does not take place, by its index in the session. Default: all of it.",
                valueName: "index"), transform: NumberText.whole)
        var fromSlot = 0

        @Option(
            help: ArgumentHelp(
                "替诊: a session whose free slots the plan gives away, by id or place.", valueName: "session"))
        var substitute: SessionArgument?

        @Flag(help: "Carry it out.")
        var yes = false

        @OptionGroup var key: KeyOption
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if reason.isEmpty { throw ValidationError("--reason is empty; say why, for patients ask") }
            if !(0...Int(UInt16.max)).contains(fromSlot) {
                throw ValidationError("--from-slot is \(fromSlot), it must be in 0...\(UInt16.max)")
            }
        }

        func run() async throws {
            try await ServerLink.with(connection, key: key.key) { link in
                let plan = try await link.client.planStop(
                    session: session.id, fromSlot: fromSlot, substitute: substitute?.id)
                let view = StopView(session: session.id, plan: plan, names: try await link.names())
                if !output.json { Output.lines(view.lines) }
                guard yes else {
                    if output.json { Output.document(view.json("planned", nil, again: false, key.key)) }
                    Output.complain("nothing is changed; the same with --yes stops it")
                    throw Ending(status: .notRight)
                }
                let outcome = try await link.client.stopSession(
                    session: session.id, fromSlot: fromSlot, reason: reason, key: key.key.key)
                let (stop, again) = try outcome.carriedOut()
                if output.json {
                    Output.document(view.json("stopped", stop, again: again, key.key))
                } else {
                    Output.line(
                        "stopped \(session.id.place) from slot \(stop.fromSlot), stop \(stop.number): "
                            + "\(Numbers.counted(stop.appointments, "appointment")) of which "
                            + "\(Numbers.grouped(stop.confirmed)) booked or arrived\(again ? " (again)" : "")")
                }
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sell a stopped session again. What ended with the stop stays ended: book it anew.")

        @Argument(help: ArgumentHelp("The session, by id or place (1/0).", valueName: "session"))
        var session: SessionArgument

        @OptionGroup var key: KeyOption
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection, key: key.key) { link in
                let outcome = try await link.client.resumeSession(session: session.id, key: key.key.key)
                let (stop, again) = try outcome.carriedOut()
                if output.json {
                    Output.document([
                        "result": .text("resumed"), "session": .id(session.id.rawValue), "stop": .count(stop.number),
                        "again": .bool(again), "key": .text(key.key.description),
                    ])
                } else {
                    Output.line("resumed \(session.id.place), stop \(stop.number) is over\(again ? " (again)" : "")")
                }
            }
        }
    }
}

extension StopOutcome {
    /// What was done, or the failure that says who refused it.
    fileprivate func carriedOut() throws -> (Stop, again: Bool) {
        switch self {
        case .done(let stop, let again): return (stop, again)
        case .refused(let rule):
            throw CommandFailure(.refused, "refused by \(rule.name): \(rule.meaning)", remedy: rule.remedy)
        }
    }
}

/// What a stop does to its patients, for people and for programs.
private struct StopView {
    let session: SessionID
    let plan: StopPlan
    let names: HospitalNames

    private static let columns: [Table.Column] = [
        "APPOINTMENT", "PATIENT", "STATE", "SERVICE", "DAY", "TIME", "INSTEAD", "SLOT",
    ]

    /// The earliest first: it has the least time.
    private var rows: [StopPlan.Row] {
        plan.rows.sorted {
            ($0.start.milliseconds, $0.appointment.rawValue) < ($1.start.milliseconds, $1.appointment.rawValue)
        }
    }

    private var confirmed: Int { plan.rows.count { $0.isConfirmed } }
    private var substituted: Int { plan.rows.count { $0.substitute != nil } }
    private var rebookable: Int { plan.rows.count { $0.next != nil } }
    private var without: Int { plan.rows.count - substituted - rebookable }

    var lines: [String] {
        guard !plan.rows.isEmpty else { return ["no appointment ends with it 无受影响的预约"] }
        var table = Table(Self.columns)
        for row in rows {
            let start = row.start.milliseconds
            table.add([
                Table.Cell(row.appointment.place), Table.Cell("#\(row.patient.rawValue)"), Table.Cell(row.state.word),
                Table.Cell(names.serviceCode(row.service)), Table.Cell(names.clock.day(start)),
                Table.Cell(names.clock.time(start)), Table.Cell(instead(row)),
                Table.Cell((row.substitute ?? row.next)?.slot.place ?? ""),
            ])
        }
        return table.lines(.standardOutput) + [
            "停诊 \(plan.rows.count) 人：替诊 \(substituted)，可改约 \(rebookable)，须电话通知 \(without)；可能退费 \(confirmed)",
            "\(Numbers.counted(plan.rows.count, "appointment")): \(substituted) to the substitute, \(rebookable) with "
                + "a next free slot, \(without) to be called; \(confirmed) perhaps to be refunded",
        ]
    }

    private func instead(_ row: StopPlan.Row) -> String {
        func moment(_ place: StopPlan.Place) -> String {
            "\(names.clock.day(place.start.milliseconds)) \(names.clock.time(place.start.milliseconds))"
        }
        if let substitute = row.substitute { return "替诊 \(moment(substitute))" }
        if let next = row.next { return "改约 \(moment(next))" }
        return "电话 call"
    }

    /// - Parameter stop: nil where it was only planned.
    func json(_ result: String, _ stop: StopOutcome.Stop?, again: Bool, _ key: KeyArgument) -> JSON {
        [
            "result": .text(result), "session": .id(session.rawValue), "again": .bool(again),
            "key": .text(key.description),
            "stop": .optional(stop) { stop in
                [
                    "number": .count(stop.number), "from_slot": .count(stop.fromSlot),
                    "appointments": .count(stop.appointments), "confirmed": .count(stop.confirmed),
                    "position": .count(stop.position.rawValue),
                ]
            },
            "sums": [
                "appointments": .count(plan.rows.count), "confirmed": .count(confirmed),
                "substituted": .count(substituted), "rebookable": .count(rebookable), "without": .count(without),
            ],
            "appointments": .list(rows.map(json)),
        ]
    }

    private func json(_ row: StopPlan.Row) -> JSON {
        func place(_ place: StopPlan.Place) -> JSON {
            ["slot": .id(place.slot.rawValue), "start": .text(names.clock.iso(place.start.milliseconds))]
        }
        return [
            "appointment": .id(row.appointment.rawValue), "patient": .id(row.patient.rawValue),
            "state": .text(row.state.word), "slot": .id(row.slot.rawValue),
            "start": .text(names.clock.iso(row.start.milliseconds)),
            "service": .text(names.serviceCode(row.service)), "substitute": .optional(row.substitute, place),
            "next": .optional(row.next, place),
        ]
    }
}
