import CSnappy
package import NIOCore

/// Snappy's raw format, with every length checked before anything is allocated.
package enum Compression {
    /// A three-byte copy yields 64 bytes at most and no other element does better, so nothing honest claims more than
    /// this many times its own length.
    static let mostTimesLonger = 22

    /// The compressed bytes, or nil when they would not be fewer.
    package static func compress(_ bytes: ByteBufferView) -> ByteBuffer? {
        let longest = snappy_max_compressed_length(bytes.count)
        var compressed = ByteBufferAllocator().buffer(capacity: longest)
        let written = compressed.writeWithUnsafeMutableBytes(minimumWritableBytes: longest) { target in
            bytes.withUnsafeBytes { source in
                var length = target.count
                let status = snappy_compress(
                    source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
                    target.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
                return status == SNAPPY_OK ? length : 0
            }
        }
        return written > 0 && written < bytes.count ? compressed : nil
    }

    /// The original bytes. Nil when `bytes` is not Snappy, or would become more than `limit` bytes.
    package static func decompress(_ bytes: ByteBuffer, limit: Int) -> ByteBuffer? {
        bytes.withUnsafeReadableBytes { source in
            let start = source.baseAddress?.assumingMemoryBound(to: CChar.self)
            var length = 0
            guard snappy_uncompressed_length(start, source.count, &length) == SNAPPY_OK, length <= limit,
                length <= source.count * mostTimesLonger
            else { return nil }
            var plain = ByteBufferAllocator().buffer(capacity: length)
            let written = plain.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { target in
                var room = target.count
                let status = snappy_uncompress(
                    start, source.count, target.baseAddress?.assumingMemoryBound(to: CChar.self), &room)
                return status == SNAPPY_OK ? room : 0
            }
            return written == length ? plain : nil
        }
    }
}
