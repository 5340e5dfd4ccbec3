import ArgumentParser
import Hosting
import Terminal

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the engine and answer on a port until told to stop.",
        discussion:
            "SIGTERM or SIGINT ends it in order: it answers what it took, writes a checkpoint and ends with 0; a "
            + "second one ends it at once. SIGHUP changes nothing, unless a terminal that has closed sends it: then it "
            + "ends in order. Every option is also a setting of the --config file; docs/reference/configuration.md "
            + "describes them.")

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let settings = try options.settings()
        do {
            try await Serving.run(settings)
        } catch let failure as CommandFailure {
            Serving.complain(failure)
            throw Ending(status: failure.status)
        }
    }
}
