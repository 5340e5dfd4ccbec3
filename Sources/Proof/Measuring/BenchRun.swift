import Foundation
import HaoyuanClient
import Hosting
import NIOCore
import NIOPosix
import Terminal
import Wire

/// One measurement: a server, a hospital in it, load over real sockets, an audit.
package struct BenchRun {
    var plan: BenchPlan
    /// Told what it is at.
    var tell: (String) -> Void

    package init(plan: BenchPlan, tell: @escaping (String) -> Void) {
        self.plan = plan
        self.tell = tell
    }

    /// One pass of the load.
    struct Pass: Sendable {
        var figures: LoadFigures
        /// Operations that were meant to be sent in a second; nil in a closed loop.
        var offered: Double?
        var before: ServerSample
        var after: ServerSample
        /// Processor seconds of the load itself.
        var clientSeconds: Double
        /// When checkpoints ended, in seconds after the start.
        var checkpoints: [Double]

        var seconds: Double { Double(figures.lasted) / 1e9 }
        /// Operations that were answered, refusals included, but no errors.
        var perSecond: Double { Double(figures.outcome.done + figures.outcome.refused) / max(seconds, 1e-9) }
    }

    /// All passes, and what the audit found.
    package struct Outcome: Sendable {
        var passes: [Pass]
        var checks: [Report.Check]
        var refusals: [(rule: String, count: Int)]
        /// How far the client may speak of the server's processor time and writes.
        var isOwnServer: Bool

        package var isSound: Bool { checks.allSatisfy(\.holds) }
    }

    private typealias Group = LoadGroup<any BenchSource>

    package func run() async throws -> Outcome {
        let files = OpenFiles.raise()
        guard files >= plan.shape.connections + 64 else {
            throw CommandFailure(
                .temporary, "\(plan.shape.connections) connections need more open files than the \(files) allowed here",
                remedy: "raise the limit, ulimit -n \(plan.shape.connections + 64), or take fewer with --connections")
        }
        tell("starting")
        let server = try await BenchServer.start(plan, tell)
        do {
            let outcome = try await measure(server)
            server.removeFolder()
            return outcome
        } catch {
            await server.kill()
            server.removeFolder()
            throw error
        }
    }

    private func measure(_ server: BenchServer) async throws -> Outcome {
        var configuration = ClientConfiguration(addresses: [server.address], channel: .app, operatorName: "bench")
        configuration.credential = plan.credential
        configuration.requestTimeout = .seconds(60)
        let client = HaoyuanClient(configuration)
        defer { client.close() }
        let site = try await BenchSite.furnish(client, plan, tell)
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: plan.clientLoops)
        var passes: [Pass] = []
        var ledger = BenchLedger()
        do {
            let mark = LoadMark()
            let groups = try await connect(site, loops, configuration, mark)
            if plan.warmUp > 0 { _ = try await pass(0, plan.warmUp, groups, server, client, mark) }
            for number in 1...plan.shape.passes {
                passes.append(try await pass(number, plan.shape.count, groups, server, client, mark))
            }
            for group in groups { ledger.add(try await group.look { $0.ledger }) }
            for group in groups { try await group.close() }
        } catch {
            try? await loops.shutdownGracefully()
            throw error
        }
        try await loops.shutdownGracefully()
        tell("auditing")
        if plan.scenario == .held { try await waitForHolds(client) }
        let audit = BenchAudit(ledger: ledger, site: site, plan: plan, figures: passes.map(\.figures))
        var checks: [Report.Check]
        if let data = server.data {
            // Where there was something before, what this load made is told apart by its days, which only the server
            // counts by.
            checks = plan.resident > 0 ? try await audit.lookAtSessions(client) : []
            await server.kill()
            checks = audit.look(at: try BenchFolder(at: data)) + checks
        } else {
            checks = try await audit.look(at: client)
            await server.kill()
        }
        checks += audit.answers
        return Outcome(
            passes: passes, checks: checks,
            refusals: ledger.refusals.sorted { $0.value > $1.value }.map {
                (Rule($0.key).name, $0.value)
            }, isOwnServer: server.isOwn)
    }

    private func connect(
        _ site: BenchSite, _ loops: MultiThreadedEventLoopGroup, _ configuration: ClientConfiguration,
        _ mark: LoadMark
    ) async throws -> [Group] {
        let keys = UInt64.random(in: 1 ... .max)
        var groups: [Group] = []
        for (index, loop) in Array(loops.makeIterator()).enumerated() {
            let people = share(index, of: site.patients.count)
            let plan = plan
            let group = try await Group(
                on: loop, depth: plan.shape.depth, kinds: BenchKind.allCases.count, mark: mark,
                makeSource: {
                    guard plan.scenario.isBookingsOnly else {
                        return MixSource(site, plan, people: people, keys: keys, index: index)
                    }
                    return BookingSource(site, perFrame: plan.shape.perFrame, keys: keys, seed: plan.seed)
                }, asSource: { $0 })
            let count = share(index, of: plan.shape.connections).count
            tell("connecting \(Numbers.grouped(plan.shape.connections)) times")
            try await group.connect(max(1, count), configuration)
            groups.append(group)
        }
        return groups
    }

    /// The part of one event loop.
    private func share(_ index: Int, of count: Int) -> Range<Int> {
        count * index / plan.clientLoops..<count * (index + 1) / plan.clientLoops
    }

    private func pass(
        _ number: Int, _ count: Int, _ groups: [Group], _ server: BenchServer, _ client: HaoyuanClient,
        _ mark: LoadMark
    ) async throws -> Pass {
        let schedules = groups.indices.map { index in
            plan.shape.rate.map { rate in
                LoadSchedule(
                    plan.arrivals, perSecond: rate / Double(groups.count),
                    count: share(index, of: count).count / plan.shape.perFrame,
                    seed: plan.seed &+ UInt64(number * 64 + index))
            }
        }
        let (before, own) = (try await server.sample(client), ProcessTimes.own)
        // Far enough ahead that every event loop has its timer by then.
        let start = NIODeadline.now() + .milliseconds(20)
        let what = number == 0 ? "warming up" : "pass \(number) of \(plan.shape.passes)"
        let watch = BenchWatch(client, start, mark)
        let watching = Task { await watch.run() }
        defer { watching.cancel() }
        let figures = try await withThrowingTaskGroup(of: LoadFigures?.self) { tasks in
            for (index, group) in groups.enumerated() {
                let range = share(index, of: count)
                tasks.addTask { try await group.run(schedules[index], at: start) { $0.prepare(pass: number, range) } }
            }
            var parts: [LoadFigures] = []
            tasks.addTask { try await Self.tick() }
            while let part = try await tasks.next() {
                if let part { parts.append(part) }
                if parts.count == groups.count { break }
                guard part == nil else { continue }
                let done = groups.reduce(0) { $0 + $1.answered }
                tell("\(what): \(Numbers.grouped(done)) of \(Numbers.grouped(count))")
                tasks.addTask { try await Self.tick() }
            }
            tasks.cancelAll()
            var sum = parts[0]
            for part in parts.dropFirst() { sum.add(part) }
            return sum
        }
        return Pass(
            figures: figures, offered: plan.shape.rate, before: before, after: try await server.sample(client),
            clientSeconds: ProcessTimes.own - own, checkpoints: await watch.checkpoints)
    }

    /// Time for a look at the server and at the progress.
    private static func tick() async throws -> LoadFigures? {
        try? await Task.sleep(for: .milliseconds(250))
        return nil
    }

    /// Holds that nobody confirmed end by themselves; the audit wants to see it.
    private func waitForHolds(_ client: HaoyuanClient) async throws {
        let deadline = ContinuousClock.now + .seconds(Int64(BenchSite.holdSeconds) + 10)
        while try await client.status().counts.holds > 0, ContinuousClock.now < deadline {
            tell("waiting for holds to expire")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// Looks at a server while it is loaded, rarely enough not to be a load itself: fifty times a second it asks for the
/// status, which takes some microseconds.
private actor BenchWatch {
    private let client: HaoyuanClient
    private let start: NIODeadline
    private let mark: LoadMark
    private var last: Instant?
    private var isFirst = true
    private(set) var checkpoints: [Double] = []

    init(_ client: HaoyuanClient, _ start: NIODeadline, _ mark: LoadMark) {
        self.client = client
        self.start = start
        self.mark = mark
    }

    func run() async {
        while !Task.isCancelled {
            await look()
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        mark.set(false)
    }

    private func look() async {
        guard let status = try? await client.status(options: RequestOptions(timeout: .milliseconds(500))) else {
            return
        }
        // One that was too short to be seen under way has ended since the look before: the answers of this moment saw
        // it.
        let hasEnded = !isFirst && status.journal.lastCheckpoint != last
        mark.set(status.journal.isCheckpointing || hasEnded)
        if hasEnded { checkpoints.append(max(0, Double((NIODeadline.now() - start).nanoseconds) / 1e9)) }
        isFirst = false
        last = status.journal.lastCheckpoint
    }
}
