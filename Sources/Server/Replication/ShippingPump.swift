import Engine
import Foundation
import Journal
import NIOCore
import Wire

/// One standby being fed: takes chunks, or a copy, from the engine as fast as the other side reads, and no faster.
struct ShippingPump: Sendable {
    let id: UInt32
    let engine: Engine
    let encoder: FrameEncoder
    let session: NIOLoopBound<SessionHandler>
    let eventLoop: any EventLoop

    /// Room for a push's other fields and for the chunk or value that passes the measure.
    private var mostChunkBytes: Int { min(EngineLimits.shippedBytes, encoder.limit - 8_192) }

    /// Sends the log as it grows, until the standby or the primary's term ends.
    /// - Returns: Why it cannot go on; nil where nobody wants more.
    func stream(_ feeder: Feeder) async -> ProtocolError? {
        do {
            while !Task.isCancelled {
                let chunks = try await feeder.next(maxBytes: mostChunkBytes, reader: globalConcurrentExecutor)
                guard engine.role == .primary else { return .followAnother }
                var push = PBFollowPush()
                push.position = feeder.position.rawValue
                push.epoch = engine.epoch
                // A stream that fills the connection leaves no room for anything else.
                push.beat = UInt64(clamping: feeder.beat)
                push.nowMs = engine.nowMilliseconds
                push.chunks = Data(chunks.bytes)
                guard await send(try frame(push)) else { return nil }
            }
            return nil
        } catch let error as JournalError {
            return Task.isCancelled ? nil : ProtocolError(feeding: error)
        } catch {
            return ProtocolError(.internal, "\(error)")
        }
    }

    /// Sends a whole copy and closes it.
    /// - Returns: Why it cannot go on; nil when all of it is out, or nobody wants more.
    func copy(_ copy: JournalCopy) async -> ProtocolError? {
        defer { copy.close() }
        do {
            var push = PBFollowPush()
            push.header = PBCopyHeader(copy.header)
            guard await send(try frame(push)) else { return nil }
            let most = min(ReplicationLimits.copyPieceBytes, encoder.limit / 2)
            while !Task.isCancelled, let part = try copy.next(maxBytes: most) {
                for piece in try pieces(part) {
                    guard await send(piece) else { return nil }
                }
            }
            var end = PBFollowPush()
            end.end = true
            _ = await send(try frame(end))
            return nil
        } catch let error as JournalError {
            return ProtocolError(feeding: error)
        } catch let error as ProtocolError {
            return error
        } catch {
            return ProtocolError(.internal, "\(error)")
        }
    }

    /// The frames of one part; more than one where its last value makes it too long for the other side.
    private func pieces(_ part: CopyPart) throws(ProtocolError) -> [ByteBuffer] {
        switch part {
        case .chunks(let chunks):
            var push = PBFollowPush()
            push.chunks = Data(chunks.bytes)
            return [try frame(push)]
        case .values(let table, let values):
            return try pieces(table, values[...])
        }
    }

    private func pieces(_ table: String, _ values: ArraySlice<CopyPart.Value>) throws(ProtocolError) -> [ByteBuffer] {
        var push = PBFollowPush()
        push.values = PBCopyValues(table, values)
        do throws(ProtocolError) { return [try frame(push)] } catch {
            guard error.code == .frameTooLarge, values.count > 1 else {
                throw ProtocolError(error.code, "a value of table \(table): \(error.message)")
            }
        }
        let middle = values.startIndex + values.count / 2
        return try pieces(table, values[..<middle]) + pieces(table, values[middle...])
    }

    /// A push as it goes out.
    func frame(_ push: PBFollowPush) throws(ProtocolError) -> ByteBuffer {
        var frame = ByteBuffer()
        let header = FrameHeader(.follow, flags: .push, requestID: id, epoch: engine.tenure.epoch)
        try encoder.write(header, into: &frame) { $0.writeMessage(push) }
        return frame
    }

    private func send(_ frame: ByteBuffer) async -> Bool {
        await withCheckedContinuation { continuation in
            eventLoop.execute { session.value.push(frame, id, through: nil, continuation) }
        }
    }
}

extension ProtocolError {
    /// Why a standby cannot be fed any more.
    init(feeding error: JournalError) {
        switch error {
        case .positionTrimmed:
            self.init(.positionTrimmed, "the standby has fallen behind what the log keeps; it needs a copy")
        case .closed, .cancelled: self.init(.draining, "this server is stopping; reconnect")
        default: self.init(.internal, "\(error.description) \(error.remedy)")
        }
    }
}
