import ArgumentParser
import Glibc
import Hosting
import Terminal

/// The command line of Haoyuan: the engine itself, and a window into it.
@main
struct Haoyuan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "haoyuan",
        abstract: "号源 Haoyuan: the slot engine of a hospital.",
        discussion: "Start an engine with `haoyuan serve --sample`, then ask it with the other commands. "
            + "They speak to 127.0.0.1:7440 unless --server, or HAOYUAN_ADDRESS, says otherwise.",
        version: Version.text, subcommands: [DrillChild.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Running",
                subcommands: [
                    Serve.self, Status.self, Top.self, Watch.self, Feed.self, Promote.self, Alone.self,
                    ClockCommand.self,
                ]),
            CommandGroup(
                name: "Hospital",
                subcommands: [
                    Import.self, CatalogueCommand.self, Find.self, PolicyCommand.self, Sessions.self, Patients.self,
                    ReportCommand.self, CalendarCommand.self, Zones.self,
                ]),
            CommandGroup(
                name: "Reservations",
                subcommands: [
                    Slots.self, Days.self, Why.self, Hold.self, Book.self, Confirm.self, Cancel.self, Move.self,
                    SeriesCommand.self, Pay.self, Refunds.self, Appointments.self, StandingCommand.self,
                    AppealCommand.self,
                ]),
            CommandGroup(
                name: "Visits",
                subcommands: [Arrive.self, Call.self, Start.self, Complete.self, NoShow.self, Stop.self]),
            CommandGroup(name: "Proof", subcommands: [Replay.self, Bench.self, Drill.self, Inspect.self, Verify.self]),
            CommandGroup(name: "Safety", subcommands: [Backup.self, Backups.self, Restore.self]),
        ])

    static func main() async {
        do throws(CommandFailure) {
            let status = await run(try CommandWords.given())
            Glibc.exit(status.rawValue)
        } catch {
            Output.complain("haoyuan: \(error)")
            Glibc.exit(error.status.rawValue)
        }
    }

    /// Carries out one command line, and says on standard error why it could not.
    static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            try ArgumentList.checkOptions(arguments)
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .ok
        } catch {
            return report(error, of: arguments)
        }
    }

    private static func report(_ error: any Error, of arguments: [String]) -> ExitStatus {
        switch error {
        case let failure as CommandFailure:
            Output.complain("haoyuan: \(failure)")
            return failure.status
        case let ending as Ending:
            return ending.status
        default:
            return exitCode(for: error) == .validationFailure || exitCode(for: error) == .success
                ? reportParsing(error, of: arguments) : reportUnexpected(error)
        }
    }

    /// Help and completion scripts come as errors too; they are what was asked for.
    private static func reportParsing(_ error: any Error, of arguments: [String]) -> ExitStatus {
        guard exitCode(for: error) != .success else {
            Output.line(fullMessage(for: error))
            return .ok
        }
        // What was typed up to the first option, as far as it is words: the command whose help tells more.
        let words = arguments.prefix { !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0 == "-" } && !$0.hasPrefix("-") }
        let command = (["haoyuan"] + words.prefix(2).filter(isCommand)).joined(separator: " ")
        let message = message(for: error)
        let form = ArgumentForms.remedy(for: message).map { "\($0), or " } ?? ""
        Output.complain("haoyuan: \(CommandFailure.usage(message, remedy: "\(form)see \(command) --help"))")
        return .usage
    }

    private static func isCommand(_ word: String) -> Bool {
        let commands =
            configuration.groupedSubcommands.flatMap(\.subcommands) + Sessions.configuration.subcommands
            + Patients.configuration.subcommands + Zones.configuration.subcommands + Drill.configuration.subcommands
            + Feed.configuration.subcommands + Refunds.configuration.subcommands
            + PolicyCommand.configuration.subcommands + AppealCommand.configuration.subcommands
            + CalendarCommand.configuration.subcommands
        return commands.contains { $0._commandName == word }
    }

    private static func reportUnexpected(_ error: any Error) -> ExitStatus {
        Output.complain("haoyuan: \(CommandFailure(.internal, "\(error)", remedy: "please report it"))")
        return .internal
    }
}

/// A command has said all it had to say, and ends with this status.
struct Ending: Error {
    var status: ExitStatus
}
