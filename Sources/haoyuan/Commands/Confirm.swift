import ArgumentParser
import HaoyuanClient

struct Confirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Confirm a hold: it is booked for good.", discussion: "Ends with 2 when a rule refuses.")

    @OptionGroup var change: ChangeOptions
    @OptionGroup var paid: PaidOptions

    func run() async throws { try await change.change(.confirm, payment: paid.payment) }
}

/// What a hold was confirmed with, where that is said.
struct PaidOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What it was paid under; when it is cancelled or stopped, a refund is due.", valueName: "text"))
    var reference: String?

    @Option(help: ArgumentHelp("How much was paid, in fen 分.", valueName: "number"), transform: NumberText.whole)
    var fen: UInt32?

    var payment: Payment? { reference.map { Payment(reference: $0, amountFen: fen ?? 0) } }

    func validate() throws {
        if fen != nil, reference == nil { throw ValidationError("--fen needs --reference: what it was paid under") }
        if fen == 0 { throw ValidationError("--fen is 0, it must be at least 1; leave it out where it is not known") }
        if reference?.isEmpty ?? false { throw ValidationError("--reference is empty; say what it was paid under") }
    }
}
