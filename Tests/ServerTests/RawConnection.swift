import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SwiftProtobuf
import Testing

@testable import Wire

/// A connection that sends whatever a test makes up, and hands out what comes back, frame by frame.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let frames: FrameQueue

    private init(_ channel: any Channel, _ frames: FrameQueue) {
        self.channel = channel
        self.frames = frames
    }

    static func open(port: Int) async throws -> RawConnection {
        let frames = FrameQueue()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            // Little room in the system, so that a test that does not read is soon felt.
            .channelOption(.socketOption(.so_rcvbuf), value: 65_536)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FrameCollector(frames))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel, frames)
    }

    /// Opens one and shakes hands.
    static func greeted(port: Int, _ change: (inout PBHello) -> Void = { _ in }) async throws -> RawConnection {
        let connection = try await open(port: port)
        var hello = PBHello.lawful
        change(&hello)
        try await connection.send(.hello, 1, hello)
        let welcome = try #require(await connection.next())
        #expect(welcome.header.flags == .reply && welcome.header.knownMethod == .hello)
        return connection
    }

    func send(bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

    func send(
        _ method: Wire.Method, _ id: UInt32, _ message: some Message, features: Features = [], deadline: UInt32 = 0
    ) async throws {
        try await send(bytes: frame(method, id, message, features: features, deadline: deadline))
    }

    func frame(
        _ method: Wire.Method, _ id: UInt32, _ message: some Message, features: Features = [], deadline: UInt32 = 0
    ) throws -> ByteBuffer {
        var encoder = FrameEncoder()
        encoder.features = features
        var bytes = ByteBuffer()
        let header = FrameHeader(method, requestID: id, deadlineMilliseconds: deadline)
        try encoder.write(header, into: &bytes) { $0.writeMessage(message) }
        return bytes
    }

    /// The next frame; nil when the server has closed.
    func next() async -> Frame? { await frames.next() }

    func failure() async throws -> PBFailure {
        let frame = try #require(await next())
        #expect(frame.header.flags.isSuperset(of: [.reply, .error]))
        return try PBFailure(payload: frame.payload)
    }

    /// Whether this side reads what comes.
    func setReading(_ isOn: Bool) async throws {
        try await channel.setOption(.autoRead, value: isOn).get()
        if isOn { channel.read() }
    }

    func close() async { try? await channel.close().get() }
}

/// Turns bytes into frames, with the features that the server agrees to.
private final class FrameCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let frames: FrameQueue
    private var decoder = FrameDecoder()

    init(_ frames: FrameQueue) { self.frames = frames }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.feed(unwrapInboundIn(data))
        do {
            while let frame = try decoder.next() {
                if frame.header.knownMethod == .hello, !frame.header.flags.contains(.error) {
                    decoder.features = Features(rawValue: try PBWelcome(payload: frame.payload).features)
                }
                frames.append(frame)
            }
        } catch {
            Issue.record("the server sent what cannot be read: \(error)")
            frames.finish()
        }
    }

    func channelInactive(context: ChannelHandlerContext) { frames.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { frames.finish() }
}

/// Frames on their way from the event loop to the one test that reads them.
private final class FrameQueue: Sendable {
    private struct State {
        var frames: [Frame] = []
        var isFinished = false
        var waiter: CheckedContinuation<Frame?, Never>?
    }

    private let state = NIOLockedValueBox(State())

    func append(_ frame: Frame) {
        let waiter = state.withLockedValue { state -> CheckedContinuation<Frame?, Never>? in
            guard let waiter = state.waiter else {
                state.frames.append(frame)
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: frame)
    }

    func finish() {
        let waiter = state.withLockedValue { state -> CheckedContinuation<Frame?, Never>? in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    func next() async -> Frame? {
        await withCheckedContinuation { continuation in
            let frame: Frame?? = state.withLockedValue { state in
                if !state.frames.isEmpty { return .some(state.frames.removeFirst()) }
                if state.isFinished { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let frame { continuation.resume(returning: frame) }
        }
    }
}

extension PBHello {
    static var lawful: PBHello {
        var hello = PBHello()
        hello.magic = FrameHeader.magic
        hello.versionMin = 1
        hello.versionMax = 1
        hello.channel = .window
        hello.operator = "raw"
        return hello
    }
}
