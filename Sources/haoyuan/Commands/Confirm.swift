import ArgumentParser
import HaoyuanClient

struct Confirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Confirm a hold: it is booked for good.", discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.change(.confirm) }
}
