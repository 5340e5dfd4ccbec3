/// One place of the pool: it holds a connection, or makes one when somebody asks. Addresses are tried in turn; when a
/// whole round has failed, it waits before the next.
struct SlotStateMachine<Connection> {
    enum Answer {
        case use(Connection)
        /// Make a connection to the address with this index and hand it to ``made(_:)``.
        case make(address: Int)
        /// All addresses failed a moment ago.
        case refuse(retryAfter: Duration)
    }

    private let addresses: Int
    private let backoff: ClientConfiguration.Backoff
    private var address: Int
    private var connection: (value: Connection, generation: Int)?
    private var generation = 0
    private var failures = 0
    /// Nanoseconds of the monotonic clock.
    private var notBefore: UInt64 = 0

    init(addresses: Int, startingAt address: Int, backoff: ClientConfiguration.Backoff) {
        precondition(addresses > 0, "a client needs at least one address")
        self.addresses = addresses
        self.address = address % addresses
        self.backoff = backoff
    }

    var current: Connection? { connection?.value }

    mutating func take(now: UInt64) -> Answer {
        if let connection { return .use(connection.value) }
        guard now >= notBefore else { return .refuse(retryAfter: .nanoseconds(Int64(notBefore - now))) }
        return .make(address: address)
    }

    /// - Returns: The generation by which ``ended(generation:wasWelcomed:now:jitter:)`` will name this connection.
    mutating func made(_ make: (Int) -> Connection) -> Connection {
        generation += 1
        let made = make(generation)
        connection = (made, generation)
        return made
    }

    /// A connection takes no more requests: it broke, or its server says goodbye, or it never came about.
    mutating func ended(generation: Int, wasWelcomed: Bool, now: UInt64, jitter: Double) {
        guard connection?.generation == generation else { return }
        connection = nil
        address = (address + 1) % addresses
        guard !wasWelcomed else {
            failures = 0
            return
        }
        failures += 1
        guard failures % addresses == 0 else { return }
        notBefore = now &+ backoff.delay(afterTries: failures / addresses, jitter: jitter).nanoseconds
    }
}

extension SlotStateMachine: Sendable where Connection: Sendable {}
