package import NIOCore
package import SwiftProtobuf

/// Bytes of a ByteBuffer as swift-protobuf wants to see them: decoding reads where they lie, without a copy.
package struct MessageBytes: SwiftProtobufContiguousBytes {
    private var buffer: ByteBuffer

    package init(_ buffer: ByteBuffer) { self.buffer = buffer }

    package init(repeating byte: UInt8, count: Int) {
        buffer = ByteBuffer(repeating: byte, count: count)
    }

    package init<S: Sequence>(_ sequence: S) where S.Element == UInt8 {
        buffer = ByteBuffer(bytes: sequence)
    }

    package var count: Int { buffer.readableBytes }

    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try buffer.withUnsafeReadableBytes(body)
    }

    package mutating func withUnsafeMutableBytes<R>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> R
    ) rethrows -> R {
        try buffer.withUnsafeMutableReadableBytes(body)
    }
}

extension Message {
    /// Reads a message from a frame's payload, where it lies. Fields this version does not know are left out.
    package init(payload: ByteBuffer) throws(ProtocolError) {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            try self.init(serializedBytes: MessageBytes(payload), options: options)
        } catch {
            throw ProtocolError(.malformedMessage, "the payload is no \(Self.protoMessageName)")
        }
    }
}

extension ByteBuffer {
    /// Appends a message. One copy: swift-protobuf fills an array of its own.
    package mutating func writeMessage(_ message: some Message) {
        do {
            let bytes: [UInt8] = try message.serializedBytes()
            writeBytes(bytes)
        } catch {
            preconditionFailure("a proto3 message without Any always encodes: \(error)")
        }
    }
}
