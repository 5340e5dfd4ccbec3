import CCRC32C

/// CRC-32C, the only checksum of the format: hardware computes it, and it finds every single flipped bit and every
/// burst up to 32 bits. It guards against accidents, not against a forger.
enum Checksum {
    /// The checksum of `bytes`, continuing from `seed` (0 to begin).
    @inline(__always)
    static func extend(_ seed: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        crc32c_extend(seed, bytes.baseAddress, bytes.count)
    }

    /// The checksum continued over a 64-bit integer, little-endian.
    @inline(__always)
    static func extend(_ seed: UInt32, _ number: UInt64) -> UInt32 {
        withUnsafeBytes(of: number.littleEndian) { crc32c_extend(seed, $0.baseAddress, 8) }
    }

    /// The checksum continued over the bytes of a string's UTF-8 and a closing zero, so that `ab`+`c` is not `a`+`bc`.
    static func extend(_ seed: UInt32, _ text: String) -> UInt32 {
        var text = text
        let sum = text.withUTF8 { extend(seed, UnsafeRawBufferPointer($0)) }
        var zero: UInt8 = 0
        return crc32c_extend(sum, &zero, 1)
    }

    /// As people read it in a report.
    static func text(_ sum: UInt32) -> String {
        let digits = String(sum, radix: 16)
        return "crc " + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
