import Engine
import Journal
import NIOConcurrencyHelpers
import Scheduling
import Wire

/// One stream of a primary's log being taken in: one task takes in what comes, one confirms what reached the disk, one
/// gives signs of life.
struct StreamIntake: Sendable {
    private let connection: PeerConnection
    private let id: UInt32
    /// The primary's. It has no other as long as it feeds.
    private let epoch: UInt32
    private let engine: Engine
    private let followed: FollowedPrimary
    private let requests: NIOLockedValueBox<UInt32>
    /// All of it happens on the connection's event loop: what is read is taken in, and what is on disk is confirmed,
    /// without waking anybody else.
    private let executor: LoopExecutor
    /// The newest sign of life that the primary wants back.
    private let beatToReturn = NIOLockedValueBox<UInt64?>(nil)

    init(_ connection: PeerConnection, _ id: UInt32, _ epoch: UInt32, _ engine: Engine, _ followed: FollowedPrimary) {
        self.connection = connection
        self.id = id
        self.epoch = epoch
        self.engine = engine
        self.followed = followed
        requests = NIOLockedValueBox(id)
        executor = LoopExecutor(connection.eventLoop)
    }

    /// - Returns: Why this server follows nobody any more; nil where only this connection is over.
    func run() async throws -> FollowingEnd? {
        try await withThrowingTaskGroup(of: FollowingEnd?.self) { group in
            group.addTask(executorPreference: executor) { try await takeIn() }
            group.addTask(executorPreference: executor) { try await confirm() }
            group.addTask(executorPreference: executor) { try await beat() }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func takeIn() async throws -> FollowingEnd? {
        while !Task.isCancelled {
            var bytes: [UInt8] = []
            for push in try await connection.pushes(id) {
                guard push.epoch == epoch else { throw PeerFailure("its epoch was \(epoch) and is \(push.epoch)") }
                followed.heard(position: Position(push.position), epoch: push.epoch)
                engine.heard(now: push.nowMs)
                if push.hasBeat { beatToReturn.withLockedValue { $0 = push.beat } }
                bytes += push.chunks
            }
            guard !bytes.isEmpty else { continue }
            do {
                _ = try await engine.take(try ShippedChunks(bytes: bytes))
            } catch let error as JournalError {
                throw error
            } catch is EngineError {
                // It takes nothing in any more because it is being promoted; whether that succeeds is seen later.
                return engine.role == .standby ? nil : .promoted
            } catch {
                return .failed("what the primary sent cannot follow on what is here: \(error)")
            }
        }
        return nil
    }

    private func confirm() async throws -> FollowingEnd? {
        var position = engine.confirmable
        while true {
            try send(position)
            position = try await engine.confirmable(after: position)
        }
    }

    private func beat() async throws -> FollowingEnd? {
        while true {
            try await Task.sleep(for: .milliseconds(ReplicationLimits.heartbeatMilliseconds))
            // Promoted meanwhile: what a dead primary still owes is not waited for.
            guard engine.role == .standby else { return .promoted }
            try send(engine.confirmable)
        }
    }

    private func send(_ position: Position) throws(PeerFailure) {
        try connection.confirm(id, position.rawValue, beat: beatToReturn.withLockedValue { $0 }, requests.nextID())
    }
}

extension NIOLockedValueBox<UInt32> {
    /// Ids of the frames that nothing answers: each another, though nobody looks.
    func nextID() -> UInt32 {
        withLockedValue { id in
            id = id == .max ? 3 : id + 1
            return id
        }
    }
}

extension PeerConnection {
    /// Says that everything up to `position` is on this disk, and that this side is alive.
    /// - Parameter beat: what the primary wants back; nil where it has sent nothing.
    func confirm(_ follow: UInt32, _ position: UInt64, beat: UInt64? = nil, _ id: UInt32) throws(PeerFailure) {
        var confirmation = PBConfirmation()
        confirmation.follow = follow
        confirmation.position = position
        if let beat { confirmation.beat = beat }
        try send(.confirmation, id, confirmation)
    }
}
