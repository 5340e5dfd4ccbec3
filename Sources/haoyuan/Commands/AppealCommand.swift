import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct AppealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "appeal", abstract: "Appeals against no-shows and late cancellations: 申诉.",
        subcommands: [File.self, Decide.self, List.self])

    struct File: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a no-show or late cancellation should not count. One appeal for each, ever.")

        @Option(help: ArgumentHelp("Whose it is, '#17' or 'system|value'.", valueName: "patient"))
        var patient: PatientArgument

        @Argument(help: ArgumentHelp("The appointment, by id or place (1/0/1).", valueName: "appointment"))
        var appointment: AppointmentArgument

        @Option(help: ArgumentHelp("Why it should not count.", valueName: "text"))
        var reason: String

        @OptionGroup var key: KeyOption
        @OptionGroup var language: LanguageOption
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws { try AppealAnswer.check(reason) }

        func run() async throws {
            try await ServerLink.with(connection, key: key.key) { link in
                let outcome = try await link.client.fileAppeal(
                    of: link.patient(patient), about: appointment.id, reason: reason, key: key.key.key)
                try AppealAnswer(word: "filed", appointment: appointment.id, key: key.key, language: language.language)
                    .show(outcome, output.json)
            }
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide on an appeal, as --operator, who is never the one who filed it.",
            discussion: "One that is granted strikes the no-show out, and with it the block that followed.")

        @Option(help: ArgumentHelp("Whose it is, '#17' or 'system|value'.", valueName: "patient"))
        var patient: PatientArgument

        @Argument(help: ArgumentHelp("The appointment, by id or place (1/0/1).", valueName: "appointment"))
        var appointment: AppointmentArgument

        @Flag(help: "The no-show counts no more.")
        var grant = false

        @Flag(help: "The no-show counts on.")
        var deny = false

        @Option(help: ArgumentHelp("Why.", valueName: "text"))
        var reason: String

        @OptionGroup var key: KeyOption
        @OptionGroup var language: LanguageOption
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            try AppealAnswer.check(reason)
            if grant == deny { throw ValidationError("say which way: one of --grant, --deny") }
        }

        func run() async throws {
            try await ServerLink.with(connection, key: key.key) { link in
                let outcome = try await link.client.decideAppeal(
                    of: link.patient(patient), about: appointment.id, granted: grant, reason: reason, key: key.key.key)
                let word = grant ? "granted" : "denied"
                try AppealAnswer(word: word, appointment: appointment.id, key: key.key, language: language.language)
                    .show(outcome, output.json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List appeals: those that wait for their decision, or all of a patient.")

        @Option(help: ArgumentHelp("All of this patient, '#17' or 'system|value'.", valueName: "patient"))
        var patient: PatientArgument?

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await ServerLink.with(connection) { link in
                let names = try await link.names()
                var appeals: [Appeal]
                if let patient {
                    appeals = try await link.client.standing(of: link.patient(patient)).appeals
                } else {
                    appeals = try await link.client.openAppeals()
                }
                guard !output.json else { return Output.document(.list(appeals.map { $0.json(names.clock) })) }
                guard !appeals.isEmpty else { return Output.complain("no appeals") }
                var table = Table(["APPOINTMENT", "PATIENT", "FILED", "BY", "STATE", "DECIDED BY", "REASON"])
                for appeal in appeals {
                    table.add([
                        Table.Cell(appeal.appointment.place), Table.Cell("#\(appeal.patient)"),
                        Table.Cell(names.clock.second(appeal.filed.milliseconds)),
                        Table.Cell(appeal.filedBy.isEmpty ? "-" : appeal.filedBy), Table.Cell(appeal.word),
                        Table.Cell(appeal.decision?.by ?? "-"), Table.Cell(appeal.reason),
                    ])
                }
                Output.lines(table.lines(.standardOutput))
            }
        }
    }
}

/// What became of a write about an appeal, shown.
private struct AppealAnswer {
    let word: String
    let appointment: AppointmentID
    let key: KeyArgument
    let language: Language

    static func check(_ reason: String) throws {
        if reason.isEmpty { throw ValidationError("--reason is empty; say why") }
    }

    func show(_ outcome: AppealOutcome, _ isJSON: Bool) throws {
        switch outcome {
        case .refused(let rule):
            let words = "\(rule.name): \(rule.meaning(in: language))"
            throw CommandFailure(
                .refused, language == .chinese ? "被拒绝，\(words)" : "refused by \(words)",
                remedy: rule.remedy(in: language))
        case .done(let position, let again):
            if isJSON {
                Output.document([
                    "result": .text(word), "appointment": .id(appointment.rawValue), "again": .bool(again),
                    "key": .text(key.description), "position": .count(position.rawValue),
                ])
            } else {
                Output.line("\(word) the appeal about \(appointment.place)\(again ? " (again)" : ""), key \(key)")
            }
        }
    }
}
