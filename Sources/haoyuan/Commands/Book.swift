import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

/// What booking and holding have in common: for whom, which slots, for what.
struct BookingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "For whom: '#17' or 17 by id, 'system|value' by identifier (in quotes, for the shell).",
            valueName: "patient"))
    var patient: PatientArgument

    @Option(
        name: .customLong("slot"),
        help: ArgumentHelp(
            "The slot, by id or place; with several, each may name its service after =. Repeat it to take up to 16 together, "
                + "all or none.", valueName: "slot[=service]"))
    var slots: [SlotChoice] = []

    @Option(
        help: ArgumentHelp("What is booked. Default: the only service that the slot’s pool offers.", valueName: "code"))
    var service: String?

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "How the patient is in the hospital; a session's shares may go by it. Default: not said.",
            valueName: "class"))
    var patientClass: PatientClassArgument?

    @Flag(
        name: .customLong("any-of"),
        help: "Take only one of the slots: the first that every rule allows, in their order. Up to 32.")
    var anyOf = false

    @Flag(help: "Register the patient first when the identifier is unknown.")
    var register = false

    @OptionGroup var language: LanguageOption

    func validate() throws {
        guard !slots.isEmpty else { throw ValidationError("say which slot: --slot") }
        try ArgumentList.checkOnce(slots.map(\.slot.place), "--slot")
    }

    /// Takes the slots, held or for good, and shows what came of it.
    func take(hold: Bool, key: KeyOption, connection: ConnectionOptions, output: OutputOptions) async throws {
        try await ServerLink.with(connection, key: key.key) { link in
            let names = try await link.names()
            let items = try slots.map { choice in
                JointItem(
                    slot: choice.slot, service: try names.service(choice.service ?? service, in: choice.slot).id,
                    patientClass: patientClass?.patientClass)
            }
            let patient = try await link.patient(patient, registering: register)
            let answer = WriteAnswer(
                link: link, key: key.key, isJSON: output.json, language: language.language, booking: (patient, items))
            if anyOf {
                try await answer.show(
                    link.client.bookAny(patient: patient, items: items, hold: hold, key: key.key.key))
            } else if items.count == 1 {
                try await answer.show(
                    link.client.book(
                        patient: patient, slot: items[0].slot, service: items[0].service, hold: hold,
                        patientClass: items[0].patientClass, key: key.key.key))
            } else {
                try await answer.show(
                    link.client.bookTogether(patient: patient, items: items, hold: hold, key: key.key.key))
            }
        }
    }
}

struct Book: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Book a slot for a patient, or several together.",
        discussion:
            "Several slots are all booked or none; with --any-of one of them. Ends with 2 when a rule refuses, and shows the next free slots."
    )

    @OptionGroup var booking: BookingOptions
    @OptionGroup var key: KeyOption
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws { try await booking.take(hold: false, key: key, connection: connection, output: output) }
}
