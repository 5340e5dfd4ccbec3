import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Zones: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Compare the hospital's clock changes with the zone tables of the server's machine, and take those over.",
        discussion:
            "The hospital's rules are kept with its data, and stay when the tables change. `show` ends with 1 while "
            + "both show different times to come.",
        subcommands: [ZonesShow.self, ZonesApply.self], defaultSubcommand: ZonesShow.self)
}

struct ZonesShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show where they differ, and the sessions to come that this concerns.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            guard let zones = try await link.client.status().zones else { throw CommandFailure.noHospital }
            let view = ZoneView(zones)
            if output.json {
                Output.document(view.json)
            } else {
                Output.lines(view.sheet.lines(.standardOutput))
                Output.lines(view.sessions(try await link.names()))
            }
            if !view.isRight { throw Ending(status: .notRight) }
        }
    }
}

struct ZonesApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Let the hospital go by the zone tables of the server's machine from now on.",
        discussion:
            "Sessions that are open keep their moments, and so do their appointments; what is generated or opened from "
            + "now on follows the new rules. Sessions with slots to come that now show another time of day are listed.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let before = try await link.client.status().zones
            guard var hospital = try await link.client.catalogue().catalogue.hospital, let before else {
                throw CommandFailure.noHospital
            }
            hospital.fromTables = true
            var catalogue = Catalogue()
            catalogue.hospital = hospital
            let change = try await link.client.putCatalogue(catalogue)
            let view = ZoneView(before)
            let after = try await link.client.status().zones
            if output.json {
                Output.document([
                    "changed": .bool(change.changed > 0), "position": .count(change.position.rawValue),
                    "before": view.json,
                    "now": .optional(after) { ZoneView($0).json },
                ])
            } else if change.changed > 0 {
                Output.lines(view.taken(try await link.names()))
            } else if let edition = after?.kept, edition != before.kept {
                Output.line("the server's zone tables have the same clock changes; the rules are of \(edition) now")
            } else {
                Output.line("the hospital goes by the server's zone tables already; nothing was changed")
            }
        }
    }
}

extension CommandFailure {
    fileprivate static let noHospital = CommandFailure(
        .usage, "the server says nothing of a hospital's zone", remedy: "import a hospital first")
}

/// Clock changes as a command shows them.
struct ZoneView {
    private let zones: ServerStatus.Zones

    init(_ zones: ServerStatus.Zones) { self.zones = zones }

    /// Whether nothing is to be done.
    var isRight: Bool { zones.trouble == nil && zones.differsFrom == nil }

    private var edition: String { zones.tables ?? "an edition that they do not name" }

    var line: String {
        if let trouble = zones.trouble { return trouble }
        guard let moment = zones.differsFrom else { return "\(edition), as the hospital's rules have it" }
        return
            "\(edition), other than the hospital's rules from \(day(moment)) on, with "
            + "\(Numbers.counted(zones.movedSessions, "session")); see haoyuan zones"
    }

    var sheet: FactSheet {
        var sheet = FactSheet()
        sheet.add("zone", zones.zone)
        sheet.add("tables", zones.trouble ?? edition, zones.trouble == nil ? nil : .bad)
        sheet.add("rules", zones.kept.map { "of \($0)" } ?? "of an edition that was not kept")
        if zones.trouble == nil {
            let day = zones.differsFrom.map(self.day)
            sheet.add(
                "times to come",
                day.map { "differ from \($0) on; haoyuan zones apply takes the tables over" } ?? "the same",
                day == nil ? .good : .bad)
            sheet.add("sessions moved", Numbers.grouped(zones.movedSessions))
        }
        return sheet
    }

    /// As the hospital's rules have it.
    private func day(_ moment: Instant) -> String {
        zones.differsOn?.description ?? "\(HospitalClock.utc.day(moment.milliseconds)) (UTC)"
    }

    /// What is said once the hospital goes by the tables that this compares it with.
    func taken(_ names: HospitalNames) -> [String] {
        let counted = Numbers.counted(zones.movedSessions, "session")
        return [
            "from now on the hospital goes by the server's zone tables; \(counted) to come stay at the moment "
                + "they had, and show another time of day"
        ] + sessions(names)
    }

    /// The sessions that the tables would show at another time, a line each.
    func sessions(_ names: HospitalNames) -> [String] {
        guard !zones.moved.isEmpty else { return [] }
        var table = Table(["SESSION", "POOL", "BY THE RULES", "BY THE TABLES"])
        for moved in zones.moved {
            table.add([
                .init(moved.session.place), .init(names.poolCode(moved.session.pool)),
                .init(Self.wall(moved, moved.keptOffset)), .init(Self.wall(moved, moved.tableOffset)),
            ])
        }
        let more = zones.movedSessions - UInt64(zones.moved.count)
        return table.lines(.standardOutput) + (more > 0 ? ["and \(Numbers.grouped(more)) more"] : [])
    }

    private static func wall(_ moved: ServerStatus.Zones.MovedSession, _ offset: Int32) -> String {
        HospitalClock(offset: offset).iso(moved.from.milliseconds)
    }

    var json: JSON {
        [
            "zone": .text(zones.zone), "tables": .optional(zones.tables) { .text($0) },
            "rules": .optional(zones.kept) { .text($0) }, "trouble": .optional(zones.trouble) { .text($0) },
            "differs_from": .optional(zones.differsFrom) { .text(HospitalClock.utc.iso($0.milliseconds)) },
            "moved_sessions": .count(zones.movedSessions),
            "moved": .list(
                zones.moved.map { moved in
                    [
                        "session": .text("\(moved.session.rawValue)"),
                        "by_rules": .text(Self.wall(moved, moved.keptOffset)),
                        "by_tables": .text(Self.wall(moved, moved.tableOffset)),
                    ]
                }),
        ]
    }
}
