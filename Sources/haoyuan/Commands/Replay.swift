import ArgumentParser
import Foundation
import Hosting
import Proof
import Terminal

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replay a trace of real appointments over sockets, and audit the outcome.",
        discussion:
            "Starts an engine of its own with a simulated clock, builds the trace’s hospital, books every appointment in "
            + "the order people booked, follows with check-ins and no-shows, repeats all of it, and checks what is left against "
            + "the trace. Ends with 1 when a check fails. docs/reference/replay.md says what a trace is and how it is read."
    )

    @Option(help: ArgumentHelp("The trace, a CSV file.", valueName: "file"), transform: PathText.read)
    var trace: String

    @Option(
        help: ArgumentHelp(
            "Keep the data in this folder. Default: a temporary one, removed in the end.", valueName: "folder"),
        transform: PathText.read)
    var data: String?

    @Option(
        help: ArgumentHelp(
            "How often to replay; from the second time on nothing may change. Default: 2.", valueName: "number"),
        transform: NumberText.whole)
    var passes = 2

    @Option(
        help: ArgumentHelp("Connections to spread the clinics over. Default: 1.", valueName: "number"),
        transform: NumberText.whole)
    var connections = 1

    @Option(
        help: ArgumentHelp(
            "Allow so many appointments of a patient on a day in a clinic; 0 for no limit.", valueName: "number"),
        transform: NumberText.whole)
    var perDayDepartment: UInt32 = 0

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...100).contains(passes) else { throw ValidationError("--passes is \(passes), it must be 1 to 100") }
        guard (1...256).contains(connections) else {
            throw ValidationError("--connections is \(connections), it must be 1 to 256")
        }
    }

    func run() async throws {
        var read = try Trace(Array(InputFile.text(trace).utf8), name: trace)
        guard !read.isEmpty else { throw CommandFailure.usage("\(trace) has no row that can be used") }
        let plan = try TracePlan(&read)
        var report = ReplayReport(file: trace, read, plan)
        var progress = Progress(isQuiet: output.json)
        let folder = data ?? NSTemporaryDirectory() + "haoyuan-replay-\(UUID().uuidString)"
        defer { if data == nil { try? FileManager.default.removeItem(atPath: folder) } }
        do {
            try await replay(plan, folder, &report) { progress.tell($0) }
            let audit = try FolderAudit.run(directory: folder) { progress.tell("verify: \($0)") }
            report.add(audit)
        } catch {
            progress.end()
            throw error
        }
        progress.end()
        if output.json { Output.document(report.json) } else { Output.lines(report.lines(.standardOutput)) }
        if !report.isRight { throw Ending(status: .notRight) }
    }

    private func replay(
        _ plan: TracePlan, _ folder: String, _ report: inout ReplayReport, progress: (String) -> Void
    ) async throws {
        let stage = try await ReplayStage.open(data: folder, began: plan.begins, lasts: plan.lasts)
        let run = ReplayRun(
            plan: plan, passes: passes, connections: connections, perDayDepartment: perDayDepartment)
        do {
            try await run.run(on: stage, &report, progress: progress)
        } catch {
            await stage.close()
            throw CommandFailure(duringReplay: error)
        }
        await stage.close()
    }
}
