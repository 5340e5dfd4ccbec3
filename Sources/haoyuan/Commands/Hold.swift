import ArgumentParser

struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold a slot for a patient until it is confirmed, or expires.",
        discussion:
            "How long a hold lasts is the department’s policy. Several slots are all held or none; with --any-of one of them. Ends with 2 when "
            + "a rule refuses.")

    @OptionGroup var booking: BookingOptions
    @OptionGroup var key: KeyOption
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws { try await booking.take(hold: true, key: key, connection: connection, output: output) }
}
