import ArgumentParser
import Hosting
import Journal
import Proof
import Terminal

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a data folder from the bytes up, without a server and without writing to it.",
        discussion: "Pages, checksums, chain, state tables, every record, and what must always be true of sessions and "
            + "patients. Ends with 1 when anything is wrong, and names each place. On a folder that a server has open it sees the "
            + "last commit, and leaves the pages alone, which change under it.")

    @Argument(help: ArgumentHelp("The data folder.", valueName: "folder"), transform: PathText.read)
    var folder = "./var"

    @OptionGroup var output: OutputOptions

    func run() throws {
        var progress = Progress(isQuiet: output.json)
        let audit: FolderAudit
        do throws(CommandFailure) {
            audit = try FolderAudit.run(directory: folder) { progress.tell("verifying: \($0)") }
        } catch {
            progress.end()
            throw error
        }
        progress.end()
        if output.json {
            Output.document(Self.json(audit, folder))
        } else {
            Output.lines(Self.sheet(audit, folder).lines(.standardOutput))
            for problem in audit.problems { Output.line("WRONG  \(problem)") }
        }
        guard !audit.isSound else { return }
        if !output.json {
            Output.complain(
                "haoyuan: \(folder) is damaged in \(Numbers.counted(audit.problems.count, "place")); keep it as it is and restore "
                    + "from a backup or a standby")
        }
        throw Ending(status: .notRight)
    }

    private static func sheet(_ audit: FolderAudit, _ folder: String) -> FactSheet {
        let journal = audit.journal
        var sheet = FactSheet()
        sheet.add("folder", folder)
        sheet.add("verdict", audit.isSound ? "sound" : "damaged", audit.isSound ? .good : .bad)
        sheet.add(
            "pages", journal.pages == 0 ? "not walked: a process has the folder open" : Numbers.grouped(journal.pages))
        sheet.add(
            "log",
            "\(Numbers.counted(journal.records, "record")) in \(Numbers.counted(journal.chunks, "chunk")) of "
                + Numbers.counted(journal.segments, "segment"))
        sheet.add(
            "tables", "\(Numbers.counted(journal.values, "value")) in \(Numbers.counted(journal.tables, "table"))")
        guard audit.reachedMeaning else { return sheet }
        sheet.add("positions", "\(audit.oldest) to \(audit.last), checkpoint at \(audit.checkpoint)")
        sheet.add(
            "state",
            "\(Numbers.counted(audit.sessions, "session")), \(Numbers.counted(audit.appointments, "appointment")), "
                + "\(Numbers.grouped(audit.archivedAppointments)) archived, \(Numbers.counted(audit.patients, "patient")), "
                + Numbers.counted(audit.keys, "key"))
        return sheet
    }

    static func json(_ audit: FolderAudit, _ folder: String) -> JSON {
        let journal = audit.journal
        return [
            "ok": .bool(audit.isSound), "folder": .text(folder), "pages": .count(journal.pages),
            "segments": .count(journal.segments), "chunks": .count(journal.chunks), "records": .count(journal.records),
            "tables": .count(journal.tables), "values": .count(journal.values),
            "oldest_position": .count(audit.oldest.rawValue), "last_position": .count(audit.last.rawValue),
            "checkpoint_position": .count(audit.checkpoint.rawValue), "sessions": .count(audit.sessions),
            "appointments": .count(audit.appointments), "archived_appointments": .count(audit.archivedAppointments),
            "patients": .count(audit.patients), "keys": .count(audit.keys),
            "problems": .list(audit.problems.map { .text($0) }),
        ]
    }
}
