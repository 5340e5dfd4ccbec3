import ArgumentParser
import Foundation
import HaoyuanClient
import Hosting
import Terminal

struct CalendarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "One practitioner's or device's time as a calendar file (iCalendar): out, and in as leaves.",
        subcommands: [CalendarExport.self, CalendarImport.self])
}

/// Whose time, and which days.
struct CalendarDays: ParsableArguments {
    @Option(help: ArgumentHelp("The practitioner, device, room or desk.", valueName: "code"))
    var resource: String

    @Option(help: ArgumentHelp("The first day. Default: today.", valueName: "day"))
    var from = DayArgument.fromToday(0)

    @Option(help: ArgumentHelp("The last day.", valueName: "day"))
    var to: DayArgument

    /// - Throws: where these are no days that a calendar may be asked about.
    func window(
        _ names: HospitalNames, _ link: ServerLink
    ) async throws -> (first: LocalDate, last: LocalDate, days: CalendarWindow) {
        let (first, last) = (try await names.day(from, link), try await names.day(to, link))
        guard let days = CalendarWindow(from: first.description, to: last.description) else {
            throw CommandFailure.usage(
                "--from \(first) --to \(last) is no stretch of 1 to \(CalendarLimits.daysAtOnce) days",
                remedy: "name days from 1970 on, the first one first, and at most so many at once")
        }
        return (first, last, days)
    }
}

struct CalendarExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a resource's sessions as a calendar file (iCalendar, RFC 5545).",
        discussion:
            "An event for each session of the pools that have the resource; a stopped one (停诊) is cancelled. Nothing in "
            + "it is about a patient. A session keeps its UID, so that calendar programs take a later export in its place. "
            + "Without --out the file goes to standard output.")

    @OptionGroup var days: CalendarDays

    @Option(
        help: ArgumentHelp("The file to write; one that is there is replaced.", valueName: "file"),
        transform: PathText.read)
    var out: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let names = try await link.names()
            let resource = try names.resource(days.resource)
            let (first, last, _) = try await days.window(names, link)
            let status = try await link.client.status()
            let sessions = try await link.sessions(of: resource, names, from: first, to: last)
            let calendar = SessionCalendar(resource, names: names, cluster: status.cluster, now: status.now)
            let text = calendar.text(sessions)
            if let out { try Self.write(text, to: out) }
            if output.json {
                Output.document([
                    "resource": .text(resource.code), "from": .text(first.description), "to": .text(last.description),
                    "events": .count(sessions.count), "file": .optional(out) { .text($0) },
                    "calendar": out == nil ? .text(text) : .null,
                ])
            } else if let out {
                Output.line("\(Numbers.counted(sessions.count, "session")) of \(resource.code) written to \(out)")
            } else {
                Output.put(text)
            }
        }
    }

    private static func write(_ text: String, to path: String) throws(CommandFailure) {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .inputOutput, "\(path) cannot be written", remedy: "name a file in a folder that you may write to")
        }
    }
}

extension ServerLink {
    /// The sessions of the pools that have the resource.
    func sessions(
        of resource: Catalogue.Resource, _ names: HospitalNames, from first: LocalDate, to last: LocalDate
    ) async throws -> [Session] {
        var sessions: [Session] = []
        for pool in names.catalogue.pools where pool.resources.contains(resource.code) {
            sessions += try await client.sessions(pool: pool.id, from: first, to: last)
        }
        return sessions
    }
}
