import Engine
import Journal
import Scheduling
import Server
import Terminal

/// What `serve` says once it is ready.
struct Banner {
    let running: RunningEngine
    let settings: ServeSettings

    /// Waits for nothing: a primary whose standby is away is ready, too.
    func show() async {
        let status = await running.engine.status()
        let palette = Palette.standardOutput
        let name =
            status.hospital.name.isEmpty ? "no hospital yet" : "\(status.hospital.name) (\(status.hospital.zone.name))"
        var lines = [
            "\(palette.paint(Version.text, .heading))  \(name)",
            "listening on \(PeerAddress(host: settings.host, port: running.port)), data in \(settings.data)",
            [
                Numbers.counted(status.catalogue.departments, "department"),
                Numbers.counted(status.catalogue.pools, "pool"),
                Numbers.counted(status.counts.sessions, "session"),
                Numbers.counted(status.counts.appointments, "appointment"),
                "position \(Numbers.grouped(status.position.rawValue))",
            ].joined(separator: ", "),
            "ready after \(Numbers.duration(running.took)); Ctrl-C or SIGTERM stops it in order",
        ]
        lines += Self.standing(status.replication, follow: settings.follow.map(\.description), palette)
        if status.clock.isSimulated {
            let warning = "SIMULATED CLOCK: it stands still until haoyuan clock advance. Not for service."
            lines.append(palette.paint(warning, .bad))
        }
        if settings.simulateSyncDelay.milliseconds > 0 {
            let warning = "SIMULATED DISK: each sync waits \(settings.simulateSyncDelay) longer. Not for service."
            lines.append(palette.paint(warning, .bad))
        }
        // The terminal that started a server may have gone since, or its pipe may be read by nobody.
        LogWriter.standardOutput.write(lines.joined(separator: "\n"))
    }

    private static func standing(_ state: ReplicationState, follow: [String], _ palette: Palette) -> [String] {
        switch state.role {
        case .standby:
            return [
                palette.paint(
                    "STANDBY of \(follow.joined(separator: ", ")): takes no writes until it is promoted", .caution)
            ]
        case .deposed: return [palette.paint("DEPOSED: serves nothing but its status", .bad)]
        case .primary: break
        }
        guard state.isStandbyExpected else { return [] }
        if state.isAlone { return [palette.paint("ALONE: what is acknowledged is on this disk only", .bad)] }
        return state.acknowledgement == .none
            ? [
                palette.paint(
                    "WAITING for its standby: no write is acknowledged before it follows (haoyuan alone goes on without)",
                    .bad)
            ]
            : []
    }
}
