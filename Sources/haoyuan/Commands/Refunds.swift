import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Refunds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Money that is to go back to patients: list it, and tell that it went back.",
        subcommands: [List.self, Close.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the refunds that are due.")

        @Option(help: ArgumentHelp("Only those of this department.", valueName: "code"))
        var department: String?

        @Flag(help: "Closed ones of sessions that owe another, too.")
        var closed = false

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let names = try await link.names()
                let found = try await link.client.refunds(
                    department: try department.map(names.department)?.id, closedToo: closed)
                if output.json {
                    Output.document(["refunds": .list(found.map { Self.json($0, names) })])
                } else {
                    Output.lines(Self.lines(found, names))
                }
            }
        }

        private static func lines(_ refunds: [Refund], _ names: HospitalNames) -> [String] {
            guard !refunds.isEmpty else { return ["no refund is due 无待退款"] }
            var table = Table([
                "REFUND", .right("YUAN"), "PAID AS", "APPOINTMENT", "PATIENT", "CAUSE", "RULE", "DUE", "CLOSED",
            ])
            for refund in refunds {
                table.add([
                    Table.Cell(refund.id.place), Table.Cell(Self.yuan(UInt64(refund.payment.amountFen))),
                    Table.Cell(refund.payment.reference), Table.Cell(refund.appointment.place),
                    Table.Cell("#\(refund.patient)"), Table.Cell(refund.cause.description),
                    Table.Cell(refund.rule?.name ?? "-"), Table.Cell(names.clock.second(refund.due.milliseconds)),
                    Table.Cell(refund.closedBy ?? "-"),
                ])
            }
            let due = refunds.filter { $0.closedBy == nil }
            let sum = yuan(due.reduce(0) { $0 + UInt64($1.payment.amountFen) })
            return table.lines(.standardOutput) + ["待退 \(due.count) 笔，\(sum) 元 · \(due.count) due, \(sum) yuan"]
        }

        private static func yuan(_ fen: UInt64) -> String {
            "\(fen / 100).\(fen % 100 < 10 ? "0" : "")\(fen % 100)"
        }

        private static func json(_ refund: Refund, _ names: HospitalNames) -> JSON {
            [
                "id": .id(refund.id.rawValue), "place": .text(refund.id.place),
                "appointment": .id(refund.appointment.rawValue), "patient": .id(refund.patient.rawValue),
                "payment_reference": .text(refund.payment.reference), "fen": .count(refund.payment.amountFen),
                "cause": .text(refund.cause.description), "rule": .optional(refund.rule) { .text($0.name) },
                "due": .text(names.clock.iso(refund.due.milliseconds)),
                "closed_by": .optional(refund.closedBy) { .text($0) },
            ]
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell that a refund went back. A refund is closed once.",
            discussion: "Ends with 2 where it was closed before.")

        @Argument(help: ArgumentHelp("The refund, by id or place (1/0/1).", valueName: "refund"))
        var refund: RefundArgument

        @Option(help: ArgumentHelp("Under which it was paid back.", valueName: "text"))
        var reference: String

        @OptionGroup var language: LanguageOption
        @OptionGroup var key: KeyOption
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if reference.isEmpty { throw ValidationError("--reference is empty; say under what it was paid back") }
        }

        func run() async throws {
            try await ServerLink.with(connection, key: key.key) { link in
                switch try await link.client.closeRefund(refund.id, reference: reference, key: key.key.key) {
                case .refused(let rule):
                    throw CommandFailure(
                        .refused, "refused by \(rule.name): the refund was closed before",
                        remedy: "look at it with haoyuan refunds list --closed")
                case .done(let position, let again):
                    if output.json {
                        Output.document([
                            "result": "closed", "refund": .id(refund.id.rawValue), "again": .bool(again),
                            "position": .count(position.rawValue), "key": .text(key.key.description),
                        ])
                    } else {
                        Output.line("closed \(refund.id.place)\(again ? " (again)" : "")")
                    }
                }
            }
        }
    }
}
