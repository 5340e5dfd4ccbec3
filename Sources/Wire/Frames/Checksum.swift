import CCRC32C
package import NIOCore

extension ByteBuffer {
    /// CRC-32C of `length` bytes from `index` on, which must be readable.
    package func checksum(at index: Int, length: Int) -> UInt32 {
        withUnsafeReadableBytes { readable in
            let start = index - readerIndex
            precondition(start >= 0 && start + length <= readable.count, "a checksum covers readable bytes only")
            return crc32c_extend(
                0, UnsafeRawBufferPointer(rebasing: readable[start..<start + length]).baseAddress, length)
        }
    }
}
