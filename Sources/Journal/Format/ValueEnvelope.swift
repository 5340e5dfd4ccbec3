import CSnappy

/// What stands around every value of a state table and of the meta table.
///
///     offset  bytes
///          0 4 crc32c over the table's name and a zero, the key's length (8) and bytes, and everything after this
///          field 4 1 flags: bit 0 the payload is Snappy-compressed; the others 0 5 8 the position the value reflects,
///          little-endian 13 … payload
///
/// The table and the key are part of the sum, so a value that turns up anywhere else is found out.
struct ValueEnvelope {
    static let headerBytes = 13
    static let compressedFlag: UInt8 = 1
    /// Shorter payloads are never worth the attempt.
    static let worthCompressing = 64

    let reflects: Position
    let isCompressed: Bool
    let payload: UnsafeRawBufferPointer

    /// Writes the envelope of `value` into `buffer`, replacing what is there.
    static func write(
        _ value: [UInt8], table: String, key: [UInt8], reflects: Position, compress: Bool, into buffer: inout [UInt8]
    ) {
        precondition(value.count <= JournalLimits.valueBytes, "A state value has at most 16 MiB: \(value.count) bytes.")
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: repeatElement(0, count: headerBytes))
        if compress, value.count >= worthCompressing, appendCompressed(value, to: &buffer) {
            buffer[4] = compressedFlag
        } else {
            buffer.append(contentsOf: value)
        }
        buffer.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: reflects.rawValue.littleEndian, toByteOffset: 5, as: UInt64.self)
            let sum = key.withUnsafeBytes { Self.sum(table: table, key: $0, rest: UnsafeRawBufferPointer(bytes)) }
            bytes.storeBytes(of: sum.littleEndian, toByteOffset: 0, as: UInt32.self)
        }
    }

    /// Reads the envelope under `key` of `table`, or says what is wrong with it.
    static func read(
        _ bytes: UnsafeRawBufferPointer, table: String, key: UnsafeRawBufferPointer
    ) -> Result<ValueEnvelope, ChunkFault> {
        guard bytes.count >= headerBytes else {
            return .failure(
                .init(.malformed, expected: "at least \(headerBytes) bytes of envelope", found: "\(bytes.count)"))
        }
        let found = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        let expected = sum(table: table, key: key, rest: bytes)
        guard found == expected else {
            return .failure(.init(.checksum, expected: Checksum.text(expected), found: Checksum.text(found)))
        }
        guard bytes[4] & ~compressedFlag == 0 else {
            return .failure(.init(.malformed, expected: "flags 0 or 1", found: "\(bytes[4])"))
        }
        return .success(
            ValueEnvelope(
                reflects: Position(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt64.self))),
                isCompressed: bytes[4] & compressedFlag != 0,
                payload: UnsafeRawBufferPointer(rebasing: bytes[headerBytes...])))
    }

    /// Hands the value itself to `body`, decompressed into `scratch` where that is needed.
    func withValue<Outcome>(
        scratch: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Outcome
    ) throws -> Outcome {
        guard isCompressed else { return try body(payload) }
        if let fault = decompress(into: &scratch) { throw fault }
        return try scratch.withUnsafeBytes(body)
    }

    /// The value as an array.
    func value() throws(ChunkFault) -> [UInt8] {
        guard isCompressed else { return [UInt8](payload) }
        var bytes: [UInt8] = []
        if let fault = decompress(into: &bytes) { throw fault }
        return bytes
    }

    private func decompress(into bytes: inout [UInt8]) -> ChunkFault? {
        let source = payload.assumingMemoryBound(to: CChar.self)
        var length = 0
        guard let base = source.baseAddress,
            snappy_uncompressed_length(base, source.count, &length) == SNAPPY_OK, length <= JournalLimits.valueBytes
        else { return ChunkFault(.malformed, expected: "a Snappy length of at most 16 MiB", found: "another") }
        if bytes.count < length { bytes = [UInt8](repeating: 0, count: length) }
        bytes.removeLast(bytes.count - length)
        let status = bytes.withUnsafeMutableBytes {
            snappy_uncompress(base, source.count, $0.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
        }
        guard status == SNAPPY_OK, length == bytes.count else {
            return ChunkFault(
                .malformed, expected: "\(bytes.count) bytes out of Snappy", found: "status \(status.rawValue)")
        }
        return nil
    }

    private static func sum(
        table: String, key: UnsafeRawBufferPointer, rest: UnsafeRawBufferPointer
    ) -> UInt32 {
        var sum = Checksum.extend(0, table)
        sum = Checksum.extend(sum, UInt64(key.count))
        sum = Checksum.extend(sum, key)
        return Checksum.extend(sum, UnsafeRawBufferPointer(rebasing: rest[4...]))
    }

    /// Appends the compressed value if that saves at least a tenth.
    private static func appendCompressed(_ value: [UInt8], to buffer: inout [UInt8]) -> Bool {
        let start = buffer.count
        var length = snappy_max_compressed_length(value.count)
        buffer.append(contentsOf: repeatElement(0, count: length))
        let status = value.withUnsafeBytes { source in
            buffer.withUnsafeMutableBytes { target in
                snappy_compress(
                    source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
                    target.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self), &length)
            }
        }
        let pays = status == SNAPPY_OK && length <= value.count - value.count / 10
        buffer.removeLast(buffer.count - start - (pays ? length : 0))
        return pays
    }
}
