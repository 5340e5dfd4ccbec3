import NIOCore
import Wire

/// One reading of the change feed over as many connections as it takes.
final class FeedReader {
    /// What was asked for.
    struct Start: Sendable {
        var beginning: FeedBeginning
        /// Empty for a reader without a name.
        var name = ""
        /// Behind what the name has confirmed, where it is known.
        var resumes = false
        /// What a reader that resumes has stored.
        var stored: FeedPlace?
        var namingRefusedPatients: Bool
    }

    private let client: HaoyuanClient
    private let start: Start
    /// Where to resume; nil until the server has said where it began.
    private var after: Position?
    /// The server's epoch when it told that; 0 where it told nothing yet.
    private var epoch: UInt32 = 0
    /// Whether this reading made its name known, as far as it can tell.
    private(set) var isOfNewName = false
    private var open: (connection: ClientConnection, queue: FeedQueue)?
    private var retries: RetryStateMachine
    private var attempts = 0

    init(client: HaoyuanClient, start: Start) {
        self.client = client
        self.start = start
        retries = RetryStateMachine(.repeatable, backoff: client.configuration.searchBackoff, deadline: nil)
    }

    deinit {
        if let open { client.pool.release(open.connection) }
    }

    func nextPage() async throws(HaoyuanError) -> ChangePage? {
        while true {
            do {
                let (connection, queue) = try await subscribed()
                let push = try await queue.next { connection.resumeReading() }
                after = Position(rawValue: push.through)
                epoch = push.epoch
                retries = RetryStateMachine(.repeatable, backoff: client.configuration.searchBackoff, deadline: nil)
                return ChangePage(
                    events: push.events.map(ChangeEvent.init), through: Position(rawValue: push.through),
                    settled: Position(rawValue: push.settled), epoch: push.epoch)
            } catch {
                guard try await mayGoOn(after: error) else { return nil }
            }
        }
    }

    /// Subscribes, where that is not done yet, and tells behind which position it begins; nil when the task was
    /// cancelled.
    func begin() async throws(HaoyuanError) -> Position? {
        while true {
            do {
                _ = try await subscribed()
                return after
            } catch {
                guard try await mayGoOn(after: error) else { return nil }
            }
        }
    }

    /// Waits until it may be tried again.
    /// - Returns: False when the task was cancelled.
    private func mayGoOn(after error: HaoyuanError) async throws(HaoyuanError) -> Bool {
        closeConnection()
        if error.code == .cancelled { return false }
        switch retries.failed(error, now: client.time.now(), jitter: client.time.random()) {
        case .giveUp(let final): throw final
        case .retry(let delay):
            do { try await client.time.sleep(delay) } catch { return false }
            return true
        }
    }

    private func subscribed() async throws(HaoyuanError) -> (connection: ClientConnection, queue: FeedQueue) {
        if let open { return open }
        let queue = FeedQueue()
        let connection = try client.pool.feedConnection(attempt: attempts, queue)
        attempts += 1
        open = (connection, queue)
        let request = subscription()
        var payload = ByteBuffer()
        payload.writeMessage(request)
        let deadline = NIODeadline.now().uptimeNanoseconds &+ client.configuration.attemptTimeout.nanoseconds
        let reply: ByteBuffer
        do {
            reply = try await connection.ask(.subscribe, payload, deadline: deadline, ticket: client.nextTicket())
        } catch {
            // It may have made the name known without a word of it: then the next one finds it so.
            let isInDoubt = [.deadlineExceeded, .connectionLost].contains(error.code) || error.mayHaveBeenApplied
            if isInDoubt, after == nil, !start.name.isEmpty { isOfNewName = true }
            // The feed itself has no deadline: the next connection may do better.
            throw error.code == .deadlineExceeded ? HaoyuanError.lost(error.message) : error
        }
        let began = try PBSubscribeReply(reply: reply)
        after = Position(rawValue: began.after)
        if began.isNew { isOfNewName = true }
        return (connection, queue)
    }

    private func subscription() -> PBSubscribeRequest {
        var request = PBSubscribeRequest()
        request.name = start.name
        request.refusedPatients = start.namingRefusedPatients
        if let after, after.rawValue > 0 {
            request.after = after.rawValue
            request.afterEpoch = epoch
            return request
        }
        request.resume = start.resumes
        if start.resumes, let stored = start.stored {
            request.after = stored.position.rawValue
            request.afterEpoch = stored.epoch
        }
        switch start.beginning {
        case .now: request.latest = after == nil
        case .oldest: break
        case .after(let position): request.after = position.rawValue
        }
        return request
    }

    private func closeConnection() {
        if let open { client.pool.release(open.connection) }
        open = nil
    }
}
