import Engine
import Journal
import NIOCore
import Wire

/// One subscription at work: takes events from the engine as fast as the other side reads, and no faster.
struct SubscriptionPump: Sendable {
    let id: UInt32
    let tellsRefusedPatients: Bool
    let engine: Engine
    let encoder: FrameEncoder
    let session: NIOLoopBound<SessionHandler>
    let eventLoop: any EventLoop

    /// Goes on until the subscription ends.
    ///
    /// - Returns: Why the engine cannot go on; nil where nobody wants more.
    func run(from start: FeedCursor) async -> EngineError? {
        var cursor = start
        do {
            while !Task.isCancelled {
                let (events, next) = try await engine.feed(cursor, limit: WireLimits.eventsPerPush)
                cursor = next
                var pages = FeedPages(
                    events, through: cursor.through, mostBytes: min(WireLimits.pushBytes, encoder.limit),
                    tellsRefusedPatients: tellsRefusedPatients)
                while var page = pages.next() {
                    page.settled = cursor.settled.rawValue
                    page.epoch = engine.tenure.epoch
                    guard await send(page) else { return nil }
                }
            }
            return nil
        } catch {
            return Task.isCancelled ? nil : error
        }
    }

    private func send(_ page: PBFeedPush) async -> Bool {
        var frame = ByteBuffer()
        do {
            try encoder.write(
                FrameHeader(.subscribe, flags: .push, requestID: id, epoch: engine.tenure.epoch), into: &frame
            ) { $0.writeMessage(page) }
        } catch {
            preconditionFailure("the smallest frame limit has room for what happened at one position: \(error)")
        }
        let (bytes, through) = (frame, Position(page.through))
        return await withCheckedContinuation { continuation in
            eventLoop.execute { session.value.push(bytes, id, through: through, continuation) }
        }
    }
}

/// Events cut into pushes: at most so many and so many bytes, and never between two events at one position, so that
/// each push's `through` is a place to resume from.
struct FeedPages {
    private var events: ArraySlice<PositionedEvent>
    private let through: Position
    private let mostBytes: Int
    private let tellsRefusedPatients: Bool
    private var isDone = false

    init(_ events: [PositionedEvent], through: Position, mostBytes: Int, tellsRefusedPatients: Bool = false) {
        self.tellsRefusedPatients = tellsRefusedPatients
        self.events = events[...]
        self.through = through
        self.mostBytes = mostBytes
    }

    /// The next push; nil when all are out. There is always one: `through` moves on even where no event is shown.
    mutating func next() -> PBFeedPush? {
        guard !isDone else { return nil }
        var push = PBFeedPush()
        var bytes = 0
        while let first = events.first {
            let shown = PBEvent.events(
                of: first.event, at: first.position.rawValue, tellsRefusedPatients: tellsRefusedPatients)
            let more = shown.reduce(0) { $0 + $1.mostBytes }
            let isFull = push.events.count + shown.count > WireLimits.eventsPerPush || bytes + more > mostBytes
            if isFull, !push.events.isEmpty { return push }
            push.events += shown
            push.through = first.position.rawValue
            bytes += more
            events.removeFirst()
        }
        isDone = true
        push.through = through.rawValue
        return push
    }
}

extension PBEvent {
    /// Bytes this event cannot exceed in a push: every number at its longest, and the texts as they are.
    fileprivate var mostBytes: Int { 192 + self.operator.utf8.count + reason.utf8.count + entity.utf8.count }
}
