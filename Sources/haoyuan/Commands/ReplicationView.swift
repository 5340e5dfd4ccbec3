import HaoyuanClient
import Terminal

/// How a server stands with the other of its pair, for `status`.
struct ReplicationView {
    let status: ServerStatus

    private var state: ServerStatus.Replication { status.replication }

    /// Whether something is not as it should be: writes refused by a primary, or a server that serves nobody.
    var isWrong: Bool {
        switch status.role {
        case .standby: false
        case .primary: !status.isAcceptingWrites
        case .deposed, .unknown: true
        }
    }

    func add(to sheet: inout FactSheet) {
        switch status.role {
        case .standby: addPrimary(&sheet)
        case .deposed:
            sheet.add("replication", "DEPOSED: another server is primary; this one serves its status alone", .bad)
        case .primary, .unknown: addStandby(&sheet)
        }
    }

    private func addPrimary(_ sheet: inout FactSheet) {
        sheet.add(
            "primary",
            "\(state.primary ?? "none yet"), heard of \(Numbers.duration(state.primaryHeard)) ago",
            state.primaryHeard > .seconds(3) ? .bad : nil)
        sheet.add("lag", lag, (status.lag ?? 0) > 0 ? .caution : .good)
    }

    private func addStandby(_ sheet: inout FactSheet) {
        guard state.isStandbyExpected || state.standby != nil else {
            return sheet.add("standby", "none is expected; a yes means on this disk", .quiet)
        }
        if let standby = state.standby {
            sheet.add("standby", "\(standby), heard of \(Numbers.duration(state.standbyHeard)) ago")
            sheet.add("lag", lag, (status.lag ?? 0) > 0 ? .caution : .good)
        } else {
            sheet.add("standby", "AWAY, heard of \(Numbers.duration(state.standbyHeard)) ago", .bad)
        }
        if state.isAlone {
            sheet.add("acknowledged", "ALONE: on this disk only, until a standby has caught up", .bad)
        } else {
            sheet.add("acknowledged", sentence, state.acknowledgement == .none ? .bad : .good)
        }
    }

    private var lag: String {
        guard let lag = status.lag else { return "unknown" }
        let heard = status.role == .standby ? state.primaryHeard : state.standbyHeard
        return "\(Numbers.counted(lag, "record")), as of \(Numbers.duration(heard)) ago"
    }

    private var sentence: String {
        switch state.acknowledgement {
        case .local: "on this disk"
        case .standby: "on this disk and the standby’s"
        case .none: "WAITING: no write is acknowledged before the standby is back (haoyuan alone goes on without)"
        case .unknown(let number): "acknowledgement-\(number)"
        }
    }

    var json: JSON {
        [
            "acknowledgement": .text(word),
            "standby_expected": .bool(state.isStandbyExpected),
            "standby": .optional(state.standby) { .text($0) },
            "confirmed_position": .count(state.confirmedPosition.rawValue),
            "standby_heard_ms": .number(state.standbyHeard.milliseconds),
            "alone": .bool(state.isAlone),
            "primary": .optional(state.primary) { .text($0) },
            "primary_position": .count(state.primaryPosition.rawValue),
            "primary_heard_ms": .number(state.primaryHeard.milliseconds),
            "lag_records": .optional(status.lag) { .count($0) },
        ]
    }

    private var word: String {
        switch state.acknowledgement {
        case .local: "local"
        case .standby: "standby"
        case .none: "none"
        case .unknown(let number): "acknowledgement-\(number)"
        }
    }
}
