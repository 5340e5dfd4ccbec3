import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Pay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell that money came for an appointment, whatever became of that.",
        discussion:
            "A hold is confirmed by it. After the end of a hold it gets the number again where that is still free and "
            + "every rule allows it; else a refund is due, and haoyuan refunds list shows it. The same --reference of "
            + "the same appointment is one payment, however often it is told.")

    @Argument(help: ArgumentHelp("The appointment, by id or place (1/0/1).", valueName: "appointment"))
    var appointment: AppointmentArgument

    @Option(help: ArgumentHelp("Under which the payment front end knows it.", valueName: "text"))
    var reference: String

    @Option(help: ArgumentHelp("How much was paid, in fen 分.", valueName: "number"), transform: NumberText.whole)
    var fen: UInt32

    @OptionGroup var language: LanguageOption
    @OptionGroup var key: KeyOption
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if reference.isEmpty { throw ValidationError("--reference is empty; say under what it was paid") }
        if fen == 0 { throw ValidationError("--fen is 0, it must be at least 1") }
    }

    func run() async throws {
        try await ServerLink.with(connection, key: key.key) { link in
            let outcome = try await link.client.reportPayment(
                Payment(reference: reference, amountFen: fen), for: appointment.id, key: key.key.key)
            switch outcome {
            case .stands(let standing): show(standing)
            case .refundDue(let due): show(due)
            case .refused(let rule):
                throw CommandFailure(
                    .refused, "refused by \(rule.name): \(rule.meaning(in: language.language))",
                    remedy: rule.remedy(in: language.language))
            }
        }
    }

    private func show(_ standing: PaymentOutcome.Standing) {
        let isOther = standing.appointment != appointment.id
        if output.json {
            Output.document([
                "result": .text(isOther ? "taken-again" : "stands"),
                "appointment": .id(standing.appointment.rawValue), "place": .text(standing.appointment.place),
                "state": .text(standing.state.word), "version": .count(standing.version),
                "again": .bool(standing.isRepetition), "position": .count(standing.position.rawValue),
                "key": .text(key.key.description),
            ])
            return
        }
        var sheet = FactSheet()
        sheet.add(
            "result", standing.state.word + (standing.isRepetition ? " (told before; nothing changed)" : ""),
            standing.state.tint)
        let note = isOther ? ", had again after \(appointment.id.place) had run out" : ""
        sheet.add("appointment", "\(standing.appointment.place)  (id \(standing.appointment))\(note)")
        sheet.add("key", key.key.description, .quiet)
        Output.lines(sheet.lines(.standardOutput))
    }

    private func show(_ due: PaymentOutcome.Due) {
        if output.json {
            Output.document([
                "result": "refund-due", "refund": .id(due.refund.rawValue), "place": .text(due.refund.place),
                "cause": .optional(due.cause) { .text($0.description) },
                "rule": .optional(due.rule) { .text($0.name) }, "again": .bool(due.isRepetition),
                "position": .count(due.position.rawValue), "key": .text(key.key.description),
            ])
            return
        }
        var sheet = FactSheet()
        sheet.add("result", "refund due 应退款" + (due.isRepetition ? " (told before; nothing changed)" : ""), .caution)
        sheet.add("refund", "\(due.refund.place)  (id \(due.refund))")
        if let cause = due.cause { sheet.add("because", cause.description) }
        if let rule = due.rule { sheet.add("rule", "\(rule.name): \(rule.meaning(in: language.language))") }
        sheet.add("key", key.key.description, .quiet)
        Output.lines(sheet.lines(.standardOutput))
    }
}

extension RefundID {
    /// As people write it: `pool/session/number`.
    var place: String { AppointmentID(rawValue: rawValue).place }
}
