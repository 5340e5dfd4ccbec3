import ArgumentParser
import HaoyuanClient

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Withdraw an appointment for the hospital (停诊); its slot is free again.",
        discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.change(.stop) }
}
