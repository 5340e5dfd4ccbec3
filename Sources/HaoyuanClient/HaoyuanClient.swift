import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix
import SwiftProtobuf
import Wire

/// The Swift SDK of Haoyuan (号源): a hospital's bookable time, from any number of tasks at once.
///
/// ```swift
/// let client = HaoyuanClient(ClientConfiguration(addresses: [.init(host: "127.0.0.1")], channel: .miniProgram))
/// let key = IdempotencyKey.random()   // store it, then
/// switch try await client.book(patient: patient, slot: slot, service: service, key: key) {
/// case .done(let receipt): print("number \(receipt.number)")
/// case .refused(let refusal): print("no: \(refusal.rule)")
/// }
/// ```
///
/// Connections are made when first needed, are shared by all requests, which do not wait for each other, and are made
/// again when they break. An answer that says *done* is on the server's disk.
public final class HaoyuanClient: Sendable {
    /// Where the servers are and how to speak to them.
    public let configuration: ClientConfiguration

    let pool: ConnectionPool
    let time: TimeSource
    private let tickets = NIOLockedValueBox<UInt64>(0)

    /// A client that connects when it is first asked for something.
    ///
    /// - Parameter group: The event loops its connections live on.
    public convenience init(
        _ configuration: ClientConfiguration,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.init(configuration, group: group, time: .system)
    }

    package init(_ configuration: ClientConfiguration, group: any EventLoopGroup, time: TimeSource) {
        self.configuration = configuration
        self.time = time
        pool = ConnectionPool(configuration, group: group, time: time)
    }

    deinit { pool.close() }

    /// Ends every connection and change feed. Requests that still wait fail with ``HaoyuanError/Code/clientClosed``.
    public func close() { pool.close() }

    // MARK: Requests

    func read<Reply: Message>(
        _ method: Wire.Method, _ request: some Message, _ options: RequestOptions
    ) async throws(HaoyuanError) -> Reply {
        try Reply(reply: try await perform(method, options, .repeatable, .reading) { $0.writeMessage(request) })
    }

    /// A write that may come without a key: then it is sent again only while it is certain that no try has been
    /// applied.
    func write<Reply: Message>(
        _ method: Wire.Method, _ request: some Message, _ key: IdempotencyKey?, _ options: RequestOptions
    ) async throws(HaoyuanError) -> Reply {
        let safety: RetrySafety = key == nil ? .whileUnapplied : .repeatable
        return try Reply(reply: try await perform(method, options, safety) { $0.writeMessage(request) })
    }

    /// Sends a request, again where that is safe and within its deadline, and gives the payload of its answer.
    ///
    /// - Parameter weight: What it counts against the limit of unanswered requests.
    func perform(
        _ method: Wire.Method, _ options: RequestOptions, _ safety: RetrySafety,
        _ purpose: ConnectionPurpose = .deciding, weight: Int = 1, body: (inout ByteBuffer) -> Void
    ) async throws(HaoyuanError) -> ByteBuffer {
        var payload = ByteBuffer()
        body(&payload)
        let timeout = options.timeout ?? configuration.requestTimeout
        let deadline = timeout.map { time.now() &+ $0.nanoseconds }
        var retries = RetryStateMachine(safety, backoff: configuration.searchBackoff, deadline: deadline)
        while true {
            do {
                return try await attempt(method, payload, purpose, weight: weight, deadline: deadline)
            } catch {
                switch retries.failed(error, now: time.now(), jitter: time.random()) {
                case .giveUp(let final): throw final
                case .retry(let delay):
                    do { try await time.sleep(delay) } catch {
                        throw HaoyuanError(
                            .cancelled, "the task was cancelled", mayHaveBeenApplied: retries.mayHaveBeenApplied)
                    }
                }
            }
        }
    }

    private func attempt(
        _ method: Wire.Method, _ payload: ByteBuffer, _ purpose: ConnectionPurpose, weight: Int, deadline: UInt64?
    ) async throws(HaoyuanError) -> ByteBuffer {
        try await pool.connection(purpose).ask(
            method, payload, weight: weight, deadline: deadline.map(loopDeadline), ticket: nextTicket())
    }

    /// A moment of the client's clock as the event loops' clock tells it: connections time their waiting by their
    /// loops.
    private func loopDeadline(_ deadline: UInt64) -> UInt64 {
        let now = time.now()
        return NIODeadline.now().uptimeNanoseconds &+ (deadline > now ? deadline - now : 0)
    }

    func nextTicket() -> UInt64 {
        tickets.withLockedValue { ticket in
            ticket += 1
            return ticket
        }
    }
}

extension ClientConnection {
    /// Sends one request and waits for its answer, its deadline, the end of the connection or of the task.
    ///
    /// - Parameter deadline: Nanoseconds of the clock behind `NIODeadline`.
    func ask(
        _ method: Wire.Method, _ payload: ByteBuffer, weight: Int = 1, deadline: UInt64?, ticket: UInt64
    ) async throws(HaoyuanError) -> ByteBuffer {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(
                    Request(
                        method: method, payload: payload, weight: weight, deadline: deadline, ticket: ticket,
                        waiter: continuation))
                // A task that was cancelled before it came here has told so before there was anything to cancel.
                if Task.isCancelled { cancel(ticket: ticket) }
            }
        } onCancel: {
            cancel(ticket: ticket)
        }
        return try result.get()
    }
}

extension Message {
    /// Reads the payload of an answer.
    init(reply payload: ByteBuffer) throws(HaoyuanError) {
        do {
            try self.init(payload: payload)
        } catch {
            throw HaoyuanError(.protocolViolation, error.message, mayHaveBeenApplied: true)
        }
    }
}
