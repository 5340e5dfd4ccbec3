package import Engine
package import Journal
package import Logging
import NIOCore
import NIOPosix
import Wire

/// Why a standby follows no more, and what the keeper of its process has to do about it.
package enum FollowingEnd: Sendable {
    /// The log went another way than the primary's after this tip: save the rest and take it back.
    case cutBack(LogTip)
    /// Nothing of what is here follows on the primary's log: take a whole copy.
    case copyNeeded
    /// It is the primary itself now.
    case promoted
    /// What came cannot follow on the state that is here, or the primary has another hospital: a person must look.
    case failed(String)
    /// Its task was cancelled.
    case cancelled
}

/// A standby at work: finds the primary, takes in its log as it grows, and says how far it has come. When the
/// connection is lost it tries again, for as long as it is a standby.
package final class Following: Sendable {
    private let engine: Engine
    private let addresses: [PeerAddress]
    private let greeting: PeerGreeting
    private let followed: FollowedPrimary
    private let logger: Logger
    private let group: any EventLoopGroup
    private let asker = UInt64.random(in: 1 ... .max)

    /// - Parameters:
    ///   - addresses: where the primary may be, tried in turn; not empty.
    ///   - followed: told what is heard.
    package init(
        _ engine: Engine, addresses: [PeerAddress], greeting: PeerGreeting, followed: FollowedPrimary, logger: Logger
    ) {
        precondition(!addresses.isEmpty, "a standby follows somebody")
        self.engine = engine
        self.addresses = addresses
        self.greeting = greeting
        self.followed = followed
        self.logger = logger
        group = MultiThreadedEventLoopGroup.singleton
    }

    /// Follows until it cannot go on by itself.
    package func run() async -> FollowingEnd {
        var attempts = Attempts()
        while !Task.isCancelled {
            guard engine.role == .standby else { return .promoted }
            let address = addresses[attempts.count % addresses.count]
            do {
                if let end = try await follow(address, { attempts.succeeded() }) { return end }
            } catch {
                guard engine.role == .standby else { return .promoted }
                attempts.failed(error, logger, at: address)
            }
            followed.disconnected()
            do { try await Task.sleep(for: attempts.delay(addresses.count)) } catch { break }
        }
        return engine.role == .standby ? .cancelled : .promoted
    }

    private func follow(_ address: PeerAddress, _ succeeded: () -> Void) async throws -> FollowingEnd? {
        let connection = try await PeerConnection.open(address, greeting, on: group)
        defer { connection.close() }
        let id: UInt32 = 2
        let request = engine.followRequest(name: greeting.name, asker: asker)
        let reply: PBFollowReply
        do throws(PeerFailure) {
            reply = try await connection.ask(.follow, id, PBFollowRequest(request))
        } catch {
            guard error.code == .invalidArgument else { throw error }
            return .failed("\(address) does not take this server as its standby: \(error.description)")
        }
        try await engine.heard(epoch: try checkedEpoch(reply.epoch, field: "epoch"))
        // Promoted while it asked: nothing of what it has is to be moved aside or taken back.
        guard engine.isFollower else { return engine.role == .standby ? nil : .promoted }
        switch reply.answer {
        case .copy, .cutBack:
            let common = reply.answer == .cutBack ? try LogTip(reply.common, field: "common") : nil
            guard engine.stepBack() else { return engine.role == .standby ? nil : .promoted }
            return common.map { .cutBack($0) } ?? .copyNeeded
        case .stream: break
        case .unspecified, .UNRECOGNIZED:
            return .failed("\(address) answered what this version does not know; update it")
        }
        engine.joined()
        followed.connected(to: address.description)
        followed.heard(position: Position(reply.position), epoch: reply.epoch)
        logger.notice(
            "following", metadata: ["primary": "\(address)", "epoch": "\(reply.epoch)", "after": "\(request.end.last)"])
        succeeded()
        return try await StreamIntake(connection, id, reply.epoch, engine, followed).run()
    }
}

/// How often, and how long in between, the other server is tried.
struct Attempts {
    private(set) var count = 0
    private var failures = 0
    private var told: String?

    /// The connection came about; the next trouble is told anew.
    mutating func succeeded() {
        failures = 0
        told = nil
    }

    /// Says what is wrong, once for each new reason.
    mutating func failed(_ error: any Error, _ logger: Logger, at address: PeerAddress) {
        count += 1
        failures += 1
        let why = "\(error)"
        guard told != why else { return }
        told = why
        logger.warning(
            "the other server cannot be reached; trying again", metadata: ["at": "\(address)", "why": "\(why)"])
    }

    /// - Parameter addresses: a whole round of them is one failure.
    func delay(_ addresses: Int) -> Duration {
        let rounds = min(failures / max(1, addresses), 10)
        return .milliseconds(
            min(ReplicationLimits.retryLongestMilliseconds, ReplicationLimits.retryFirstMilliseconds << rounds))
    }
}
