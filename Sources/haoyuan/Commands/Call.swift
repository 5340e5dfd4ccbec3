import ArgumentParser
import HaoyuanClient

struct Call: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Call the patient in.", discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.change(.call) }
}
