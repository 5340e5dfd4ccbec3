import ArgumentParser
import Foundation
import Hosting
import Journal
import Proof
import Scheduling
import Terminal

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a data folder out of backups, up to the end, a position or a moment.",
        discussion:
            "Works beside the new folder, which appears under its name only once it is whole. The restored data begin an "
            + "epoch of their own; a standby of the old server takes a new copy.")

    @Argument(help: ArgumentHelp("The folder with the backups.", valueName: "from"), transform: PathText.read)
    var from: String

    @Option(help: ArgumentHelp("The data folder to make.", valueName: "folder"), transform: PathText.read)
    var data: String

    @Option(
        name: .customLong("of"),
        help: ArgumentHelp(
            "Whose backups, where the folder has those of several: the hospital's name, or the cluster.",
            valueName: "owner"))
    var owner: String?

    @Option(help: ArgumentHelp("The last position to restore.", valueName: "position"))
    var position: PositionArgument?

    @Option(help: "Restore what had happened by this moment, as 2026-03-09T07:00:00+08:00.")
    var moment: String?

    @Option(
        help: ArgumentHelp(
            "An epoch that these data have had and no backup knows of; the restored data's epoch is above.",
            discussion: "Only where clients were served from an earlier restoration that nothing was backed up of.",
            valueName: "number"), transform: NumberText.whole)
    var epochAbove: UInt32?

    @OptionGroup var output: OutputOptions

    func run() throws {
        var progress = Progress(isQuiet: output.json)
        let began = ContinuousClock.now
        let run = RestoreRun(
            folder: from, data: data, owner: owner, goal: try goal, epochAbove: try givenEpoch)
        let outcome: RestoreRun.Outcome
        do throws(CommandFailure) {
            outcome = try run.run { progress.tell("restoring \($0)") }
        } catch {
            progress.end()
            throw error
        }
        let audit: FolderAudit
        do throws(CommandFailure) {
            audit = try FolderAudit.run(directory: data) { progress.tell("verifying: \($0)") }
        } catch {
            progress.end()
            throw error
        }
        progress.end()
        let took = ContinuousClock.now - began
        if output.json {
            Output.document([
                "ok": .bool(audit.isSound), "folder": .text(data),
                "hospital": .optional(outcome.owner.name) { .text($0) }, "cluster": .text(outcome.owner.id),
                "whole": .text(outcome.whole),
                "logs": .count(outcome.logs), "through_position": .count(outcome.through.rawValue),
                "epoch": .count(outcome.epoch), "seconds": .decimal(Numbers.seconds(took), digits: 3),
                "audit": Verify.json(audit, data),
            ])
        } else {
            var sheet = FactSheet()
            sheet.add("folder", data)
            sheet.add("of", outcome.owner.description)
            sheet.add("from", "\(outcome.whole) and \(Numbers.counted(outcome.logs, "log"))")
            sheet.add("through", "position \(Numbers.grouped(outcome.through.rawValue)), epoch \(outcome.epoch) begins")
            sheet.add(
                "state",
                "\(Numbers.counted(audit.sessions, "session")), \(Numbers.counted(audit.appointments, "appointment")), "
                    + Numbers.counted(audit.patients, "patient"))
            sheet.add("verdict", audit.isSound ? "sound" : "damaged", audit.isSound ? .good : .bad)
            sheet.add("took", Numbers.duration(took))
            Output.lines(sheet.lines(.standardOutput))
            for problem in audit.problems { Output.line("WRONG  \(problem)") }
        }
        if !audit.isSound { throw Ending(status: .notRight) }
    }

    private var givenEpoch: UInt32 {
        get throws(CommandFailure) {
            guard let epochAbove else { return 0 }
            guard epochAbove < Limits.epoch else {
                throw .usage(
                    "--epoch-above is \(epochAbove), and no epoch stands above \(Limits.epoch)",
                    remedy: "write the epoch that haoyuan status showed")
            }
            return epochAbove
        }
    }

    private var goal: RestoreGoal {
        get throws(CommandFailure) {
            switch (position, moment) {
            case (nil, nil): return .everything
            case (let position?, nil): return .position(Position(position.position))
            case (nil, let text?):
                let fractional = ISO8601DateFormatter()
                fractional.formatOptions.insert(.withFractionalSeconds)
                // As people read it, with a blank between day and time.
                let written = text.replacing(/^(\d{4}-\d\d-\d\d) +/) { "\($0.output.1)T" }
                guard let date = ISO8601DateFormatter().date(from: written) ?? fractional.date(from: written) else {
                    throw .usage(
                        "--moment is ‘\(text)’, which is no moment with its zone",
                        remedy: "write it as 2026-03-09T07:00:00+08:00; haoyuan backups shows them so")
                }
                return .moment(Int64((date.timeIntervalSince1970 * 1_000).rounded()))
            default: throw .usage("--position and --moment name one end each", remedy: "give one of them")
            }
        }
    }
}
