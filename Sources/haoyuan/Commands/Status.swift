import ArgumentParser
import HaoyuanClient
import Hosting
import Terminal

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the server is doing.",
        discussion:
            "Ends with 1 when a primary takes no writes, and for a deposed server. Give a server of a pair alone to see that one."
    )

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerLink.with(connection) { link in
            let status = try await link.client.status()
            // A primary that waits for its standby, or a deposed one, has no reading to give.
            let patience = RequestOptions(timeout: .seconds(1))
            let catalogue = try? await link.client.catalogue(options: patience).catalogue
            let hospital = catalogue?.hospital
            // Without a catalogue UTC, which the times then say.
            let clock = try catalogue.map { try HospitalClock($0) } ?? .utc
            let replication = ReplicationView(status: status)
            if output.json {
                Output.document(Self.json(status, hospital, clock))
            } else {
                Output.lines(Self.sheet(status, hospital, clock).lines(.standardOutput))
            }
            if replication.isWrong { throw Ending(status: .notRight) }
        }
    }

    private static func sheet(
        _ status: ServerStatus, _ hospital: Catalogue.Hospital?, _ clock: HospitalClock
    ) -> FactSheet {
        let zone = hospital == nil ? " UTC" : ""
        let counts = status.counts
        let journal = status.journal
        let replication = ReplicationView(status: status)
        var sheet = FactSheet()
        sheet.add(
            "server",
            "\(status.server), \(status.role.word), epoch \(status.epoch), up \(Numbers.duration(status.uptime))")
        sheet.add(
            "hospital",
            hospital.map { "\($0.name) (\($0.timeZone))" }
                ?? (replication.isWrong ? "not to be read at this moment" : "none yet; haoyuan import brings one"))
        sheet.add("clock", clock.second(status.now.milliseconds) + zone)
        ClockView(status.clock).add(to: &sheet)
        if let zones = status.zones {
            let view = ZoneView(zones)
            sheet.add("zone tables", view.line, view.isRight ? nil : .bad)
        }
        sheet.add(
            "writes", status.isAcceptingWrites ? "accepted" : "not accepted",
            status.isAcceptingWrites ? .good : replication.isWrong ? .bad : nil)
        if !status.trouble.isEmpty { sheet.add("trouble", status.trouble, .bad) }
        replication.add(to: &sheet)
        sheet.add(
            "catalogue",
            [
                Numbers.counted(counts.departments, "department"), Numbers.counted(counts.resources, "resource"),
                Numbers.counted(counts.services, "service"), Numbers.counted(counts.pools, "pool"),
                Numbers.counted(counts.templates, "template"),
            ].joined(separator: ", "))
        sheet.add("sessions", "\(Numbers.grouped(counts.sessions)) with \(Numbers.counted(counts.slots, "slot"))")
        if let roll = status.roll { sheet.add("rosters", roll.line, roll.trouble.isEmpty ? nil : .bad) }
        for clash in status.clashes { sheet.add("clash", clash, .bad) }
        sheet.add(
            "appointments",
            "\(Numbers.grouped(counts.appointments)) in memory, \(Numbers.counted(counts.holds, "hold")) waiting")
        sheet.add("patients", Numbers.grouped(counts.patients))
        sheet.add("keys", "\(Numbers.grouped(counts.keys)) remembered")
        sheet.add(
            "position",
            "\(Numbers.grouped(status.position.rawValue)), durable \(Numbers.grouped(status.durablePosition.rawValue)), "
                + "feed from \(Numbers.grouped(status.oldestPosition.rawValue))")
        sheet.add(
            "commits",
            "\(Numbers.grouped(journal.commits)), half within \(Numbers.duration(journal.commitMedian)), "
                + "99 % within \(Numbers.duration(journal.commitP99)), longest \(Numbers.duration(journal.commitLongest))"
        )
        sheet.add(
            "disk",
            "\(Numbers.bytes(journal.fileBytes)) of at most \(Numbers.bytes(journal.mapBytes)), log \(Numbers.bytes(journal.logBytes))"
        )
        sheet.add(
            "checkpoint",
            journal.lastCheckpoint.map {
                "\(clock.second($0.milliseconds))\(zone), at position \(Numbers.grouped(journal.checkpoint.rawValue))"
            } ?? "none since the start")
        sheet.add(
            "callers",
            "\(Numbers.counted(status.connections, "connection")), \(Numbers.counted(status.subscriptions, "subscription"))"
        )
        for reader in status.readers {
            sheet.add("reader", "\(reader.name): \(reader.words)", reader.isTrimmed ? .bad : nil)
        }
        return sheet
    }

    private static func json(
        _ status: ServerStatus, _ hospital: Catalogue.Hospital?, _ clock: HospitalClock
    ) -> JSON {
        [
            "server": .text(status.server),
            "cluster": .text(status.cluster.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()),
            "role": .text(status.role.word),
            "epoch": .count(status.epoch),
            "hospital": .optional(hospital) { ["name": .text($0.name), "time_zone": .text($0.timeZone)] },
            "now": .text(clock.iso(status.now.milliseconds)),
            "clock": ClockView(status.clock).json,
            "uptime_ms": .number(status.uptime.milliseconds),
            "accepting_writes": .bool(status.isAcceptingWrites),
            "trouble": .text(status.trouble),
            "position": .count(status.position.rawValue),
            "durable_position": .count(status.durablePosition.rawValue),
            "oldest_position": .count(status.oldestPosition.rawValue),
            "replication": ReplicationView(status: status).json,
            "zones": .optional(status.zones) { ZoneView($0).json },
            "clashes": .list(status.clashes.map { .text($0) }),
            "roll": .optional(status.roll) { $0.json },
            "counts": json(status.counts),
            "journal": json(status.journal, clock),
            "connections": .count(status.connections),
            "subscriptions": .count(status.subscriptions),
            "readers": .list(status.readers.map(\.json)),
        ]
    }

    private static func json(_ counts: ServerStatus.Counts) -> JSON {
        [
            "departments": .count(counts.departments), "resources": .count(counts.resources),
            "services": .count(counts.services), "pools": .count(counts.pools), "templates": .count(counts.templates),
            "sessions": .count(counts.sessions), "slots": .count(counts.slots),
            "appointments": .count(counts.appointments), "holds": .count(counts.holds),
            "patients": .count(counts.patients), "keys": .count(counts.keys),
        ]
    }

    private static func json(_ journal: ServerStatus.Journal, _ clock: HospitalClock) -> JSON {
        [
            "commits": .count(journal.commits), "records": .count(journal.records),
            "record_bytes": .count(journal.bytes),
            "commit_p50_us": .number(journal.commitMedian.microseconds),
            "commit_p99_us": .number(journal.commitP99.microseconds),
            "commit_max_us": .number(journal.commitLongest.microseconds),
            "file_bytes": .count(journal.fileBytes), "file_bytes_limit": .count(journal.mapBytes),
            "log_bytes": .count(journal.logBytes), "pending_bytes": .count(journal.pendingBytes),
            "checkpoint_position": .count(journal.checkpoint.rawValue),
            "checkpointing": .bool(journal.isCheckpointing),
            "last_checkpoint": .optional(journal.lastCheckpoint) { .text(clock.iso($0.milliseconds)) },
        ]
    }
}

extension ServerStatus.Role {
    fileprivate var word: String {
        switch self {
        case .primary: "primary"
        case .standby: "standby"
        case .deposed: "deposed"
        case .unknown(let number): "role-\(number)"
        }
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
