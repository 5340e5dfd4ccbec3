public import Foundation

/// The caller's name for one write: 16 bytes.
///
/// Choose a key, **store it**, then send. If the answer never comes (a broken connection, a crash on either side) the
/// same write with the same key gets the first answer, however often it is sent and whether or not the first try was
/// applied. A key made anew for each try would book twice, which is why no method of ``HaoyuanClient`` makes one for
/// you.
///
/// The engine remembers keys for a day unless configured otherwise. A key belongs to one write: with other content it
/// is refused as ``HaoyuanError/Code/keyReused``. All zero is no key.
public struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, as a big-endian number.
    public let high: UInt64
    /// The last eight bytes, likewise.
    public let low: UInt64

    /// The key of these two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The key of these 16 bytes; nil for any other number of bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The key of a UUID's 16 bytes.
    public init(_ uuid: UUID) {
        let halves = withUnsafeBytes(of: uuid.uuid) { bytes in
            (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
    }

    /// Reads what ``description`` wrote: 32 hexadecimal digits, with or without the dashes of a UUID. Nil for anything
    /// else.
    public init?(_ text: String) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let high = UInt64(String(decoding: digits.prefix(16), as: UTF8.self), radix: 16),
            let low = UInt64(String(decoding: digits.suffix(16), as: UTF8.self), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// A key that nobody else has: 128 bits from the system's generator.
    public static func random() -> IdempotencyKey {
        IdempotencyKey(high: .random(in: 1 ... .max), low: .random(in: 0 ... .max))
    }

    /// Thirty-two hexadecimal digits.
    public var description: String { hexadecimal(high) + hexadecimal(low) }
}

private func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
