import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a hospital into the engine, from a YAML file or a folder of CSV files.",
        discussion:
            "Entities are matched by code: known ones are updated, new ones added, none removed. All of it or, when "
            + "one is wrong, none. Importing the same again changes nothing.")

    @Argument(
        help: ArgumentHelp("A YAML file, or a folder with departments.csv, pools.csv and so on.", valueName: "path"),
        transform: PathText.read)
    var path: String

    @Option(help: ArgumentHelp("Then open the sessions of the templates from today to this day.", valueName: "day"))
    var until: DayArgument?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let hospital = try HospitalSource.read(path)
        try await ServerLink.with(connection) { link in
            if until != nil, hospital.catalogue.hospital == nil { try await checkZone(link) }
            if hospital.leavesLimitUnsaid { try hospital.checkLimits(try await link.client.catalogue().catalogue) }
            let zones = try await zonesLeft(for: hospital.catalogue.hospital, link)
            let change = try await link.client.putCatalogue(hospital.catalogue)
            if !hospital.defaults.isEmpty {
                Output.complain("left out, so taken: \(hospital.defaults.joined(separator: "; "))")
            }
            let opened = try await until.asyncMap { try await generate(until: $0, link) }
            if output.json {
                Output.document([
                    "added": .count(change.added), "changed": .count(change.changed),
                    "unchanged": .count(change.unchanged), "position": .count(change.position.rawValue),
                    "zones": .optional(zones) { ZoneView($0).json },
                    "sessions": .optional(opened) {
                        [
                            "opened": .count($0.opened), "unchanged": .count($0.unchanged),
                            "withdrawn": .count($0.withdrawn),
                            "conflicts": .list($0.conflicts.map { .text($0) }),
                        ]
                    },
                ])
            } else {
                Output.line("\(change.added) added, \(change.changed) changed, \(change.unchanged) as they were")
                if let zones { Output.lines(ZoneView(zones).taken(try await link.names())) }
                if let opened {
                    Output.line(opened.line)
                    for conflict in opened.conflicts { Output.complain("not opened: \(conflict)") }
                }
            }
            if let opened, !opened.conflicts.isEmpty { throw Ending(status: .notRight) }
        }
    }

    /// Before anything is put: how the hospital's clock changes stand to those of another zone that the file names; nil
    /// where it keeps its zone, or is new.
    private func zonesLeft(
        for hospital: Catalogue.Hospital?, _ link: ServerLink
    ) async throws -> ServerStatus.Zones? {
        guard let hospital else { return nil }
        guard let zones = try await link.client.status(zone: hospital.timeZone).zones else { return nil }
        // A zone without a table is refused by the put, which says why.
        return zones.zone == hospital.timeZone || zones.trouble != nil ? nil : zones
    }

    /// Before anything is put: sessions need a zone, and no zone is guessed.
    private func checkZone(_ link: ServerLink) async throws {
        let known = try await link.client.catalogue().catalogue.hospital
        guard known?.name.isEmpty ?? true else { return }
        throw CommandFailure(
            .configuration, "\(path) names no time zone, and neither does the server: no session can be opened",
            remedy: "add the hospital with its name and its time_zone, such as Asia/Shanghai")
    }

    private func generate(until: DayArgument, _ link: ServerLink) async throws -> SessionsOpened {
        let names = try await link.names()
        return try await link.client.generateSessions(
            from: names.day(.fromToday(0), link), to: names.day(until, link))
    }
}
