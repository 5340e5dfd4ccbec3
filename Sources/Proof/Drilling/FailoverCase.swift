import Terminal

/// What happens to the primary in the failover drill.
package enum FailoverCase: String, CaseIterable, Sendable {
    case kill
    case freeze
    case cut
    case apart
    case mute
    case deaf

    var sentence: String {
        switch self {
        case .kill: "kill -9"
        case .freeze: "stopped as a whole (SIGSTOP), and woken up after the promotion"
        case .cut: "cut off from everybody"
        case .apart: "cut off from its standby only: callers reach both"
        case .mute: "half-open: it hears, and nothing it sends arrives"
        case .deaf: "half-open: it is heard, and nothing sent to it arrives"
        }
    }

    /// Whether it takes a network that can be cut.
    var needsNetwork: Bool { !ways.isEmpty }

    /// What is cut.
    var ways: [DrillNetwork.Way] {
        switch self {
        case .kill, .freeze: []
        case .cut: DrillNetwork.Way.from(.first) + DrillNetwork.Way.to(.first)
        case .apart: DrillNetwork.Way.between(.first, .second)
        case .mute: DrillNetwork.Way.from(.first)
        case .deaf: DrillNetwork.Way.to(.first)
        }
    }

    /// Whether the callers' requests, and its answers, still pass.
    var isReachable: Bool { self == .apart }
}

/// What a yes means in the failover drill.
package enum FailoverMode: String, CaseIterable, Sendable {
    /// On both disks.
    case sync
    /// On the primary's.
    case async

    func settings(lease: SpanArgument) -> [String] {
        switch self {
        case .sync: ["--standby", "--acknowledge", "standby"]
        case .async: ["--standby", "--acknowledge", "local", "--standby-lease", "\(lease)"]
        }
    }
}
