import ArgumentParser
import HaoyuanClient

struct Complete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the visit or exam.", discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.change(.complete) }
}
