package import NIOCore

/// Bytes in, frames out. A value that knows no channel: feed it what a read brought, then take frames until there are
/// no more.
///
/// A fault is final: the stream cannot be trusted to have another frame behind it, so nothing comes out after one.
package struct FrameDecoder: Sendable {
    /// What both sides agreed on; set it between frames, when the handshake is done.
    package var features: Features = []
    /// Most payload bytes, compressed and decompressed.
    package let limit: Int

    private var buffer = ByteBuffer()
    private var isFaulty = false

    /// - Parameter limit: most payload bytes of one frame, 1 to `WireLimits.frameBytes`.
    package init(limit: Int = WireLimits.frameBytes) {
        precondition((1...WireLimits.frameBytes).contains(limit), "a frame limit lies within the protocol's own")
        self.limit = limit
    }

    /// Bytes fed that no frame was made of yet.
    package var pendingBytes: Int { buffer.readableBytes }

    /// Takes what a read brought. Frames that came whole are later cut out of these very bytes; only a frame that
    /// several reads brought is put together by copying. Memory grows with what has arrived, never with what a length
    /// claims.
    package mutating func feed(_ bytes: ByteBuffer) {
        guard !isFaulty else { return }
        guard buffer.readableBytes > 0 else {
            buffer = bytes
            return
        }
        if buffer.readerIndex > buffer.capacity / 2 { buffer.discardReadBytes() }
        buffer.writeImmutableBuffer(bytes)
    }

    /// The next whole frame; nil until more bytes come.
    package mutating func next() throws(FrameFault) -> Frame? {
        guard !isFaulty else { return nil }
        do {
            let frame = try take()
            // Bytes that are used up must not keep a read's buffer alive on an idle connection.
            if frame == nil, buffer.readableBytes == 0 { buffer = ByteBuffer() }
            return frame
        } catch {
            isFaulty = true
            buffer = ByteBuffer()
            throw error
        }
    }

    private mutating func take() throws(FrameFault) -> Frame? {
        let start = buffer.readerIndex
        guard let length = buffer.getInteger(at: start, as: UInt32.self).map(Int.init) else { return nil }
        try checkLength(length)
        if length > mostLength {
            // Its header tells whose it is; without it the refusal could not say.
            guard buffer.readableBytes >= FrameHeader.lengthBytes + FrameHeader.byteCount else { return nil }
            throw tooLarge(length)
        }
        guard buffer.readableBytes >= FrameHeader.lengthBytes + length else {
            // A frame that will be refused is refused before the rest of it has come, but not before its checksum could
            // speak.
            if !features.contains(.checksum), buffer.readableBytes >= FrameHeader.lengthBytes + FrameHeader.byteCount {
                _ = try header(at: start + FrameHeader.lengthBytes)
            }
            return nil
        }
        try checkChecksum(at: start + FrameHeader.lengthBytes, length: length)
        let header = try header(at: start + FrameHeader.lengthBytes)
        let trailer = features.contains(.checksum) ? 4 : 0
        buffer.moveReaderIndex(forwardBy: FrameHeader.lengthBytes + FrameHeader.byteCount)
        guard let payload = buffer.readSlice(length: length - FrameHeader.byteCount - trailer) else {
            preconditionFailure("the whole frame was readable")
        }
        buffer.moveReaderIndex(forwardBy: trailer)
        return try decompressed(Frame(header: header, payload: payload))
    }

    private func checkLength(_ length: Int) throws(FrameFault) {
        let trailer = features.contains(.checksum) ? 4 : 0
        guard length >= FrameHeader.byteCount else {
            throw FrameFault(
                ProtocolError(.malformedFrame, "a frame's length is at least \(FrameHeader.byteCount), not \(length)"))
        }
        guard length >= FrameHeader.byteCount + trailer else {
            throw FrameFault(ProtocolError(.checksumMismatch, "the frame has no room for its checksum"))
        }
    }

    private var mostLength: Int { FrameHeader.byteCount + (features.contains(.checksum) ? 4 : 0) + limit }

    /// The refusal of a frame of which no more than the header is looked at. Where checksums were agreed on, its id is
    /// taken on trust: without it the sender would send the same again for ever. What is no header has no id.
    private func tooLarge(_ length: Int) -> FrameFault {
        let error = ProtocolError(.frameTooLarge, "a payload of \(length - mostLength + limit) bytes, at most \(limit)")
        var trusting = self
        trusting.features = features.union(.snappy)
        guard let header = try? trusting.header(at: buffer.readerIndex + FrameHeader.lengthBytes) else {
            return FrameFault(error)
        }
        return FrameFault(error, method: header.method, requestID: header.requestID)
    }

    /// With checksums on, nothing of the frame is believed before its checksum, its flags included.
    private func checkChecksum(at start: Int, length: Int) throws(FrameFault) {
        guard features.contains(.checksum) else { return }
        let stated: UInt32? = buffer.getInteger(at: start + length - 4)
        guard stated == buffer.checksum(at: start, length: length - 4) else {
            throw FrameFault(ProtocolError(.checksumMismatch, "the frame's bytes and its checksum disagree"))
        }
    }

    private func header(at start: Int) throws(FrameFault) -> FrameHeader {
        guard
            let (version, method, flagBits, requestID, deadline, epoch) = buffer.getMultipleIntegers(
                at: start, as: (UInt8, UInt8, UInt16, UInt32, UInt32, UInt32).self)
        else { preconditionFailure("the whole header was readable") }
        func fault(_ code: ErrorCode, _ message: String) -> FrameFault {
            FrameFault(ProtocolError(code, message), method: method, requestID: requestID)
        }
        guard version == FrameHeader.version else {
            throw fault(
                .unsupportedVersion, "frames of version \(version) are unknown here; this side speaks version 1")
        }
        let flags = FrameFlags(rawValue: flagBits)
        guard FrameFlags.known.isSuperset(of: flags) else {
            throw fault(.malformedFrame, "flags \(flagBits) have bits that no version defines")
        }
        guard flags.contains(.checksum) || !features.contains(.checksum) else {
            throw fault(.checksumMismatch, "the frame does not say that it carries the checksum that was agreed on")
        }
        guard !flags.contains(.checksum) || features.contains(.checksum) else {
            throw fault(.malformedFrame, "the frame says that it carries a checksum, which was not agreed on")
        }
        guard !flags.contains(.snappy) || features.contains(.snappy) else {
            throw fault(.decompressionFailed, "a compressed frame, but compression was not agreed on")
        }
        return FrameHeader(
            method: method, flags: flags, requestID: requestID, deadlineMilliseconds: deadline, epoch: epoch)
    }

    private func decompressed(_ frame: Frame) throws(FrameFault) -> Frame {
        guard frame.header.flags.contains(.snappy) else { return frame }
        guard let plain = Compression.decompress(frame.payload, limit: limit) else {
            throw FrameFault(
                ProtocolError(
                    .decompressionFailed, "the payload is no Snappy, or more than \(limit) bytes decompressed"),
                method: frame.header.method, requestID: frame.header.requestID)
        }
        return Frame(header: frame.header, payload: plain)
    }
}

extension ByteBuffer {
    /// Reads without moving the reader index.
    fileprivate func getMultipleIntegers(
        at index: Int, as: (UInt8, UInt8, UInt16, UInt32, UInt32, UInt32).Type
    ) -> (UInt8, UInt8, UInt16, UInt32, UInt32, UInt32)? {
        guard var slice = getSlice(at: index, length: FrameHeader.byteCount) else { return nil }
        return slice.readMultipleIntegers(endianness: .big, as: (UInt8, UInt8, UInt16, UInt32, UInt32, UInt32).self)
    }
}
