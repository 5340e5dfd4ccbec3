import ArgumentParser
import HaoyuanClient

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Begin the visit or exam.", discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.change(.start) }
}
