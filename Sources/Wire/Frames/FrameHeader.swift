package import NIOCore

/// The flag bits of a frame.
package struct FrameFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Answers the request with this id.
    package static let reply = FrameFlags(rawValue: 1)
    /// With `reply`: the payload is a `Failure`.
    package static let error = FrameFlags(rawValue: 2)
    /// The last 4 bytes are the CRC-32C of everything from the version up to them.
    package static let checksum = FrameFlags(rawValue: 4)
    /// The payload is Snappy-compressed.
    package static let snappy = FrameFlags(rawValue: 8)
    /// Sent by the server unasked.
    package static let push = FrameFlags(rawValue: 16)

    // Unions as numbers: every frame is held against them, and the literal's way through `SetAlgebra` costs more than
    // the rest.
    package static let known = FrameFlags(rawValue: 31)
    /// Those that only a server sets.
    package static let fromServer = FrameFlags(rawValue: 1 | 2 | 16)
    /// Those of a failure.
    package static let failure = FrameFlags(rawValue: 1 | 2)
}

/// The features that both sides of a connection agreed on.
package struct Features: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let snappy = Features(rawValue: 1)
    package static let checksum = Features(rawValue: 2)
    package static let known: Features = [.snappy, .checksum]
}

/// The 16 fixed bytes behind a frame's length. All numbers are big-endian on the wire.
package struct FrameHeader: Hashable, Sendable {
    /// Bytes on the wire, without the length in front.
    package static let byteCount = 16
    /// Bytes of the length field itself.
    package static let lengthBytes = 4
    /// The version this code speaks.
    package static let version: UInt8 = 1
    /// `Hello.magic`: the ASCII bytes `HAOYUAN1` as a big-endian number.
    package static let magic: UInt64 = 0x4841_4f59_5541_4e31

    /// The method byte as it came; ``knownMethod`` is what it means.
    package var method: UInt8
    package var flags: FrameFlags
    package var requestID: UInt32
    /// In a request: milliseconds the caller still waits, 0 for ever.
    package var deadlineMilliseconds: UInt32
    /// In a reply: the server's term.
    package var epoch: UInt32

    package init(
        method: UInt8, flags: FrameFlags = [], requestID: UInt32, deadlineMilliseconds: UInt32 = 0, epoch: UInt32 = 0
    ) {
        self.method = method
        self.flags = flags
        self.requestID = requestID
        self.deadlineMilliseconds = deadlineMilliseconds
        self.epoch = epoch
    }

    package init(
        _ method: Method, flags: FrameFlags = [], requestID: UInt32, deadlineMilliseconds: UInt32 = 0, epoch: UInt32 = 0
    ) {
        self.init(
            method: method.rawValue, flags: flags, requestID: requestID, deadlineMilliseconds: deadlineMilliseconds,
            epoch: epoch)
    }

    /// Nil for a method this version does not know.
    package var knownMethod: Method? { Method(rawValue: method) }
}

/// One frame as it was received: checked, decompressed, its payload still in the bytes it came in.
package struct Frame: Hashable, Sendable {
    package var header: FrameHeader
    package var payload: ByteBuffer

    package init(header: FrameHeader, payload: ByteBuffer) {
        self.header = header
        self.payload = payload
    }
}
