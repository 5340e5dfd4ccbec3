import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
package import Wire

/// One connection as callers hold it: they submit from any thread, and what many submit at one time goes to the event
/// loop, and out, together.
final class ClientConnection: Sendable {
    typealias Request = ConnectionHandler.Machine.Request

    private struct Submissions {
        var requests: [Request] = []
        var isScheduled = false
    }

    /// Who judges whether a server is the one to ask.
    struct Guide: Sendable {
        var welcomed: @Sendable (_ role: PBRole, _ epoch: UInt32) -> HaoyuanError?
        var epoch: @Sendable () -> UInt32
        var misdirected: @Sendable () -> Void

        /// Nobody: every server will do.
        static let none = Guide(welcomed: { _, _ in nil }, epoch: { 0 }, misdirected: {})
    }

    let eventLoop: any EventLoop
    private let handler: NIOLoopBoundBox<ConnectionHandler?>
    private let submissions = NIOLockedValueBox(Submissions())

    /// Begins to connect. Requests may be submitted at once; they are sent when the handshake is done.
    ///
    /// - Parameter ended: The connection takes no more requests; called once, on the event loop.
    init(
        to address: ClientConfiguration.Address, _ configuration: ClientConfiguration, on eventLoop: any EventLoop,
        feed: FeedQueue? = nil, guide: Guide = .none, ended: @escaping @Sendable (_ wasWelcomed: Bool) -> Void
    ) {
        self.eventLoop = eventLoop
        handler = .makeEmptyBox(valueType: ConnectionHandler.self, eventLoop: eventLoop)
        let box = handler
        eventLoop.execute {
            let handler = ConnectionHandler(
                hello: configuration.hello, peer: address.description,
                owner: ConnectionHandler.Owner(
                    ended: ended, welcomed: guide.welcomed, epoch: guide.epoch, misdirected: guide.misdirected,
                    silence: configuration.patience, feed: feed),
                eventLoop: eventLoop)
            box.value = handler
            Self.connect(to: address, timeout: configuration.attemptTimeout, box)
        }
    }

    private static func connect(
        to address: ClientConfiguration.Address, timeout: Duration, _ box: NIOLoopBoundBox<ConnectionHandler?>
    ) {
        let eventLoop = box.eventLoop
        let limit = TimeAmount.nanoseconds(Int64(clamping: timeout.nanoseconds))
        eventLoop.scheduleTask(in: limit) { box.value?.openingTimedOut() }
        SignsOfLife.options
            .reduce(ClientBootstrap(group: eventLoop)) { $0.channelOption($1.option, value: $1.value) }
            .connectTimeout(limit)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 16_384, maximum: 1 << 20)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let handler = box.value else { throw ChannelError.alreadyClosed }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                if case .failure(let error) = result {
                    box.value?.close(.connectionFailed("no connection to \(address): \(error)"))
                    box.value = nil
                }
            }
    }

    func submit(_ request: Request) {
        let isFirst = submissions.withLockedValue { submissions in
            submissions.requests.append(request)
            defer { submissions.isScheduled = true }
            return !submissions.isScheduled
        }
        if isFirst { eventLoop.execute { self.sendSubmitted() } }
    }

    private func sendSubmitted() {
        let requests = submissions.withLockedValue { submissions in
            submissions.isScheduled = false
            var taken: [Request] = []
            swap(&taken, &submissions.requests)
            return taken
        }
        guard let handler = handler.value else {
            for request in requests {
                request.waiter.resume(returning: .failure(.connectionFailed("the connection is closed")))
            }
            return
        }
        handler.submit(requests)
    }

    func cancel(ticket: UInt64) {
        eventLoop.execute { self.handler.value?.cancel(ticket: ticket) }
    }

    func close(_ error: HaoyuanError) {
        eventLoop.execute { self.handler.value?.close(error) }
    }

    /// Takes no more requests, and ends when what was sent is answered.
    func retire() {
        eventLoop.execute { self.handler.value?.retire() }
    }

    func resumeReading() {
        eventLoop.execute { self.handler.value?.setReading(true) }
    }
}

extension ClientConfiguration {
    /// What every connection says first.
    package var hello: PBHello {
        var hello = PBHello()
        hello.magic = FrameHeader.magic
        hello.versionMin = UInt32(FrameHeader.version)
        hello.versionMax = UInt32(FrameHeader.version)
        var features: Features = []
        if compression { features.insert(.snappy) }
        if checksums { features.insert(.checksum) }
        hello.features = features.rawValue
        hello.client = clientName
        hello.credential = credential
        hello.channel = channel.wire
        hello.operator = operatorName
        return hello
    }
}
