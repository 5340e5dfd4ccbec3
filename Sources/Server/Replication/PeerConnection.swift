import NIOCore
import NIOPosix
import SwiftProtobuf
import Wire

/// Where another server of the pair listens.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address.
    package var host: String
    /// A TCP port.
    package var port: Int

    /// An address as it was configured.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// How one server introduces itself to the other.
package struct PeerGreeting: Sendable {
    /// Who it is, for the other's log and status; at most 256 bytes.
    package var name: String
    /// What the other asks every client for; empty where it asks for nothing.
    package var credential: String

    /// A greeting with this name and credential.
    package init(name: String, credential: String) {
        self.name = name
        self.credential = credential
    }
}

/// The other server cannot be reached, or does not do what it is asked.
package struct PeerFailure: Error, CustomStringConvertible {
    /// What it answered; nil where the connection failed.
    var code: ErrorCode?
    /// One sentence.
    package let description: String

    init(_ description: String, code: ErrorCode? = nil) {
        self.description = description
        self.code = code
    }

    init(_ failure: PBFailure) {
        self.init(failure.message, code: ErrorCode(rawValue: UInt8(clamping: failure.code.rawValue)))
    }
}

/// One connection from this server to the other of the pair, frame by frame, read by one task at a time. The side that
/// says nothing for too long is hung up on.
final class PeerConnection: Sendable {
    let welcome: PBWelcome
    private let channel: any Channel
    private let inbox: FrameInbox
    private let encoder: FrameEncoder

    /// Connects and shakes hands.
    static func open(
        _ address: PeerAddress, _ greeting: PeerGreeting, on group: any EventLoopGroup
    ) async throws(PeerFailure) -> PeerConnection {
        let inbox = FrameInbox()
        let channel: any Channel
        do {
            channel = try await SignsOfLife.options
                .reduce(ClientBootstrap(group: group)) { $0.channelOption($1.option, value: $1.value) }
                .connectTimeout(.milliseconds(ReplicationLimits.connectMilliseconds))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 65_536, maximum: 1 << 20)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(PeerHandler(inbox))
                    }
                }
                .connect(host: address.host, port: address.port).get()
        } catch {
            throw PeerFailure("nobody answers at \(address): \(error)")
        }
        do throws(PeerFailure) {
            return try await PeerConnection(greeting, channel, inbox)
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    private init(_ greeting: PeerGreeting, _ channel: any Channel, _ inbox: FrameInbox) async throws(PeerFailure) {
        self.channel = channel
        self.inbox = inbox
        var hello = PBHello()
        hello.magic = FrameHeader.magic
        hello.versionMin = UInt32(FrameHeader.version)
        hello.versionMax = UInt32(FrameHeader.version)
        hello.features = Features.checksum.rawValue
        hello.client = greeting.name
        hello.credential = greeting.credential
        channel.writeAndFlush(try Self.frame(.hello, 1, hello, FrameEncoder()), promise: nil)
        let frame = try await inbox.next()
        guard !frame.header.flags.contains(.error) else { throw try Self.failure(frame) }
        welcome = try Self.message(frame)
        var encoder = FrameEncoder()
        encoder.features = Features(rawValue: welcome.features)
        self.encoder = encoder
    }

    /// Asks one thing and waits for its answer; nothing else may be under way.
    func ask<Reply: Message>(
        _ method: Wire.Method, _ id: UInt32, _ message: some Message
    ) async throws(PeerFailure) -> Reply {
        try send(method, id, message)
        while true {
            let frame = try await inbox.next()
            guard frame.header.requestID == id, frame.header.flags.contains(.reply) else { continue }
            guard !frame.header.flags.contains(.error) else { throw try Self.failure(frame) }
            return try Self.message(frame)
        }
    }

    func send(_ method: Wire.Method, _ id: UInt32, _ message: some Message) throws(PeerFailure) {
        channel.writeAndFlush(try Self.frame(method, id, message, encoder), promise: nil)
    }

    /// The pushes that came under this id since the last call, one at least.
    func pushes(_ id: UInt32) async throws(PeerFailure) -> [PBFollowPush] {
        var pushes: [PBFollowPush] = []
        while pushes.isEmpty {
            for frame in try await inbox.all() where frame.header.requestID == id {
                guard !frame.header.flags.contains(.error) else { throw try Self.failure(frame) }
                if frame.header.flags.contains(.push) { pushes.append(try Self.message(frame)) }
            }
        }
        return pushes
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    func close() { channel.close(promise: nil) }

    // MARK: Frames

    private static func frame(
        _ method: Wire.Method, _ id: UInt32, _ message: some Message, _ encoder: FrameEncoder
    ) throws(PeerFailure) -> ByteBuffer {
        var frame = ByteBuffer()
        do throws(ProtocolError) {
            try encoder.write(FrameHeader(method, requestID: id), into: &frame) { $0.writeMessage(message) }
        } catch {
            throw PeerFailure(error.message, code: error.code)
        }
        return frame
    }

    private static func message<Reply: Message>(_ frame: Frame) throws(PeerFailure) -> Reply {
        do throws(ProtocolError) { return try Reply(payload: frame.payload) } catch {
            throw PeerFailure("the other server sent what cannot be read: \(error.message)", code: error.code)
        }
    }

    private static func failure(_ frame: Frame) throws(PeerFailure) -> PeerFailure {
        let failure: PBFailure = try message(frame)
        return PeerFailure(failure)
    }
}
