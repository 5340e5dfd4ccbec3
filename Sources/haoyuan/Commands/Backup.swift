import ArgumentParser
import Foundation
import Hosting
import Journal
import Proof
import Terminal

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a backup of a data folder, also while a server has it open.",
        discussion:
            "The first backup in a folder is whole; later ones hold what followed, as long as the log still reaches back "
            + "to the one before. Every file is checksummed, compressed, on disk before it gets its name, and read back once. "
            + "A folder that has backups of another hospital is refused."
    )

    @Argument(
        help: ArgumentHelp("The folder to put it in, on another disk.", valueName: "to"), transform: PathText.read)
    var to: String

    @Option(help: ArgumentHelp("The data folder.", valueName: "folder"), transform: PathText.read)
    var data = "./var"

    @Flag(help: "Take a whole backup, even if what followed the last one would do.")
    var whole = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        var progress = Progress(isQuiet: output.json)
        let began = ContinuousClock.now
        let run = BackupRun(data: data, folder: to, whole: whole, now: Int64(Date().timeIntervalSince1970 * 1_000))
        let outcome: BackupRun.Outcome
        do throws(CommandFailure) {
            outcome = try run.run {
                progress.tell("backing up: \($0)")
            } warn: {
                progress.end()
                Output.complain("haoyuan: \($0)")
            }
        } catch {
            progress.end()
            throw error
        }
        progress.end()
        let took = ContinuousClock.now - began
        if output.json {
            Output.document([
                "file": outcome.path.map { .text($0) } ?? .null, "whole": .bool(outcome.isWhole),
                "from_position": .count(outcome.from.rawValue), "through_position": .count(outcome.through.rawValue),
                "values": .count(outcome.values), "bytes": .count(outcome.bytes),
                "seconds": .decimal(Numbers.seconds(took), digits: 3),
            ])
            return
        }
        guard let path = outcome.path else {
            Output.line("nothing new since position \(Numbers.grouped(outcome.through.rawValue)); no file was written")
            return
        }
        var sheet = FactSheet()
        sheet.add("file", path)
        sheet.add("kind", outcome.isWhole ? "whole" : "what followed")
        sheet.add(
            "positions", "\(Numbers.grouped(outcome.from.rawValue)) to \(Numbers.grouped(outcome.through.rawValue))")
        if outcome.isWhole { sheet.add("values", Numbers.grouped(outcome.values)) }
        sheet.add("size", "\(Numbers.bytes(outcome.bytes)), read back and sound", .good)
        sheet.add("took", Numbers.duration(took))
        Output.lines(sheet.lines(.standardOutput))
    }
}

struct Backups: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the backups in a folder, and whose they are.")

    @Argument(help: ArgumentHelp("The folder with the backups.", valueName: "folder"), transform: PathText.read)
    var folder: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let set = BackupSet(folder)
        guard !set.items.isEmpty || !set.unreadable.isEmpty else {
            throw CommandFailure.usage("there is no backup in \(folder)")
        }
        let clock = Self.clock
        if output.json {
            Output.document(.list(set.items.map { Self.json($0, clock) }))
        } else {
            Output.lines(Self.lines(set, clock))
        }
        for (name, why) in set.unreadable { Output.complain("haoyuan: \(name) in \(folder) cannot be read: \(why)") }
        if !set.unreadable.isEmpty { throw Ending(status: .inputOutput) }
    }

    /// The machine's wall clock: a backup is shown without a server that would tell a hospital's.
    private static var clock: HospitalClock {
        let zone = TimeZone.current.identifier
        if zone == "GMT" { return .utc }
        do throws(CommandFailure) {
            return try HospitalClock(zone: zone)
        } catch {
            Output.complain("haoyuan: \(error); they are shown in UTC")
            return .utc
        }
    }

    private static func json(_ item: BackupSet.Item, _ clock: HospitalClock) -> JSON {
        [
            "file": .text(item.name), "whole": .bool(item.isWhole),
            "hospital": .optional(item.owner.name) { .text($0) }, "cluster": .text(item.owner.id),
            "epoch": .count(item.epoch),
            "from_position": .count(item.header.begin.next.rawValue),
            "through_position": .count(item.header.end.last.rawValue),
            "bytes": .count(item.bytes), "taken": .text(clock.iso(item.taken)),
        ]
    }

    private static func lines(_ set: BackupSet, _ clock: HospitalClock) -> [String] {
        var table = Table([
            .right("THROUGH"), .right("EPOCH"), "TAKEN", "KIND", .right("SIZE"), "HOSPITAL", "CLUSTER", "FILE",
        ])
        for item in set.items {
            table.add([
                .init(Numbers.grouped(item.header.end.last.rawValue)), .init("\(item.epoch)"),
                .init(clock.iso(item.taken)), .init(item.isWhole ? "whole" : "log"),
                .init(Numbers.bytes(item.bytes)), .init(item.owner.name ?? "-"), .init(item.owner.id),
                .init(item.name),
            ])
        }
        return table.lines(.standardOutput)
    }
}
