import Engine
import Foundation
import Journal
import Logging
import NIOConcurrencyHelpers
import Scheduling
import Server
import Testing

import struct HaoyuanClient.ClientConfiguration
import class HaoyuanClient.HaoyuanClient

/// One server of a pair: a real engine on a real store in a folder of its own, behind a real server.
final class PairMember: Sendable {
    let folder: String
    let engine: Engine
    let server: Server
    let followed: FollowedPrimary?
    /// Stands still until a test moves it.
    let clock: SimulatedClock
    private let following = NIOLockedValueBox<Task<FollowingEnd, Never>?>(nil)

    var port: Int { server.port }
    var address: ClientConfiguration.Address { .init(host: "127.0.0.1", port: port) }

    private init(
        _ folder: String, _ engine: Engine, _ server: Server, _ followed: FollowedPrimary?, _ clock: SimulatedClock
    ) {
        self.folder = folder
        self.clock = clock
        self.engine = engine
        self.server = server
        self.followed = followed
    }

    static func options(_ folder: String) -> JournalOptions {
        var options = JournalOptions(directory: folder)
        options.tailBytes = 256 << 10
        options.initialFileBytes = 16 << 20
        options.growthStepBytes = 16 << 20
        options.reserveBytes = 4 << 20
        return options
    }

    static let greeting = PeerGreeting(name: "standby", credential: "")
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func primary(
        _ folder: String, _ policy: StandbyPolicy? = nil, disk: (any JournalStorage)? = nil
    ) async throws -> PairMember {
        try await open(folder, .primary, policy, nil, disk: disk)
    }

    /// A standby's folder once more, following nobody.
    static func resumed(_ folder: String, disk: (any JournalStorage)? = nil) async throws -> PairMember {
        try await open(folder, .standby, nil, nil, disk: disk)
    }

    /// Takes a copy where the folder has nothing yet, and follows.
    /// - Parameter port: where it finds its primary, if not where that one listens.
    static func standby(of primary: PairMember, _ folder: String, through port: Int? = nil) async throws -> PairMember {
        let peer = PeerAddress(host: "127.0.0.1", port: port ?? primary.port)
        while try Journal.contents(of: options(folder)) != .journal {
            // As the process does: a copy that was broken off, as a crowded machine breaks it off, is begun anew.
            for name in ["data.mdb", "lock.mdb"] { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
            do {
                try await CopyTransfer(from: peer, greeting: greeting).take(into: options(folder)) { _ in }
            } catch is PeerFailure {}
        }
        let member = try await open(folder, .standby, nil, FollowedPrimary(address: peer.description))
        try member.follow(peer)
        return member
    }

    private static func open(
        _ folder: String, _ role: Role, _ policy: StandbyPolicy?, _ followed: FollowedPrimary?,
        disk: (any JournalStorage)? = nil
    ) async throws -> PairMember {
        var options = options(folder)
        if let disk { options.storage = disk }
        var configuration = EngineConfiguration(journal: options, cores: 2)
        let clock = SimulatedClock(now: ServedHospital.morning)
        configuration.clock = clock
        configuration.seed = 7
        configuration.role = role
        configuration.standby = policy
        let engine = try Engine.start(configuration)
        let server = try await ServedHospital.serve(engine) { $0.followed = followed }
        return PairMember(folder, engine, server, followed, clock)
    }

    func follow(_ peer: PeerAddress) throws {
        let followed = try #require(followed)
        let follower = Following(
            engine, addresses: [peer], greeting: Self.greeting, followed: followed, logger: Self.silent)
        following.withLockedValue { $0 = Task { await follower.run() } }
    }

    /// Why it follows no more.
    func end() async throws -> FollowingEnd {
        try await #require(following.withLockedValue { $0 }).value
    }

    /// Lets time pass.
    func advance(milliseconds: Int64) { clock.advance(to: clock.now().advanced(milliseconds: milliseconds)) }

    /// Returns when everything up to `position` is on its disk.
    func caughtUp(with position: Position) async throws {
        guard engine.confirmable < position else { return }
        _ = try await engine.confirmable(after: position.previous)
    }

    func stop(writingCheckpoint: Bool = true) async {
        following.withLockedValue { $0 }?.cancel()
        await server.stop(reason: "the test is over")
        await engine.stop(writingCheckpoint: writingCheckpoint)
    }
}

/// Folders of a pair, the first with a hospital in it; removed at the end.
struct PairFolders {
    let first: String
    let second: String
    let hospital: KnownPair

    /// What is in the hospital, in numbers.
    struct KnownPair: Sendable {
        var slots: [UInt64]
        var patients: [UInt64]
        var service: UInt32

        /// A booking for the engine itself, without a socket.
        func booking(_ index: Int) -> Write {
            Write(
                key: IdempotencyKey(high: 77, low: UInt64(index) + 1), by: Origin(channel: .app, operatorName: ""),
                command: .book(
                    patient: PatientID(rawValue: patients[index]),
                    item: .init(slot: SlotID(rawValue: slots[index]), service: ServiceID(rawValue: service)),
                    hold: false))
        }
    }

    static func make() async throws -> PairFolders {
        let served = try await ServedHospital.open(patients: 20)
        let known = KnownPair(
            slots: (0..<20).map { served.slotNumber($0) }, patients: served.patientNumbers, service: served.clinicNumber
        )
        let root = NSTemporaryDirectory() + "haoyuan-pair-" + UUID().uuidString
        await served.server.stop(reason: "the hospital is made")
        await served.engine.stop()
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: served.folder, toPath: root + "/first")
        return PairFolders(first: root + "/first", second: root + "/second", hospital: known)
    }

    func remove() { try? FileManager.default.removeItem(atPath: (first as NSString).deletingLastPathComponent) }
}

/// Runs a test with folders of a pair of its own.
func withPair(_ body: (PairFolders) async throws -> Void) async throws {
    let folders = try await PairFolders.make()
    defer { folders.remove() }
    try await body(folders)
}
