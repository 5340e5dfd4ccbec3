import Engine
import Journal
import NIOConcurrencyHelpers

/// What the engine's tasks have to say to the world, for as long as their process lives.
final class Mailbox: Sendable {
    /// One thing that was said.
    enum Item: Sendable {
        case response(_ execution: Int, Response, epoch: UInt32)
        case news(StandingNews)
        /// What a standby that asked over a connection is told.
        case followAnswer(_ connection: Int, Result<FollowAnswer, EngineError>)
        /// A piece for the standby of a connection; its giver waits until it is out.
        case piece(_ connection: Int, PeerMessage, CheckedContinuation<Bool, Never>)
        /// Why a standby cannot be fed any more.
        case feedingEnded(_ connection: Int, String)
        /// The epoch that came with its primary's answer is on a standby's disk.
        case heardEpoch(_ connection: Int, PeerMessage)
        /// What reached a standby's disk.
        case confirmation(_ connection: Int, Position)
        /// A standby takes nothing more from a connection.
        case intakeEnded(_ connection: Int, IntakeEnd)
        case promotion(Result<UInt32, EngineError>)
        /// The wall clock was accepted, or could not be.
        case clockAccepted
    }

    /// Why a standby takes nothing more from a connection.
    enum IntakeEnd: Sendable {
        /// The connection is over, or brought what does not follow; another is tried.
        case over
        /// What came cannot follow on the state that is here.
        case failed(String)
    }

    private struct State {
        var items: [Item] = []
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())

    func put(_ item: Item) {
        let isLost = state.withLockedValue { state in
            if !state.isClosed { state.items.append(item) }
            return state.isClosed
        }
        if isLost { Self.letGo(item) }
    }

    func take() -> [Item] {
        state.withLockedValue { state in
            defer { state.items.removeAll() }
            return state.items
        }
    }

    /// Gives a piece to the network. Returns once it is out: false when nobody takes any more.
    func send(_ connection: Int, _ message: PeerMessage) async -> Bool {
        await withCheckedContinuation { put(.piece(connection, message, $0)) }
    }

    /// Nobody listens any more: its process is dead.
    func close() {
        let items = state.withLockedValue { state in
            defer { state.items.removeAll() }
            state.isClosed = true
            return state.items
        }
        items.forEach(Self.letGo)
    }

    private static func letGo(_ item: Item) {
        switch item {
        case .piece(_, _, let continuation): continuation.resume(returning: false)
        case .followAnswer(_, .success(.copy(let copy))): copy.close()
        case .followAnswer(_, .success(.stream(let feeder))): feeder.end()
        default: break
        }
    }
}

/// What came over a connection and was not taken in yet.
final class Inbox: Sendable {
    private struct State {
        var chunks: [[UInt8]] = []
        var isClosed = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = NIOLockedValueBox(State())

    func put(_ bytes: [UInt8]) {
        wake { $0.chunks.append(bytes) }
    }

    func close() { wake { $0.isClosed = true } }

    private func wake(_ change: (inout State) -> Void) {
        let waiting = state.withLockedValue { state in
            change(&state)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Everything that came since the last call, in one piece; nil once it is closed. Called by one task.
    func next() async -> [UInt8]? {
        while true {
            let (isClosed, bytes) = state.withLockedValue { state in
                defer { state.chunks.removeAll() }
                return (state.isClosed, state.chunks.flatMap { $0 })
            }
            if isClosed { return nil }
            if !bytes.isEmpty { return bytes }
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    if state.isClosed || !state.chunks.isEmpty { return true }
                    state.waiting = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
