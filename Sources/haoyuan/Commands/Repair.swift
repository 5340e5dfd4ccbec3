import ArgumentParser
import Engine
import Foundation
import Journal

struct Repair: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rebuild a damaged data folder from its log, keeping a copy of what was there.",
        discussion:
            "Looks for every sound piece of the log, wherever in the file it lies, and believes what is chained without a gap from the first "
            + "record to the last. If that is all of it, the folder is written anew: every record at its old place, the state tables by "
            + "replaying them at the next start. If not, nothing is changed, and it says what is missing: restore a backup or a standby "
            + "then. Ends with 0 when the folder is sound in the end, 1 when it is not.")

    @Option(help: ArgumentHelp("The data folder; no server may have it open.", valueName: "folder"))
    var data: String

    @Option(
        help: ArgumentHelp(
            "Where the damaged folder goes. Default: beside it, with the time in its name.", valueName: "folder"))
    var backup: String?

    @Flag(help: "Only look, and say what could be done.")
    var dryRun = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        var progress = Progress(isQuiet: output.json)
        defer { progress.end() }
        let directory = data.hasSuffix("/") ? String(data.dropLast()) : data
        let audit = try FolderAudit.run(directory: directory) { progress.tell("verifying: \($0)") }
        guard !audit.isSound else {
            progress.end()
            return show("sound", ["nothing is wrong with \(directory); nothing was changed"], audit, nil, nil)
        }
        let salvage: LogSalvage
        do throws(JournalError) {
            salvage = try LogSalvage.run(directory: directory) {
                progress.tell("looking for the log: \(Numbers.bytes($0.done)) of \(Numbers.bytes($0.total))")
            }
        } catch {
            progress.end()
            show("lost", ["it cannot be rebuilt here: \(error.description)", Self.otherWays], audit, nil, nil)
            throw Ending(status: .notRight)
        }
        guard salvage.isWhole else {
            progress.end()
            show(
                "lost",
                [
                    "it cannot be rebuilt here: of the log, the records before \(salvage.reachesBackTo) are missing or damaged, and what the "
                        + "state tables say of that time is not believed in a damaged folder",
                    Self.otherWays,
                ], audit, salvage, nil)
            throw Ending(status: .notRight)
        }
        guard !dryRun else {
            progress.end()
            show(
                "can be rebuilt", ["every record is there; without --dry-run the folder would be rebuilt"], audit,
                salvage, nil)
            throw Ending(status: .notRight)
        }
        let kept = backup ?? "\(directory).damaged-\(Int(Date().timeIntervalSince1970))"
        do {
            var history = HistoryRebuild()
            try JournalRebuild.replace(directory, keepingItAs: kept, with: salvage) {
                try history.evolve($0)
            } progress: {
                progress.tell("rebuilding: record \(Numbers.grouped($0.done)) of \(Numbers.grouped($0.total))")
            }
        } catch let error as JournalError {
            throw CommandFailure(error)
        }
        let after = try FolderAudit.run(directory: directory) { progress.tell("verifying what was rebuilt: \($0)") }
        progress.end()
        show(
            after.isSound ? "rebuilt" : "still damaged",
            [
                "all \(Numbers.grouped(salvage.next.previous.rawValue)) positions of the log stand where they stood; the damaged folder is \(kept)"
            ]
                + after.problems,
            audit, salvage, kept)
        guard after.isSound else { throw Ending(status: .notRight) }
    }

    private static let otherWays =
        "nothing was changed; restore the newest backup, or promote a standby, and keep this folder: parts of it may still be wanted"

    private func show(
        _ verdict: String, _ sentences: [String], _ audit: FolderAudit, _ salvage: LogSalvage?, _ kept: String?
    ) {
        if output.json {
            return Output.document([
                "verdict": .text(verdict), "damage": .list(audit.problems.map { .text($0) }),
                "log_from": .optional(salvage) { .count($0.reachesBackTo.rawValue) },
                "log_to": .optional(salvage) { .count($0.next.previous.rawValue) },
                "backup": .optional(kept) { .text($0) },
                "said": .list(sentences.map { .text($0) }),
            ])
        }
        for problem in audit.problems { Output.line("WRONG  \(problem)") }
        var sheet = FactSheet()
        sheet.add("verdict", verdict, verdict == "sound" || verdict == "rebuilt" ? .good : .bad)
        if let salvage {
            sheet.add(
                "log found",
                "positions \(salvage.reachesBackTo) to \(salvage.next.previous), each chained to the one before")
        }
        Output.lines(sheet.lines(.standardOutput))
        for sentence in sentences { Output.line(sentence) }
    }
}
