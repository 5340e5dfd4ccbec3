import ArgumentParser
import Foundation
import NIOConcurrencyHelpers
import Proof
import Terminal

/// 演练: breaks things on purpose and proves that nothing is lost.
struct Drill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Break things on purpose, and prove that nothing is lost.",
        discussion:
            "Each drill starts servers of its own with data folders of its own; it touches no other server and no other data. "
            + "Each ends with an audit and a report. Ends with 0 when every promise held, 1 when one was broken, 77 when it cannot be "
            + "carried out here. docs/operating/drills.md says what each does and how to read its report.",
        subcommands: [
            DrillKill.self, DrillPower.self, DrillDiskFull.self, DrillDiskError.self, DrillDiskSlow.self,
            DrillSoak.self, DrillBitrot.self, DrillFailover.self,
        ])
}

/// What every drill can be told.
struct DrillOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("What the drill does follows from it. Default: another each time.", valueName: "number"),
        transform: NumberText.whole)
    var seed: UInt64 = .random(in: 1...999_999_999)

    @Option(
        help: ArgumentHelp("Make its folders here. Default: the system's temporary folder.", valueName: "folder"),
        transform: PathText.read)
    var folder: String?

    @Option(
        help: ArgumentHelp("Write the report there, as HTML, text and JSON.", valueName: "folder"),
        transform: PathText.read)
    var report: String?

    @OptionGroup var output: OutputOptions
}

extension DrillOptions {
    /// Shows a report, keeps it where it was asked for, and gives the status to end with.
    func finish(_ report: Report) throws {
        if output.json {
            Output.document(report.json)
        } else {
            Output.lines(TextReport(report: report, palette: .standardOutput).lines())
        }
        if let folder = self.report {
            let page = try ReportFolder(path: folder).write(report)
            if !output.json { Output.complain("the report is in \(page)") }
        }
        if report.standing == .failed { throw Ending(status: .notRight) }
    }

    /// Carries out a drill of the disk in a folder of its own, which goes afterwards unless something was found in it.
    func carryOut(
        _ name: String, _ body: (DrillFolder, @escaping @Sendable (String) -> Void) async throws -> DiskOutcome,
        report: (DiskOutcome, _ begun: Int64, _ took: Duration) -> Report
    ) async throws -> Report {
        let (begun, clock) = (Self.now(), ContinuousClock.now)
        let progress = NIOLockedValueBox(Progress(isQuiet: output.json))
        defer { progress.withLockedValue { $0.end() } }
        let folder = try DrillFolder.make(name, in: self.folder)
        do {
            let outcome = try await body(folder) { words in progress.withLockedValue { $0.tell(words) } }
            if outcome.kept == nil { folder.remove() }
            return report(outcome, begun, ContinuousClock.now - clock)
        } catch {
            folder.remove()
            throw error
        }
    }

    static func check(rate: Double) throws {
        guard (10...200_000).contains(rate) else {
            throw ValidationError("--rate is \(rate), it must be 10 to 200,000")
        }
    }

    static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}
