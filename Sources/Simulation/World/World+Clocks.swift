import Engine
import Scheduling

// The clocks of the machines, what goes wrong with them, and what their engines' time may be.
extension World {
    /// By how much the wall clock leaps.
    func leap(_ strike: Plan.Strike) -> Int64 {
        [1_000, 60_000, 3_600_000, 90_000_000][strike.amount % 4] * (1 + Int64(strike.amount % 3))
    }

    func comeOverClock(of node: Node, _ strike: Plan.Strike) {
        switch strike.kind {
        case .clockPace:
            switch strike.amount % 4 {
            case 0: node.clock.run(0)
            case 1: node.clock.run(1_020)
            case 2: node.clock.run(900)
            default: node.clock.mend()
            }
        case .clockUnsynchronised: node.clock.setSynchronised(strike.amount % 3 == 0)
        case .clockAccepted: acceptClock(node)
        case .suspension: node.clock.suspend(milliseconds: leap(strike))
        default: break
        }
    }

    /// A person says that a server's wall clock is right.
    func acceptClock(_ node: Node) {
        guard let engine = node.engine, node.stopping == nil else { return }
        node.time.isAccepting = true
        noteClocks()
        Task(executorPreference: node.scheduler) { [mailbox = node.mailbox] in
            _ = try? await engine.acceptClock()
            mailbox.put(.clockAccepted)
        }
    }

    /// A process begins, and with it its time.
    func beginTime(_ node: Node) {
        let told = node.chronicle.latest(upTo: node.onDisk).rawValue
        node.time.begin(
            wall: node.clock.now().rawValue, passed: node.clock.passed, told: told...max(told, casebook.latestMoment),
            isSynchronised: node.clock.isSynchronised(), boot: node.clock.boot(),
            follows: node.engine?.role != .primary)
        noteClocks()
    }

    /// Time has passed, or a clock has changed.
    func noteClocks() {
        for node in nodes where node.engine != nil {
            node.time.note(
                wall: node.clock.now().rawValue, passed: node.clock.passed,
                isSynchronised: node.clock.isSynchronised())
            if nodes.count > 1, node.engine?.role != .primary { node.time.hear(nodes[1 - node.index].time) }
            casebook.latestMoment = max(casebook.latestMoment, node.time.latest)
        }
    }
}
