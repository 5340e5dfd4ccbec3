import NIOCore
import Wire

/// Requests of one connection that have a task each, and those that wait for one. Few that ask the shards run at once,
/// so that a client that asks for much and reads little holds little memory. What asks no shard never waits behind
/// those that do: a client that doubts whether the server lives asks for its status. And no reading waits behind
/// writes, which keep their places until the disk and the standby have them.
struct RequestQueue {
    struct Waiting {
        let header: FrameHeader
        let method: Method
        let serial: UInt64
        let deadline: UInt64?
        let readAt: UInt64
        /// Of its payload, which it holds while it waits.
        let bytes: Int
        let run: MethodRow.Run
    }

    /// A whole frame, and what it says where it is a failure.
    struct Reply: Sendable {
        let frame: ByteBuffer
        var failure: ErrorCode?
    }

    /// One that has its task.
    private struct Running {
        /// Nil for a write, which is carried out to its end whether or not its caller waits.
        var task: Task<Void, Never>?
        var isAbandoned = false
    }

    /// Requests of one kind.
    private struct Lane {
        let most: Int
        var waiting = CircularBuffer<Waiting>()
        var waitingBytes = 0
        var running: [UInt64: Running] = [:]
        /// Those whose callers no longer wait: their places are given to others.
        var abandoned = 0

        var hasPlace: Bool { running.count - min(abandoned, WireLimits.abandonedAtOnce) < most }
    }

    private enum Kind: Int, CaseIterable { case server, catalogue, shards, writes }

    private var lanes = [
        // About the server itself: answered at once.
        Lane(most: WireLimits.inFlight), Lane(most: WireLimits.catalogueReadingsAtOnce),
        Lane(most: WireLimits.requestsAtOnce), Lane(most: WireLimits.writesAtOnce),
    ]

    private static func lane(of method: Method) -> Int {
        let kind: Kind =
            switch method {
            case .status, .promote, .depose, .goAlone, .confirmEvents, .listReaders: .server
            case .getCatalogue: .catalogue
            default: method.isWrite ? .writes : .shards
            }
        return kind.rawValue
    }

    /// What one of them takes while it waits, apart from its payload.
    private static let bytesBeside = 256

    /// - Throws: `OVERLOADED` where those that wait hold as much as they may.
    func checkRoom(for method: Method) throws(ProtocolError) {
        guard lanes[Self.lane(of: method)].waitingBytes < WireLimits.waitingBytes else {
            throw ProtocolError(
                .overloaded,
                "requests of this connection that wait their turn hold \(WireLimits.waitingBytes) bytes, the most they may",
                retryAfterMilliseconds: WireLimits.retryAfterMilliseconds)
        }
    }

    mutating func append(_ request: Waiting) {
        let lane = Self.lane(of: request.method)
        lanes[lane].waitingBytes += request.bytes + Self.bytesBeside
        lanes[lane].waiting.append(request)
    }

    /// The next that has a place; ``started(_:_:)`` follows.
    mutating func start() -> Waiting? {
        for lane in lanes.indices where lanes[lane].hasPlace && !lanes[lane].waiting.isEmpty {
            let request = lanes[lane].waiting.removeFirst()
            lanes[lane].waitingBytes -= request.bytes + Self.bytesBeside
            lanes[lane].running[request.serial] = Running()
            return request
        }
        return nil
    }

    mutating func started(_ request: Waiting, _ task: Task<Void, Never>) {
        guard !request.method.isWrite else { return }
        lanes[Self.lane(of: request.method)].running[request.serial]?.task = task
    }

    mutating func finished(_ request: Waiting) {
        let lane = Self.lane(of: request.method)
        if let ended = lanes[lane].running.removeValue(forKey: request.serial), ended.isAbandoned {
            lanes[lane].abandoned -= 1
        }
    }

    /// Gives back the places of those whose deadline has passed; a reading is broken off.
    mutating func abandon(_ serials: Set<UInt64>) {
        guard !serials.isEmpty else { return }
        for lane in lanes.indices {
            lanes[lane].waiting.removeAll { serials.contains($0.serial) }
            lanes[lane].waitingBytes = lanes[lane].waiting.reduce(0) { $0 + $1.bytes + Self.bytesBeside }
            for serial in serials where lanes[lane].running[serial]?.isAbandoned == false {
                lanes[lane].running[serial]?.isAbandoned = true
                lanes[lane].running[serial]?.task?.cancel()
                lanes[lane].abandoned += 1
            }
        }
    }

    /// The connection has gone.
    mutating func removeAll() {
        for lane in lanes.indices {
            abandon(Set(lanes[lane].running.keys))
            lanes[lane].waiting.removeAll()
            lanes[lane].waitingBytes = 0
        }
    }
}
