import ArgumentParser
import Hosting

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the engine and answer on a port until told to stop.",
        discussion:
            "SIGTERM or SIGINT ends it in order: it answers what it took, writes a checkpoint and ends with 0; a "
            + "second one ends it at once. Every option is also a setting of the --config file; docs/reference/configuration.md "
            + "describes them.")

    @OptionGroup var options: ServeOptions

    func run() async throws { try await Serving.run(try options.settings()) }
}
