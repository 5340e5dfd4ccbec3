import NIOCore
import Wire

/// One reading of the change feed over as many connections as it takes.
final class FeedReader {
    private let client: HaoyuanClient
    /// Where to resume; nil until the server has said where "now" was.
    private var after: Position?
    private var open: (connection: ClientConnection, queue: FeedQueue)?
    private var retries: RetryStateMachine
    private var attempts = 0

    init(client: HaoyuanClient, after: Position?) {
        self.client = client
        self.after = after
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
                retries = RetryStateMachine(.repeatable, backoff: client.configuration.searchBackoff, deadline: nil)
                return ChangePage(events: push.events.map(ChangeEvent.init), through: Position(rawValue: push.through))
            } catch {
                closeConnection()
                if error.code == .cancelled { return nil }
                switch retries.failed(error, now: client.time.now(), jitter: client.time.random()) {
                case .giveUp(let final): throw final
                case .retry(let delay):
                    do { try await client.time.sleep(delay) } catch { return nil }
                }
            }
        }
    }

    private func subscribed() async throws(HaoyuanError) -> (connection: ClientConnection, queue: FeedQueue) {
        if let open { return open }
        let queue = FeedQueue()
        let connection = try client.pool.feedConnection(attempt: attempts, queue)
        attempts += 1
        open = (connection, queue)
        var request = PBSubscribeRequest()
        request.after = after?.rawValue ?? 0
        request.latest = after == nil
        var payload = ByteBuffer()
        payload.writeMessage(request)
        let deadline = NIODeadline.now().uptimeNanoseconds &+ client.configuration.attemptTimeout.nanoseconds
        let reply: ByteBuffer
        do {
            reply = try await connection.ask(.subscribe, payload, deadline: deadline, ticket: client.nextTicket())
        } catch  where error.code == .deadlineExceeded {
            // The feed itself has no deadline: the next connection may do better.
            throw HaoyuanError.lost(error.message)
        }
        after = Position(rawValue: try PBSubscribeReply(reply: reply).after)
        return (connection, queue)
    }

    private func closeConnection() {
        if let open { client.pool.release(open.connection) }
        open = nil
    }
}
