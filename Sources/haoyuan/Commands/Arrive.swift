import ArgumentParser
import HaoyuanClient

struct Arrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Note that the patient has come.", discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.change(.arrive) }
}
