import NIOConcurrencyHelpers
import NIOCore

/// A few connections, each made when first asked for and made again when it breaks. Requests go round them.
final class ConnectionPool: Sendable {
    typealias Slot = SlotStateMachine<ClientConnection>

    private struct State {
        var slots: [Slot]
        var next = 0
        var isClosed = false
        /// Connections of change feeds, which are nobody else's.
        var feeds: [ObjectIdentifier: ClientConnection] = [:]
    }

    private let configuration: ClientConfiguration
    private let group: any EventLoopGroup
    private let time: TimeSource
    private let state: NIOLockedValueBox<State>

    init(_ configuration: ClientConfiguration, group: any EventLoopGroup, time: TimeSource) {
        self.configuration = configuration
        self.group = group
        self.time = time
        let slots = (0..<max(1, configuration.connections)).map { index in
            Slot(addresses: configuration.addresses.count, startingAt: 0, backoff: configuration.backoff)
        }
        state = NIOLockedValueBox(State(slots: slots))
    }

    /// The connection for the next request. It may still be connecting.
    func connection() throws(HaoyuanError) -> ClientConnection {
        let now = time.now()
        let answer: Result<ClientConnection, HaoyuanError> = state.withLockedValue { state in
            guard !state.isClosed else { return .failure(.clientClosed) }
            let index = state.next
            state.next = (index + 1) % state.slots.count
            switch state.slots[index].take(now: now) {
            case .use(let connection): return .success(connection)
            case .make(let address):
                return .success(state.slots[index].made { self.connect(slot: index, address: address, generation: $0) })
            case .refuse(let delay):
                return .failure(.connectionFailed("no server could be reached a moment ago", retryAfter: delay))
            }
        }
        return try answer.get()
    }

    private func connect(slot: Int, address: Int, generation: Int) -> ClientConnection {
        ClientConnection(to: configuration.addresses[address], configuration, on: group.next()) {
            [weak self] welcomed in
            self?.ended(slot: slot, generation: generation, wasWelcomed: welcomed)
        }
    }

    private func ended(slot: Int, generation: Int, wasWelcomed: Bool) {
        let (now, jitter) = (time.now(), time.random())
        state.withLockedValue {
            $0.slots[slot].ended(generation: generation, wasWelcomed: wasWelcomed, now: now, jitter: jitter)
        }
    }

    // MARK: Feeds

    /// A connection of its own for a feed, so that its back-pressure reaches nobody else.
    func feedConnection(attempt: Int, _ queue: FeedQueue) throws(HaoyuanError) -> ClientConnection {
        let address = configuration.addresses[attempt % configuration.addresses.count]
        let connection = ClientConnection(to: address, configuration, on: group.next(), feed: queue) { _ in }
        let isClosed = state.withLockedValue { state in
            if !state.isClosed { state.feeds[ObjectIdentifier(connection)] = connection }
            return state.isClosed
        }
        guard !isClosed else {
            connection.close(.clientClosed)
            throw .clientClosed
        }
        return connection
    }

    func release(_ connection: ClientConnection) {
        _ = state.withLockedValue { $0.feeds.removeValue(forKey: ObjectIdentifier(connection)) }
        connection.close(.clientClosed)
    }

    // MARK: The end

    func close() {
        let connections = state.withLockedValue { state in
            state.isClosed = true
            defer { state.feeds = [:] }
            return state.slots.compactMap(\.current) + Array(state.feeds.values)
        }
        for connection in connections { connection.close(.clientClosed) }
    }
}

extension HaoyuanError {
    static let clientClosed = HaoyuanError(.clientClosed, "the client was closed")
}
