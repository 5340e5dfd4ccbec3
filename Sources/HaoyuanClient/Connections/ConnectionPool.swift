import NIOConcurrencyHelpers
import NIOCore
import Wire

/// A few connections, each made when first asked for and made again when it breaks. Requests go round them. All of them
/// lead to the primary, but those of reads that may come from anyone.
final class ConnectionPool: Sendable {
    typealias Slot = SlotStateMachine<ClientConnection>

    private struct State {
        var slots: [ConnectionPurpose: [Slot]]
        var next: [ConnectionPurpose: Int] = [:]
        var isClosed = false
        /// Connections of change feeds, which are nobody else's.
        var feeds: [ObjectIdentifier: ClientConnection] = [:]
        var search: PrimarySearch
        /// The epoch of the server at the other end, by slot and generation.
        var epochs: [Place: UInt32] = [:]

        /// Connections to servers of an earlier epoch: what they were sent may have been applied there, or undone.
        func outdated(before epoch: UInt32) -> [ClientConnection] {
            epochs.filter { $0.value < epoch }.compactMap { place, _ in slots[place.purpose]?[place.slot].current }
        }
    }

    /// One connection of one slot.
    private struct Place: Hashable, Sendable {
        var purpose: ConnectionPurpose
        var slot: Int
        var generation: Int
    }

    private let configuration: ClientConfiguration
    private let group: any EventLoopGroup
    private let time: TimeSource
    private let state: NIOLockedValueBox<State>

    init(_ configuration: ClientConfiguration, group: any EventLoopGroup, time: TimeSource) {
        self.configuration = configuration
        self.group = group
        self.time = time
        let addresses = configuration.addresses.count
        func slots(spread: Bool) -> [Slot] {
            (0..<max(1, configuration.connections)).map { index in
                Slot(addresses: addresses, startingAt: spread ? index + 1 : 0, backoff: configuration.searchBackoff)
            }
        }
        var all: [ConnectionPurpose: [Slot]] = [.deciding: slots(spread: false)]
        // Reads begin with the second address, which is the standby more often than not.
        if configuration.readsFrom == .anyone { all[.reading] = slots(spread: true) }
        state = NIOLockedValueBox(State(slots: all, search: PrimarySearch(addresses: addresses)))
    }

    /// The connection for the next request. It may still be connecting.
    func connection(_ purpose: ConnectionPurpose = .deciding) throws(HaoyuanError) -> ClientConnection {
        let now = time.now()
        let answer: Result<ClientConnection, HaoyuanError> = state.withLockedValue { state in
            guard !state.isClosed else { return .failure(.clientClosed) }
            let purpose = state.slots[purpose] == nil ? .deciding : purpose
            guard let count = state.slots[purpose]?.count else { preconditionFailure("somebody always decides") }
            let index = state.next[purpose, default: 0]
            state.next[purpose] = (index + 1) % count
            switch state.slots[purpose]?[index].take(now: now) {
            case .use(let connection): return .success(connection)
            case .make(let address):
                let made = state.slots[purpose]?[index].made { generation in
                    self.connect(Place(purpose: purpose, slot: index, generation: generation), address: address)
                }
                guard let made else { preconditionFailure("the slot was there a moment ago") }
                return .success(made)
            case .refuse(let delay):
                return .failure(.connectionFailed("no server could be reached a moment ago", retryAfter: delay))
            case nil: preconditionFailure("an index goes round the slots")
            }
        }
        return try answer.get()
    }

    private func connect(_ place: Place, address: Int) -> ClientConnection {
        let guide = ClientConnection.Guide(
            welcomed: { [weak self] role, epoch in self?.judge(role, epoch, place.purpose, place) },
            epoch: { [weak self] in self?.highestEpoch ?? 0 },
            misdirected: { [weak self] in self?.misdirected(place) })
        return ClientConnection(to: configuration.addresses[address], configuration, on: group.next(), guide: guide) {
            [weak self] welcomed in
            self?.ended(place, wasWelcomed: welcomed)
        }
    }

    private func ended(_ place: Place, wasWelcomed: Bool) {
        let (now, jitter) = (time.now(), time.random())
        state.withLockedValue { state in
            state.epochs[place] = nil
            state.slots[place.purpose]?[place.slot].ended(
                generation: place.generation, wasWelcomed: wasWelcomed, now: now, jitter: jitter)
        }
    }

    // MARK: The primary

    /// The highest epoch any server has named.
    var highestEpoch: UInt32 { state.withLockedValue { $0.search.epoch } }

    /// What to do about a server that has just said what it is; nil: stay.
    private func judge(
        _ role: PBRole, _ epoch: UInt32, _ purpose: ConnectionPurpose, _ place: Place?
    ) -> HaoyuanError? {
        let (error, outdated): (HaoyuanError?, [ClientConnection]) = state.withLockedValue { state in
            switch state.search.welcomed(role, epoch: epoch, purpose) {
            case .leave(let error): return (error, [])
            case .stay:
                if let place { state.epochs[place] = epoch }
                return (nil, [])
            case .stayAndLeaveOthers:
                if let place { state.epochs[place] = epoch }
                return (nil, state.outdated(before: epoch))
            }
        }
        for connection in outdated { connection.close(.lost("another server has become primary")) }
        return error
    }

    /// A server said that another should be asked. With one address there is none.
    private func misdirected(_ place: Place) {
        guard configuration.addresses.count > 1 else { return }
        let connection = state.withLockedValue { state -> ClientConnection? in
            guard state.epochs[place] != nil else { return nil }
            return state.slots[place.purpose]?[place.slot].current
        }
        connection?.retire()
    }

    // MARK: Feeds

    /// A connection of its own for a feed, so that its back-pressure reaches nobody else.
    func feedConnection(attempt: Int, _ queue: FeedQueue) throws(HaoyuanError) -> ClientConnection {
        let address = configuration.addresses[attempt % configuration.addresses.count]
        let guide = ClientConnection.Guide(
            welcomed: { [weak self] role, epoch in self?.judge(role, epoch, .deciding, nil) },
            epoch: { [weak self] in self?.highestEpoch ?? 0 }, misdirected: {})
        let connection = ClientConnection(
            to: address, configuration, on: group.next(), feed: queue, guide: guide
        ) { _ in }
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
            return state.slots.values.flatMap { $0.compactMap(\.current) } + Array(state.feeds.values)
        }
        for connection in connections { connection.close(.clientClosed) }
    }
}

extension HaoyuanError {
    static let clientClosed = HaoyuanError(.clientClosed, "the client was closed")
}
