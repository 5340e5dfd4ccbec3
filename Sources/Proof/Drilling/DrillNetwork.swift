import Foundation
import Glibc
import Terminal

/// Two machines of a drill, each with its own network, and this one: three cables between them, each of which can be
/// cut in one direction or in both.
///
/// A machine is a network namespace that one waiting process keeps: it ends with this process, whatever ends that, and
/// the kernel takes namespace and cables away with it, as it would not a named one. After kill -9 in the middle of a
/// cut that lasts until connections are given up that nobody answers any more, some minutes; the next drill need not
/// wait for it.
///
/// A cut is the queueing discipline `blackhole` at the sending end: the kernel takes the packets and drops them, and
/// tells nobody, as a cut cable does. A route of that name, or an interface set down, would tell the sender at once.
final class DrillNetwork: Sendable {
    enum Machine: String, CaseIterable, Sendable {
        /// The primary's.
        case first
        /// The standby's.
        case second
        /// This one, with everybody who calls.
        case callers
    }

    /// One direction of one cable.
    struct Way: Hashable, Sendable {
        var from: Machine
        var to: Machine

        /// Every way that leads away from a machine.
        static func from(_ machine: Machine) -> [Way] {
            Machine.allCases.filter { $0 != machine }.map { Way(from: machine, to: $0) }
        }

        /// Every way that leads to a machine.
        static func to(_ machine: Machine) -> [Way] {
            Machine.allCases.filter { $0 != machine }.map { Way(from: $0, to: machine) }
        }

        static func between(_ one: Machine, _ other: Machine) -> [Way] {
            [Way(from: one, to: other), Way(from: other, to: one)]
        }
    }

    static let tools = ["ip", "tc", "nsenter", "unshare", "cat"]
    /// The port of each server, in its own network.
    static let port = 7_440

    private let first: SpawnedProcess
    private let second: SpawnedProcess

    /// Whether there can be one here.
    /// - Throws: what is missing, with the status that says so.
    static func require() throws(CommandFailure) {
        try SystemTool.requireRoot(
            for: "cutting servers off", because: "networks of their own, which only root may make", tools: tools,
            of: "iproute2 util-linux coreutils", remedy: "run it as root, or with --cases kill,freeze")
    }

    private init(_ first: SpawnedProcess, _ second: SpawnedProcess) {
        self.first = first
        self.second = second
    }

    /// Makes one: every machine reaches each of the others.
    /// - Parameter folder: for what the tools say.
    static func make(in folder: String) async throws(CommandFailure) -> DrillNetwork {
        let network = DrillNetwork(
            try await keeper(folder + "/first.network"), try await keeper(folder + "/second.network"))
        do throws(CommandFailure) {
            try await network.lay(.callers, .first, number: 0)
            try await network.lay(.callers, .second, number: 1)
            try await network.lay(.first, .second, number: 2)
            for machine in [Machine.first, .second] { try await network.run(on: machine, "ip", "link set lo up") }
        } catch {
            await network.end()
            throw error
        }
        return network
    }

    /// Takes away the cables of drills that are gone.
    private static func sweep() async {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")) ?? []
        for name in names {
            guard let found = name.wholeMatch(of: #/hy(\d+)[fs]/#), kill(pid_t(found.1) ?? 0, 0) != 0, errno == ESRCH
            else { continue }
            _ = try? await SystemTool.run("ip", "link", "del", name)
        }
    }

    /// A process that keeps a namespace, and ends with its standard input.
    private static func keeper(_ log: String) async throws(CommandFailure) -> SpawnedProcess {
        guard let unshare = SystemTool.path(of: "unshare"), let cat = SystemTool.path(of: "cat") else {
            throw CommandFailure(.notHere, "unshare is not installed")
        }
        let process = try SpawnedProcess(unshare, ["--net", cat], log: log)
        let own = namespace("self")
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            if let its = namespace("\(process.processID)"), its != own { return process }
            guard process.ending == nil, ContinuousClock.now < deadline else {
                let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                throw CommandFailure(
                    .notHere, "a network of its own cannot be made: \(said)", remedy: "run it where root may do so")
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    private static func namespace(_ process: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/net")
    }

    // MARK: Cables

    /// A network of its own for each drill that runs at the same time, out of those set apart for tests (RFC 2544).
    private let subnet = "198.\(18 + getpid() / 256 % 2).\(getpid() % 256)"

    private func lay(_ one: Machine, _ other: Machine, number: Int) async throws(CommandFailure) {
        let (near, far) = (interface(of: one, to: other), interface(of: other, to: one))
        try await run(on: one, "ip", "link add \(near) type veth peer name \(far) netns \(keeper(of: other).processID)")
        for (machine, name, host) in [(one, near, 1), (other, far, 2)] {
            try await run(on: machine, "ip", "addr add \(subnet).\(4 * number + host)/30 dev \(name)")
            try await run(on: machine, "ip", "link set \(name) up")
        }
    }

    /// In this machine's own network the name must be nobody else's.
    private func interface(of machine: Machine, to other: Machine) -> String {
        machine == .callers ? "hy\(getpid())\(other.rawValue.prefix(1))" : other.rawValue
    }

    private func keeper(of machine: Machine) -> SpawnedProcess { machine == .first ? first : second }

    private func run(on machine: Machine, _ tool: String, _ words: String) async throws(CommandFailure) {
        let arguments = words.split(separator: " ").map(String.init)
        guard machine != .callers else {
            try await SystemTool.run(tool, arguments)
            return
        }
        try await SystemTool.run(
            "nsenter",
            ["--net=/proc/\(keeper(of: machine).processID)/ns/net", SystemTool.path(of: tool) ?? tool] + arguments)
    }

    /// From now on nothing that is sent these ways arrives, and nobody is told.
    func cut(_ ways: [Way]) async throws(CommandFailure) {
        for way in ways { try await run(on: way.from, "tc", "qdisc replace dev \(device(way)) root blackhole") }
    }

    /// Everything arrives again.
    func mend(_ ways: [Way]) async throws(CommandFailure) {
        for way in ways { try await run(on: way.from, "tc", "qdisc del dev \(device(way)) root") }
    }

    private func device(_ way: Way) -> String { interface(of: way.from, to: way.to) }

    // MARK: Servers

    /// Where the server of a machine runs, as its callers see it.
    func site(of machine: Machine) -> ChildServer.Site {
        ChildServer.Site(
            host: "0.0.0.0", port: Self.port, reachedAt: "\(subnet).\(machine == .first ? 2 : 6)",
            launcher: [
                SystemTool.path(of: "nsenter") ?? "nsenter", "--net=/proc/\(keeper(of: machine).processID)/ns/net",
            ])
    }

    /// Where the other server of the pair reaches that of a machine.
    func peerAddress(of machine: Machine) -> String { "\(subnet).\(machine == .first ? 9 : 10):\(Self.port)" }

    /// Takes it away; the servers in it have ended.
    func end() async {
        // The kernel takes its time with what nobody has any more; the next one may want the same names at once.
        for machine in [Machine.first, .second] {
            _ = try? await SystemTool.run("ip", "link", "del", interface(of: .callers, to: machine))
        }
        for keeper in [first, second] {
            keeper.signal(SIGKILL)
            _ = await keeper.end()
        }
    }
}
