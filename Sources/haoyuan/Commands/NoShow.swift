import ArgumentParser
import HaoyuanClient

struct NoShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "no-show", abstract: "Note that the patient did not come; the slot stays spent.",
        discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.change(.noShow) }
}
