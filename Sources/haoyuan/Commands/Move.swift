import ArgumentParser
import HaoyuanClient

struct Move: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move an appointment to another slot, as one step.",
        discussion:
            "Both the old slot is given up and the new one taken, or neither. The new appointment has its own number. "
            + "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    @Option(help: ArgumentHelp("The slot to move to, by id or place.", valueName: "slot"))
    var to: SlotArgument

    func run() async throws {
        let key = change.key.key
        try await ServerLink.with(change.connection, key: key) { link in
            let answer = WriteAnswer(
                link: link, key: key, isJSON: change.output.json, language: change.language.language)
            try await answer.show(
                link.client.move(
                    change.appointment.id, to: to.id, ifVersion: change.ifVersion, reason: change.reason, key: key.key))
        }
    }
}
