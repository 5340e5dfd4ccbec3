import ArgumentParser
import HaoyuanClient

/// What all changes of an appointment's state have in common.
struct ChangeOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The appointment, by id or place (1/0/1).", valueName: "appointment"))
    var appointment: AppointmentArgument

    @Option(
        help: ArgumentHelp("Refuse unless the appointment has this version.", valueName: "number"),
        transform: NumberText.whole)
    var ifVersion: UInt32?

    @Option(help: ArgumentHelp("Why; kept with the change.", valueName: "text"))
    var reason = ""

    @OptionGroup var language: LanguageOption
    @OptionGroup var key: KeyOption
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if ifVersion == 0 { throw ValidationError("--if-version is 0, it must be at least 1; versions begin there") }
    }

    /// Asks for the transition, and shows what came of it.
    func change(_ transition: Transition, payment: Payment? = nil) async throws {
        try await ServerLink.with(connection, key: key.key) { link in
            let answer = WriteAnswer(link: link, key: key.key, isJSON: output.json, language: language.language)
            guard transition != .confirm else {
                return try await answer.show(
                    link.client.confirm(
                        appointment.id, payment: payment, ifVersion: ifVersion, reason: reason, key: key.key.key))
            }
            try await answer.show(
                link.client.change(
                    appointment.id, transition, ifVersion: ifVersion, reason: reason, key: key.key.key))
        }
    }
}
