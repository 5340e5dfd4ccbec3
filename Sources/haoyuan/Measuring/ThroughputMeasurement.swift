import Engine
import Foundation
import HaoyuanClient
import Journal
import Logging
import NIOCore
import NIOPosix
import Scheduling
import Server
import Wire

/// Durable bookings over real sockets: an engine and its server with a folder of their own, and a load of connections that each
/// keep so many frames unanswered. Ends with an audit: what was acknowledged is what the folder holds, and all of it is sound.
struct ThroughputMeasurement {
    /// How the bookings come.
    struct Shape {
        var connections: Int
        /// Frames unanswered on each connection.
        var depth: Int
        /// Bookings in a frame.
        var perFrame: Int
    }

    struct Round {
        var done: UInt64
        var seconds: Double
        /// From sending a frame to its answer.
        var latencies: LatencyHistogram
        var commits: Int

        var perSecond: Double { Double(done) / seconds }
    }

    struct Report {
        var rounds: [Round]
        var recordBytes: Double
        /// Bookings that were acknowledged, and that the folder has.
        var acknowledged: UInt64
        var found: UInt64
        var violations: [Violation]

        var isSound: Bool { acknowledged == found && violations.isEmpty }
    }

    var shape: Shape
    /// Bookings in a round, each for another patient.
    var bookings: Int
    var rounds: Int
    var eventLoops: Int
    var progress: (_ what: String, _ done: Int, _ total: Int) -> Void

    func run() async throws -> Report {
        let folder = NSTemporaryDirectory() + "haoyuan-bench-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let hospital = BenchHospital(patients: bookings, days: rounds)
        let engine = try Engine.start(BenchHospital.configuration(folder, checkpoints: true))
        try await BenchHospital.putCatalogue(in: engine)
        try await hospital.register(in: engine) { progress("patients", $0, bookings) }
        try await hospital.open(in: engine)
        let before = await engine.status().journal

        var measured: [Round] = []
        let server = try await start(engine)
        for round in 0..<rounds {
            progress("rounds", round, rounds)
            measured.append(try await self.round(round, hospital, engine, server))
        }
        await server.stop(reason: "the measurement is over")
        let after = await engine.status().journal
        await engine.stop()
        let (found, violations) = try audit(folder)
        return Report(
            rounds: measured,
            recordBytes: Double(after.recordBytes - before.recordBytes) / Double(after.records - before.records),
            acknowledged: measured.reduce(0) { $0 + $1.done }, found: found, violations: violations)
    }

    private func start(_ engine: Engine) async throws -> Server {
        var configuration = ServerConfiguration(
            host: "127.0.0.1", port: 0, serverName: "haoyuan bench",
            keyWindowMilliseconds: EngineLimits.keyWindowMilliseconds)
        configuration.eventLoops = eventLoops
        var logger = Logger(label: "haoyuan.bench")
        logger.logLevel = .warning
        return try await Server.start(engine: engine, configuration: configuration, logger: logger)
    }

    private func round(
        _ round: Int, _ hospital: BenchHospital, _ engine: Engine, _ server: Server
    ) async throws -> Round {
        guard let port = server.localAddress.port else { preconditionFailure("a listening server has a port") }
        let address = ClientConfiguration.Address(host: "127.0.0.1", port: port)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let commits = await engine.status().journal.commits
        let clock = ContinuousClock()
        let begin = clock.now
        var sum = BookingLoad.Summary()
        try await withThrowingTaskGroup(of: BookingLoad.Summary.self) { tasks in
            for connection in 0..<shape.connections {
                let eventLoop = group.next()
                let range = bookings * connection / shape.connections..<bookings * (connection + 1) / shape.connections
                let (depth, perFrame) = (shape.depth, shape.perFrame)
                tasks.addTask {
                    try await LoadConnection.run(
                        to: address, ClientConfiguration(addresses: [address], channel: .app), on: eventLoop,
                        depth: depth
                    ) { BookingLoad(perFrame: perFrame, next: Self.bookings(range, round, hospital)) }
                }
            }
            for try await part in tasks { sum.add(part) }
        }
        let elapsed = Numbers.seconds(clock.now - begin)
        try await group.shutdownGracefully()
        if let error = sum.firstError { throw error }
        guard sum.refused == 0, sum.failed == 0 else {
            throw CommandFailure(
                .internal, "\(sum.refused + sum.failed) bookings were not taken", remedy: "please report it")
        }
        return Round(
            done: sum.done, seconds: elapsed, latencies: sum.latencies,
            commits: await engine.status().journal.commits - commits)
    }

    /// The bookings of one connection, one after the other.
    private static func bookings(
        _ range: Range<Int>, _ round: Int, _ hospital: BenchHospital
    ) -> (inout PBBookRequest) -> Bool {
        var next = range.lowerBound
        return { booking in
            guard next < range.upperBound else { return false }
            booking.keyHigh = UInt64(round) + 1
            booking.keyLow = UInt64(next) + 1
            booking.patient = UInt64(next) + 1
            booking.slot = hospital.slot(ofPatient: next, round: round).rawValue
            booking.service = BenchHospital.clinic.rawValue
            next += 1
            return true
        }
    }

    /// What the folder has, and what is wrong with it.
    private func audit(_ folder: String) throws -> (found: UInt64, violations: [Violation]) {
        var options = JournalOptions(directory: folder)
        options.readOnly = true
        let journal = try Journal.open(options)
        let state = try RecoveredState(journal)
        let found = state.pools.reduce(0) { $0 + UInt64($1.counts.appointments) }
        let violations = state.violations()
        try journal.close()
        return (found, violations)
    }
}

extension BookingLoad.Summary {
    fileprivate mutating func add(_ other: BookingLoad.Summary) {
        done += other.done
        refused += other.refused
        failed += other.failed
        repeated += other.repeated
        latencies.add(other.latencies)
        firstError = firstError ?? other.firstError
    }
}
