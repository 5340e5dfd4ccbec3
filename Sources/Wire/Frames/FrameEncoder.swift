package import NIOCore

/// Frames out: writes them, one behind the other, into a buffer that goes to the socket as a whole.
package struct FrameEncoder: Sendable {
    /// What both sides agreed on; set it between frames, when the handshake is done.
    package var features: Features = []
    /// Most payload bytes the other side takes, compressed and decompressed.
    package var limit: Int

    package init(limit: Int = WireLimits.frameBytes) { self.limit = limit }

    /// Appends a frame whose payload `body` writes straight into `buffer`. Its flags say what the frame means; those
    /// that say how it is packed are set here.
    ///
    /// When the payload is longer than the other side takes, nothing is appended and the error says by how much.
    package func write(
        _ header: FrameHeader, into buffer: inout ByteBuffer, body: (inout ByteBuffer) -> Void
    ) throws(ProtocolError) {
        let start = buffer.writerIndex
        let trailer = features.contains(.checksum) ? 4 : 0
        var flags = features.contains(.checksum) ? header.flags.union(.checksum) : header.flags
        buffer.writeMultipleIntegers(
            UInt32(0), FrameHeader.version, header.method, flags.rawValue, header.requestID,
            header.deadlineMilliseconds, header.epoch)
        let payloadStart = buffer.writerIndex
        body(&buffer)
        guard buffer.writerIndex - payloadStart <= limit else {
            let length = buffer.writerIndex - payloadStart
            buffer.moveWriterIndex(to: start)
            throw ProtocolError(.frameTooLarge, "a payload of \(length) bytes, and the other side takes \(limit)")
        }
        if compressPayload(of: &buffer, from: payloadStart) {
            flags.insert(.snappy)
            buffer.setInteger(flags.rawValue, at: start + 6)
        }
        buffer.setInteger(UInt32(buffer.writerIndex - start - FrameHeader.lengthBytes + trailer), at: start)
        if features.contains(.checksum) {
            let covered = start + FrameHeader.lengthBytes
            buffer.writeInteger(buffer.checksum(at: covered, length: buffer.writerIndex - covered))
        }
    }

    private func compressPayload(of buffer: inout ByteBuffer, from start: Int) -> Bool {
        let length = buffer.writerIndex - start
        guard features.contains(.snappy), length >= WireLimits.compressFromBytes,
            let payload = buffer.viewBytes(at: start, length: length),
            let compressed = Compression.compress(payload)
        else { return false }
        buffer.moveWriterIndex(to: start)
        buffer.writeImmutableBuffer(compressed)
        return true
    }
}
